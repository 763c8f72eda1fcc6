//! Conditional restrictions: `no @ (22:00-06:00); yes @ (Mo-Fr 09:00-10:00)`.

/// One part of a conditional value: the value, and the condition under which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clause<'a> {
    /// Value as it is tagged: `no`, `yes`, `permissive`, …
    pub value: &'a str,
    /// The condition; `None`: it always holds.
    pub condition: Option<&'a str>,
}

/// The clauses of a value, in order; of those that hold the last one counts.
pub fn clauses(text: &str) -> Vec<Clause<'_>> {
    split(text, ';')
        .into_iter()
        .map(clause)
        .filter(|clause| !clause.value.is_empty())
        .collect()
}

fn clause(text: &str) -> Clause<'_> {
    let Some((value, condition)) = text.split_once('@') else {
        return Clause {
            value: text.trim(),
            condition: None,
        };
    };
    let condition = condition.trim();
    let inner = condition
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'));
    Clause {
        value: value.trim(),
        condition: Some(inner.unwrap_or(condition).trim()),
    }
}

/// Parts between separators that are neither in brackets nor in quotes.
fn split(text: &str, separator: char) -> Vec<&str> {
    let (mut depth, mut is_quoted) = (0_i32, false);
    let is_border = move |c: char| {
        match c {
            '"' => is_quoted = !is_quoted,
            '(' | '[' if !is_quoted => depth += 1,
            ')' | ']' if !is_quoted => depth -= 1,
            _ => {}
        }
        c == separator && depth <= 0 && !is_quoted
    };
    text.split(is_border).map(str::trim).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_told_apart() {
        let read = |text| {
            let clauses = clauses(text);
            let pair = |clause: Clause<'static>| (clause.value, clause.condition);
            clauses.into_iter().map(pair).collect::<Vec<_>>()
        };
        assert_eq!(read("no @ (22:00-06:00)"), [("no", Some("22:00-06:00"))]);
        assert_eq!(read("no@22:00-06:00"), [("no", Some("22:00-06:00"))]);
        assert_eq!(
            read("no @ (Mo-Fr 22:00-06:00; Sa 23:00-06:00); yes @ wet"),
            [
                ("no", Some("Mo-Fr 22:00-06:00; Sa 23:00-06:00")),
                ("yes", Some("wet"))
            ]
        );
        assert_eq!(read("no"), [("no", None)]);
        assert_eq!(
            read("permissive @ (Mo[1] 10:00-12:00; \"a;)\")"),
            [("permissive", Some("Mo[1] 10:00-12:00; \"a;)\""))]
        );
        assert_eq!(read(" ; "), []);
    }
}
