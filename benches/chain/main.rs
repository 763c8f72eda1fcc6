//! The whole chain, measured from outside: a request goes in over HTTP, its walk comes back over a WebSocket.
//!
//! Server and worker are a process of their own, with the configuration and the logs of production. `PostgreSQL` syncs each
//! commit: on a memory disk, where the software is what limits, and on the disk that is there. Beside it, in the same run
//! and on the same tables, express with `BullMQ` and Socket.IO keeps the same promise.
#![expect(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that measures and reports"
)]

mod load;
mod place;
mod processor;
mod report;
mod subject;
mod walker;

use std::env;
use std::path::Path;
use std::sync::Arc;

use tokio::runtime::Builder;
use tokio::task::LocalSet;
use wildside_engine::generate_route;

use load::{pace, saturate, strolls};
use place::Place;
use report::{Figures, print_chain, print_strolls};
use subject::Subject;
use walker::Walker;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Walks that are under way at a time while the rate is measured; also the number of users.
const AT_A_TIME: usize = 64;
/// Walks where 100,000 would take long and tell no more.
const SAMPLE: usize = 10_000;

fn main() {
    let arguments: Vec<String> = env::args().collect();
    match arguments.get(1).map(String::as_str) {
        Some("instant") => return subject::run(Arc::new(place::instant_walk)),
        Some("engine") => return subject::run(Arc::new(generate_route)),
        _ => {}
    }
    let walks = arguments.iter().find_map(|argument| argument.parse().ok());
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    LocalSet::new().block_on(&runtime, measure(walks.unwrap_or(SAMPLE)));
}

async fn measure(walks: usize) {
    let with_peer = env::var("PEER").as_deref() != Ok("no");
    let disks = [
        ("in memory", Path::new("/dev/shm").to_owned(), walks),
        ("on the disk", env::temp_dir(), SAMPLE.min(walks)),
    ];
    for (name, folder, walks) in disks {
        let ours = chain(&folder, walks, Subject::wildside).await;
        let theirs = if with_peer {
            Some(chain(&folder, SAMPLE.min(walks), Subject::peer).await)
        } else {
            None
        };
        print_chain(name, processor::sync_ms(&folder), &ours, theirs.as_ref());
    }
    let place = Place::helsinki(Path::new("/dev/shm")).await;
    let subject = Subject::with_engine(&place);
    let mut walker = Walker::arrive(&subject, 0).await;
    print_strolls(&strolls(&mut walker).await);
}

/// The figures of one subject on a fresh database in `folder`.
async fn chain(folder: &Path, walks: usize, start: fn(&Place) -> Subject) -> Figures {
    let place = Place::street(folder);
    let subject = start(&place);
    let mut walkers = Vec::new();
    for number in 0..AT_A_TIME {
        walkers.push(Walker::arrive(&subject, number).await);
    }
    let mut figures = Figures::default();
    let walkers = pace(walkers, &mut figures).await;
    saturate(walkers, walks, &place, &subject, &mut figures).await;
    figures
}
