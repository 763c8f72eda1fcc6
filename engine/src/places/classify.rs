//! One element's tags against the catalogue.

use super::catalogue::{Catalogue, Kind, Refinement};
use super::narrative::narrative;
use super::tags::Tags;
use super::{KindId, ThemeId};

/// A place worth a stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Classification {
    /// Kind of the place.
    pub kind: KindId,
    /// Themes it is about, each weight in (0, 1], the strongest first.
    pub themes: Vec<(ThemeId, f32)>,
    /// Prominence that the tags give it, 0–1; [`PopularityScale`](super::PopularityScale) turns it into popularity.
    pub prominence: f32,
    /// Name to show: its own, else its kind, with the artist where one is known. Never empty.
    pub name: String,
    /// Description in plain words, where the tags tell enough.
    pub narrative: Option<String>,
    /// Reasons of the judgement, in the order of judging.
    pub why: Vec<Reason>,
}

impl Classification {
    /// Classification without `why`, for those who keep many.
    #[must_use]
    pub fn without_reasons(self) -> Self {
        Self {
            why: Vec::new(),
            ..self
        }
    }
}

/// One step of the judgement.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// The rule of the catalogue that made it this kind.
    Kind {
        /// The rule, as the catalogue writes it.
        rule: String,
    },
    /// A theme was given or its weight changed.
    Theme {
        /// The theme.
        theme: ThemeId,
        /// Its weight from here on; 0: it was taken away.
        weight: f32,
        /// Reason: the kind's label, or the refinement's reason with its rule.
        because: String,
    },
    /// A sign of popularity.
    Popularity {
        /// Share of the gap to 1 that it closed; negative: share that it took away.
        share: f32,
        /// The sign, in words.
        because: String,
    },
}

/// Reason for which an element is no place worth a stop.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// No kind has a rule that holds.
    #[error("no rule of the catalogue makes it a place")]
    NoKind,
    /// It is closed to walkers, or gone.
    #[error("it is left out: {0}")]
    Excluded(String),
    /// Its kind is worth a stop only with a name.
    #[error("a {0} without a name is no stop")]
    Nameless(String),
    /// Refinements have taken all its themes away.
    #[error("nothing is left of its themes")]
    NoTheme,
}

impl Catalogue {
    /// Classifies an element by its tags; `None`: nothing worth a stop.
    pub fn classify(&self, tags: &Tags<'_>) -> Option<Classification> {
        self.judge(tags).ok()
    }

    /// Like [`Self::classify`], with the reason where there is nothing worth a stop.
    ///
    /// # Errors
    /// [`Rejection`] is that reason.
    pub fn judge(&self, tags: &Tags<'_>) -> Result<Classification, Rejection> {
        let (kind_id, rule) = self.match_kind(tags).ok_or(Rejection::NoKind)?;
        let kind = self.kind(kind_id).ok_or(Rejection::NoKind)?;
        if let Some(rule) = self.exclusion(tags) {
            return Err(Rejection::Excluded(rule.text.clone()));
        }
        let name = own_name(tags).or_else(|| descriptive_name(kind, tags));
        let name = name.ok_or_else(|| Rejection::Nameless(kind.label.to_lowercase()))?;
        let mut why = vec![Reason::Kind {
            rule: rule.text.clone(),
        }];
        let themes = self.weigh_themes(kind_id, kind, tags, &mut why);
        if themes.is_empty() {
            return Err(Rejection::NoTheme);
        }
        let (prominence, signs) = self.prominence(kind, tags);
        let sign = |(because, share)| Reason::Popularity { share, because };
        why.extend(signs.into_iter().map(sign));
        Ok(Classification {
            kind: kind_id,
            themes,
            prominence,
            name,
            narrative: narrative(kind, tags),
            why,
        })
    }

    fn weigh_themes(
        &self,
        kind_id: KindId,
        kind: &Kind,
        tags: &Tags<'_>,
        why: &mut Vec<Reason>,
    ) -> Vec<(ThemeId, f32)> {
        let mut themes = kind.themes.clone();
        let given = |&(theme, weight): &(ThemeId, f32)| Reason::Theme {
            theme,
            weight,
            because: kind.label.to_lowercase(),
        };
        why.extend(themes.iter().map(given));
        for refinement in &self.refinements {
            let concerns = refinement.kinds.is_empty() || refinement.kinds.contains(&kind_id);
            let rule = refinement
                .when
                .iter()
                .find(|rule| concerns && rule.matches(tags));
            if let Some(rule) = rule {
                let because = format!("{} ({})", refinement.because, rule.text);
                refine(&mut themes, refinement, &because, why);
            }
        }
        themes.retain(|(_, weight)| *weight > 0.0);
        themes.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        themes
    }
}

fn refine(
    themes: &mut Vec<(ThemeId, f32)>,
    refinement: &Refinement,
    because: &str,
    why: &mut Vec<Reason>,
) {
    let mut note = |theme: ThemeId, weight: f32| {
        let because = because.to_owned();
        why.push(Reason::Theme {
            theme,
            weight,
            because,
        });
    };
    for &(theme, weight) in &refinement.raise {
        match themes.iter_mut().find(|(id, _)| *id == theme) {
            Some((_, old)) if *old >= weight => continue,
            Some((_, old)) => *old = weight,
            None => themes.push((theme, weight)),
        }
        note(theme, weight);
    }
    for &(theme, weight) in &refinement.lower {
        if let Some((_, old)) = themes
            .iter_mut()
            .find(|(id, old)| *id == theme && *old > weight)
        {
            *old = weight;
            note(theme, weight);
        }
    }
}

