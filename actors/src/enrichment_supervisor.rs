//! Classifying map elements on threads of a pool of its own, so that enrichment never takes one from routes.

use std::collections::BTreeMap;
use std::fmt;
use std::future::ready;
use std::time::Instant;

use actix::{Handler, Message, ResponseFuture};
use rustc_hash::FxHashSet;
use wildside_engine::Point;
use wildside_engine::places::{Catalogue, Classification, Tags, catalogue};

use crate::engine_pool::{PoolConfig, PoolFailure};
use crate::envelope::{Measured, Outcome};
use crate::handle::ActorHandle;
use crate::pool_supervisor::PoolSupervisor;
use crate::registry::ActorRegistry;

/// More elements in one message are refused.
pub const MAX_ELEMENTS: usize = 100_000;

/// The three types of `OpenStreetMap` elements; their ids collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OsmType {
    /// A point.
    Node,
    /// A line or an area.
    Way,
    /// A group of elements.
    Relation,
}

/// An element of the map as it comes from Overpass, not yet trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct OsmElement {
    /// Its type.
    pub osm_type: OsmType,
    /// Its id among the elements of its type.
    pub id: i64,
    /// Latitude of the element or its centre, degrees.
    pub lat: f64,
    /// Longitude of the element or its centre, degrees.
    pub lon: f64,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl OsmElement {
    /// The id of the element in `pois`: the type folded in. Nothing if it does not fit.
    pub fn poi_id(&self) -> Option<i64> {
        let digit = match self.osm_type {
            OsmType::Node => 1,
            OsmType::Way => 2,
            OsmType::Relation => 3,
        };
        (self.id > 0)
            .then(|| self.id.checked_mul(10)?.checked_add(digit))
            .flatten()
    }
}

/// An element that is worth a stop.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassifiedPlace {
    /// Its id in `pois`.
    pub poi_id: i64,
    /// Its position.
    pub location: Point,
    /// The element, as it came.
    pub element: OsmElement,
    /// Themes for which it is worth a stop.
    pub classification: Classification,
}

/// Counts by outcome: every element is a place, or counted here.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Classified {
    /// The places, in the order of the elements; no id twice.
    pub places: Vec<ClassifiedPlace>,
    /// Sound elements that are no place worth a stop.
    pub uninteresting: usize,
    /// Elements that came more than once.
    pub duplicates: usize,
    /// Elements with an impossible id, position or tag.
    pub invalid: usize,
}

/// Finds the places among elements of the map.
#[derive(Message)]
#[rtype(result = "Result<Classified, EnrichmentFailure>")]
pub struct ClassifyElements {
    /// The elements, at most [`MAX_ELEMENTS`].
    pub elements: Vec<OsmElement>,
    /// Deadline.
    pub deadline: Instant,
}

impl fmt::Debug for ClassifyElements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassifyElements")
            .field("elements", &self.elements.len())
            .finish_non_exhaustive()
    }
}

impl Measured for ClassifyElements {
    const NAME: &'static str = "ClassifyElements";

    fn outcome(answer: &Self::Result) -> Outcome {
        match answer {
            Ok(_) => Outcome::Ok,
            Err(EnrichmentFailure::Pool(PoolFailure::Busy)) => Outcome::Refused("busy"),
            Err(EnrichmentFailure::TooManyElements) => Outcome::Refused("too_many_elements"),
            Err(failure) => Outcome::Failed(failure.code()),
        }
    }
}

/// Cause for which elements were not classified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EnrichmentFailure {
    /// More than [`MAX_ELEMENTS`].
    #[error("more than {MAX_ELEMENTS} elements at once")]
    TooManyElements,
    /// The classification gave no answer.
    #[error(transparent)]
    Pool(#[from] PoolFailure),
}

impl EnrichmentFailure {
    /// A stable machine code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooManyElements => "too_many_elements",
            Self::Pool(PoolFailure::Busy) => "busy",
            Self::Pool(PoolFailure::DeadlineExceeded) => "deadline_exceeded",
            Self::Pool(PoolFailure::Panicked) => "classifier_panicked",
            Self::Pool(PoolFailure::Stopped) => "enrichment_stopped",
        }
    }
}

/// The work of [`EnrichmentSupervisor`]: it needs nothing but the elements.
#[derive(Debug, Clone, Copy)]
pub struct Classifying;

/// The supervisor of classification.
pub type EnrichmentSupervisor = PoolSupervisor<Classifying>;

/// Room of the mailbox.
const MAILBOX: usize = 16;

impl EnrichmentSupervisor {
    /// Starts the supervisor and its threads. Must be called on an actix `System`.
    pub fn start(config: PoolConfig, registry: &ActorRegistry) -> ActorHandle<Self> {
        let name = "enrichment_supervisor";
        Self::supervise(name, MAILBOX, Classifying, config, registry)
    }
}

impl Handler<ClassifyElements> for EnrichmentSupervisor {
    type Result = ResponseFuture<Result<Classified, EnrichmentFailure>>;

    fn handle(&mut self, message: ClassifyElements, _: &mut Self::Context) -> Self::Result {
        let ClassifyElements { elements, deadline } = message;
        if elements.len() > MAX_ELEMENTS {
            return Box::pin(ready(Err(EnrichmentFailure::TooManyElements)));
        }
        self.compute(deadline, move || classify(elements, deadline))
    }
}

fn classify(elements: Vec<OsmElement>, deadline: Instant) -> Result<Classified, EnrichmentFailure> {
    let catalogue = catalogue();
    let mut seen = FxHashSet::default();
    let mut result = Classified::default();
    for element in elements {
        if Instant::now() >= deadline {
            return Err(PoolFailure::DeadlineExceeded.into());
        }
        let Some((poi_id, location)) = identify(&element) else {
            result.invalid += 1;
            continue;
        };
        if !seen.insert(poi_id) {
            result.duplicates += 1;
            continue;
        }
        match classify_one(catalogue, &element) {
            Some(classification) => {
                result.places.push(ClassifiedPlace {
                    poi_id,
                    location,
                    element,
                    classification,
                });
            }
            None => result.uninteresting += 1,
        }
    }
    Ok(result)
}

/// The id and position of an element that can be stored; PostgreSQL's text takes no NUL.
fn identify(element: &OsmElement) -> Option<(i64, Point)> {
    let possible = (-90.0..=90.0).contains(&element.lat) && (-180.0..=180.0).contains(&element.lon);
    let storable = element
        .tags
        .iter()
        .all(|(key, value)| !key.contains('\0') && !value.contains('\0'));
    let poi_id = element.poi_id()?;
    (possible && storable).then(|| (poi_id, Point::new(element.lon, element.lat)))
}

fn classify_one(catalogue: &Catalogue, element: &OsmElement) -> Option<Classification> {
    let pairs: Vec<(&str, &str)> = element
        .tags
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    catalogue.classify(&Tags::new(&pairs))
}
