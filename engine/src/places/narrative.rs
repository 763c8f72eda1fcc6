//! Narrative of a place in plain words, from its tags. Nothing is said that no tag says.

use super::catalogue::Kind;
use super::tags::Tags;

/// Longest quotation (description or inscription) that is kept, in characters.
const LONGEST_QUOTE: usize = 400;

/// A few sentences, or `None` where the tags tell no more than that the place is there.
pub(super) fn narrative(kind: &Kind, tags: &Tags<'_>) -> Option<String> {
    let telling: Vec<String> = [
        description(tags),
        making(kind, tags),
        listing(tags),
        inscription(tags),
        former_name(tags),
    ]
    .into_iter()
    .flatten()
    .collect();
    let details: Vec<String> = [height(tags), beer(tags), kitchen(kind, tags)]
        .into_iter()
        .flatten()
        .collect();
    let enough = !telling.is_empty() || details.len() > 1;
    enough.then(|| [telling, details].concat().join(" "))
}

/// The mappers' own words; not of businesses, where they are advertisement or complaint.
fn description(tags: &Tags<'_>) -> Option<String> {
    if is_business(tags) {
        return None;
    }
    let text = tags
        .get("description:en")
        .or_else(|| tags.get("description"))?;
    let text = shortened(text);
    let ends = text.ends_with(['.', '!', '?', '…']);
    Some(if ends { text } else { format!("{text}.") })
}

fn is_business(tags: &Tags<'_>) -> bool {
    let eating = [
        "cafe",
        "restaurant",
        "pub",
        "bar",
        "fast_food",
        "ice_cream",
        "nightclub",
        "biergarten",
    ];
    tags.get("shop").is_some()
        || tags
            .get("amenity")
            .is_some_and(|amenity| eating.contains(&amenity))
}

/// Sentence about author and date: `Built in 1842 by Carl Ludvig Engel.`
fn making(kind: &Kind, tags: &Tags<'_>) -> Option<String> {
    let artist = tags.get("artist_name").or_else(|| tags.get("sculptor"));
    let architect = tags.get("architect");
    let year = tags.get("start_date").and_then(spoken_year);
    let verb = if tags.get("building").is_some() || architect.is_some() {
        "Built"
    } else if is_business(tags) {
        "Opened"
    } else if artist.is_some() || tags.get("tourism") == Some("artwork") {
        "Made"
    } else {
        "Dates from"
    };
    match (year, artist.or(architect)) {
        (None, None) => None,
        (None, Some(maker)) => Some(format!("{} by {}.", kind.label, names(maker))),
        (Some(year), Some(maker)) => Some(format!("{verb} {year} by {}.", names(maker))),
        (Some(year), None) if verb == "Dates from" => {
            Some(format!("Dates from {}.", year.trim_start_matches("in ")))
        }
        (Some(year), None) => Some(format!("{verb} {year}.")),
    }
}

fn listing(tags: &Tags<'_>) -> Option<String> {
    if let Some(status) = tags.get("listed_status") {
        return Some(format!("Listed ({status})."));
    }
    match tags.get("heritage")? {
        "no" => None,
        "1" => Some("World heritage.".to_owned()),
        "2" => Some("A protected national monument.".to_owned()),
        _ => Some("A protected monument.".to_owned()),
    }
}

fn inscription(tags: &Tags<'_>) -> Option<String> {
    let text = tags
        .get("inscription:en")
        .or_else(|| tags.get("inscription"))?;
    Some(format!("The inscription reads: “{}”", shortened(text)))
}

fn former_name(tags: &Tags<'_>) -> Option<String> {
    let old = tags
        .get("old_name")
        .filter(|old| tags.get("name") != Some(old))?;
    Some(format!("Formerly {}.", names(old)))
}

fn height(tags: &Tags<'_>) -> Option<String> {
    let metres = |key| -> Option<f32> {
        let text: &str = tags.get(key)?;
        text.trim_end_matches('m')
            .trim()
            .parse()
            .ok()
            .filter(|m| *m > 0.0)
    };
    match (metres("height"), metres("ele")) {
        (Some(height), _) => Some(format!("{height} m high.")),
        (None, Some(ele)) => Some(format!("{ele} m above the sea.")),
        (None, None) => None,
    }
}

