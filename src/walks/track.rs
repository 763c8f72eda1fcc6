//! A walk as a walker goes along it: place on the path, next stop, next instruction.

use std::sync::{Mutex, PoisonError};

use uuid::Uuid;
use wildside_actors::frame::{NextInstruction, NextManeuver, WalkProgress};
use wildside_engine::Point;
use wildside_engine::geo::Plane;
use wildside_engine::walk::{Leg, Maneuver, Step};

use crate::db::routes::RouteStop;
use crate::guidance::{self, Language};

/// A walker further from the path than this has left it.
const ON_ROUTE_METRES: f64 = 40.0;
/// A walker steps back so far without being on the way back.
const BACKWARDS_METRES: f64 = 15.0;
/// A walker is not so far ahead of the last position known.
const FORWARDS_METRES: f64 = 250.0;
/// Parts of the path that are hardly further than the nearest may be the one that is walked.
const AS_NEAR_METRES: f64 = 5.0;
/// Who has not gone further is still setting out.
const SETTING_OUT_METRES: f64 = 10.0;

/// A path with the length up to each of its points, and by that length its stops and what is told along it.
#[derive(Debug)]
pub(super) struct Track {
    points: Vec<Point>,
    metres: Vec<f64>,
    /// Place and metres from the start, in order.
    stops: Vec<(i64, f64)>,
    told: Vec<Told>,
    /// Metres from the start that the walker had come.
    reached: Mutex<f64>,
}

/// Something that is told so many metres from the start.
#[derive(Debug)]
struct Told {
    at: f64,
    what: What,
}

#[derive(Debug)]
enum What {
    Step(Step),
    /// A stop with its name.
    Arrive(Option<String>),
    Finish,
}

/// A place on a track.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Located {
    metres_off: f64,
    /// Metres from the start.
    along: f64,
    nearest: Point,
}

impl Track {
    /// The track of a path with the legs to each of its stops and one to the end.
    pub(super) fn new(points: &[Point], legs: &[Leg], stops: &[RouteStop]) -> Self {
        let mut metres = Vec::with_capacity(points.len());
        let mut sum = 0.0;
        for (index, point) in points.iter().enumerate() {
            sum += index
                .checked_sub(1)
                .map_or(0.0, |before| points[before].distance_metres(*point));
            metres.push(sum);
        }
        let at = |index: usize| metres.get(index).copied().unwrap_or(sum);
        let arrivals = legs.iter().skip(1).map(|leg| at(leg.path_start));
        Self {
            stops: stops.iter().map(|stop| stop.poi_id).zip(arrivals).collect(),
            told: told(legs, stops, at),
            points: points.to_vec(),
            metres,
            reached: Mutex::default(),
        }
    }

    /// Place and next instruction of the walker, whose way so far decides where the path comes by twice.
    pub(super) fn progress(&self, route_id: Uuid, here: Point, language: Language) -> WalkProgress {
        let located = {
            let mut reached = self.reached.lock().unwrap_or_else(PoisonError::into_inner);
            let located = self.locate(here, *reached);
            *reached = located.along;
            located
        };
        let on_route = located.metres_off <= ON_ROUTE_METRES;
        let next = self.stops.iter().find(|(_, at)| *at > located.along);
        let total = self.metres.last().copied().unwrap_or_default();
        WalkProgress {
            route_id,
            on_route,
            metres_off_route: decimetres(located.metres_off),
            remaining_metres: decimetres(total - located.along),
            next_poi_id: next.map(|(poi_id, _)| *poi_id),
            metres_to_next: next.map(|(_, at)| decimetres(at - located.along)),
            next_instruction: if on_route {
                self.next_instruction(located.along, language)
            } else {
                Some(way_back(here, &located, language))
            },
        }
    }

