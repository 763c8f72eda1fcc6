//! Appeal of a street to who walks for pleasure: a first measure, from what an edge holds.
//!
//! | Ground | Appeal |
//! |---|---|
//! | squares and streets without cars, paths | 75–80 |
//! | tracks, living streets, footways, steps | 55–65 |
//! | residential streets, cycleways | 45 |
//! | main roads, the less the larger; yards, parking, service ways | 5–30 |
//!
//! Setts and cobbles are the ground of old towns, and gravel or earth that of parks and woods: both add to it. A value that
//! is stored with the streets takes the place of [`Appeal::of`] alone.

use super::edge::{Edge, WayClass};

/// Appeal of a stretch of street, 0–100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Appeal(u8);

/// Least appeal of ground that is a pleasure to walk on.
const PLEASANT: u8 = 55;

impl Appeal {
    /// Appeal of an edge.
    pub(crate) fn of(edge: &Edge) -> Self {
        let ground = match edge.surface.as_deref() {
            Some("sett" | "cobblestone" | "unhewn_cobblestone") => 15,
            Some(
                "gravel" | "fine_gravel" | "compacted" | "unpaved" | "ground" | "dirt" | "earth"
                | "grass" | "woodchips",
            ) => 10,
            _ => 0,
        };
        Self((of_class(edge.class) + ground).min(100))
    }

    /// Appeal as a share, 0–1.
    pub(crate) fn share(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// Part of a walking time that is not worth it for the way alone.
    pub(crate) fn lack(self, ticks: u32) -> u32 {
        (u64::from(ticks) * u64::from(100 - self.0) / 100) as u32
    }

    /// Test for ground that is a pleasure to walk on.
    pub(crate) const fn is_pleasant(self) -> bool {
        self.0 >= PLEASANT
    }
}

const fn of_class(class: WayClass) -> u8 {
    match class {
        WayClass::Pedestrian => 80,
        WayClass::Path => 75,
        WayClass::Track => 65,
        WayClass::LivingStreet => 60,
        WayClass::Footway | WayClass::Steps => 55,
        WayClass::Residential | WayClass::Cycleway => 45,
        WayClass::Tertiary => 30,
        WayClass::Service | WayClass::Other => 20,
        WayClass::Secondary => 15,
        WayClass::Primary => 5,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::geo::Point;
    use crate::network::Lit;

    fn appeal(class: WayClass, surface: Option<&str>) -> Appeal {
        Appeal::of(&Edge {
            way_id: 1,
            from_node: 1,
            to_node: 2,
            class,
            lit: Lit::Unknown,
            surface: surface.map(Arc::from),
            incline_percent: None,
            name: None,
            price_percent: Edge::FAIR_PRICE,
            hours: None,
            one_way: false,
            geometry: vec![Point::new(0.0, 0.0), Point::new(0.0, 0.001)],
        })
    }

    #[test]
    fn a_path_through_the_green_is_preferred_to_a_street_and_that_to_a_main_road() {
        let path = appeal(WayClass::Path, Some("gravel"));
        let old_town = appeal(WayClass::Residential, Some("sett"));
        let street = appeal(WayClass::Residential, Some("asphalt"));
        let yard = appeal(WayClass::Service, None);
        let main_road = appeal(WayClass::Primary, Some("asphalt"));
        assert!(path > old_town && old_town > street && street > yard && yard > main_road);
        assert!(old_town.is_pleasant() && !street.is_pleasant());
        assert!((0.0..=1.0).contains(&path.share()));
    }
}
