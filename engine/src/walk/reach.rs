//! The reach of a walk: how far it gets in its time, and so how much is looked at for it, whatever is asked for.

use super::limits::MINUTES;
use crate::network::{CellId, DEFAULT_SPEED_METRES_PER_SECOND};
use crate::{Point, bounding_box};

/// Streets are never straight, so a walk gets this much less far than the pace would allow.
const STRAIGHTEST: f64 = 0.9;

/// Refusal of a walk that can't be as it is asked for, whatever the streets are like.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum OutOfReach {
    /// The end is further away than the walk gets.
    #[error(
        "The end is {:.1} km away, and a walk of {minutes} minutes gets {:.1} km far. Choose a nearer end{}.",
        .metres / 1e3, .reach_metres / 1e3, or_more_time(*.metres)
    )]
    Far {
        /// From the start to the end, as the crow flies.
        metres: f64,
        /// Reach of the walk.
        reach_metres: f64,
        /// Time that it may take.
        minutes: u32,
    },
    /// Start and end are near, but at the two ends of the map.
    #[error(
        "The end is beyond the 180th meridian, which no walk crosses. Choose one on the side of the start."
    )]
    AcrossAntimeridian,
    /// Nothing that is checked when it comes is like that.
    #[error("The walk is longer than any may be, or not on the earth.")]
    Impossible,
}

impl OutOfReach {
    /// A stable machine code.
    pub const CODE: &'static str = "out_of_reach";
}

/// The circle with everything that a walk may visit.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    centre: Point,
    metres: f64,
}

impl Reach {
    /// The reach of a walk of so many minutes. Back at its start, it gets half its length away; with an end of its own,
    /// it stays in an ellipse around both, and so within half its length of the middle between them.
    ///
    /// # Errors
    /// There is no such walk: nothing needs to be looked up to know that.
    pub fn of(start: Point, end: Option<Point>, minutes: u32) -> Result<Self, OutOfReach> {
        let end = end.unwrap_or(start);
        if minutes > longest() || !start.is_valid() || !end.is_valid() {
            return Err(OutOfReach::Impossible);
        }
        let (metres, reach_metres) = (start.distance_metres(end), metres(minutes * 60));
        if metres > reach_metres {
            return Err(OutOfReach::Far {
                metres,
                reach_metres,
                minutes,
            });
        }
        if (start.lon - end.lon).abs() > 180.0 {
            return Err(OutOfReach::AcrossAntimeridian);
        }
        Ok(Self {
            centre: Point::new(start.lon.midpoint(end.lon), start.lat.midpoint(end.lat)),
            metres: reach_metres / 2.0,
        })
    }

    /// The cells that it touches, with so many metres around it.
    pub fn cells(self, margin_metres: f64) -> Vec<CellId> {
        let (south_west, north_east) = bounding_box([self.centre], self.metres + margin_metres);
        CellId::covering(south_west, north_east)
    }
}

/// Metres as the crow flies from the start, within which all stops are: half the time out and half back, or all of it with
/// an end elsewhere.
pub fn metres_from_start(end: Option<Point>, seconds: u32) -> f64 {
    let share = if end.is_some() { 1.0 } else { 0.5 };
    share * metres(seconds)
}

/// Metres as the crow flies that a walk of so many seconds is long at most.
fn metres(seconds: u32) -> f64 {
    f64::from(seconds) * DEFAULT_SPEED_METRES_PER_SECOND * STRAIGHTEST
}

const fn longest() -> u32 {
    MINUTES.end().unsigned_abs()
}

/// Remedy besides a nearer end, if there is one.
fn or_more_time(needed_metres: f64) -> &'static str {
    if needed_metres <= metres(longest() * 60) {
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

    /// The longest walk, with the streets around it, where cells are smallest: 211 m wide at the edge of the grid's
    /// map. At 60° north it touches 144.
    const MOST_CELLS: usize = 66 * 66;
    const STREETS: f64 = 300.0;

    #[test]
    fn an_end_within_the_length_of_the_walk_is_in_reach() {
        let start = Point::new(24.95, 60.17);
        let north = |metres: f64| {
            Some(Point::new(
                start.lon,
                start.lat + metres / METRES_PER_DEGREE,
            ))
        };
        assert!(Reach::of(start, north(4_300.0), 60).is_ok());
        let far = Reach::of(start, north(4_400.0), 60).unwrap_err();
        assert!(far.to_string().contains("4.4 km away"), "{far}");
        assert!(far.to_string().contains("gets 4.3 km far"), "{far}");
        assert!(far.to_string().ends_with("end or a longer walk."), "{far}");
        let too_far = Reach::of(start, north(13_000.0), 60).unwrap_err();
        assert!(too_far.to_string().ends_with("a nearer end."), "{too_far}");
    }

    #[test]
    fn a_walk_ends_on_its_side_of_the_180th_meridian() {
        let (west, east) = (Point::new(179.99, -16.8), Point::new(-179.99, -16.8));
        let across = Reach::of(west, Some(east), 180);
        assert_eq!(across.unwrap_err(), OutOfReach::AcrossAntimeridian);
        assert!(Reach::of(west, None, 180).is_ok());
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
            let refused = Reach::of(start, end, minutes);
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
            for end in [None, Some(end), Some(Point::new(-lon, lat)), Some(Point::new(east, north))] {
                let cells = Reach::of(start, end, minutes).map_or(0, |reach| reach.cells(STREETS).len());
                prop_assert!(cells <= MOST_CELLS, "{cells} from {start:?} to {end:?}");
            }
        }
    }
}
