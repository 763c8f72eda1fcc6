//! The catalogue's file, as it is written.

use std::collections::BTreeMap;

use serde::Deserialize;
use uuid::Uuid;

/// Weights by theme key.
pub(super) type Weights = BTreeMap<String, f32>;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) excluded: Vec<String>,
    pub(super) theme: Vec<ThemeSource>,
    pub(super) kind: Vec<KindSource>,
    pub(super) refinement: Vec<RefinementSource>,
    pub(super) sign: Vec<SignSource>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ThemeSource {
    pub(super) key: String,
    pub(super) id: Uuid,
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KindSource {
    pub(super) name: String,
    pub(super) label: String,
    pub(super) when: Vec<String>,
    #[serde(default)]
    pub(super) unnamed: bool,
    #[serde(default)]
    pub(super) feeds: bool,
    #[serde(default)]
    pub(super) entered: bool,
    pub(super) visit_seconds: u32,
    pub(super) popularity: f32,
    pub(super) themes: Weights,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RefinementSource {
    pub(super) because: String,
    #[serde(default)]
    pub(super) kinds: Vec<String>,
    pub(super) when: Vec<String>,
    #[serde(default)]
    pub(super) raise: Weights,
    #[serde(default)]
    pub(super) lower: Weights,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignSource {
    pub(super) because: String,
    pub(super) when: Vec<String>,
    pub(super) share: f32,
}
