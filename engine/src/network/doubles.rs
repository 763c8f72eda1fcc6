//! Streets that several loaded areas hold.

use rustc_hash::{FxHashMap, FxHashSet};

use super::edge::Edge;
use super::pieces::node_at;
use crate::geo::Point;

type Position = [u64; 2];
/// A straight stretch of a way, whichever way it is drawn.
type Stretch = (i64, Position, Position);

/// Makes one street of the copies of it, whatever the junctions at which each is cut: of a stretch that several edges of a way
/// have, the first of these keeps it, and where another leaves it both are cut.
pub fn without_doubles(mut edges: Vec<Edge>) -> Vec<Edge> {
    edges.retain(Edge::is_sound);
    let mut ends: FxHashMap<Position, i64> = FxHashMap::default();
    for edge in &edges {
        let last = edge.geometry.len() - 1;
        ends.entry(position(edge.geometry[last]))
            .or_insert(edge.to_node);
        ends.entry(position(edge.geometry[0]))
            .or_insert(edge.from_node);
    }
    let (mut taken, mut cuts) = (FxHashSet::default(), FxHashSet::default());
    let mut kept = Vec::new();
    for edge in edges {
        let is_new: Vec<bool> = stretches(&edge).map(|one| !taken.contains(&one)).collect();
        taken.extend(stretches(&edge));
        if is_new.iter().all(|&new| new) {
            kept.push(edge);
            continue;
        }
        cuts.extend([edge.geometry[0], edge.geometry[edge.geometry.len() - 1]].map(position));
        let borders = (1..is_new.len()).filter(|&at| is_new[at - 1] != is_new[at]);
        cuts.extend(borders.map(|at| position(edge.geometry[at])));
        let pieces = cut(&edge, &ends, |at| is_new[at - 1] != is_new[at]);
        kept.extend(
            pieces
                .into_iter()
                .filter(|(first, _)| is_new[*first])
                .map(|(_, piece)| piece),
        );
    }
    if cuts.is_empty() {
        return kept;
    }
    let at_cuts = |edge: &Edge| {
        cut(edge, &ends, |at| {
            cuts.contains(&position(edge.geometry[at]))
        })
    };
    kept.iter()
        .flat_map(at_cuts)
        .map(|(_, piece)| piece)
        .collect()
}

fn stretches(edge: &Edge) -> impl Iterator<Item = Stretch> {
    edge.geometry.windows(2).map(|pair| {
        let (one, other) = (position(pair[0]), position(pair[1]));
        (edge.way_id, one.min(other), one.max(other))
    })
}

fn position(point: Point) -> Position {
    [point.lon.to_bits(), point.lat.to_bits()]
}

/// Pieces of an edge that is cut at some of its inner points, each with the number of its first point.
fn cut(
    edge: &Edge,
    ends: &FxHashMap<Position, i64>,
    is_cut: impl Fn(usize) -> bool,
) -> Vec<(usize, Edge)> {
    let last = edge.geometry.len() - 1;
    let inner = (1..last).filter(|&at| is_cut(at));
    let points: Vec<usize> = [0].into_iter().chain(inner).chain([last]).collect();
    let node = |at: usize| match at {
        0 => edge.from_node,
        _ if at == last => edge.to_node,
        _ => {
            let point = edge.geometry[at];
            let known = ends.get(&position(point)).copied();
            known.unwrap_or_else(|| node_at(point))
        }
    };
    let piece = |pair: &[usize]| {
        let piece = Edge {
            from_node: node(pair[0]),
            to_node: node(pair[1]),
            geometry: edge.geometry[pair[0]..=pair[1]].to_vec(),
            ..edge.clone()
        };
        (pair[0], piece)
    };
    points.windows(2).map(piece).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Lit, WayClass};

    /// A stretch of way 1 along a straight line, between so many points of it; each is node 100 and its number.
    fn edge(from: i64, to: i64) -> Edge {
        Edge {
            way_id: 1,
            from_node: 100 + from,
            to_node: 100 + to,
            class: WayClass::Path,
            lit: Lit::Unknown,
            surface: None,
            incline_percent: None,
            price_percent: Edge::FAIR_PRICE,
            hours: None,
            one_way: false,
            name: None,
            geometry: (from..=to)
                .map(|at| Point::new(at as f64 * 1e-3, 48.0))
                .collect(),
        }
    }

    fn nodes(edges: Vec<Edge>) -> Vec<(i64, i64)> {
        let edges = without_doubles(edges);
        let mut nodes: Vec<_> = edges
            .iter()
            .map(|edge| (edge.from_node, edge.to_node))
            .collect();
        nodes.sort_unstable();
        nodes
    }

    #[test]
    fn a_street_of_two_areas_is_one_street_however_each_cuts_it() {
        assert_eq!(
            nodes(vec![edge(0, 2), edge(2, 4)]),
            [(100, 102), (102, 104)]
        );
        assert_eq!(nodes(vec![edge(0, 4), edge(0, 4)]), [(100, 104)]);
        let whole = [(100, 102), (102, 104)];
        assert_eq!(nodes(vec![edge(0, 4), edge(0, 2), edge(2, 4)]), whole);
        assert_eq!(nodes(vec![edge(0, 2), edge(2, 4), edge(0, 4)]), whole);
    }

    #[test]
    fn what_only_one_of_them_has_hangs_on_the_other() {
        let (inner, beyond) = ((102, 104), (104, 106));
        assert_eq!(
            nodes(vec![edge(0, 4), edge(2, 6)]),
            [(100, 102), inner, beyond]
        );
        assert_eq!(
            nodes(vec![edge(2, 6), edge(0, 4)]),
            [(100, 102), inner, beyond]
        );
        assert_eq!(
            nodes(vec![edge(2, 4), edge(0, 6)]),
            [(100, 102), inner, beyond]
        );
    }
}
