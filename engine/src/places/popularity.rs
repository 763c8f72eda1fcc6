//! Popularity of a place, from what `OpenStreetMap` says of it.
//!
//! There are two steps.
//!
//! 1. **Prominence**, from the tags alone: it begins at the kind's `popularity`; each sign of the catalogue
//!    closes its share of the gap to 1 (`p ← p + share · (1 − p)`, a negative share takes that share of `p`
//!    away), so that signs add up without ever leaving 0–1. So do the number of languages that name the place
//!    (8 % · ln(1 + n), at most 35 %) and its size (10 % for each power of ten above 1000 m², at most 30 %).
//! 2. **Popularity**, compared with the neighbours: a [`PopularityScale`] maps prominence to the share of
//!    the area's places that are less prominent. Popularity is thus spread over the whole range in each city.
//!    A load fits the scale and stores it with the area; enrichment, which sees one place at a time, applies
//!    the stored one, so that both speak the same language.

use super::catalogue::{Catalogue, Kind};
use super::tags::Tags;

/// Places of the reference city that count beside the area's own, so that a hamlet with three benches has no hotspot.
const REFERENCE_PLACES: f64 = 60.0;

/// Prominence at the 0th, 5th, … 100th percentile of the places of two European city centres.
const REFERENCE: [f32; PopularityScale::KNOTS] = [
    0.08, 0.14, 0.18, 0.20, 0.22, 0.22, 0.24, 0.25, 0.26, 0.27, 0.27, 0.29, 0.30, 0.30, 0.31, 0.32,
    0.36, 0.40, 0.57, 0.64, 0.90,
];

/// Maps the prominence of a place to its popularity among the places of an area.
///
/// It is the inverse of 21 quantiles, linear between them, never falling.
#[derive(Debug, Clone, PartialEq)]
pub struct PopularityScale {
    quantiles: [f32; Self::KNOTS],
}

impl Default for PopularityScale {
    /// The scale of the reference cities, for places that belong to no area.
    fn default() -> Self {
        Self {
            quantiles: REFERENCE,
        }
    }
}

impl PopularityScale {
    /// Quantiles that a scale keeps: one each 5 %.
    pub const KNOTS: usize = 21;

    /// Fits the scale to all places of an area. The order does not matter, and the same places give the same scale.
    pub fn fit(prominences: &[f32]) -> Self {
        let mut weighted: Vec<(f32, f64)> = prominences.iter().map(|p| (*p, 1.0)).collect();
        let each = REFERENCE_PLACES / Self::KNOTS as f64;
        weighted.extend(REFERENCE.iter().map(|p| (*p, each)));
        weighted.sort_by(|a, b| a.0.total_cmp(&b.0));
        let total: f64 = weighted.iter().map(|(_, weight)| weight).sum();

        let mut quantiles = [0.0; Self::KNOTS];
        let (mut position, mut below) = (0, 0.0);
        for (knot, quantile) in quantiles.iter_mut().enumerate() {
            let target = total * knot as f64 / (Self::KNOTS - 1) as f64;
            while position + 1 < weighted.len() && below + weighted[position].1 < target {
                below += weighted[position].1;
                position += 1;
            }
            *quantile = weighted[position].0;
        }
        Self { quantiles }
    }

    /// A scale from its stored quantiles; `None` when they are not [`Self::KNOTS`] finite, never falling numbers.
    pub fn from_quantiles(quantiles: &[f32]) -> Option<Self> {
        let quantiles: [f32; Self::KNOTS] = quantiles.try_into().ok()?;
        let sound = quantiles.iter().all(|q| q.is_finite()) && quantiles.is_sorted();
        sound.then_some(Self { quantiles })
    }

    /// The quantiles, as they are stored.
    pub const fn quantiles(&self) -> &[f32] {
        &self.quantiles
    }

