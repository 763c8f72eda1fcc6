//! Fewer and simpler lines. Douglas and Peucker with a stack of its own: `geo`'s calls itself for each corner of a coast.

use super::{Lines, Spot};

/// Shorter strokes are not seen.
const LEAST_PIXELS: f64 = 2.0;

/// Keeps of the strokes what can be seen where a pixel has so many units.
pub(super) fn thin(strokes: &Lines, pixel: f64) -> Lines {
    let mut kept = Lines::default();
    for stroke in strokes
        .iter()
        .filter(|stroke| extent(stroke) >= LEAST_PIXELS * pixel)
    {
        kept.push(&simplify(stroke, pixel / 2.0));
    }
    kept
}

/// The longer side of the box around a line.
fn extent(line: &[Spot]) -> f64 {
    let side = |of: fn(&Spot) -> i32| {
        let (least, most) = line
            .iter()
            .map(of)
            .fold((i32::MAX, i32::MIN), |(l, m), v| (l.min(v), m.max(v)));
        f64::from(most) - f64::from(least)
    };
    side(|spot| spot.x).max(side(|spot| spot.y))
}

/// Leaves out spots that are no farther than `tolerance` from the line without them (Douglas and Peucker).
pub(super) fn simplify(line: &[Spot], tolerance: f64) -> Vec<Spot> {
    let mut keep = vec![false; line.len()];
    let mut open = Vec::new();
    if let Some(last) = line.len().checked_sub(1) {
        (keep[0], keep[last]) = (true, true);
        open.push((0, last));
    }
    while let Some((first, last)) = open.pop() {
        let between = (first + 1..last).map(|i| (i, distance(line[i], line[first], line[last])));
        let farthest = between.max_by(|a, b| a.1.total_cmp(&b.1));
        if let Some((farthest, _)) = farthest.filter(|(_, distance)| *distance > tolerance) {
            keep[farthest] = true;
            open.extend([(first, farthest), (farthest, last)]);
        }
    }
    let kept = line.iter().zip(keep).filter(|(_, keep)| *keep);
    kept.map(|(spot, _)| *spot).collect()
}

/// From a spot to the segment between two others.
fn distance(spot: Spot, from: Spot, to: Spot) -> f64 {
    let (dx, dy) = (f64::from(to.x - from.x), f64::from(to.y - from.y));
    let (x, y) = (f64::from(spot.x - from.x), f64::from(spot.y - from.y));
    let length = dx * dx + dy * dy;
    let share = if length > 0.0 {
        ((x * dx + y * dy) / length).clamp(0.0, 1.0)
    } else {
        0.0
    };
    (x - share * dx).hypot(y - share * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bends_stay_and_wobbles_go() {
        let line = [(0, 0), (50, 2), (100, 0), (100, 50), (98, 80), (100, 100)];
        let line = line.map(|(x, y)| Spot { x, y });
        assert_eq!(simplify(&line, 5.0), [line[0], line[2], line[5]]);
        assert_eq!(simplify(&line[..2], 5.0), line[..2]);
        assert!(simplify(&[], 5.0).is_empty());
    }
}