/// The element's name, in the local language where it has one.
fn own_name(tags: &Tags<'_>) -> Option<String> {
    ["name", "name:en", "int_name", "official_name", "loc_name"]
        .iter()
        .filter_map(|key| tags.get(key))
        .map(str::trim)
        .find(|name| !name.is_empty())
        .map(str::to_owned)
}

/// Name to show for a place without one: `Mural by Anna Perander`, `Viewpoint`; a famous house has its address.
///
/// `None` where that would be nothing worth a stop.
fn descriptive_name(kind: &Kind, tags: &Tags<'_>) -> Option<String> {
    if kind.unnamed {
        let artist = tags.get("artist_name").or_else(|| tags.get("sculptor"));
        return Some(artist.map_or_else(
            || kind.label.clone(),
            |artist| format!("{} by {artist}", kind.label),
        ));
    }
    tags.get("wikidata")?;
    tags.get("addr:housename").map(str::to_owned).or_else(|| {
        let (street, number) = (tags.get("addr:street")?, tags.get("addr:housenumber")?);
        Some(format!("{street} {number}"))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::catalogue;
    use super::*;

    fn classify(pairs: &[(&str, &str)]) -> Option<Classification> {
        catalogue().classify(&Tags::new(pairs))
    }

    fn kind(pairs: &[(&str, &str)]) -> Option<&'static str> {
        let id = classify(pairs)?.kind;
        catalogue().kind(id).map(|kind| kind.name.as_str())
    }

    fn weight(pairs: &[(&str, &str)], theme: &str) -> f32 {
        let found = classify(pairs).unwrap();
        let id = catalogue()
            .themes()
            .iter()
            .find(|t| t.key == theme)
            .unwrap()
            .id;
        found
            .themes
            .iter()
            .find(|(t, _)| *t == id)
            .map_or(0.0, |(_, w)| *w)
    }

    #[test]
    fn the_special_kind_comes_before_the_general_one() {
        for (pairs, expected) in [
            (
                &[("tourism", "artwork"), ("artwork_type", "mural")][..],
                "mural",
            ),
            (&[("tourism", "artwork")], "artwork"),
            (
                &[
                    ("historic", "memorial"),
                    ("memorial", "plaque"),
                    ("name", "X"),
                ],
                "plaque",
            ),
            (
                &[
                    ("historic", "castle"),
                    ("castle_type", "palace"),
                    ("name", "X"),
                ],
                "palace",
            ),
            (
                &[
                    ("building", "cathedral"),
                    ("amenity", "place_of_worship"),
                    ("religion", "christian"),
                    ("name", "X"),
                ],
                "cathedral",
            ),
            (
                &[("amenity", "nightclub;restaurant"), ("name", "X")],
                "nightclub",
            ),
            (
                &[("building", "yes"), ("name", "X"), ("wikidata", "Q1")],
                "building",
            ),
            (
                &[
                    ("shop", "books"),
                    ("name", "X"),
                    ("building", "yes"),
                    ("wikidata", "Q1"),
                ],
                "bookshop",
            ),
        ] {
            assert_eq!(kind(pairs), Some(expected), "{pairs:?}");
        }
    }

    #[test]
    fn what_nobody_would_stop_at_is_no_place() {
        for pairs in [
            &[][..],
            &[("amenity", "bench")],
            &[("natural", "tree")],
            &[("amenity", "cafe")],
            &[("building", "yes"), ("name", "Bostads Ab")],
            &[("leisure", "park"), ("name", "X"), ("access", "private")],
            &[("amenity", "pub"), ("name", "X"), ("disused", "yes")],
            &[("amenity", "fast_food"), ("name", "X"), ("brand", "X")],
        ] {
            assert_eq!(kind(pairs), None, "{pairs:?}");
        }
    }

    #[test]
    fn what_speaks_for_itself_needs_no_name() {
        let view = classify(&[("tourism", "viewpoint")]).unwrap();
        assert_eq!(view.name, "Viewpoint");
        let mural = [
            ("tourism", "artwork"),
            ("artwork_type", "mural"),
            ("artist_name", "A. B."),
        ];
        assert_eq!(classify(&mural).unwrap().name, "Mural by A. B.");
        let house = [
            ("building", "yes"),
            ("wikidata", "Q1"),
            ("addr:street", "Aleksanterinkatu"),
            ("addr:housenumber", "13"),
        ];
        assert_eq!(classify(&house).unwrap().name, "Aleksanterinkatu 13");
        assert_eq!(classify(&house[..2]), None);
    }

    #[test]
    fn refinements_raise_and_lower_themes_and_say_so() {
        let old_pub = [("amenity", "pub"), ("name", "X"), ("start_date", "1890")];
        assert!(weight(&old_pub, "historic_pubs") > weight(&old_pub[..2], "historic_pubs"));
        let chain = [("amenity", "cafe"), ("name", "X"), ("brand", "X")];
        assert!(weight(&chain, "coffee") < weight(&chain[..2], "coffee"));
        let concrete = [
            ("amenity", "theatre"),
            ("name", "X"),
            ("building:architecture", "brutalist"),
        ];
        assert!(weight(&concrete, "brutalism") > 0.9);
        let why = classify(&concrete).unwrap().why;
        let told = |r: &Reason| matches!(r, Reason::Theme { because, .. } if because.starts_with("brutalist"));
        assert!(why.iter().any(told), "{why:?}");
    }

    #[test]
    fn fame_makes_prominent() {
        let plain = [
            ("amenity", "place_of_worship"),
            ("religion", "christian"),
            ("name", "X"),
        ];
        let mut famous = plain.to_vec();
        famous.extend([
            ("wikidata", "Q1"),
            ("wikipedia", "en:X"),
            ("heritage", "2"),
            ("name:fr", "Y"),
        ]);
        assert!(classify(&famous).unwrap().prominence > classify(&plain).unwrap().prominence + 0.2);
    }
}
