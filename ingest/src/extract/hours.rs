//! Hours of ways, gates and parks: conditional restrictions and opening hours, as rules of the edges.
//!
//! The access table says what a condition's value means: it is asked with the value in the place of the plain one.

use std::sync::Arc;

use wildside_engine::hours::{Hours, WayHours, clauses};
use wildside_engine::network::Edge;
use wildside_engine::places::Tags;

use super::access::{Walk, access};
use super::elements::Tag;

/// Permission to pass, and the hours in which it holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Passage {
    /// Permission in these hours.
    pub(crate) walk: Walk,
    /// `None`: at all times.
    pub(crate) hours: Option<Arc<WayHours>>,
}

/// Reason in a report.
pub(crate) const UNREAD: &str = "hours of ways, gates and parks that can't be read";

/// Keys of conditional restrictions, and of what they restrict; those of later keys count before those of earlier ones.
const CONDITIONAL: [(&str, &str); 3] = [
    ("access:conditional", "access"),
    ("foot:conditional", "foot"),
    ("locked:conditional", "locked"),
];

/// Permission along a way.
pub(crate) fn of_way(tags: &Tags<'_>) -> Passage {
    let decide = |tags: &Tags<'_>| Some(access().of_way(tags));
    let judged = Judged::of(tags, decide, || access().hours_shut_way(tags));
    judged.passage().unwrap_or(Passage {
        walk: Walk::No,
        hours: None,
    })
}

/// Permission to pass a node; `None`: its tags say nothing of passing.
pub(crate) fn of_node(tags: &Tags<'_>) -> Option<Passage> {
    let decide = |tags: &Tags<'_>| access().of_node(tags);
    Judged::of(tags, decide, || access().hours_shut_node(tags)).passage()
}

/// Hours of an area that shuts all that lies in it, such as a park.
pub(crate) fn of_area(tags: &Tags<'_>) -> Option<Arc<WayHours>> {
    if !is_by_hours(tags) || !access().hours_shut_area(tags) {
        return None;
    }
    Judged::of(tags, of_word, || true).passage()?.hours
}

/// Count of the hours that can't be read: what they shut stays as it is without them.
pub(crate) fn unread(tags: &Tags<'_>) -> u64 {
    if !is_by_hours(tags) {
        return 0;
    }
    let shuts = || {
        access().hours_shut_way(tags)
            || access().hours_shut_node(tags)
            || access().hours_shut_area(tags)
    };
    Judged::of(tags, of_word, shuts).unread
}

/// Both hours, of which each shuts.
pub(crate) fn both(
    one: Option<&Arc<WayHours>>,
    other: Option<&Arc<WayHours>>,
) -> Option<Arc<WayHours>> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => {
            let text = format!("{}\n{}", one.text(), other.text());
            Some(WayHours::parse(&text).map_or_else(|| Arc::clone(one), Arc::new))
        }
        (one, other) => one.or(other).cloned(),
    }
}

/// Gives hours to an edge, beside its own.
pub(crate) fn add(edge: &mut Edge, hours: Option<&Arc<WayHours>>) {
    edge.hours = both(edge.hours.as_ref(), hours);
}

/// Permission that the words of access give by themselves.
fn of_word(tags: &Tags<'_>) -> Option<Walk> {
    let words = ["foot", "access", "locked"].map(|key| (key, tags.get(key).unwrap_or_default()));
    access().of_node(&Tags::new(&words))
}

/// True if an element says anything of hours: few do.
fn is_by_hours(tags: &Tags<'_>) -> bool {
    let is_conditional = |key| {
        CONDITIONAL
            .iter()
            .any(|(conditional, _)| *conditional == key)
    };
    tags.iter()
        .any(|(key, _)| key == "opening_hours" || is_conditional(key))
}

/// What an element's tags say of passing.
#[derive(Debug, Default)]
struct Judged<'a> {
    otherwise: Option<Walk>,
    /// Permissions under conditions, of which the last that holds counts.
    conditions: Vec<(Walk, &'a str)>,
    opening_hours: Option<&'a str>,
    unread: u64,
}