fn beer(tags: &Tags<'_>) -> Option<String> {
    (tags.get("microbrewery") == Some("yes")).then(|| "Brews its own beer.".to_owned())
}

fn kitchen(kind: &Kind, tags: &Tags<'_>) -> Option<String> {
    let cuisine = tags.get("cuisine").filter(|_| kind.visit_seconds >= 480)?;
    Some(format!(
        "Cuisine: {}.",
        cuisine
            .split(';')
            .map(|c| c.trim().replace('_', " "))
            .collect::<Vec<_>>()
            .join(", ")
    ))
}

/// `A; B; C` as `A, B and C`.
fn names(tag: &str) -> String {
    let parts: Vec<_> = tag
        .split(';')
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect();
    match parts.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// A date tag as one says it: `in 1842`, `around 1842`, `before 1815`, `in the 1890s`; `None` for what is not plain.
fn spoken_year(date: &str) -> Option<String> {
    let date = date.trim();
    let is_year = |text: &str| text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    if let Some(rest) = date.strip_prefix("before ").filter(|rest| is_year(rest)) {
        return Some(format!("before {rest}"));
    }
    if let Some(rest) = date.strip_prefix('~').filter(|rest| is_year(rest)) {
        return Some(format!("around {rest}"));
    }
    if date.strip_suffix('s').is_some_and(is_year) {
        return Some(format!("in the {date}"));
    }
    let (year, rest) = date.split_at_checked(4)?;
    let month_or_day = rest.bytes().all(|b| b == b'-' || b.is_ascii_digit()) && rest.len() != 5;
    (is_year(year) && month_or_day).then(|| format!("in {year}"))
}

/// Plain text on one line, cut at a word where it is too long.
fn shortened(text: &str) -> String {
    // Line breaks come as such, or as backslashes.
    let words = text.split(|c: char| c.is_whitespace() || c == '\\');
    let text = words
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    match text.char_indices().nth(LONGEST_QUOTE) {
        None => text,
        Some((end, _)) => {
            let cut = text[..end].rfind(' ').unwrap_or(end);
            format!("{}…", &text[..cut])
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::{Tags, catalogue};

    fn tell(pairs: &[(&str, &str)]) -> Option<String> {
        catalogue().classify(&Tags::new(pairs)).unwrap().narrative
    }

    #[test]
    fn facts_become_sentences() {
        let hall = [
            ("amenity", "townhall"),
            ("name", "City Hall"),
            ("building", "yes"),
            ("start_date", "1842"),
            ("architect", "C. L. Engel; A. Assistant"),
            ("heritage", "2"),
            ("old_name", "Hotel Seurahuone"),
        ];
        assert_eq!(
            tell(&hall).unwrap(),
            "Built in 1842 by C. L. Engel and A. Assistant. A protected national monument. Formerly Hotel Seurahuone."
        );
        let statue = [
            ("tourism", "artwork"),
            ("artist_name", "V. Vallgren"),
            ("start_date", "1908-09"),
        ];
        assert_eq!(tell(&statue).unwrap(), "Made in 1908 by V. Vallgren.");
        let stone = [
            ("historic", "memorial"),
            ("name", "X"),
            ("inscription", "To  the\nfallen"),
        ];
        assert_eq!(
            tell(&stone).unwrap(),
            "The inscription reads: “To the fallen”"
        );
    }

    #[test]
    fn nothing_is_invented() {
        assert_eq!(tell(&[("amenity", "cafe"), ("name", "X")]), None);
        assert_eq!(
            tell(&[("amenity", "pub"), ("name", "X"), ("start_date", "unknown")]),
            None
        );
        assert_eq!(
            tell(&[
                ("historic", "memorial"),
                ("name", "X"),
                ("start_date", "1910-1912")
            ]),
            None
        );
        assert_eq!(
            tell(&[
                ("amenity", "restaurant"),
                ("name", "X"),
                ("cuisine", "thai")
            ]),
            None
        );
    }

    #[test]
    fn long_texts_are_cut_at_a_word() {
        let long = "word ".repeat(200);
        let told = tell(&[("tourism", "artwork"), ("description", &long)]).unwrap();
        assert!(
            told.chars().count() <= 401 && told.ends_with("word…"),
            "{told}"
        );
    }
}
