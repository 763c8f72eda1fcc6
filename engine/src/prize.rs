//! What a stop is worth to this walker: the one place where taste becomes numbers.
//!
//! The worth of a place by itself is its **prize**
//!
//! ```text
//! prize = relevance × exp(BIAS_STRENGTH × (2·bias − 1) × (2·popularity − 1))
//! ```
//!
//! * *relevance* is `1 − Π (1 − weight)` over the chosen themes the place belongs to: one strong match counts nearly
//!   fully, several matches count more than one, and no match ever lowers it. Without chosen themes it is 1: all places
//!   count alike. Without a match it is 0 and the place is no candidate.
//! * The *bias* factor is 1 for every place at the neutral 0.5. Towards 1 it grows steadily with popularity, towards 0
//!   it falls steadily with it, so a walk shifts gradually from hidden gems to hotspots and never jumps.
//!
//! The worth of a set of stops is the sum of their prizes after **diminishing returns**: in order of prize, a stop
//! counts [`KIND_REPEAT`] of the value for each better stop of its kind, [`THEME_REPEAT`] for each better one of its
//! main theme, and up to [`CROWDING`] less the nearer the nearest better stop is. The fifth café in a row is worth a
//! third of the first; a café, a church and a view are worth all three. With several themes chosen, the first stop of
//! each counts [`FIRST_OF_THEME`] of an average prize on top, so that each gets its place where one is in reach.

use crate::places::ThemeId;
use crate::walk::{Poi, WalkRequest};

/// Logarithm of the advantage that a perfect hotspot has at bias 1, and a perfectly hidden gem at bias 0.
const BIAS_STRENGTH: f64 = 2.5;

/// Worth of a place for a walker, 0 or more; 0: it matches none of the chosen themes.
pub(crate) fn prize(poi: &Poi, request: &WalkRequest) -> f64 {
    let popularity = f64::from(poi.popularity).clamp(0.0, 1.0);
    let lean = (2.0 * request.popularity_bias - 1.0) * (2.0 * popularity - 1.0);
    let prize = relevance(poi, &request.themes) * (BIAS_STRENGTH * lean).exp();
    if prize.is_finite() { prize } else { 0.0 }
}

/// How well a place fits the chosen themes, 0–1.
fn relevance(poi: &Poi, chosen: &[ThemeId]) -> f64 {
    if chosen.is_empty() {
        return 1.0;
    }
    let missed: f64 = chosen
        .iter()
        .filter_map(|theme| poi.themes.iter().find(|(id, _)| id == theme))
        .map(|&(_, weight)| 1.0 - f64::from(weight).clamp(0.0, 1.0))
        .product();
    1.0 - missed
}