impl<'a> Judged<'a> {
    fn of(
        tags: &Tags<'a>,
        decide: impl Fn(&Tags<'_>) -> Option<Walk>,
        opening_hours_shut: impl Fn() -> bool,
    ) -> Self {
        let mut judged = Self {
            otherwise: decide(tags),
            ..Self::default()
        };
        if !is_by_hours(tags) {
            return judged;
        }
        for (key, of) in CONDITIONAL {
            for clause in clauses(tags.get(key).unwrap_or_default()) {
                if let Some(walk) = with_value(tags, of, clause.value, &decide) {
                    judged.add(walk, clause.condition);
                }
            }
        }
        let opening_hours = tags.get("opening_hours").filter(|_| opening_hours_shut());
        judged.opening_hours = opening_hours.filter(|hours| Hours::parse(hours).is_some());
        judged.unread += u64::from(opening_hours != judged.opening_hours);
        judged
    }

    fn add(&mut self, walk: Walk, condition: Option<&'a str>) {
        match condition {
            None => {
                self.otherwise = Some(walk);
                self.conditions.clear();
            }
            Some(hours) if Hours::parse(hours).is_some() => self.conditions.push((walk, hours)),
            Some(_) => self.unread += 1,
        }
    }

    /// Permission in the hours in which there is one.
    fn passage(self) -> Option<Passage> {
        let says_nothing = self.conditions.is_empty() && self.opening_hours.is_none();
        let otherwise = match self.otherwise {
            None if says_nothing => return None,
            otherwise => otherwise.unwrap_or(Walk::At(Edge::FAIR_PRICE)),
        };
        let may = |walk: Walk| walk != Walk::No;
        let by_condition = self.conditions.iter().map(|(walk, _)| *walk);
        let walk = [otherwise]
            .into_iter()
            .chain(by_condition)
            .find(|walk| may(*walk));
        let Some(walk) = walk else {
            return Some(Passage {
                walk: Walk::No,
                hours: None,
            });
        };
        let is_conditional = self
            .conditions
            .iter()
            .any(|(walk, _)| may(*walk) != may(otherwise));
        let conditions = self
            .conditions
            .iter()
            .map(|(walk, hours)| (may(*walk), *hours));
        let conditional = is_conditional.then(|| WayHours::conditional(may(otherwise), conditions));
        let opening = self.opening_hours.filter(|hours| *hours != "24/7");
        let opening = opening.map(WayHours::open);
        let rules: Vec<String> = conditional.into_iter().chain(opening).collect();
        Some(Passage {
            walk,
            hours: WayHours::parse(&rules.join("\n")).map(Arc::new),
        })
    }
}

/// Permission with another value of a key. What shuts all shuts walkers too, whatever else is said of them: who writes
/// `access:conditional=no` means that it is closed then.
fn with_value(
    tags: &Tags<'_>,
    key: &str,
    value: &str,
    decide: &impl Fn(&Tags<'_>) -> Option<Walk>,
) -> Option<Walk> {
    let changed = |without: &[&str]| {
        let others = tags.iter().filter(|(other, _)| !without.contains(other));
        let pairs: Vec<Tag<'_>> = others.chain([(key, value)]).collect();
        decide(&Tags::new(&pairs))
    };
    let walk = changed(&[key]);
    if key == "access" && changed(&[key, "foot"]) == Some(Walk::No) {
        return Some(Walk::No);
    }
    walk
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const FAIR: Walk = Walk::At(100);

    #[test]
    fn hours_of_ways_are_those_of_their_conditions() {
        for (tags, walk, hours) in [
            (
                &[("foot:conditional", "no @ (22:00-06:00)")][..],
                FAIR,
                Some("yes; no @ (22:00-06:00)"),
            ),
            (
                &[
                    ("access", "no"),
                    ("access:conditional", "yes @ (08:00-20:00)"),
                ],
                FAIR,
                Some("no; yes @ (08:00-20:00)"),
            ),
            (
                &[
                    ("access", "private"),
                    ("foot:conditional", "yes @ (08:00-20:00)"),
                ],
                FAIR,
                Some("no; yes @ (08:00-20:00)"),
            ),
            (
                &[
                    ("foot", "yes"),
                    ("access:conditional", "no @ (22:00-06:00)"),
                ],
                FAIR,
                Some("yes; no @ (22:00-06:00)"),
            ),
            (
                &[
                    ("foot", "no"),
                    ("access:conditional", "yes @ (08:00-20:00)"),
                ],
                Walk::No,
                None,
            ),
            (
                &[("access:conditional", "permit @ (22:00-06:00)")],
                FAIR,
                Some("yes; no @ (22:00-06:00)"),
            ),
            (
                &[
                    ("access:conditional", "no @ (Nov-Mar)"),
                    ("foot:conditional", "yes @ (Sa 10:00-12:00)"),
                ],
                FAIR,
                Some("yes; no @ (Nov-Mar); yes @ (Sa 10:00-12:00)"),
            ),
            (&[("foot:conditional", "no")], Walk::No, None),
            (&[("access", "no"), ("foot:conditional", "yes")], FAIR, None),
            (
                &[("foot:conditional", "no @ (24/7)")],
                FAIR,
                Some("yes; no @ (24/7)"),
            ),
            (&[("foot:conditional", "no @ wet")], FAIR, None),
            (
                &[
                    ("access", "no"),
                    ("foot:conditional", "customers @ (08:00-20:00)"),
                ],
                Walk::At(1000),
                Some("no; yes @ (08:00-20:00)"),
            ),
            (
                &[("foot:conditional", "designated @ (08:00-20:00)")],
                FAIR,
                None,
            ),
            (&[("vehicle:conditional", "no @ (08:00-20:00)")], FAIR, None),
            (
                &[("opening_hours", "08:00-20:00")],
                FAIR,
                Some("open 08:00-20:00"),
            ),
            (&[("opening_hours", "8-20")], FAIR, None),
            (
                &[("opening_hours", "08:00-20:00"), ("amenity", "marketplace")],
                FAIR,
                None,
            ),
        ] {
            let tags: Vec<Tag<'_>> = [("highway", "footway")]
                .into_iter()
                .chain(tags.iter().copied())
                .collect();
            let passage = of_way(&Tags::new(&tags));
            let found = passage.hours.as_ref().map(|hours| hours.text());
            assert_eq!((passage.walk, found), (walk, hours), "{tags:?}");
        }
    }

    #[test]
    fn a_gate_is_open_in_its_hours() {
        for (tags, hours) in [
            (
                &[("barrier", "gate"), ("opening_hours", "Mo-Su 08:00-20:00")][..],
                Some("open Mo-Su 08:00-20:00"),
            ),
            (
                &[
                    ("barrier", "gate"),
                    ("access", "no"),
                    ("access:conditional", "yes @ (08:00-20:00)"),
                ],
                Some("no; yes @ (08:00-20:00)"),
            ),
            (
                &[
                    ("barrier", "gate"),
                    ("locked:conditional", "yes @ (20:00-08:00)"),
                ],
                Some("yes; no @ (20:00-08:00)"),
            ),
            (
                &[("foot:conditional", "no @ (20:00-08:00)")],
                Some("yes; no @ (20:00-08:00)"),
            ),
            (
                &[("shop", "bakery"), ("opening_hours", "08:00-20:00")],
                None,
            ),
            (&[("barrier", "gate")], None),
        ] {
            let hours_of = of_node(&Tags::new(tags)).and_then(|passage| passage.hours);
            assert_eq!(
                hours_of.as_ref().map(|hours| hours.text()),
                hours,
                "{tags:?}"
            );
        }
        assert_eq!(of_node(&Tags::new(&[("natural", "tree")])), None);
    }

    #[test]
    fn a_park_shuts_what_lies_in_it() {
        let hours =
            |tags: &[Tag<'_>]| of_area(&Tags::new(tags)).map(|hours| hours.text().to_owned());
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(
            hours(&[("leisure", "park"), ("opening_hours", "dawn-dusk")]),
            text("open dawn-dusk")
        );
        assert_eq!(
            hours(&[
                ("landuse", "cemetery"),
                ("access:conditional", "no @ (20:00-07:00)")
            ]),
            text("yes; no @ (20:00-07:00)")
        );
        assert_eq!(
            hours(&[("leisure", "park"), ("opening_hours", "24/7")]),
            None
        );
        assert_eq!(hours(&[("leisure", "park")]), None);
        assert_eq!(
            hours(&[("amenity", "school"), ("opening_hours", "08:00-16:00")]),
            None
        );
    }

    #[test]
    fn what_can_not_be_read_is_counted() {
        let count = |tags: &[Tag<'_>]| unread(&Tags::new(tags));
        assert_eq!(
            count(&[
                ("highway", "path"),
                ("foot:conditional", "no @ wet; no @ snow; no @ (Mo)")
            ]),
            2
        );
        assert_eq!(
            count(&[("barrier", "gate"), ("opening_hours", "8 to 6")]),
            1
        );
        assert_eq!(count(&[("shop", "bakery"), ("opening_hours", "8 to 6")]), 0);
        assert_eq!(count(&[("highway", "path")]), 0);
    }
}
