//! Kinship of places with themes that they do not belong to, for the time that places of the themes leave over.

use rustc_hash::FxHashMap;

use super::weight;
use crate::places::{ThemeId, affinity, catalogue, only_feeds};
use crate::walk::Poi;

/// Relevance of a sight that has nothing in common with what was asked for.
const ANY_SIGHT: f64 = 0.1;

/// Relevance that the nearest taste adds.
const NEAR_TASTE: f64 = 0.5;

/// Affinity from which two themes are said to be near.
const NEAR: f64 = 0.15;

/// Taste of who has chosen some themes: for each theme how near it is to one of them.
#[derive(Debug)]
pub(crate) struct Taste {
    /// Affinity with the nearest of the chosen themes, and which that is.
    nearest: FxHashMap<ThemeId, (f64, ThemeId)>,
}

/// Kinship of a place with chosen themes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Kinship {
    /// Relevance in place of that of a match, 0–1.
    pub(crate) relevance: f64,
    /// The chosen theme and that of the place which are nearest; `None`: none is near.
    pub(crate) near: Option<(ThemeId, ThemeId)>,
}

impl Taste {
    /// Taste behind chosen themes.
    pub(crate) fn of(chosen: &[ThemeId]) -> Self {
        let nearest = |theme: ThemeId| {
            let affinities = chosen.iter().map(|&one| (affinity(one, theme), one));
            affinities.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
        };
        let themes = catalogue().themes().iter().map(|theme| theme.id);
        Self {
            nearest: themes
                .filter_map(|theme| Some((theme, nearest(theme)?)))
                .collect(),
        }
    }

    /// Kinship of a place. `None`: it only feeds, and nothing near that was asked for.
    pub(crate) fn kinship(&self, poi: &Poi) -> Option<Kinship> {
        let of_place = poi.themes.iter().filter_map(|&(theme, _)| {
            let &(affinity, chosen) = self.nearest.get(&theme)?;
            Some((affinity * weight(poi, theme), chosen, theme))
        });
        let nearest = of_place.max_by(|a, b| a.0.total_cmp(&b.0));
        let near = nearest.filter(|(affinity, ..)| *affinity >= NEAR);
        if near.is_none() && only_feeds(poi.kind, &poi.themes) {
            return None;
        }
        let affinity = nearest.map_or(0.0, |(affinity, ..)| affinity.clamp(0.0, 1.0));
        Some(Kinship {
            relevance: ANY_SIGHT + NEAR_TASTE * affinity.sqrt(),
            near: near.map(|(_, chosen, theme)| (chosen, theme)),
        })
    }
}
