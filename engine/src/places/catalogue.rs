//! The catalogue in memory: parsed once, checked whole, looked up by key and value.

use std::sync::LazyLock;

use rustc_hash::FxHashMap;

use super::rule::Rule;
use super::source::{KindSource, RefinementSource, SignSource, Source, Weights};
use super::tags::Tags;
use super::{KindId, ThemeId};

const TEXT: &str = include_str!("catalogue.toml");

/// The catalogue that this build was made with.
pub fn catalogue() -> &'static Catalogue {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
        Catalogue::parse(TEXT).unwrap_or_else(|fault| unreachable!("catalogue.toml: {fault}"))
    });
    &CATALOGUE
}

/// Catalogue of what may be a stop, and for which themes.
#[derive(Debug)]
pub struct Catalogue {
    themes: Vec<Theme>,
    kinds: Vec<Kind>,
    pub(super) refinements: Vec<Refinement>,
    pub(super) signs: Vec<Sign>,
    excluded: Vec<Rule>,
    kind_rules: Vec<(KindId, Rule)>,
    /// Positions in `kind_rules` by key, then by value of the rule's first condition.
    by_key: FxHashMap<String, Candidates>,
    text: &'static str,
}

/// An interest theme of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theme {
    /// Its key in the database, for ever.
    pub id: ThemeId,
    /// Its key in the catalogue (`street_art`).
    pub key: String,
    /// Its name, in English.
    pub name: String,
}

/// A kind of place.
#[derive(Debug, Clone, PartialEq)]
pub struct Kind {
    /// Its name in the database (`artwork_fountain`).
    pub name: String,
    /// Name for people (`Fountain`).
    pub label: String,
    /// Seconds that a walker looks at one.
    pub visit_seconds: u32,
    /// Popularity before any sign of it counts, 0–1.
    pub popularity: f32,
    /// Themes it is about, each weight in (0, 1].
    pub themes: Vec<(ThemeId, f32)>,
    /// True if it is worth a stop without a name.
    pub unnamed: bool,
    /// True if it feeds: a break for who has not asked for its themes, and no sight.
    pub feeds: bool,
    /// True if it is entered, and no stop while it is closed; others are seen from outside.
    pub entered: bool,
}

/// Tags that make a place belong more, or less, to a theme.
#[derive(Debug)]
pub(super) struct Refinement {
    pub(super) because: String,
    pub(super) kinds: Vec<KindId>,
    pub(super) when: Vec<Rule>,
    pub(super) raise: Vec<(ThemeId, f32)>,
    pub(super) lower: Vec<(ThemeId, f32)>,
}

/// Tags that tell of a place's popularity.
#[derive(Debug)]
pub(super) struct Sign {
    pub(super) because: String,
    pub(super) when: Vec<Rule>,
    pub(super) share: f32,
}

/// Rules for a search. For whatever is searched for one of `rules` holds, or one of each half of an item of `refined`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search<'a> {
    /// Rules that suffice alone.
    pub rules: Vec<&'a Rule>,
    /// Rules of kinds of places, and rules for what such a place must be besides.
    pub refined: Vec<(Vec<&'a Rule>, Vec<&'a Rule>)>,
}

#[derive(Debug, Default)]
struct Candidates {
    by_value: FxHashMap<String, Vec<usize>>,
    any_value: Vec<usize>,
}

impl Catalogue {
    /// The kind at `id`; `None` when the id is of another build's catalogue.
    pub fn kind(&self, id: KindId) -> Option<&Kind> {
        self.kinds.get(usize::from(id.0))
    }

    /// The kind of that name, as stored in the database.
    pub fn kind_by_name(&self, name: &str) -> Option<KindId> {
        let position = self.kinds.iter().position(|kind| kind.name == name)?;
        u16::try_from(position).ok().map(KindId)
    }

    /// All kinds, in the order of their ids.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// All themes.
    pub fn themes(&self) -> &[Theme] {
        &self.themes
    }

    /// The theme with this id.
    pub fn theme(&self, id: ThemeId) -> Option<&Theme> {
        self.themes.iter().find(|theme| theme.id == id)
    }

