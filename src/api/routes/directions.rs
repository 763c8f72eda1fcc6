//! Instructions of a walk in the language of its walker.

use serde::Deserialize;
use serde_json::Value;
use wildside_engine::Point;
use wildside_engine::walk::Step;

use crate::db::routes::{Route, RouteDetails, RouteStop};
use crate::guidance::{self, Language};

/// An instruction and its place.
#[derive(Debug)]
pub struct Direction {
    /// The sentence.
    pub text: String,
    pub location: Point,
    /// The step that begins here; `None`: the walker arrives.
    pub step: Option<Step>,
}

/// All that is told along the walk in order: the steps of each leg, and the stop or the end to which it leads. Nothing for
/// a walk whose details can't be read.
pub fn directions(route: &Route, stops: &[RouteStop], language: Language) -> Vec<Direction> {
    let Ok(details) = RouteDetails::deserialize(&route.details) else {
        return Vec::new();
    };
    let mut directions = Vec::new();
    for (position, leg) in details.legs.iter().enumerate() {
        let mut before = None;
        for step in &leg.steps {
            directions.extend(route.path.get(step.path_start).map(|&location| Direction {
                text: guidance::instruction(language, step, before),
                location,
                step: Some(step.clone()),
            }));
            before = Some(step);
        }
        let end = details.legs.get(position + 1).map(|next| next.path_start);
        let end = end.map_or(route.path.last(), |end| route.path.get(end));
        let text = stops.get(position).map_or_else(
            || guidance::finish(language),
            |stop| guidance::arrival(language, stop.name.as_deref()),
        );
        directions.extend(end.map(|&location| Direction {
            text,
            location,
            step: None,
        }));
    }
    directions
}

/// Adds to each step of stored details its sentence as `instruction`.
pub fn tell(details: &mut Value, language: Language) {
    let legs = details.get_mut("legs").and_then(Value::as_array_mut);
    for leg in legs.into_iter().flatten() {
        let mut before: Option<Step> = None;
        let steps = leg.get_mut("steps").and_then(Value::as_array_mut);
        for step in steps.into_iter().flatten() {
            let Ok(read) = Step::deserialize(&*step) else {
                continue;
            };
            let text = guidance::instruction(language, &read, before.as_ref());
            if let Some(fields) = step.as_object_mut() {
                fields.insert("instruction".to_owned(), text.into());
            }
            before = Some(read);
        }
    }
}
