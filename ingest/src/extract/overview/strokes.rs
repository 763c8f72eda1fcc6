//! Lines joined end to end, straight on where several meet.

use super::{Lines, Spot};

/// A longer stroke is begun anew: simplifying one takes the square of its length at worst.
const MOST_SPOTS: usize = 1000;

/// No end.
const NONE: u32 = u32::MAX;

/// Joins lines. The two ends of line `n` have the numbers `2 n` and `2 n + 1`.
pub(super) fn join(lines: &Lines) -> Lines {
    let mates = mates(lines);
    let (mut joined, mut used) = (Lines::default(), vec![false; lines.len()]);
    let mut stroke = Vec::new();
    let all = 0..mates.len();
    let loose = all.clone().filter(|end| mates[*end] == NONE);
    // What goes round has no loose end, and may begin anywhere.
    for end in loose.chain(all) {
        if !used[end / 2] {
            follow(end, lines, &mates, &mut used, &mut stroke);
            joined.push(&stroke);
        }
    }
    joined
}

/// The stroke that begins at an end.
fn follow(mut end: usize, lines: &Lines, mates: &[u32], used: &mut [bool], stroke: &mut Vec<Spot>) {
    stroke.clear();
    loop {
        used[end / 2] = true;
        let line = lines.get(end / 2);
        let skipped = usize::from(!stroke.is_empty());
        if end.is_multiple_of(2) {
            stroke.extend(line.iter().skip(skipped));
        } else {
            stroke.extend(line.iter().rev().skip(skipped));
        }
        let next = mates[end ^ 1] as usize;
        if next == NONE as usize || used[next / 2] || stroke.len() > MOST_SPOTS {
            return;
        }
        end = next;
    }
}

/// For each end the one that it is joined to.
fn mates(lines: &Lines) -> Vec<u32> {
    let mut ends: Vec<(Spot, u32)> = Vec::with_capacity(2 * lines.len());
    for (number, line) in lines.iter().enumerate() {
        ends.push((line[0], 2 * number as u32));
        ends.push((line[line.len() - 1], 2 * number as u32 + 1));
    }
    ends.sort_unstable();
    let mut mates = vec![NONE; ends.len()];
    for meeting in ends.chunk_by(|one, other| one.0 == other.0) {
        let ends: Vec<u32> = meeting.iter().map(|(_, end)| *end).collect();
        match ends[..] {
            [_] => {}
            [one, other] => pair(&mut mates, one, other),
            _ => pair_straightest(&ends, lines, &mut mates),
        }
    }
    mates
}

fn pair(mates: &mut [u32], one: u32, other: u32) {
    mates[one as usize] = other;
    mates[other as usize] = one;
}

/// The cosine of the sharpest bend of a stroke where it has a choice: 60°.
const SHARPEST: f64 = -0.5;

fn pair_straightest(ends: &[u32], lines: &Lines, mates: &mut [u32]) {
    let directions: Vec<_> = ends
        .iter()
        .map(|end| (*end, direction(*end, lines)))
        .collect();
    let mut pairs = Vec::new();
    for (position, (one, a)) in directions.iter().enumerate() {
        for (other, b) in &directions[position + 1..] {
            let cosine = a.0 * b.0 + a.1 * b.1;
            if cosine < SHARPEST {
                pairs.push((cosine, *one, *other));
            }
        }
    }
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, one, other) in pairs {
        if mates[one as usize] == NONE && mates[other as usize] == NONE {
            pair(mates, one, other);
        }
    }
}

/// The direction in which a line leaves its end, of length 1.
fn direction(end: u32, lines: &Lines) -> (f64, f64) {
    let line = lines.get(end as usize / 2);
    let (from, to) = if end.is_multiple_of(2) {
        (line[0], line[1])
    } else {
        (line[line.len() - 1], line[line.len() - 2])
    };
    let (dx, dy) = (f64::from(to.x - from.x), f64::from(to.y - from.y));
    let length = dx.hypot(dy).max(1.0);
    (dx / length, dy / length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(all: &[&[(i32, i32)]]) -> Lines {
        let mut lines = Lines::default();
        for line in all {
            let spots: Vec<_> = line.iter().map(|(x, y)| Spot { x: *x, y: *y }).collect();
            lines.push(&spots);
        }
        lines
    }

    #[test]
    fn a_crossing_is_passed_straight_on() {
        let joined = join(&lines(&[
            &[(0, 0), (9, 0)],
            &[(9, 0), (18, 1)],
            &[(9, 9), (9, 0)],
            &[(9, 0), (9, -9)],
        ]));
        assert_eq!(joined.len(), 2);
        assert!(joined.iter().all(|line| line.len() == 3));
    }

    #[test]
    fn what_goes_round_is_joined_once() {
        let joined = join(&lines(&[
            &[(0, 0), (9, 0), (9, 9)],
            &[(0, 0), (0, 9), (9, 9)],
        ]));
        assert_eq!(joined.len(), 1);
        assert_eq!(joined.get(0).len(), 5);
        assert_eq!(joined.get(0)[0], joined.get(0)[4]);
    }
}
