//! Places that only feed: breaks for who is out to see things.

use super::{KindId, ThemeId, catalogue};

/// Keys of the themes that are about eating and drinking alone.
const FEEDING: [&str; 2] = ["coffee", "food"];

/// Weight from which another theme makes a sight of a place: an old house that is a pub.
const SIGHT: f32 = 0.8;

/// Test for a place that feeds and is no sight.
pub(crate) fn only_feeds(kind: KindId, themes: &[(ThemeId, f32)]) -> bool {
    let is_feeding = |id: ThemeId| {
        let theme = catalogue().theme(id);
        theme.is_some_and(|theme| FEEDING.contains(&theme.key.as_str()))
    };
    let feeds = catalogue().kind(kind).is_some_and(|kind| kind.feeds);
    feeds
        && themes
            .iter()
            .all(|&(id, weight)| weight < SIGHT || is_feeding(id))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn only_feeds_with(kind: &str, raised: Option<&str>) -> bool {
        let id = catalogue().kind_by_name(kind).unwrap();
        let mut themes = catalogue().kind(id).unwrap().themes.clone();
        let raised = catalogue()
            .themes()
            .iter()
            .find(|theme| Some(theme.key.as_str()) == raised);
        themes.extend(raised.map(|theme| (theme.id, 1.0)));
        only_feeds(id, &themes)
    }

    #[test]
    fn an_old_pub_is_a_sight_and_a_plain_one_is_not() {
        for kind in ["pub", "cafe", "restaurant", "ice_cream", "bakery"] {
            assert!(only_feeds_with(kind, None), "{kind}");
        }
        assert!(!only_feeds_with("pub", Some("historic_pubs")));
        assert!(!only_feeds_with("cafe", Some("architecture")));
        for kind in ["museum", "marketplace", "park"] {
            assert!(!only_feeds_with(kind, None), "{kind}");
        }
    }
}
