//! Time of a walk at its place.

use std::sync::LazyLock;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use opening_hours::Context;
use opening_hours::localization::{Coordinates, Country, TzLocation};
use tzf_rs::EmbeddedFinder;

use crate::geo::Point;

/// A state that lasts longer counts as one that lasts for ever.
const FOR_EVER: TimeDelta = TimeDelta::days(32);

/// Time of a walk in the time zone of its place, with the place's sun and public holidays.
#[derive(Debug, Clone)]
pub struct WalkTime {
    context: Context<TzLocation<Tz>>,
    departure: DateTime<Tz>,
}

impl WalkTime {
    /// The time of a walk that begins at `departure` at a place; `None`: that is no place on earth.
    pub fn new(departure: DateTime<Utc>, place: Point) -> Option<Self> {
        let at = Coordinates::new(place.lat, place.lon)?;
        let zone = zone(place);
        let country = Country::try_from_coords(at);
        let context = Context::default()
            .with_holidays(country.map(Country::holidays).unwrap_or_default())
            .with_holidays_unknown(country.map(Country::holidays_regional).unwrap_or_default())
            .with_locale(TzLocation::new(zone).with_coords(at))
            .approx_bound_interval_size(FOR_EVER);
        Some(Self {
            context,
            departure: departure.with_timezone(&zone),
        })
    }

    /// The time so many seconds after the departure.
    pub fn after(&self, seconds: u32) -> DateTime<Tz> {
        self.departure + TimeDelta::seconds(i64::from(seconds))
    }

    /// Seconds from the departure to a time, rounded up; `None`: it is before, or further than one would think of.
    pub(super) fn seconds_until(&self, time: &DateTime<Tz>) -> Option<u32> {
        let seconds = (*time - self.departure + TimeDelta::milliseconds(999)).num_seconds();
        u32::try_from(seconds)
            .ok()
            .filter(|_| seconds < FOR_EVER.num_seconds() * 2)
    }

    pub(super) fn context(&self) -> &Context<TzLocation<Tz>> {
        &self.context
    }
}

/// The time zone of a place; that of the sea where there is none.
fn zone(place: Point) -> Tz {
    static ZONES: LazyLock<EmbeddedFinder> = LazyLock::new(EmbeddedFinder::new);
    let name = ZONES.get_tz_name(place.lon, place.lat);
    name.parse().unwrap_or(Tz::UTC)
}
