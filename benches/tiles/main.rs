//! Tiles as a person moving a map asks for them: latency cold and cached, and size, by source and zoom.
//!
//! The city is the middle of Helsinki, side by side nine times nine: some 57,000 places. Everything is as shipped:
//! nginx, Martin, the tile functions. Six requests are under way at a time, as in a browser.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod city;
mod report;
mod view;

use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::Client;
use wildside_test_support::{TestDatabase, TileServer};

use crate::city::City;
use crate::report::Report;
use crate::view::{Tile, walk};

/// Requests of one browser at a time.
const PARALLEL: usize = 6;
/// Walks of the map view.
const WALKS: u64 = 12;

#[tokio::main]
async fn main() {
    let database = TestDatabase::create();
    println!("building the city");
    let city = City::build(&database.url()).await;
    let server = TileServer::start(&database.url());
    let browser = Browser {
        client: Client::builder().build().unwrap(),
        url: server.url(),
        city,
    };
    let mut report = Report::default();
    for number in 0..WALKS {
        for view in walk(number, browser.city.bounds) {
            browser.show(&view, &mut report).await;
        }
    }
    print!("{report}");
}

struct Browser {
    client: Client,
    url: String,
    city: City,
}

impl Browser {
    /// Asks for all tiles of a view.
    async fn show(&self, view: &[Tile], report: &mut Report) {
        let answers = futures::stream::iter(view)
            .map(|tile| async move { (tile, self.get(tile).await) })
            .buffer_unordered(PARALLEL);
        let answers: Vec<_> = answers.collect().await;
        for (tile, (size, took)) in answers {
            report.add(tile, size, took);
        }
    }

    /// Size and time of one tile.
    async fn get(&self, tile: &Tile) -> (usize, Duration) {
        let Tile { source, z, x, y } = tile;
        let url = match *source {
            "routes" => format!(
                "{}/routes/{}/{z}/{x}/{y}.pbf?token={}",
                self.url, self.city.route, self.city.token
            ),
            source => format!("{}/{source}/{z}/{x}/{y}.pbf", self.url),
        };
        let start = Instant::now();
        let answer = self.client.get(url).send().await.unwrap();
        assert!(
            answer.status().is_success(),
            "{tile:?}: {}",
            answer.status()
        );
        let size = answer.bytes().await.unwrap().len();
        (size, start.elapsed())
    }
}
