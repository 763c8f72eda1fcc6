//! Walking pace by street, surface and slope, and light at night.
//!
//! The pace is the same in both directions, so that a distance is a distance: on a slope it is the mean of going
//! up and of going down, which is what a round walk does.

use super::edge::{Edge, Lit, WayClass};

/// Walking speed on level, paved ground: 4.8 km/h, the comfortable pace of a person out to see things.
pub const DEFAULT_SPEED_METRES_PER_SECOND: f64 = 4.8 / 3.6;

/// Walking time is counted in tenths of a second, so that short stretches do not round away.
pub(crate) const TICKS_PER_SECOND: u32 = 10;

/// Stairs take this many times as long as level ground for the same length on the map.
const STAIRS_FACTOR: f64 = 2.2;

/// Time of an edge in ticks.
pub(crate) fn ticks(edge: &Edge, metres: f64) -> u32 {
    let factor = match edge.class {
        WayClass::Steps => STAIRS_FACTOR,
        _ => surface_factor(edge) * incline_factor(edge.incline_percent.unwrap_or(0.0)),
    };
    let seconds = metres / DEFAULT_SPEED_METRES_PER_SECOND * factor;
    (seconds * f64::from(TICKS_PER_SECOND)).round() as u32
}

/// Time that a surface takes, as a multiple of asphalt's.
fn surface_factor(edge: &Edge) -> f64 {
    match edge.surface.as_deref() {
        Some(
            "gravel" | "unpaved" | "ground" | "dirt" | "earth" | "pebblestone" | "woodchips"
            | "rock",
        ) => 1.15,
        Some("grass" | "unhewn_cobblestone" | "stepping_stones" | "stone") => 1.25,
        Some("sand" | "mud" | "snow") => 1.6,
        Some("fine_gravel" | "compacted" | "sett" | "cobblestone") => 1.05,
        None if matches!(edge.class, WayClass::Path | WayClass::Track) => 1.1,
        _ => 1.0,
    }
}

/// Tobler's hiking function (Tobler 1993), relative to level ground and averaged over going up and going down.
fn incline_factor(percent: f32) -> f64 {
    let slope = f64::from(percent).clamp(-40.0, 40.0) / 100.0;
    let pace = |s: f64| (3.5 * (s + 0.05).abs()).exp();
    let factor = f64::midpoint(pace(slope), pace(-slope)) / pace(0.0);
    if factor.is_finite() { factor } else { 1.0 }
}

/// Light at night, from the darkest to the brightest that is known.
///
/// Most streets carry no `lit` tag, so the class decides: streets with houses and the main roads of a town are lit
/// nearly everywhere, paths and tracks through the green are not, and of footways, steps and service ways nothing
/// is known. What is inferred counts less than what is tagged when ways are chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LightLevel {
    TaggedUnlit,
    InferredUnlit,
    Unknown,
    InferredLit,
    TaggedLit,
}

impl LightLevel {
    pub(crate) fn of(edge: &Edge) -> Self {
        match (edge.lit, edge.class) {
            (Lit::Yes, _) => Self::TaggedLit,
            (Lit::No, _) => Self::TaggedUnlit,
            (Lit::Unknown, WayClass::Path | WayClass::Track) => Self::InferredUnlit,
            (
                Lit::Unknown,
                WayClass::Pedestrian
                | WayClass::LivingStreet
                | WayClass::Residential
                | WayClass::Tertiary
                | WayClass::Secondary
                | WayClass::Primary,
            ) => Self::InferredLit,
            (Lit::Unknown, _) => Self::Unknown,
        }
    }

    /// Length in hundredths that a walker who prefers light walks on a brightly lit way to avoid this one.
    pub(crate) const fn detour_percent(self) -> u32 {
        match self {
            Self::TaggedLit => 100,
            Self::InferredLit => 115,
            Self::Unknown => 135,
            Self::InferredUnlit => 160,
            Self::TaggedUnlit => 180,
        }
    }
}
