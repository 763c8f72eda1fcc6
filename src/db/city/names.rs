//! Names of places by language: `name:xx` among their tags (`pois.osm_tags`).

/// Language in which names of places are wanted; by default the one they have on the spot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct NameLanguage(Option<Box<str>>);

/// Characters of a language tag at most, such as `zh-Hant-TW`.
const LONGEST_TAG: usize = 16;

impl NameLanguage {
    /// The language of a tag such as `sv`, `de-CH` or `zh_Hant`; on the spot for what is no tag, such as `*`.
    pub fn of_tag(tag: &str) -> Self {
        let tag = tag.replace('_', "-");
        let is_subtag =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let primary = tag.split('-').next().unwrap_or_default();
        let is_tag = tag.len() <= LONGEST_TAG
            && (2..=3).contains(&primary.len())
            && primary.bytes().all(|byte| byte.is_ascii_alphabetic())
            && tag.split('-').all(is_subtag);
        Self(is_tag.then(|| {
            let rest = &tag[primary.len()..];
            format!("{}{rest}", primary.to_ascii_lowercase()).into()
        }))
    }

    /// The tag; `None`: names are wanted as they are on the spot.
    pub fn tag(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Keys of the tags with such a name, the best first: that of the language in the region, that of the language.
    pub(in crate::db) fn keys(&self) -> Vec<String> {
        let Some(tag) = self.tag() else {
            return Vec::new();
        };
        let primary = tag.split('-').next().unwrap_or(tag);
        let mut keys = vec![format!("name:{tag}")];
        if primary != tag {
            keys.push(format!("name:{primary}"));
        }
        keys
    }
}

/// SQL for the name of a row of `pois`, where parameter `keys` is an array of [`NameLanguage::keys`].
pub(in crate::db) fn name_sql(keys: &str) -> String {
    format!(
        "COALESCE(NULLIF(osm_tags ->> {keys}[1], ''), NULLIF(osm_tags ->> {keys}[2], ''), name)"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_names_the_keys_of_its_region_and_of_its_language() {
        for (tag, keys) in [
            ("sv", &["name:sv"][..]),
            ("DE_ch", &["name:de-ch", "name:de"]),
            ("zh-Hant", &["name:zh-Hant", "name:zh"]),
            ("", &[]),
            ("*", &[]),
            ("e", &[]),
            ("en-", &[]),
            ("12", &[]),
            ("en-'; DROP", &[]),
            ("en-a-tag-that-never-ends", &[]),
        ] {
            assert_eq!(NameLanguage::of_tag(tag).keys(), keys, "{tag}");
        }
    }
}
