//! Tiles as a person moving a map asks for them: latency cold and again, and size, by source and zoom.
//!
//! The city is the middle of Helsinki, side by side nine times nine: some 57,000 places. Everything is as shipped:
//! nginx, Martin, the tile functions. Connections and plans are warm, tiles are not.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod browser;
mod city;
mod report;
mod view;

use wildside_test_support::{TestDatabase, TileServer};

use crate::browser::Browser;
use crate::city::City;
use crate::report::Report;
use crate::view::{VIEWS_PER_ZOOM, walk};

/// Walks of the map view.
const WALKS: u64 = 12;

#[tokio::main]
async fn main() {
    let database = TestDatabase::create();
    println!("building the city");
    let city = City::build(&database.url()).await;
    let server = TileServer::start_with_limit(&database.url(), 1_000_000);
    let mut browser = Browser::open(&server.url(), &city);
    let mut report = Report::default();
    // Only the nearest zooms, of which there are tiles enough.
    let warm_up = walk(WALKS, city.bounds);
    for view in &warm_up[warm_up.len() - 2 * VIEWS_PER_ZOOM..] {
        report.know(&browser.show(view));
    }
    for number in 0..WALKS {
        for view in walk(number, city.bounds) {
            report.add(&browser.show(&view));
        }
    }
    for tile in report.seen() {
        report.add_alone(&browser.show_alone(&tile));
    }
    print!("{report}");
}
