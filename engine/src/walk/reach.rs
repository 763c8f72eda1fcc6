//! The reach of a walk: how far it gets in its time, and so how much is looked at for it, whatever is asked for.

use super::Pace;
use super::limits::{METRES_TO_STREET, MINUTES};
use crate::geo::{Bounds, Plane};
use crate::network::{CellId, LONG_EDGE_METRES};
use crate::{Point, bounding_box};

/// Streets are hardly ever straight, so places are looked for this much less far away than the pace would allow.
const STRAIGHTEST: f64 = 0.9;

/// Streets are needed this far beyond the outermost point of a walk, for those that it leaves half-way.
const STREET_MARGIN_METRES: f64 = 300.0;

/// Refusal of a walk that can't be as it is asked for, whatever the streets are like.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum OutOfReach {
    /// The end is further away than the walk gets.
    #[error(
        "The end is {:.1} km away, and a walk of {minutes} minutes gets {:.1} km far. Choose a nearer end{}.",
        .metres / 1e3, .reach_metres / 1e3, or_more_time(*.metres, *.minutes, *.reach_metres)
    )]
    Far {
        /// From the start to the end, as the crow flies.
        metres: f64,
        /// Reach of the walk.
        reach_metres: f64,
        /// Time that it may take.
        minutes: u32,
    },
    /// Nothing that is checked when it comes is like that.
    #[error("The walk is longer than any may be, or not on the earth.")]
    Impossible,
}

impl OutOfReach {
    /// A stable machine code.
    pub const CODE: &'static str = "out_of_reach";
}

/// Ground that a walk may visit: an ellipse around its ends, or a circle around a start that is its end as well.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    start: Point,
    end: Point,
    /// Seconds of the walk.
    seconds: u32,
    pace: Pace,
}

impl Reach {
    /// The reach of a walk of so many minutes. Back at its start, it gets half its length away; with an end of its own,
    /// it stays in an ellipse around both, and so within half its length of the middle between them.
    ///
    /// # Errors
    /// There is no such walk: nothing needs to be looked up to know that.
    pub fn of(
        start: Point,
        end: Option<Point>,
        minutes: u32,
        pace: Pace,
    ) -> Result<Self, OutOfReach> {
        let end = end.unwrap_or(start);
        if minutes > longest() || !start.is_valid() || !end.is_valid() {
            return Err(OutOfReach::Impossible);
        }
        let seconds = minutes * 60;
        let (metres, reach_metres) = (start.distance_metres(end), metres(seconds, pace));
        if metres > reach_metres {
            return Err(OutOfReach::Far {
                metres,
                reach_metres,
                minutes,
            });
        }
        Ok(Self {
            start,
            end,
            seconds,
            pace,
        })
    }

    /// The cells with the places that it may visit.
    pub fn place_cells(self) -> Vec<CellId> {
        self.cells_within(metres(self.seconds, self.pace) / 2.0)
    }

    /// The cells with all streets that can be walked in the time, however straight they are, and no others.
    pub fn street_cells(self) -> Vec<CellId> {
        let length = f64::from(self.seconds) * self.pace.0;
        let around_both = length + 2.0 * STREET_MARGIN_METRES;
        let (from_start, from_end) = (Plane::around(self.start), Plane::around(self.end));
        let mut cells = self.cells_within(around_both / 2.0);
        cells.retain(|cell| {
            let square = Bounds::of(<[Point; 2]>::from(cell.corners()));
            let to_end = from_end.distance_to_box(&square);
            let through = from_start.distance_to_box(&square) + to_end;
            through <= around_both || to_end <= METRES_TO_STREET + LONG_EDGE_METRES
        });
        cells
    }

    /// The cells that a circle around the middle between the ends touches, about.
    fn cells_within(self, metres: f64) -> Vec<CellId> {
        let middle = self.start.towards(self.end, 0.5);
        let (south_west, north_east) = bounding_box([middle], metres);
        CellId::covering(south_west, north_east)
    }
}

/// Metres as the crow flies from the start, within which all stops are: half the time out and half back, or all of it with
/// an end elsewhere.
pub fn metres_from_start(end: Option<Point>, seconds: u32, pace: Pace) -> f64 {
    let share = if end.is_some() { 1.0 } else { 0.5 };
    share * metres(seconds, pace)
}

/// Metres as the crow flies that a walk of so many seconds is long at most.
fn metres(seconds: u32, pace: Pace) -> f64 {
    f64::from(seconds) * pace.0 * STRAIGHTEST
}

const fn longest() -> u32 {
    MINUTES.end().unsigned_abs()
}