    /// The catalogue as it was written; what it is made of decides whether a load is up to date.
    pub const fn text(&self) -> &'static str {
        self.text
    }

    /// Rules that find all places of a theme. More than those places may match: [`Catalogue::classify`] has the
    /// last word.
    pub fn search(&self, theme: ThemeId) -> Search<'_> {
        let is_about = |themes: &[(ThemeId, f32)]| themes.iter().any(|(id, _)| *id == theme);
        let is_kind_about = |id| self.kind(id).is_some_and(|kind| is_about(&kind.themes));
        let (about, others): (Vec<_>, Vec<_>) = self
            .kind_rules
            .iter()
            .partition(|(kind, _)| is_kind_about(*kind));
        let mut search = Search {
            rules: about.into_iter().map(|(_, rule)| rule).collect(),
            refined: Vec::new(),
        };
        for refinement in self.refinements.iter().filter(|r| is_about(&r.raise)) {
            let kinds = others
                .iter()
                .filter(|(kind, _)| refinement.kinds.contains(kind));
            let kinds: Vec<_> = kinds.map(|(_, rule)| rule).collect();
            if refinement.kinds.is_empty() {
                search.rules.extend(&refinement.when);
            } else if !kinds.is_empty() {
                search
                    .refined
                    .push((kinds, refinement.when.iter().collect()));
            }
        }
        search
    }

    /// The rule, if any, by which the element is no stop whatever else it is.
    pub(super) fn exclusion(&self, tags: &Tags<'_>) -> Option<&Rule> {
        self.excluded.iter().find(|rule| rule.matches(tags))
    }

    /// The first kind of the file with a rule that holds, and the rule.
    pub(super) fn match_kind(&self, tags: &Tags<'_>) -> Option<(KindId, &Rule)> {
        let mut best: Option<usize> = None;
        for (key, value) in tags.iter() {
            let Some(candidates) = self.by_key.get(key) else {
                continue;
            };
            let by_value = value
                .split(';')
                .filter_map(|part| candidates.by_value.get(part.trim()));
            for &position in by_value.flatten().chain(&candidates.any_value) {
                let sooner = best.is_none_or(|found| position < found);
                if sooner && self.kind_rules[position].1.matches(tags) {
                    best = Some(position);
                }
            }
        }
        best.map(|position| (self.kind_rules[position].0, &self.kind_rules[position].1))
    }

    fn parse(text: &'static str) -> Result<Self, String> {
        let source: Source = toml::from_str(text).map_err(|fault| fault.to_string())?;
        let mut catalogue = Self {
            themes: source.theme.into_iter().map(Theme::from).collect(),
            kinds: Vec::new(),
            refinements: Vec::new(),
            signs: Vec::new(),
            excluded: rules("excluded", &source.excluded)?,
            kind_rules: Vec::new(),
            by_key: FxHashMap::default(),
            text,
        };
        for kind in source.kind {
            catalogue.add_kind(kind)?;
        }
        for refinement in source.refinement {
            let refinement = catalogue.refinement(refinement)?;
            catalogue.refinements.push(refinement);
        }
        for sign in source.sign {
            catalogue.signs.push(Sign::try_from(sign)?);
        }
        Ok(catalogue)
    }

    fn add_kind(&mut self, source: KindSource) -> Result<(), String> {
        let name = source.name;
        if self.kind_by_name(&name).is_some() {
            return Err(format!("two kinds are called `{name}`"));
        }
        if !(0.0..=1.0).contains(&source.popularity) || source.visit_seconds == 0 {
            return Err(format!(
                "popularity or visit time of `{name}` is out of range"
            ));
        }
        let id = u16::try_from(self.kinds.len()).map_err(|_| "too many kinds".to_owned())?;
        for rule in rules(&name, &source.when)? {
            self.index(KindId(id), rule)?;
        }
        let themes = self.weights(&name, &source.themes)?;
        if themes.iter().any(|(_, weight)| *weight <= 0.0) {
            return Err(format!("a theme of `{name}` has no weight"));
        }
        self.kinds.push(Kind {
            themes,
            label: source.label,
            visit_seconds: source.visit_seconds,
            popularity: source.popularity,
            unnamed: source.unnamed,
            feeds: source.feeds,
            entered: source.entered,
            name,
        });
        Ok(())
    }

    fn index(&mut self, kind: KindId, rule: Rule) -> Result<(), String> {
        let position = self.kind_rules.len();
        let (key, values) = rule
            .lookup()
            .ok_or_else(|| format!("`{}` must begin with `key=…`", rule.text))?;
        let candidates = self.by_key.entry(key.to_owned()).or_default();
        match values {
            None => candidates.any_value.push(position),
            Some(values) => values.iter().for_each(|value| {
                let positions = candidates.by_value.entry(value.clone()).or_default();
                positions.push(position);
            }),
        }
        self.kind_rules.push((kind, rule));
        Ok(())
    }

    fn refinement(&self, source: RefinementSource) -> Result<Refinement, String> {
        let kind = |name: &String| {
            self.kind_by_name(name)
                .ok_or_else(|| format!("`{}` names no kind: `{name}`", source.because))
        };
        Ok(Refinement {
            kinds: source.kinds.iter().map(kind).collect::<Result<_, _>>()?,
            when: rules(&source.because, &source.when)?,
            raise: self.weights(&source.because, &source.raise)?,
            lower: self.weights(&source.because, &source.lower)?,
            because: source.because,
        })
    }

    fn weights(&self, owner: &str, weights: &Weights) -> Result<Vec<(ThemeId, f32)>, String> {
        let resolve = |(key, &weight): (&String, &f32)| {
            let theme = self.themes.iter().find(|theme| theme.key == *key);
            let theme = theme.ok_or_else(|| format!("`{owner}` names no theme: `{key}`"))?;
            if !(0.0..=1.0).contains(&weight) {
                return Err(format!(
                    "the weight of `{key}` in `{owner}` is not within 0–1"
                ));
            }
            Ok((theme.id, weight))
        };
        weights.iter().map(resolve).collect()
    }
}

