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
            hours: None,
        }
    }
}

/// Elements nearer than this to one another may be one place, mapped twice.
const SAME_PLACE_METRES: f64 = 100.0;

/// Two nodes are one place only if they are nearer: branches of a café and works of a series share their names.
const SAME_NODE_METRES: f64 = 15.0;

/// Merges what is there twice: by id, by Wikidata entry, and as node and outline of the same thing. Of each the most
/// prominent stays, with the themes of all.
///
/// Returns how many were merged into others.
pub(crate) fn merge_duplicates(places: &mut Vec<Place>) -> u64 {
    let before = places.len();
    places.sort_by(|a, b| {
        let prominence = |p: &Place| p.classification.prominence;
        let by_prominence = prominence(b).total_cmp(&prominence(a));
        // A relation before a way before a node: the larger thing knows more.
        by_prominence
            .then(b.element_type().cmp(&a.element_type()))
            .then(a.id.cmp(&b.id))
    });
    let mut kept: Vec<(Known, Place)> = Vec::with_capacity(before);
    let mut by_cell: FxHashMap<CellId, Vec<usize>> = FxHashMap::default();
    for place in places.drain(..) {
        let candidate = Known::new(&place);
        let cells = cells_around(place.location);
        let mut neighbours = cells.iter().filter_map(|cell| by_cell.get(cell)).flatten();
        if let Some(&known) = neighbours.find(|known| kept[**known].0.is_same(&candidate)) {
            kept[known].1.take_themes(&place);
        } else {
            let cell = by_cell.entry(CellId::of(place.location)).or_default();
            cell.push(kept.len());
            kept.push((candidate, place));
        }
    }
    places.extend(kept.into_iter().map(|(_, place)| place));
    places.sort_by_key(|place| place.id);
    (before - places.len()) as u64
}

fn cells_around(at: Point) -> Vec<CellId> {
    let reach = Point::new(0.002, 0.001);
    let south_west = Point::new(at.lon - reach.lon, at.lat - reach.lat);
    let north_east = Point::new(at.lon + reach.lon, at.lat + reach.lat);
    CellId::covering(south_west, north_east)
}

impl Place {
    /// 1: a node, 2: a way, 3: a relation.
    const fn element_type(&self) -> i64 {
        self.id.rem_euclid(10)
    }

    /// Adds the themes of the same place, mapped once more.
    fn take_themes(&mut self, other: &Self) {
        let themes = &mut self.classification.themes;
        for &(theme, weight) in &other.classification.themes {
            match themes.iter_mut().find(|(known, _)| *known == theme) {
                Some((_, known)) => *known = known.max(weight),
                None => themes.push((theme, weight)),
            }
        }
        themes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    }
}

/// Marks by which a place is told from its neighbours.
struct Known {
    id: i64,
    kind: KindId,
    is_node: bool,
    location: Point,
    name: Option<String>,
    words: Vec<String>,
    wikidata: Option<String>,
    address: Option<(String, String)>,
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
            id: place.id,
            kind: place.classification.kind,
            is_node: place.element_type() == 1,
            location: place.location,
            words: words
                .filter(|word| word.chars().count() > 3)
                .map(str::to_owned)
                .collect(),
            wikidata: tag("wikidata"),
            address: tag("addr:street").zip(tag("addr:housenumber")),
            name,
        }
    }

    /// True if there is evidence that both are one place: the same entry of Wikidata, or the same name and a kind that goes
    /// with the other, and nothing that tells them apart.
    fn is_same(&self, other: &Self) -> bool {
        if self.id == other.id {
            return true;
        }
        let metres = self.location.distance_metres(other.location);
        if metres >= SAME_PLACE_METRES {
            return false;
        }
        if let (Some(one), Some(another)) = (&self.wikidata, &other.wikidata) {
            return one == another;
        }
        let same_name = self.name.is_some() && self.name == other.name;
        let is_named_alike = same_name && self.goes_with(other.kind);
        let is_worded_alike = self.kind == other.kind && self.shares_words(other);
        let both_are_nodes = self.is_node && other.is_node;
        let is_near = !both_are_nodes || metres < SAME_NODE_METRES;
        (is_named_alike || is_worded_alike && !both_are_nodes) && is_near && !self.differs(other)
    }

    /// True if one place may be both: the kinds are the same, or about the same theme above all.
    fn goes_with(&self, kind: KindId) -> bool {
        let main_theme = |kind| {
            catalogue()
                .kind(kind)?
                .themes
                .first()
                .map(|(theme, _)| *theme)
        };
        self.kind == kind || main_theme(self.kind).is_some_and(|of| Some(of) == main_theme(kind))
    }

    /// True if their addresses differ.
    fn differs(&self, other: &Self) -> bool {
        let both = self.address.as_ref().zip(other.address.as_ref());
        both.is_some_and(|(one, another)| one != another)
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