/// Remedy besides a nearer end, if there is one.
fn or_more_time(needed_metres: f64, minutes: u32, reach_metres: f64) -> &'static str {
    if needed_metres <= reach_metres / f64::from(minutes) * f64::from(longest()) {
        " or a longer walk"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geo::METRES_PER_DEGREE;
    use crate::network::DEFAULT_SPEED_METRES_PER_SECOND;
    use crate::walk::limits::PACE;

    /// The longest walk, with the streets around it, where cells are smallest: 211 m wide at the edge of the grid's
    /// map. At 60° north it touches 150.
    const MOST_CELLS: usize = 98 * 98;
    const USUAL: Pace = Pace(DEFAULT_SPEED_METRES_PER_SECOND);

    #[test]
    fn an_end_within_the_length_of_the_walk_is_in_reach() {
        let start = Point::new(24.95, 60.17);
        let north = |metres: f64| {
            Some(Point::new(
                start.lon,
                start.lat + metres / METRES_PER_DEGREE,
            ))
        };
        assert!(Reach::of(start, north(4_300.0), 60, USUAL).is_ok());
        let far = Reach::of(start, north(4_400.0), 60, USUAL).unwrap_err();
        assert!(far.to_string().contains("4.4 km away"), "{far}");
        assert!(far.to_string().contains("gets 4.3 km far"), "{far}");
        assert!(far.to_string().ends_with("end or a longer walk."), "{far}");
        let too_far = Reach::of(start, north(13_000.0), 60, USUAL).unwrap_err();
        assert!(too_far.to_string().ends_with("a nearer end."), "{too_far}");
    }

    #[test]
    fn a_walk_crosses_the_180th_meridian_like_any_other() {
        let (west, east) = (Point::new(179.99, -16.8), Point::new(-179.99, -16.8));
        let across = Reach::of(west, Some(east), 60, USUAL).unwrap();
        for cells in [across.place_cells(), across.street_cells()] {
            assert!(cells.contains(&CellId::of(west)) && cells.contains(&CellId::of(east)));
            assert!(cells.len() < 12, "{}", cells.len());
        }
        let round = Reach::of(west, None, 60, USUAL).unwrap();
        assert!(round.street_cells().contains(&CellId::of(east)));
    }

    #[test]
    fn streets_are_known_as_far_as_the_time_allows_and_no_further() {
        let start = Point::new(24.95, 60.17);
        let cells = |minutes, end| {
            Reach::of(start, end, minutes, USUAL)
                .unwrap()
                .street_cells()
        };
        let north = |metres: f64| Point::new(start.lon, start.lat + metres / METRES_PER_DEGREE);
        let knows = |cells: &[CellId], metres| cells.contains(&CellId::of(north(metres)));
        // Half of 60 minutes at 4.8 km/h, and a little more.
        assert!(knows(&cells(60, None), 2_400.0) && !knows(&cells(60, None), 4_200.0));
        assert!(knows(&cells(150, None), 6_000.0) && !knows(&cells(150, None), 7_800.0));
        assert!(knows(&cells(60, Some(north(4_000.0))), 4_400.0));
        // As many as a box of 300 m around the places within reach would hold, which there are everywhere in a city.
        assert!(cells(60, None).len() <= 27, "{}", cells(60, None).len());
        assert!(cells(15, None).len() <= 8, "{}", cells(15, None).len());
        // Along a walk from one end to the other nothing is known but what is beside it.
        assert!(cells(60, Some(north(4_000.0))).len() <= 25);
    }

    #[test]
    fn what_no_request_can_say_is_no_walk_either() {
        let here = Point::new(24.95, 60.17);
        for (start, end, minutes) in [
            (here, None, 181),
            (here, None, u32::MAX),
            (Point::new(f64::NAN, 0.0), None, 60),
            (here, Some(Point::new(1e300, 0.0)), 60),
        ] {
            let refused = Reach::of(start, end, minutes, USUAL);
            assert_eq!(refused.unwrap_err(), OutOfReach::Impossible);
        }
    }

    proptest! {
        #[test]
        fn no_walk_touches_more_cells_than_the_longest(
            lon in -180.0_f64..=180.0,
            lat in prop_oneof![-90.0_f64..=90.0, 84.0..=90.0, -90.0..=-84.0],
            (east, north) in (-180.0_f64..=180.0, -90.0_f64..=90.0),
            near in 0.0_f64..=0.1,
            minutes in 0_u32..=400,
        ) {
            let start = Point::new(lon, lat);
            let end = Point::new((lon + east * near).clamp(-180.0, 180.0), (lat + north * near).clamp(-90.0, 90.0));
            let fastest = Pace(*PACE.end());
            for end in [None, Some(end), Some(Point::new(-lon, lat)), Some(Point::new(east, north))] {
                let Ok(reach) = Reach::of(start, end, minutes, fastest) else {
                    continue;
                };
                let most = reach.street_cells().len().max(reach.place_cells().len());
                prop_assert!(most <= MOST_CELLS, "{most} from {start:?} to {end:?}");
            }
        }
    }
}
