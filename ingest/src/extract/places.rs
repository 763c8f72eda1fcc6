//! The places among the elements.

use rustc_hash::FxHashMap;
use wildside_engine::network::CellId;
use wildside_engine::places::{Classification, KindId, PopularityScale, Tags, catalogue};
use wildside_engine::{Poi, Point};

use super::elements::{OsmId, OwnedTags};

/// A place worth a stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Its id in `pois`.
    pub id: i64,
    /// Its position; for ways and relations a point on or inside them.
    pub location: Point,
    /// All its tags.
    pub tags: OwnedTags,
    /// Classification by the catalogue.
    pub classification: Classification,
    /// 0 hidden gem to 1 hotspot, among the places of this file.
    pub popularity: f32,
}

impl Place {
    /// The place that the tags make of an element, if any. Its popularity is not yet known.
    pub(crate) fn new(id: OsmId, location: Point, tags: &Tags<'_>) -> Option<Self> {
        // Most elements are no place: look before anything is copied.
        catalogue().classify(tags)?;
        let owned = OwnedTags::new(tags.iter());
        let pairs = owned.pairs();
        let clean = Tags::new(&pairs);
        let sized = tags
            .area_square_metres()
            .map_or(clean, |area| clean.with_area(area));
        Some(Self {
            id: id.folded()?,
            location,
            classification: catalogue().classify(&sized)?.without_reasons(),
            tags: owned,
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

/// Elements nearer than this to one of the same name are one place, mapped twice.
const SAME_PLACE_METRES: f64 = 100.0;

/// Drops what is there twice: by id, by Wikidata entry, and as node and outline of the same thing. Of each the most
/// prominent stays.
///
/// Returns how many were dropped.
pub(crate) fn remove_duplicates(places: &mut Vec<Place>) -> u64 {
    let before = places.len();
    places.sort_by(|a, b| {
        let prominence = |p: &Place| p.classification.prominence;
        // A relation before a way before a node: the larger thing knows more.
        let size = |p: &Place| p.id % 10;
        let by_prominence = prominence(b).total_cmp(&prominence(a));
        by_prominence
            .then(size(b).cmp(&size(a)))
            .then(a.id.cmp(&b.id))
    });
    let mut kept: FxHashMap<CellId, Vec<Known>> = FxHashMap::default();
    places.retain(|place| {
        let candidate = Known::new(place);
        let reach = Point::new(0.002, 0.001);
        let at = place.location;
        let south_west = Point::new(at.lon - reach.lon, at.lat - reach.lat);
        let north_east = Point::new(at.lon + reach.lon, at.lat + reach.lat);
        let near = CellId::covering(south_west, north_east);
        let mut neighbours = near.iter().filter_map(|cell| kept.get(cell)).flatten();
        let new = !neighbours.any(|known| known.is_same(&candidate));
        if new {
            kept.entry(CellId::of(at)).or_default().push(candidate);
        }
        new
    });
    places.sort_by_key(|place| place.id);
    places.dedup_by_key(|place| place.id);
    (before - places.len()) as u64
}

/// Marks by which a place is told from its neighbours.
struct Known {
    kind: KindId,
    location: Point,
    name: Option<String>,
    words: Vec<String>,
    wikidata: Option<String>,
}

impl Known {
    fn new(place: &Place) -> Self {
        let tag = |key: &str| place.tags.get(key).map(str::to_owned);
        let name = tag("name").map(|name| name.to_lowercase());
        // Short words are articles and prepositions.
        let words = name
            .iter()
            .flat_map(|name| name.split(|c: char| !c.is_alphanumeric()));
        Self {
            kind: place.classification.kind,
            location: place.location,
            words: words
                .filter(|word| word.chars().count() > 3)
                .map(str::to_owned)
                .collect(),
            wikidata: tag("wikidata"),
            name,
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let same_name = self.name.is_some() && self.name == other.name;
        let same_entry =
            self.wikidata.is_some() && self.wikidata == other.wikidata && self.kind == other.kind;
        let alike = self.kind == other.kind && self.shares_words(other);
        (same_name || same_entry || alike)
            && self.location.distance_metres(other.location) < SAME_PLACE_METRES
    }

    /// True if two names say the same with other words around: `Le Jardin Animalier`, `Jardin animalier de Monaco`.
    fn shares_words(&self, other: &Self) -> bool {
        let shared = self
            .words
            .iter()
            .filter(|word| other.words.contains(word))
            .count();
        let fewer = self.words.len().min(other.words.len());
        shared >= 2 && shared * 4 >= fewer * 3
    }
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