impl From<super::source::ThemeSource> for Theme {
    fn from(source: super::source::ThemeSource) -> Self {
        Self {
            id: ThemeId(source.id),
            key: source.key,
            name: source.name,
        }
    }
}

impl TryFrom<SignSource> for Sign {
    type Error = String;

    fn try_from(source: SignSource) -> Result<Self, String> {
        if !(-1.0..1.0).contains(&source.share) {
            return Err(format!(
                "the share of `{}` is not within -1–1",
                source.because
            ));
        }
        Ok(Self {
            when: rules(&source.because, &source.when)?,
            because: source.because,
            share: source.share,
        })
    }
}

fn rules(owner: &str, texts: &[String]) -> Result<Vec<Rule>, String> {
    let read = |text: &String| Rule::parse(text).map_err(|fault| format!("`{owner}`: {fault}"));
    texts.iter().map(read).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn the_shipped_file_is_valid() {
        let catalogue = Catalogue::parse(TEXT).unwrap();
        assert!(catalogue.themes.len() >= 15);
        for theme in &catalogue.themes {
            let has = |kind: &Kind| kind.themes.iter().any(|(id, _)| *id == theme.id);
            let raised = |r: &Refinement| r.raise.iter().any(|(id, _)| *id == theme.id);
            assert!(
                catalogue.kinds.iter().any(has) || catalogue.refinements.iter().any(raised),
                "nothing belongs to {}",
                theme.name
            );
        }
    }

    #[test]
    fn kinds_are_found_by_the_name_that_is_stored() {
        for (position, kind) in catalogue().kinds().iter().enumerate() {
            let id = catalogue().kind_by_name(&kind.name).unwrap();
            assert_eq!(usize::from(id.0), position);
            assert_eq!(catalogue().kind(id), Some(kind));
        }
        assert_eq!(catalogue().kind_by_name("no such kind"), None);
    }

    #[test]
    fn themes_are_those_that_the_migration_seeds() {
        let seed = include_str!(
            "../../../migrations/versions/2026-12-02-000200_create_interest_themes/up.sql"
        );
        for theme in catalogue().themes() {
            let row = format!("('{}', '{}'", theme.id.0, theme.name);
            assert!(seed.contains(&row), "the seed has no {row}");
        }
        assert_eq!(catalogue().themes().len(), seed.matches("    ('").count());
    }

    #[test]
    fn a_mistake_in_the_file_is_named() {
        let broken = |from: &str, to: &str| {
            let text: &'static str = TEXT.replacen(from, to, 1).leak();
            Catalogue::parse(text).unwrap_err()
        };
        assert!(broken("themes = { street_art", "themes = { stret_art").contains("stret_art"));
        assert!(
            broken("when = [\"tourism=museum\"]", "when = [\"!tourism\"]").contains("must begin")
        );
        assert!(broken("share = 0.28", "share = 28").contains("Wikipedia"));
        assert!(broken("name = \"gallery\"", "name = \"museum\"").contains("two kinds"));
    }
}
