//! Dead ends: streets that lead nowhere else.

use super::Reach;
use crate::network::{EdgeId, Network, NodeId};

/// The dead ends of what is in reach: trees of streets hanging on the rest by one node. Who walks in must turn round.
#[derive(Debug)]
pub(crate) struct DeadEnds {
    /// Count of the streets that go on at each node; 0 inside a dead end.
    degrees: Vec<u32>,
}

impl DeadEnds {
    /// Finds them by taking away nodes with one street until there are none.
    pub(crate) fn find(network: &Network, reach: &Reach) -> Self {
        let mut degrees = vec![0; network.node_bound()];
        for &node in reach.nodes() {
            network.for_each_arc(node, |_, _, head| {
                degrees[node.0 as usize] += u32::from(reach.to_node(head).is_reached());
            });
        }
        let mut tips: Vec<NodeId> = reach
            .nodes()
            .iter()
            .copied()
            .filter(|node| degrees[node.0 as usize] == 1)
            .collect();
        while let Some(tip) = tips.pop() {
            if std::mem::take(&mut degrees[tip.0 as usize]) == 0 {
                continue;
            }
            network.for_each_arc(tip, |_, _, head| {
                let degree = &mut degrees[head.0 as usize];
                if *degree > 0 {
                    *degree -= 1;
                    if *degree == 1 {
                        tips.push(head);
                    }
                }
            });
        }
        Self { degrees }
    }

    /// True if an edge leads on at both ends.
    pub(crate) fn spares(&self, network: &Network, edge: EdgeId) -> bool {
        network
            .ends(edge)
            .iter()
            .all(|node| self.degrees[node.0 as usize] > 1)
    }
}
