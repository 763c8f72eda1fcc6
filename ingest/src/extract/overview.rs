//! The lines of the base map from afar: ways of one class joined to long strokes, and of these what a zoom can show.
//!
//! Most streets are mapped as many short ways. Drawn from afar, each would cost as much as it does from near by.

mod cut;
mod strokes;
mod thin;

use std::collections::BTreeMap;

use wildside_engine::Point;

use super::mercator::{Position, mercator};

/// The first zoom at which strokes are drawn instead of ways.
const FIRST: i16 = 6;
/// The last such zoom. There, streets are seen with their names, and a stroke is of one street.
const NAMED: i16 = 14;
/// Overviews that are handed on together, or some more.
const BATCH: usize = 1000;

/// The lines of one class, and of one name where names are seen, in one square, as drawn at one zoom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// The zoom.
    pub zoom: i16,
    /// The class.
    pub class: &'static str,
    /// The name that is written along the lines.
    pub name: Option<String>,
    /// The lines, which end at the sides of the square.
    pub lines: Vec<Vec<Spot>>,
}

/// A position in web mercator in whole units, of which 2³⁰ go around the earth: 4 cm at the equator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spot {
    /// To the east, from the 180th meridian.
    pub(crate) x: i32,
    /// To the north, from the southern end of the map.
    pub(crate) y: i32,
}

/// Bits of a spot's coordinates.
const BITS: u32 = 30;
/// Half of the way around the earth.
const HALF_METRES: f64 = 20_037_508.342_789_244;
const METRES: f64 = 2.0 * HALF_METRES / (1 << BITS) as f64;

impl Spot {
    fn of(point: Point) -> Self {
        let (x, y) = mercator(point);
        let units = |metres: f64| {
            ((metres + HALF_METRES) / METRES).clamp(0.0, f64::from((1 << BITS) - 1)) as i32
        };
        Self {
            x: units(x),
            y: units(y),
        }
    }

    /// In metres.
    pub fn position(self) -> Position {
        let metres = |units: i32| f64::from(units) * METRES - HALF_METRES;
        (metres(self.x), metres(self.y))
    }
}

/// One pixel of a tile of 512 at that zoom, in units.
fn pixel(zoom: i16) -> f64 {
    f64::from(1 << (BITS as i16 - 9 - zoom))
}

/// Lines, one after another in one piece of memory.
#[derive(Debug, Default)]
struct Lines {
    spots: Vec<Spot>,
    ends: Vec<u32>,
}

impl Lines {
    fn push(&mut self, line: &[Spot]) {
        self.spots.extend_from_slice(line);
        self.ends.push(self.spots.len() as u32);
    }

    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, line: usize) -> &[Spot] {
        let start = line.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.spots[start as usize..self.ends[line] as usize]
    }

    fn iter(&self) -> impl Iterator<Item = &[Spot]> {
        (0..self.len()).map(|line| self.get(line))
    }
}

/// Lines of one class that are joined to strokes, and the zooms at which they are drawn.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    class: &'static str,
    name: Option<String>,
    first: i16,
    last: i16,
}

/// The lines that are seen from afar, gathered while the ways are read.
#[derive(Debug, Default)]
pub(crate) struct Afar(BTreeMap<Kind, Lines>);

impl Afar {
    /// Adds a line, if it is of a class that is seen from afar. Coastlines are not drawn.
    pub(crate) fn add(
        &mut self,
        class: &'static str,
        min_zoom: i16,
        name: Option<&str>,
        line: &[Point],
    ) {
        if min_zoom > NAMED || class == "coastline" {
            return;
        }
        let spots: Vec<_> = line.iter().copied().map(Spot::of).collect();
        let simple = thin::simplify(&spots, pixel(NAMED) / 2.0);
        let mut push = |name: Option<&str>, first, last| {
            let name = name.map(str::to_owned);
            let kind = Kind {
                class,
                name,
                first,
                last,
            };
            self.0.entry(kind).or_default().push(&simple);
        };
        push(name, NAMED, NAMED);
        if min_zoom < NAMED {
            push(None, min_zoom.max(FIRST), NAMED - 1);
        }
    }

    pub(crate) fn append(&mut self, other: Self) {
        for (kind, lines) in other.0 {
            let all = self.0.entry(kind).or_default();
            lines.iter().for_each(|line| all.push(line));
        }
    }

    /// Lines that are drawn at each zoom, kind by kind.
    pub(crate) fn draw(self, emit: impl Fn(Vec<Overview>)) {
        let mut drawn = Vec::new();
        for (kind, lines) in self.0 {
            let mut strokes = strokes::join(&lines);
            drop(lines);
            for zoom in (kind.first..=kind.last).rev() {
                strokes = thin::thin(&strokes, pixel(zoom));
                let squares = cut::cut(&strokes, kind.square_bits(zoom));
                drawn.extend(squares.into_values().map(|lines| Overview {
                    zoom,
                    class: kind.class,
                    name: kind.name.clone(),
                    lines,
                }));
                if drawn.len() >= BATCH {
                    emit(std::mem::take(&mut drawn));
                }
            }
        }
        emit(drawn);
    }
}

impl Kind {
    /// The squares into which its lines are cut: a quarter of a tile wide. A name needs its line whole, and one street
    /// is not much to read where it ends in the next tile.
    fn square_bits(&self, zoom: i16) -> u32 {
        let tile = BITS - zoom as u32;
        if self.name.is_some() { tile } else { tile - 2 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(step: i32) -> Point {
        Point::new(24.9 + f64::from(step) * 0.001, 60.2)
    }

    fn drawn(afar: Afar) -> Vec<Overview> {
        let drawn = std::cell::RefCell::new(Vec::new());
        afar.draw(|overviews| drawn.borrow_mut().extend(overviews));
        drawn.into_inner()
    }

    #[test]
    fn a_street_of_many_ways_is_one_line_at_each_zoom() {
        let mut afar = Afar::default();
        for step in 0..100 {
            afar.add("primary", 8, None, &[at(step), at(step + 1)]);
            afar.add("steps", 15, None, &[at(step), at(step + 1)]);
        }
        let drawn = drawn(afar);
        for zoom in 6..=14 {
            let lines = drawn.iter().filter(|overview| overview.zoom == zoom);
            let lines: Vec<_> = lines.flat_map(|overview| overview.lines.clone()).collect();
            assert_eq!(lines.is_empty(), zoom < 8, "zoom {zoom}");
            assert!(
                lines.iter().all(|line| line.len() == 2),
                "zoom {zoom}: {lines:?}"
            );
            let length: i32 = lines.iter().map(|line| (line[1].x - line[0].x).abs()).sum();
            assert!(zoom < 8 || length == Spot::of(at(100)).x - Spot::of(at(0)).x);
        }
    }

    #[test]
    fn streets_are_told_apart_where_their_names_are_seen() {
        let mut afar = Afar::default();
        afar.add("street", 12, Some("East"), &[at(0), at(8)]);
        afar.add("street", 12, Some("West"), &[at(8), at(9)]);
        afar.add("street", 12, None, &[at(9), at(19)]);
        let drawn = drawn(afar);
        let names = |zoom: i16| -> Vec<_> {
            let of_zoom = drawn.iter().filter(|overview| overview.zoom == zoom);
            let mut names: Vec<_> = of_zoom.map(|overview| overview.name.as_deref()).collect();
            names.dedup();
            names
        };
        assert_eq!(names(13), [None]);
        assert_eq!(names(14), [None, Some("East"), Some("West")]);
    }
}
