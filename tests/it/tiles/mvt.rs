use std::collections::HashMap;

use mvt_reader::Reader;
use mvt_reader::feature::{Feature, Value};

/// The layers of a vector tile by name.
pub(crate) fn layers(tile: Vec<u8>) -> HashMap<String, Vec<Feature>> {
    let reader = Reader::new(tile).unwrap();
    let names = reader.get_layer_names().unwrap();
    let layer = |(index, name)| (name, reader.get_features(index).unwrap());
    names.into_iter().enumerate().map(layer).collect()
}

pub(crate) fn integer(feature: &Feature, property: &str) -> i64 {
    match value(feature, property) {
        Value::Int(value) | Value::SInt(value) => *value,
        Value::UInt(value) => i64::try_from(*value).unwrap(),
        other => panic!("{property} is {other:?}"),
    }
}

pub(crate) fn number(feature: &Feature, property: &str) -> f64 {
    match value(feature, property) {
        Value::Float(value) => f64::from(*value),
        Value::Double(value) => *value,
        other => panic!("{property} is {other:?}"),
    }
}

pub(crate) fn text<'a>(feature: &'a Feature, property: &str) -> &'a str {
    match value(feature, property) {
        Value::String(value) => value,
        other => panic!("{property} is {other:?}"),
    }
}

fn value<'a>(feature: &'a Feature, property: &str) -> &'a Value {
    let properties = feature.properties.as_ref().unwrap();
    &properties[property]
}