    /// The popularity, 0–1, of a place of that prominence.
    ///
    /// Equal prominence gives equal popularity: where many places tie, the middle of their range.
    pub fn apply(&self, prominence: f32) -> f32 {
        let below = self.quantiles.partition_point(|q| *q < prominence);
        let not_above = self.quantiles.partition_point(|q| *q <= prominence);
        let last = (Self::KNOTS - 1) as f32;
        if below < not_above {
            return (below + not_above - 1) as f32 / 2.0 / last;
        }
        match below {
            0 => 0.0,
            Self::KNOTS => 1.0,
            knot => {
                let (low, high) = (self.quantiles[knot - 1], self.quantiles[knot]);
                ((knot - 1) as f32 + (prominence - low) / (high - low)) / last
            }
        }
    }
}

impl Catalogue {
    /// Step 1 of the module's description, with the signs that counted.
    pub(super) fn prominence(&self, kind: &Kind, tags: &Tags<'_>) -> (f32, Vec<(String, f32)>) {
        let mut counted: Vec<(String, f32)> = self
            .signs
            .iter()
            .filter(|sign| sign.when.iter().any(|rule| rule.matches(tags)))
            .map(|sign| (sign.because.clone(), sign.share))
            .collect();
        let languages = tags.iter().filter(|(k, _)| k.starts_with("name:")).count();
        if languages > 0 {
            let share = (0.08 * (1.0 + languages as f32).ln()).min(0.35);
            counted.push((format!("it is named in {languages} languages"), share));
        }
        if let Some(area) = tags.area_square_metres().filter(|area| *area > 1000.0) {
            let share = (0.1 * (area as f32 / 1000.0).log10()).min(0.3);
            counted.push((format!("it covers {area:.0} m²"), share));
        }
        let prominence = counted.iter().fold(kind.popularity, |p, (_, share)| {
            if *share < 0.0 {
                p * (1.0 + share)
            } else {
                p + share * (1.0 - p)
            }
        });
        (prominence.clamp(0.0, 1.0), counted)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn city() -> Vec<f32> {
        (0..2000)
            .map(|i| 0.1 + 0.3 * (i as f32 / 2000.0).powi(3))
            .collect()
    }

    #[test]
    fn popularity_is_spread_over_the_whole_range() {
        let places = city();
        let scale = PopularityScale::fit(&places);
        let mut tenths = [0_usize; 10];
        for place in &places {
            tenths[((scale.apply(*place) * 10.0) as usize).min(9)] += 1;
        }
        assert!(tenths.iter().all(|n| (100..=320).contains(n)), "{tenths:?}");
    }

    #[test]
    fn a_more_prominent_place_is_never_less_popular() {
        let scale = PopularityScale::fit(&city());
        let values: Vec<_> = (0..=1000).map(|i| scale.apply(i as f32 / 1000.0)).collect();
        assert!(values.is_sorted());
        assert_eq!((values[0], values[1000]), (0.0, 1.0));
    }

    #[test]
    fn order_does_not_matter_and_the_stored_scale_is_the_same() {
        let mut places = city();
        let scale = PopularityScale::fit(&places);
        places.reverse();
        assert_eq!(scale, PopularityScale::fit(&places));
        assert_eq!(
            PopularityScale::from_quantiles(scale.quantiles()),
            Some(scale)
        );
        assert_eq!(PopularityScale::from_quantiles(&[0.5; 3]), None);
        assert_eq!(PopularityScale::from_quantiles(&[f32::NAN; 21]), None);
    }

    #[test]
    fn a_few_dull_places_make_no_hotspot() {
        let scale = PopularityScale::fit(&[0.1, 0.12, 0.15]);
        assert!(scale.apply(0.15) < 0.3);
        assert!(PopularityScale::fit(&[]).apply(0.3) > 0.3);
    }

    #[test]
    fn ties_share_the_middle_of_their_range() {
        let scale = PopularityScale::fit(&vec![0.22; 5000]);
        assert!(
            (scale.apply(0.22) - 0.5).abs() < 0.06,
            "{}",
            scale.apply(0.22)
        );
    }
}