    /// The nearest place of the path. Where the path comes by twice, the one that follows on what was reached; if none does,
    /// the earliest: nothing ahead is skipped.
    fn locate(&self, here: Point, reached: f64) -> Located {
        let plane = Plane::around(here);
        let places: Vec<Located> = self
            .points
            .windows(2)
            .enumerate()
            .map(|(index, pair)| {
                let (metres_off, share) = plane.nearest_on(pair[0], pair[1]);
                let (from, to) = (self.metres[index], self.metres[index + 1]);
                Located {
                    metres_off,
                    along: from + share * (to - from),
                    nearest: between(pair[0], pair[1], share),
                }
            })
            .collect();
        let least = places
            .iter()
            .map(|place| place.metres_off)
            .fold(f64::INFINITY, f64::min);
        let follows = |place: &&Located| {
            place.metres_off <= least + AS_NEAR_METRES
                && place.along >= reached - BACKWARDS_METRES
                && place.along <= reached + FORWARDS_METRES
        };
        // Of neighbouring parts the nearest, not the first that is near enough.
        let following = places.iter().filter(follows).reduce(|best, place| {
            let apart = place.along - best.along > 2.0 * AS_NEAR_METRES;
            if apart || place.metres_off + 0.01 >= best.metres_off {
                best
            } else {
                place
            }
        });
        following
            .or_else(|| places.iter().find(|place| place.metres_off < least + 1.0))
            .copied()
            .unwrap_or(Located {
                metres_off: f64::INFINITY,
                along: 0.0,
                nearest: here,
            })
    }

    fn next_instruction(&self, along: f64, language: Language) -> Option<NextInstruction> {
        let ahead = self.told.partition_point(|told| told.at <= along);
        let next = self.told.get(ahead);
        let here = ahead.checked_sub(1).filter(|&index| {
            let told = &self.told[index];
            let room = next.map_or(f64::INFINITY, |next| (next.at - told.at) / 2.0);
            told.is_setting_out() && along - told.at < room.min(SETTING_OUT_METRES)
        });
        let index = here.unwrap_or(ahead.min(self.told.len().checked_sub(1)?));
        let told = &self.told[index];
        let before = index
            .checked_sub(1)
            .and_then(|index| self.told[index].step());
        Some(told.instruction((told.at - along).max(0.0), before, language))
    }
}

/// All that is told along a walk: the steps of each leg, and where it leads. `at` gives the metres up to a point.
fn told(legs: &[Leg], stops: &[RouteStop], at: impl Fn(usize) -> f64) -> Vec<Told> {
    let mut told = Vec::new();
    for (position, leg) in legs.iter().enumerate() {
        told.extend(leg.steps.iter().map(|step| Told {
            at: at(step.path_start),
            what: What::Step(step.clone()),
        }));
        let end = legs
            .get(position + 1)
            .map_or(usize::MAX, |next| next.path_start);
        told.push(Told {
            at: at(end),
            what: stops
                .get(position)
                .map_or(What::Finish, |stop| What::Arrive(stop.name.clone())),
        });
    }
    told
}

impl Told {
    const fn step(&self) -> Option<&Step> {
        match &self.what {
            What::Step(step) => Some(step),
            What::Arrive(_) | What::Finish => None,
        }
    }

    fn is_setting_out(&self) -> bool {
        self.step()
            .is_some_and(|step| step.maneuver == Maneuver::Depart)
    }

    fn instruction(
        &self,
        metres: f64,
        before: Option<&Step>,
        language: Language,
    ) -> NextInstruction {
        let (maneuver, text) = match &self.what {
            What::Step(step) => (
                NextManeuver::Step(step.maneuver),
                guidance::instruction(language, step, before),
            ),
            What::Arrive(name) => (
                NextManeuver::Arrive,
                guidance::arrival(language, name.as_deref()),
            ),
            What::Finish => (NextManeuver::Finish, guidance::finish(language)),
        };
        NextInstruction {
            maneuver,
            text,
            metres: decimetres(metres),
            street: self.step().and_then(|step| step.street.clone()),
            bearing: self.step().and_then(|step| step.bearing_after),
        }
    }
}

fn way_back(here: Point, located: &Located, language: Language) -> NextInstruction {
    let (east, north) = Plane::around(here).project(located.nearest);
    let bearing = (east.atan2(north).to_degrees().round() as i32).rem_euclid(360) as u16;
    NextInstruction {
        maneuver: NextManeuver::Return,
        text: guidance::way_back(language, located.metres_off, bearing),
        metres: decimetres(located.metres_off),
        street: None,
        bearing: Some(bearing),
    }
}

fn decimetres(metres: f64) -> f64 {
    (metres * 10.0).round() / 10.0
}

fn between(a: Point, b: Point, share: f64) -> Point {
    Point::new(
        a.lon + (b.lon - a.lon) * share,
        a.lat + (b.lat - a.lat) * share,
    )
}

#[cfg(test)]
mod tests;
