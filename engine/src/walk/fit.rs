//! Fit of a walk to the wish, in numbers and in words.

use super::result::{Fit, NoWalk, Stop, Walk};
use super::{Poi, WalkRequest};
use crate::places::{ThemeId, catalogue};
use crate::prize::Taste;

/// Reason for a stop at a place that matches none of the themes.
pub(super) fn reason(poi: &Poi, request: &WalkRequest) -> String {
    let name = |id: ThemeId| catalogue().theme(id).map(|theme| theme.name.as_str());
    let kinship = Taste::of(&request.themes).kinship(poi);
    let near = kinship.and_then(|kinship| kinship.near);
    match near.map(|(asked, theme)| (name(asked), name(theme))) {
        Some((Some(asked), Some(theme))) if asked != theme => {
            format!("Near your taste: {theme} is akin to {asked}.")
        }
        _ => "None of your themes: a sight on the way, for the time that is left.".to_owned(),
    }
}

/// Fit of a walk with these stops.
pub(super) fn fit(stops: &[Stop], appeal_share: f64) -> Fit {
    let matched = stops.iter().filter(|stop| stop.matches).count();
    Fit {
        matched_stops: matched as u32,
        filled_stops: (stops.len() - matched) as u32,
        appeal_share,
        summary: String::new(),
    }
}

impl Walk {
    /// The walk with its fit in words. `missing`: the reason for which no place of the themes is on it.
    pub(super) fn summed_up(mut self, request: &WalkRequest, missing: Option<&NoWalk>) -> Self {
        let stops = stops_in_words(&self.fit, request, missing);
        let share = (100.0 * self.fit.appeal_share).round();
        self.fit.summary = format!("{stops}; {share} % of the way is on pleasant ground.");
        self
    }
}

fn stops_in_words(fit: &Fit, request: &WalkRequest, missing: Option<&NoWalk>) -> String {
    let of_themes = if request.themes.is_empty() {
        "worth a look"
    } else {
        "of your themes"
    };
    let plural = |count: u32| {
        if count == 1 {
            "1 stop".to_owned()
        } else {
            format!("{count} stops")
        }
    };
    match (fit.matched_stops, fit.filled_stops) {
        (0, 0) => format!(
            "{}, so the walk leads over good ways",
            why_none(request, missing)
        ),
        (0, others) => format!(
            "{}, but {} near your taste",
            why_none(request, missing),
            plural(others)
        ),
        (matched, 0) => format!("{} {of_themes}", plural(matched)),
        (matched, others) => format!(
            "{} {of_themes}, {others} more near your taste",
            plural(matched)
        ),
    }
}

fn why_none(request: &WalkRequest, missing: Option<&NoWalk>) -> String {
    let place = if request.themes.is_empty() {
        "place worth a stop"
    } else {
        "place of your themes"
    };
    match missing {
        Some(NoWalk::BudgetTooSmall { needed_seconds }) => format!(
            "The nearest {place} takes a walk of {} minutes",
            needed_seconds.div_ceil(60)
        ),
        _ => format!("No {place} can be reached on foot in this time"),
    }
}
