//! Waypoints: good ground that a walk passes without stopping, so that time left over is spent on streets worth walking.
//!
//! Orienteering collects prizes at places only. Prizes on ways (arc orienteering: Souffriau et al. 2011) are brought to it
//! by points on the streets, one for each square of a grid that is as fine as the number of points allows.

use rustc_hash::FxHashMap;

use super::Pace;
use super::start::Ground;
use crate::geo::{Plane, Point};
use crate::network::{Edge, EdgeId, Network, Snap, TICKS_PER_SECOND};

/// Most points of a walk.
const MOST: usize = 70;

/// Samples along all the way that a walk can take in its time: a walk that can only go there and back turns where little
/// of its time is left.
const SAMPLES_PER_WALK: f64 = 40.0;

/// A walk leaves dead ends out where streets that lead on are longer than all its way by this factor.
const ENOUGH_THAT_LEADS_ON: f64 = 1.5;

/// Share of its worth that a dead end keeps.
const DEAD_END: f64 = 0.4;

/// Factor by which squares grow until there are few enough.
const GROWTH: f64 = 1.3;

/// A point on a street.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waypoint {
    pub(super) snap: Snap,
    /// Worth of its ground, 0–1.
    pub(super) worth: f64,
    /// True if its street is no dead end.
    pub(super) leads_on: bool,
}

/// Points on the best ground in reach, spread over it.
pub(super) fn waypoints(network: &Network, ground: &Ground, pace: Pace) -> Vec<Waypoint> {
    let way_metres = f64::from(ground.budget_ticks) / f64::from(TICKS_PER_SECOND) * pace.0;
    let spacing = (way_metres / SAMPLES_PER_WALK).max(1.0);
    let samples = samples(network, ground, spacing);
    let leading_on = samples.iter().filter(|sample| sample.leads_on).count() as f64 * spacing;
    let dead_ends_too = leading_on < ENOUGH_THAT_LEADS_ON * way_metres;
    let usable: Vec<Waypoint> = samples
        .into_iter()
        .filter(|sample| dead_ends_too || sample.leads_on)
        .collect();
    let mut side = spacing;
    loop {
        let best = best_of_squares(&usable, ground.start, side);
        if best.len() <= MOST {
            return best;
        }
        side *= GROWTH;
    }
}

/// Points on all streets in reach, one for each `spacing` metres and street at least.
fn samples(network: &Network, ground: &Ground, spacing: f64) -> Vec<Waypoint> {
    ground
        .from_start
        .edges(network)
        .into_iter()
        .filter(|&edge| {
            let measure = network.measure(edge);
            !ground.profile.avoids(measure) && measure.price_percent == Edge::FAIR_PRICE
        })
        .flat_map(|edge| {
            let metres = network.measure(edge).metres;
            let count = (f64::from(metres) / spacing).ceil().max(1.0) as u16;
            let offset = move |number: u16| metres * (f32::from(number) + 0.5) / f32::from(count);
            (0..count).map(move |number| (edge, offset(number)))
        })
        .filter_map(|(edge, offset)| sample(network, ground, edge, offset))
        .collect()
}

/// A point on a street; `None`: a walk can't pass it in its time, or not without stairs that it avoids.
fn sample(network: &Network, ground: &Ground, edge: EdgeId, offset: f32) -> Option<Waypoint> {
    let snap = network.along(edge, offset);
    let (there, back) = ground.there_and_back(network, &snap);
    let has_stairs = ground.profile.stairs_avoided(there) + ground.profile.stairs_avoided(back) > 0;
    if there.ticks.saturating_add(back.ticks) > ground.budget_ticks || has_stairs {
        return None;
    }
    let measure = network.measure(edge);
    let leads_on = ground.dead_ends.spares(network, edge);
    let appeal = measure.appeal.share().powf(1.5) * ground.profile.liking(measure);
    Some(Waypoint {
        snap,
        worth: if leads_on { appeal } else { DEAD_END * appeal },
        leads_on,
    })
}

/// The best sample of each square, by position.
fn best_of_squares(samples: &[Waypoint], start: Snap, side: f64) -> Vec<Waypoint> {
    let plane = Plane::around(start.point);
    let mut best: FxHashMap<(i64, i64), usize> = FxHashMap::default();
    for (number, sample) in samples.iter().enumerate() {
        let (east, north) = plane.project(sample.snap.point);
        let square = ((east / side).floor() as i64, (north / side).floor() as i64);
        let known = best.entry(square).or_insert(number);
        let by_worth = sample.worth.total_cmp(&samples[*known].worth);
        if by_worth
            .then_with(|| place(sample).cmp(&place(&samples[*known])))
            .is_gt()
        {
            *known = number;
        }
    }
    let numbers = best.into_values();
    let mut points: Vec<Waypoint> = numbers.map(|number| samples[number]).collect();
    points.sort_unstable_by_key(place);
    points
}

/// Order that does not depend on how the streets are numbered.
fn place(point: &Waypoint) -> [u64; 2] {
    let Point { lon, lat } = point.snap.point;
    [lon.to_bits(), lat.to_bits()]
}
