//! Languages that instructions are told in.

/// A language with a catalogue of sentences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    English,
    German,
    French,
    Spanish,
    Finnish,
}

impl Language {
    /// All languages, the one to fall back to first.
    pub const ALL: [Self; 5] = [
        Self::English,
        Self::German,
        Self::French,
        Self::Spanish,
        Self::Finnish,
    ];

    /// Language tag of the catalogue (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Spanish => "es",
            Self::Finnish => "fi",
        }
    }

    /// The language of a tag such as `de`, `de-CH` or `DE_ch`, whatever the region; `None`: there is no catalogue.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        Self::ALL
            .into_iter()
            .find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    /// The first of some tags that has a catalogue; English if none has.
    pub fn first_of<'a>(tags: impl IntoIterator<Item = &'a str>) -> Self {
        tags.into_iter().find_map(Self::of_tag).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_is_known_is_spoken() {
        assert_eq!(
            Language::first_of(["sv-FI", "fi-FI", "en"]),
            Language::Finnish
        );
        assert_eq!(Language::first_of(["DE_ch"]), Language::German);
        assert_eq!(
            Language::first_of(["tlh", "*", "", "den"]),
            Language::English
        );
        assert_eq!(Language::first_of([]), Language::English);
    }
}
