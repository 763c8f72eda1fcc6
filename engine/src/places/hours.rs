//! Opening hours that are never: closed for good, or until further notice.

/// Selectors that cover all time, so that `off` after them leaves nothing.
const ALWAYS: [&str; 9] = [
    "",
    "24/7",
    "00:00-24:00",
    "mo-su",
    "mo-su,ph",
    "ph,mo-su",
    "mo-su 00:00-24:00",
    "jan-dec",
    "jan-dec mo-su",
];

/// True if hours in the grammar of `opening_hours` are never: every rule says `off` or `closed`, and one says it of all time.
/// Comments, in quotes, tell why and decide nothing.
pub(crate) fn is_never_open(hours: &str) -> bool {
    let hours = without_comments(hours).to_lowercase();
    let mut is_always = false;
    for rule in hours
        .split(';')
        .map(str::trim)
        .filter(|rule| !rule.is_empty())
    {
        let closed = rule
            .strip_suffix("closed")
            .or_else(|| rule.strip_suffix("off"));
        let Some(selector) = closed else {
            return false;
        };
        let words: Vec<&str> = selector.split_whitespace().collect();
        let selector = words.join(" ").replace(", ", ",");
        is_always |= ALWAYS.contains(&selector.trim_end_matches(':'));
    }
    is_always
}

/// The text without what is in quotes; a quote that is not closed goes on to the end.
fn without_comments(hours: &str) -> String {
    hours.split('"').step_by(2).collect()
}

#[cfg(test)]
mod tests {
    use super::is_never_open;

    #[test]
    fn hours_that_are_never_are_told_from_days_off() {
        for (hours, never) in [
            ("closed", true),
            ("off", true),
            ("Closed", true),
            ("closed \"renovation until 2029\"", true),
            ("off \"burnt down; see website\"", true),
            ("Mo-Su off \"closed for good\"", true),
            ("Mo-Su,PH closed", true),
            ("Mo-Su, PH off", true),
            ("24/7 off", true),
            ("Jan-Dec: off", true),
            ("Mo-Su off; PH off", true),
            ("off || \"by appointment\"", false),
            ("Mo-Fr 10:00-18:00; Sa,Su off", false),
            ("Mo-Su 10:00-18:00; PH off", false),
            ("Mo off", false),
            ("PH off", false),
            ("\"closed in winter\"", false),
            ("Nov-Mar off", false),
            ("off; Sa 10:00-12:00", false),
            ("24/7", false),
            ("", false),
        ] {
            assert_eq!(is_never_open(hours), never, "{hours}");
        }
    }
}
