//! Lines cut along the sides of squares, so that a tile reads little more than it shows.

use std::collections::BTreeMap;

use super::{Lines, Spot};

type Square = (i32, i32);

/// The pieces of the lines by square. A square has sides of 2 to the power of `bits`.
pub(super) fn cut(lines: &Lines, bits: u32) -> BTreeMap<Square, Vec<Vec<Spot>>> {
    let mut squares: BTreeMap<Square, Vec<Vec<Spot>>> = BTreeMap::new();
    for line in lines.iter() {
        let (mut piece, mut square) = (Vec::new(), None);
        for pair in line.windows(2) {
            for (from, to) in segments(pair[0], pair[1], bits) {
                let here = middle_square(from, to, bits);
                if let Some(left) = square.replace(here).filter(|square| *square != here) {
                    squares
                        .entry(left)
                        .or_default()
                        .push(std::mem::take(&mut piece));
                }
                if piece.is_empty() {
                    piece.push(from);
                }
                piece.push(to);
            }
        }
        if let Some(square) = square {
            squares.entry(square).or_default().push(piece);
        }
    }
    squares
}

fn middle_square(from: Spot, to: Spot, bits: u32) -> Square {
    let middle = |a: i32, b: i32| i32::midpoint(a, b) >> bits;
    (middle(from.x, to.x), middle(from.y, to.y))
}

/// A segment as it is cut by the sides of squares, from one end to the other.
fn segments(from: Spot, to: Spot, bits: u32) -> impl Iterator<Item = (Spot, Spot)> {
    let (dx, dy) = (f64::from(to.x - from.x), f64::from(to.y - from.y));
    let at = |share: f64| Spot {
        x: (f64::from(from.x) + share * dx).round() as i32,
        y: (f64::from(from.y) + share * dy).round() as i32,
    };
    let mut shares: Vec<f64> = crossed(from.x, to.x, bits)
        .chain(crossed(from.y, to.y, bits))
        .collect();
    shares.sort_by(f64::total_cmp);
    let mut stops: Vec<Spot> = shares.into_iter().map(at).collect();
    stops.push(to);
    let starts = std::iter::once(from).chain(stops.clone());
    starts.zip(stops).filter(|(start, stop)| start != stop)
}

/// The shares of the way from one coordinate to another at which there is a side.
fn crossed(from: i32, to: i32, bits: u32) -> impl Iterator<Item = f64> {
    let (first, last) = (from.min(to) >> bits, from.max(to) >> bits);
    let way = f64::from(to) - f64::from(from);
    (first + 1..=last).map(move |side| (f64::from(side << bits) - f64::from(from)) / way)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_end_at_the_sides_and_none_is_lost() {
        let spots = [(10, 10), (50, 10), (50, 90), (52, 92), (10, 40)].map(|(x, y)| Spot { x, y });
        let mut lines = Lines::default();
        lines.push(&spots);
        let squares = cut(&lines, 5);
        let mut length = 0.0;
        for ((column, row), pieces) in &squares {
            for piece in pieces {
                assert!(piece.len() > 1);
                for spot in piece {
                    assert!(
                        (column * 32..=column * 32 + 32).contains(&spot.x),
                        "{squares:?}"
                    );
                    assert!((row * 32..=row * 32 + 32).contains(&spot.y), "{squares:?}");
                }
                let steps = piece.windows(2).map(|pair| {
                    f64::from(pair[1].x - pair[0].x).hypot(f64::from(pair[1].y - pair[0].y))
                });
                length += steps.sum::<f64>();
            }
        }
        let whole = 40.0 + 80.0 + 8f64.sqrt() + (42f64 * 42.0 + 52.0 * 52.0).sqrt();
        assert!((length - whole).abs() < 3.0, "{length} {whole}");
    }
}
