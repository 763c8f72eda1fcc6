//! The little language in which the catalogue says which tags it means.
//!
//! A [`Rule`] is a line of conditions separated by spaces, all of which must hold:
//! `amenity=pub start_date<1950 !brand`.
//!
//! | Condition | Holds when |
//! |---|---|
//! | `key=a|b` | one of the tag's values (`;` separates them in OSM) is `a` or `b` |
//! | `key=*` | the tag is present |
//! | `!key` | the tag is absent |
//! | `key!=a|b` | the tag is absent, or no value is `a` or `b` |
//! | `key~a|b` | the value contains `a` or `b`, whatever their case |
//! | `key<1950`, `key>1950` | the value names a year before, or after |
//! | `key@never` | the value is opening hours that are never: `off`, `Mo-Su closed "for good"` |

use super::hours::is_never_open;
use super::tags::{Tags, year};

/// Conditions that must hold together, with the text they were read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub(crate) text: String,
    conditions: Vec<Condition>,
}

/// Condition on one tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Key of the tag.
    pub key: String,
    /// Condition on its value.
    pub test: Test,
}

/// Condition on a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// Anything.
    Present,
    /// Not there.
    Absent,
    /// One of these, alone or in a list separated by `;`.
    OneOf(Vec<String>),
    /// None of these, or not there.
    NoneOf(Vec<String>),
    /// One of these lower-case texts is part of it, in any case.
    Contains(Vec<String>),
    /// Names a year before.
    Before(i32),
    /// Names a year after.
    After(i32),
    /// Opening hours that are never.
    Never,
}

impl Rule {
    /// The conditions, at least one.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Reads a rule.
    ///
    /// # Errors
    /// The text of the condition that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let conditions: Vec<_> = text
            .split_whitespace()
            .map(Condition::parse)
            .collect::<Result<_, _>>()?;
        if conditions.is_empty() {
            return Err("an empty rule".to_owned());
        }
        Ok(Self {
            text: text.to_owned(),
            conditions,
        })
    }

    /// True if all conditions hold.
    pub fn matches(&self, tags: &Tags<'_>) -> bool {
        self.conditions.iter().all(|c| c.holds(tags))
    }

    /// Key and values of the first condition, by which rules are looked up; `None` for the values means any.
    pub(crate) fn lookup(&self) -> Option<(&str, Option<&[String]>)> {
        let first = self.conditions.first()?;
        match &first.test {
            Test::OneOf(values) => Some((&first.key, Some(values))),
            Test::Present => Some((&first.key, None)),
            _ => None,
        }
    }
}

impl Condition {
    fn parse(condition: &str) -> Result<Self, String> {
        let fault = || format!("`{condition}` is no condition");
        if let Some(key) = condition.strip_prefix('!') {
            return Self::new(key, Test::Absent).ok_or_else(fault);
        }
        let at = condition
            .find(['=', '~', '<', '>', '!', '@'])
            .ok_or_else(fault)?;
        let (key, test) = condition.split_at(at);
        Self::new(key, Test::parse(test).ok_or_else(fault)?).ok_or_else(fault)
    }

    fn new(key: &str, test: Test) -> Option<Self> {
        let key = key.to_owned();
        (!key.is_empty()).then_some(Self { key, test })
    }

    fn holds(&self, tags: &Tags<'_>) -> bool {
        let value = tags.get(&self.key);
        match &self.test {
            Test::Present => value.is_some(),
            Test::Absent => value.is_none(),
            Test::OneOf(wanted) => value.is_some_and(|v| any_value(v, wanted)),
            Test::NoneOf(unwanted) => !value.is_some_and(|v| any_value(v, unwanted)),
            Test::Contains(parts) => value.is_some_and(|v| contains_any(v, parts)),
            Test::Before(limit) => value.and_then(year).is_some_and(|y| y < *limit),
            Test::After(limit) => value.and_then(year).is_some_and(|y| y > *limit),
            Test::Never => value.is_some_and(is_never_open),
        }
    }
}

impl Test {
    fn parse(text: &str) -> Option<Self> {
        let list = |values: &str| -> Option<Vec<String>> {
            let values: Vec<_> = values.split('|').map(str::to_owned).collect();
            values.iter().all(|v| !v.is_empty()).then_some(values)
        };
        match text {
            "=*" => return Some(Self::Present),
            "@never" => return Some(Self::Never),
            _ => {}
        }
        if let Some(values) = text.strip_prefix("!=") {
            return list(values).map(Self::NoneOf);
        }
        let (operator, operand) = text.split_at_checked(1)?;
        match operator {
            "=" => list(operand).map(Self::OneOf),
            "~" => list(&operand.to_lowercase()).map(Self::Contains),
            "<" => operand.parse().ok().map(Self::Before),
            ">" => operand.parse().ok().map(Self::After),
            _ => None,
        }
    }
}

/// True if one of the `;`-separated parts of `value` is wanted.
fn any_value(value: &str, wanted: &[String]) -> bool {
    value
        .split(';')
        .any(|part| wanted.iter().any(|w| w == part.trim()))
}

fn contains_any(value: &str, parts: &[String]) -> bool {
    let value = value.to_lowercase();
    parts.iter().any(|part| value.contains(part.as_str()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn holds(rule: &str, pairs: &[(&str, &str)]) -> bool {
        Rule::parse(rule).unwrap().matches(&Tags::new(pairs))
    }

    #[test]
    fn each_condition_holds_when_it_says() {
        let pub_1890 = [("amenity", "pub; restaurant"), ("start_date", "1890s")];
        assert!(holds("amenity=pub start_date<1950", &pub_1890));
        assert!(holds("amenity=bar|restaurant !brand", &pub_1890));
        assert!(holds("amenity!=cafe start_date>1800", &pub_1890));
        assert!(holds("amenity~PUB start_date=*", &pub_1890));
        assert!(!holds("amenity=pub start_date<1890", &pub_1890));
        assert!(!holds("amenity!=pub", &pub_1890));
        assert!(!holds("!amenity", &pub_1890));
    }

    #[test]
    fn what_is_no_condition_is_named() {
        for bad in ["", "amenity", "=pub", "amenity=", "a=b|", "year<soon", "!"] {
            assert!(Rule::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(
            Rule::parse("a=b nonsense").unwrap_err(),
            "`nonsense` is no condition"
        );
    }
}
