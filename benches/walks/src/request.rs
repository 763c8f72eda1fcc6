//! Requests of all kinds, and the places and streets that a worker loads for each.

use wildside_engine::Point;
use wildside_engine::network::Network;
use wildside_engine::walk::reach::Reach;
use wildside_engine::walk::{Accessibility, Choice, Poi, WalkRequest, shortlist};

use crate::case::themes;
use crate::city::City;

/// Minutes, bias, `avoid_stairs` and `prefer_well_lit` of requests, in turn.
const KINDS: [(u32, f64, bool, bool); 7] = [
    (60, 0.5, false, false),
    (15, 0.5, false, true),
    (90, 0.0, true, false),
    (30, 1.0, false, false),
    (180, 0.5, false, false),
    (45, 0.25, true, true),
    (120, 0.8, false, false),
];

/// The request with this number, with its end elsewhere if `end` is given.
pub fn of_any_kind(number: u64, start: Point, end: Option<Point>) -> WalkRequest {
    let (minutes, popularity_bias, avoid_stairs, prefer_well_lit) =
        KINDS[number as usize % KINDS.len()];
    WalkRequest {
        start,
        end,
        budget_seconds: minutes * 60,
        themes: themes(number),
        popularity_bias,
        accessibility: Accessibility {
            avoid_stairs,
            prefer_well_lit,
        },
        choice: Choice::default(),
        seed: number,
    }
}

impl City {
    /// The places and streets that a worker loads for a request.
    pub fn loaded_for(&self, request: &WalkRequest) -> (Vec<Poi>, Network) {
        let pois = shortlist::choose(&self.pois, request);
        let reach = Reach::of(
            request.start,
            request.end,
            request.budget_seconds / 60,
            request.choice.pace,
        );
        let cells = reach
            .into_iter()
            .flat_map(Reach::street_cells)
            .filter_map(|id| self.cells.get(&id).cloned());
        let network = Network::join(cells.collect());
        (pois, network)
    }
}
