//! As much of Overpass QL as Wildside speaks: settings, unions of filtered statements with a name or without, one `out`.

use std::collections::{BTreeMap, HashMap};

use regex::Regex;

/// South, west, north, east.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct BoundingBox(pub(super) [f64; 4]);

impl BoundingBox {
    pub(super) fn contains(&self, lat: f64, lon: f64) -> bool {
        let [south, west, north, east] = self.0;
        (south..=north).contains(&lat) && (west..=east).contains(&lon)
    }
}

/// A query.
#[derive(Debug)]
pub(super) struct Query {
    pub(super) bounds: BoundingBox,
    pub(super) statements: Vec<Statement>,
    pub(super) limit: usize,
}

/// `nwr["key"="value"]…`: elements for which all filters hold; `nwr.set[…]`: those of them that are in a set, which is
/// what one of its statements finds.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) types: &'static [&'static str],
    filters: Vec<Filter>,
    within: Option<Vec<Statement>>,
}

#[derive(Debug, Clone)]
enum Filter {
    Present(String),
    Absent(String),
    Matches(String, Regex),
    MatchesNot(String, Regex),
}

impl Statement {
    pub(super) fn finds(&self, osm_type: &str, tags: &BTreeMap<String, String>) -> bool {
        let in_set = |set: &Vec<Self>| set.iter().any(|statement| statement.finds(osm_type, tags));
        self.types.contains(&osm_type)
            && self.holds(tags)
            && self.within.as_ref().is_none_or(in_set)
    }

    fn holds(&self, tags: &BTreeMap<String, String>) -> bool {
        self.filters.iter().all(|filter| match filter {
            Filter::Present(key) => tags.contains_key(key),
            Filter::Absent(key) => !tags.contains_key(key),
            Filter::Matches(key, pattern) => {
                tags.get(key).is_some_and(|value| pattern.is_match(value))
            }
            Filter::MatchesNot(key, pattern) => {
                !tags.get(key).is_some_and(|value| pattern.is_match(value))
            }
        })
    }
}

impl Query {
    /// Reads a query; the error is the text of a 400.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut rest = Cursor(text);
        let mut bounds = None;
        while rest.eat("[") {
            let setting = rest.until(']')?;
            if let Some(corners) = setting.strip_prefix("bbox:") {
                bounds = Some(parse_bounds(corners)?);
            }
        }
        rest.expect(";")?;
        let mut sets = HashMap::new();
        let statements = loop {
            let union = parse_union(&mut rest, &sets)?;
            if !rest.eat("->") {
                break union;
            }
            sets.insert(rest.set_name()?, union);
            rest.expect(";")?;
        };
        rest.expect(";")?;
        rest.expect("out center tags")?;
        let limit = rest
            .until(';')?
            .trim()
            .parse()
            .map_err(|_| "line 1: parse error: a number expected".to_owned())?;
        let bounds = bounds.ok_or("line 1: static error: a bounding box is needed")?;
        Ok(Self {
            bounds,
            statements,
            limit,
        })
    }
}

fn parse_bounds(text: &str) -> Result<BoundingBox, String> {
    let corners: Vec<f64> = text
        .split(',')
        .filter_map(|corner| corner.trim().parse().ok())
        .collect();
    let corners: [f64; 4] = corners
        .try_into()
        .map_err(|_| "line 1: parse error: invalid bounding box".to_owned())?;
    let [south, west, north, east] = corners;
    if south > north || west > east || south < -90.0 || north > 90.0 {
        return Err("line 1: static error: the bounding box is empty or off the earth".to_owned());
    }
    Ok(BoundingBox(corners))
}

type Sets = HashMap<String, Vec<Statement>>;

fn parse_union(rest: &mut Cursor<'_>, sets: &Sets) -> Result<Vec<Statement>, String> {
    rest.expect("(")?;
    let mut statements = Vec::new();
    while !rest.eat(")") {
        statements.push(parse_statement(rest, sets)?);
        rest.expect(";")?;
    }
    Ok(statements)
}

fn parse_statement(rest: &mut Cursor<'_>, sets: &Sets) -> Result<Statement, String> {
    let types: &[_] = match () {
        () if rest.eat("nwr") => &["node", "way", "relation"],
        () if rest.eat("node") => &["node"],
        () if rest.eat("way") => &["way"],
        () if rest.eat("relation") => &["relation"],
        () => return Err(rest.unexpected("a type")),
    };
    let within = if rest.0.starts_with('.') {
        let name = rest.set_name()?;
        // A set that nobody has filled is empty.
        Some(sets.get(&name).cloned().unwrap_or_default())
    } else {
        None
    };
    let mut filters = Vec::new();
    while rest.eat("[") {
        filters.push(parse_filter(rest)?);
        rest.expect("]")?;
    }
    Ok(Statement {
        types,
        filters,
        within,
    })
}

fn parse_filter(rest: &mut Cursor<'_>) -> Result<Filter, String> {
    if rest.eat("!") {
        return rest.literal().map(Filter::Absent);
    }
    let key = rest.literal()?;
    if rest.eat("=") {
        let value = rest.literal()?;
        return Ok(Filter::Matches(
            key,
            pattern(&format!("^{}$", regex::escape(&value)))?,
        ));
    }
    let negated = rest.eat("!~");
    if !negated && !rest.eat("~") {
        return Ok(Filter::Present(key));
    }
    let mut text = rest.literal()?;
    if rest.eat(",i") {
        text.insert_str(0, "(?i)");
    }
    let pattern = pattern(&text)?;
    Ok(if negated {
        Filter::MatchesNot(key, pattern)
    } else {
        Filter::Matches(key, pattern)
    })
}

fn pattern(text: &str) -> Result<Regex, String> {
    Regex::new(text)
        .map_err(|_| format!("line 1: static error: invalid regular expression: \"{text}\""))
}

/// What is left of the text; blanks are skipped before each word.
struct Cursor<'a>(&'a str);

impl<'a> Cursor<'a> {
    fn eat(&mut self, word: &str) -> bool {
        self.0 = self.0.trim_start();
        let after = self.0.strip_prefix(word);
        self.0 = after.unwrap_or(self.0);
        after.is_some()
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        if self.eat(word) {
            Ok(())
        } else {
            Err(self.unexpected(word))
        }
    }

    fn unexpected(&self, wanted: &str) -> String {
        let found: String = self.0.chars().take(10).collect();
        format!("line 1: parse error: '{wanted}' expected - '{found}' found. ")
    }

    fn until(&mut self, end: char) -> Result<&'a str, String> {
        let (before, after) = self
            .0
            .split_once(end)
            .ok_or_else(|| self.unexpected(&end.to_string()))?;
        self.0 = after;
        Ok(before)
    }

    /// The name of a set, with its dot.
    fn set_name(&mut self) -> Result<String, String> {
        self.expect(".")?;
        let end = self
            .0
            .find(|c: char| !c.is_alphanumeric())
            .unwrap_or(self.0.len());
        let (name, after) = self.0.split_at(end);
        self.0 = after;
        Ok(name.to_owned())
    }

    /// A string in double quotes, its escapes resolved.
    fn literal(&mut self) -> Result<String, String> {
        self.expect("\"")?;
        let mut value = String::new();
        let mut chars = self.0.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.0 = &self.0[at + 1..];
                    return Ok(value);
                }
                '\\' => value.extend(chars.next().map(|(_, escaped)| escaped)),
                _ => value.push(c),
            }
        }
        Err(self.unexpected("\""))
    }
}
