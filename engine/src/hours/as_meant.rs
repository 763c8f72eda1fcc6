//! Hours as people mean them, where the grammar's reader takes them otherwise.

const DAYS: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];

/// Rewriting of hours into words that are read as they are meant.
///
/// * A dash is a hyphen.
/// * A blank after the comma between two days means nothing; else it would begin a rule of its own that is open all day.
/// * A night goes on past midnight, also into a day with a rule of its own: rules for other days each add to those before.
pub(super) fn as_meant(hours: &str) -> String {
    let hours = join_days(&hours.trim().replace(['–', '—'], "-"));
    let mut meant = String::with_capacity(hours.len());
    let mut named = Some([false; 7]);
    for (number, rule) in hours.split(';').map(str::trim).enumerate() {
        let days = days_of(rule);
        let both = named.zip(days);
        let adds = both.is_some_and(|(named, days)| (0..7).all(|day| !(named[day] && days[day])));
        if number > 0 {
            meant.push_str(if adds { ", " } else { "; " });
        }
        meant.push_str(rule);
        named = both.map(|(named, days)| std::array::from_fn(|day| named[day] || days[day]));
    }
    meant
}

fn join_days(hours: &str) -> String {
    let is_day = |word: Option<&str>| {
        word.is_some_and(|word| DAYS.contains(&word) || matches!(word, "PH" | "SH"))
    };
    let mut parts = hours.split(", ");
    let mut joined = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let last = joined.len().checked_sub(2).and_then(|at| joined.get(at..));
        let is_between_days = is_day(last) && is_day(part.get(..2));
        joined.push_str(if is_between_days { "," } else { ", " });
        joined.push_str(part);
    }
    joined
}

/// Days of a rule that names days and times and nothing else.
fn days_of(rule: &str) -> Option<[bool; 7]> {
    let (days, times) = rule.split_once(' ')?;
    let is_of_time = |c: char| c.is_ascii_digit() || matches!(c, ':' | '-' | ',' | ' ');
    if !times.chars().all(is_of_time) {
        return None;
    }
    let number = |day: &str| DAYS.iter().position(|known| *known == day);
    let mut named = [false; 7];
    for part in days.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (number(first)?, number(last)?);
        let count = (last + 7 - first) % 7;
        for day in 0..=count {
            named[(first + day) % 7] = true;
        }
    }
    Some(named)
}

#[cfg(test)]
mod tests {
    use super::as_meant;

    #[test]
    fn only_what_would_be_misread_is_written_anew() {
        for (hours, meant) in [
            ("24/7", "24/7"),
            ("Mo–Fr 10:00–18:00", "Mo-Fr 10:00-18:00"),
            ("Sa, Su 10:00-12:00", "Sa,Su 10:00-12:00"),
            (
                "Mo-Sa 10:00-18:00; Su, PH off",
                "Mo-Sa 10:00-18:00; Su,PH off",
            ),
            (
                "Mo 10:00-12:00, Tu 12:00-14:00",
                "Mo 10:00-12:00, Tu 12:00-14:00",
            ),
            (
                "Mo-Fr 11:00-02:00;Sa,Su 12:00-02:00",
                "Mo-Fr 11:00-02:00, Sa,Su 12:00-02:00",
            ),
            (
                "Fr-Mo 11:00-02:00; Tu 12:00-14:00",
                "Fr-Mo 11:00-02:00, Tu 12:00-14:00",
            ),
            (
                "Mo-Fr 10:00-18:00; Fr 10:00-14:00",
                "Mo-Fr 10:00-18:00; Fr 10:00-14:00",
            ),
            (
                "Mo-Fr 10:00-18:00; 10:00-14:00",
                "Mo-Fr 10:00-18:00; 10:00-14:00",
            ),
            (
                "Mo 10:00-18:00; Tu 10:00-14:00; PH off; We 10:00-12:00",
                "Mo 10:00-18:00, Tu 10:00-14:00; PH off; We 10:00-12:00",
            ),
            (
                "Mo 10:00-18:00; Tu 10:00-12:00 \"ring; twice\"",
                "Mo 10:00-18:00; Tu 10:00-12:00 \"ring; twice\"",
            ),
        ] {
            assert_eq!(as_meant(hours), meant);
        }
    }
}
