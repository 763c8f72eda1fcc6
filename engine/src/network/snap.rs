//! The nearest street to a position.

use super::edge::Edge;
use super::join::{EdgeId, Network};
use crate::geo::{Plane, Point};

/// A position on a street.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Snap {
    pub(crate) edge: EdgeId,
    /// Metres along the edge from its first node.
    pub(crate) offset: f32,
    /// Metres from the position that was asked for.
    pub(crate) away: f64,
    /// The position on the street.
    pub(crate) point: Point,
}

impl Network {
    /// The nearest position within `radius` metres on an edge that `allowed` admits; of equally near ones the edge
    /// with the lowest number. A street that is a last resort is passed over for a fair one little further away.
    pub(crate) fn nearest(
        &self,
        point: Point,
        radius: f64,
        mut allowed: impl FnMut(EdgeId) -> bool,
    ) -> Option<Snap> {
        let plane = Plane::around(point);
        let mut best: Option<(f64, Snap)> = None;
        let limit = |best: &Option<(f64, Snap)>| best.map_or(radius, |(far, _)| far.min(radius));
        for (index, cell) in self.cells().iter().enumerate() {
            cell.index().nearby(&plane, limit(&best), |number| {
                let edge = self.edge_id(index, number);
                if self.is_shut(edge) {
                    return limit(&best);
                }
                if let Some(snap) = self.project(edge, &plane, limit(&best)) {
                    let far = snap.away + self.reluctance_metres(edge);
                    let nearer = |(least, b): (f64, Snap)| (far, snap.edge) < (least, b.edge);
                    if best.is_none_or(nearer) && allowed(edge) {
                        best = Some((far, snap));
                    }
                }
                limit(&best)
            });
        }
        best.map(|(_, snap)| snap)
    }

    /// Metres further that a fair street may be and is taken before this one.
    fn reluctance_metres(&self, edge: EdgeId) -> f64 {
        f64::from(self.measure(edge).price_percent - Edge::FAIR_PRICE) / 10.0
    }

    /// The position so many metres along an edge.
    pub(crate) fn along(&self, edge: EdgeId, offset: f32) -> Snap {
        let geometry = &self.edge(edge).geometry;
        let mut left = f64::from(offset);
        let mut point = geometry[geometry.len() - 1];
        for pair in geometry.windows(2) {
            let metres = pair[0].distance_metres(pair[1]);
            if left <= metres {
                point = pair[0].towards(pair[1], left / metres.max(1e-9));
                break;
            }
            left -= metres;
        }
        Snap {
            edge,
            offset,
            away: 0.0,
            point,
        }
    }

    /// The position on `edge` that is nearest to the middle of `plane`, if it is within `limit` metres.
    fn project(&self, edge: EdgeId, plane: &Plane, limit: f64) -> Option<Snap> {
        let geometry = &self.edge(edge).geometry;
        let (mut nearest, mut segment, mut along) = (f64::INFINITY, 0, 0.0);
        for (i, pair) in geometry.windows(2).enumerate() {
            let (away, t) = plane.nearest_on(pair[0], pair[1]);
            if away < nearest {
                (nearest, segment, along) = (away, i, t);
            }
        }
        if nearest > limit {
            return None;
        }
        let before: f64 = geometry[..=segment]
            .windows(2)
            .map(|p| p[0].distance_metres(p[1]))
            .sum();
        let within = geometry[segment].distance_metres(geometry[segment + 1]) * along;
        Some(Snap {
            edge,
            offset: ((before + within) as f32).min(self.measure(edge).metres),
            away: nearest,
            point: geometry[segment].towards(geometry[segment + 1], along),
        })
    }
}
