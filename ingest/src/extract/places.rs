//! The places among the elements.

use rustc_hash::FxHashMap;
use wildside_engine::places::{Classification, PopularityScale, Tags, catalogue};
use wildside_engine::{Poi, Point};

use super::elements::{OsmId, owned};

/// A place worth a stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Its id in `pois`.
    pub id: i64,
    /// Where it is; for ways and relations a point on or inside them.
    pub location: Point,
    /// All its tags.
    pub tags: Vec<(String, String)>,
    /// What the catalogue makes of it.
    pub classification: Classification,
    /// 0 hidden gem to 1 hotspot, among the places of this file.
    pub popularity: f32,
}

impl Place {
    /// The place that the tags make of an element, if any. Its popularity is not yet known.
    pub(crate) fn new(id: OsmId, location: Point, tags: &Tags<'_>) -> Option<Self> {
        Some(Self {
            id: id.folded()?,
            location,
            classification: catalogue().classify(tags)?,
            tags: owned(tags.iter()),
            popularity: 0.0,
        })
    }

    /// The place as the engine wants it.
    pub fn to_poi(&self) -> Poi {
        Poi {
            id: self.id,
            location: self.location,
            kind: self.classification.kind,
            themes: self.classification.themes.clone(),
            popularity: self.popularity,
        }
    }
}

/// Two elements of one name nearer than this are one place, mapped twice.
const SAME_PLACE_METRES: f64 = 100.0;

/// Drops what is there twice: by id, and as node and outline of the same thing. Of each the most prominent stays.
///
/// Returns how many were dropped.
pub(crate) fn remove_duplicates(places: &mut Vec<Place>) -> u64 {
    let before = places.len();
    places.sort_by(|a, b| {
        let prominence = |p: &Place| p.classification.prominence;
        // A relation before a way before a node: the larger thing knows more.
        prominence(b)
            .total_cmp(&prominence(a))
            .then((b.id % 10).cmp(&(a.id % 10)))
            .then(a.id.cmp(&b.id))
    });
    let mut kept: FxHashMap<String, Vec<(i64, Point)>> = FxHashMap::default();
    places.retain(|place| {
        let own_name = place.tags.iter().any(|(key, _)| key == "name");
        let name = if own_name {
            place.classification.name.to_lowercase()
        } else {
            place.id.to_string()
        };
        let namesakes = kept.entry(name).or_default();
        let known = |(id, at): &(i64, Point)| {
            *id == place.id || at.distance_metres(place.location) < SAME_PLACE_METRES
        };
        let new = !namesakes.iter().any(known);
        if new {
            namesakes.push((place.id, place.location));
        }
        new
    });
    places.sort_by_key(|place| place.id);
    (before - places.len()) as u64
}

/// Gives every place its popularity among all of them.
pub(crate) fn scale_popularity(places: &mut [Place]) -> PopularityScale {
    let prominences: Vec<_> = places.iter().map(|p| p.classification.prominence).collect();
    let scale = PopularityScale::fit(&prominences);
    for place in places {
        place.popularity = scale.apply(place.classification.prominence);
    }
    scale
}
