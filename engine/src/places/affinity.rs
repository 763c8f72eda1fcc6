//! Affinity of themes: how near two of them are in taste.
//!
//! Themes are alike where the same kinds of places belong to them: the affinity of two is the cosine of their weights over
//! all kinds of the catalogue (vector space model: Salton, Wong and Yang 1975).

use std::sync::LazyLock;

use super::{Catalogue, ThemeId, catalogue};

/// Affinities of all pairs of themes, in the order of the catalogue.
static AFFINITIES: LazyLock<Vec<Vec<f64>>> = LazyLock::new(|| of_all(catalogue()));

/// Affinity of two themes: 1 for a theme with itself, 0 where they share no kind of place, or one is of another build.
pub(crate) fn affinity(one: ThemeId, other: ThemeId) -> f64 {
    let position = |id| catalogue().themes().iter().position(|theme| theme.id == id);
    match (position(one), position(other)) {
        (Some(one), Some(other)) => AFFINITIES[one][other],
        _ => 0.0,
    }
}

fn of_all(catalogue: &Catalogue) -> Vec<Vec<f64>> {
    let weights: Vec<Vec<f64>> = catalogue
        .themes()
        .iter()
        .map(|theme| weights_of(catalogue, theme.id))
        .collect();
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let cosine = |a: &Vec<f64>, b: &Vec<f64>| {
        let lengths = (product(a, a) * product(b, b)).sqrt();
        if lengths > 0.0 {
            (product(a, b) / lengths).min(1.0)
        } else {
            0.0
        }
    };
    weights
        .iter()
        .map(|one| weights.iter().map(|other| cosine(one, other)).collect())
        .collect()
}

/// Share of its weight that a theme has for a kind of place of which only some belong to it.
const OF_SOME: f64 = 0.5;

/// Weight of a theme for each kind of place.
fn weights_of(catalogue: &Catalogue, theme: ThemeId) -> Vec<f64> {
    let weight_in = |themes: &[(ThemeId, f32)]| {
        let found = themes.iter().find(|(id, _)| *id == theme);
        found.map_or(0.0, |&(_, weight)| f64::from(weight))
    };
    let mut weights: Vec<f64> = catalogue
        .kinds()
        .iter()
        .map(|kind| weight_in(&kind.themes))
        .collect();
    for refinement in &catalogue.refinements {
        let of_some = OF_SOME * weight_in(&refinement.raise);
        for kind in &refinement.kinds {
            let weight = &mut weights[usize::from(kind.0)];
            *weight = weight.max(of_some);
        }
    }
    weights
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn theme(key: &str) -> ThemeId {
        let mut themes = catalogue().themes().iter();
        themes.find(|theme| theme.key == key).unwrap().id
    }

    #[test]
    fn themes_with_places_in_common_are_near_in_taste() {
        let (parks, nature, markets) = (theme("quiet_parks"), theme("nature"), theme("markets"));
        assert!(affinity(parks, nature) > 0.3);
        assert!(affinity(parks, nature) > affinity(parks, markets));
        assert!(affinity(theme("coffee"), theme("food")) > 0.2);
        for one in catalogue().themes() {
            assert!((affinity(one.id, one.id) - 1.0).abs() < 1e-9, "{}", one.key);
            for other in catalogue().themes() {
                let there = affinity(one.id, other.id);
                assert!((0.0..=1.0).contains(&there));
                assert!((there - affinity(other.id, one.id)).abs() < 1e-12);
            }
        }
    }
}
