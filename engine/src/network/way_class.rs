//! The words by which classes of ways are stored.

use super::WayClass;

impl WayClass {
    /// All classes.
    pub const ALL: [Self; 13] = [
        Self::Footway,
        Self::Pedestrian,
        Self::Path,
        Self::Track,
        Self::Cycleway,
        Self::Steps,
        Self::LivingStreet,
        Self::Residential,
        Self::Service,
        Self::Tertiary,
        Self::Secondary,
        Self::Primary,
        Self::Other,
    ];

    /// The word in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Footway => "footway",
            Self::Pedestrian => "pedestrian",
            Self::Path => "path",
            Self::Track => "track",
            Self::Cycleway => "cycleway",
            Self::Steps => "steps",
            Self::LivingStreet => "living_street",
            Self::Residential => "residential",
            Self::Service => "service",
            Self::Tertiary => "tertiary",
            Self::Secondary => "secondary",
            Self::Primary => "primary",
            Self::Other => "other",
        }
    }

    /// The class behind a word of the database; [`Self::Other`] for one of another release.
    pub fn from_word(word: &str) -> Self {
        let class = Self::ALL.into_iter().find(|class| class.as_str() == word);
        class.unwrap_or(Self::Other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_lead_back_to_their_classes() {
        for class in WayClass::ALL {
            assert_eq!(WayClass::from_word(class.as_str()), class);
        }
        assert_eq!(WayClass::from_word("busway"), WayClass::Other);
    }
}
