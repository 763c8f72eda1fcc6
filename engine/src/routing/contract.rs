//! Reduction of a graph: dead ends are cut off, and chains of nodes with two neighbours become one link.

use super::graph::Link;

/// Contraction of a graph to what is left without dead ends and chains.
pub(super) struct Contracted {
    /// Count of nodes; the places keep their numbers.
    pub(super) nodes: usize,
    /// Links between them; `first_piece..first_piece + piece_count` are positions in `pieces`.
    pub(super) links: Vec<Link>,
    /// Links of the original graph, each with true if it is walked from its first end to its second.
    pub(super) pieces: Vec<(u32, bool)>,
}

/// Cuts off dead ends that hold none of the first `places` nodes, and makes one link of each chain of nodes with two
/// neighbours. Distances between the nodes that stay are the same as before.
pub(super) fn contract(links: &[Link], nodes: usize, places: usize) -> Contracted {
    let mut graph = Incidence::new(links, nodes);
    graph.cut_dead_ends(places);
    let is_kept = |node: u32| (node as usize) < places || graph.degree[node as usize] > 2;
    let mut numbers = vec![u32::MAX; nodes];
    let mut count = 0;
    for node in (0..nodes as u32).filter(|&node| is_kept(node)) {
        numbers[node as usize] = count;
        count += 1;
    }
    let mut kept = Contracted {
        nodes: count as usize,
        links: Vec::new(),
        pieces: Vec::new(),
    };
    let mut done = vec![false; links.len()];
    for node in (0..nodes as u32).filter(|&node| is_kept(node)) {
        for &first in graph.links_at(node) {
            if graph.alive[first as usize] && !done[first as usize] {
                let chain = graph.chain(node, first, is_kept, &mut done, &mut kept.pieces);
                if chain.ends[0] == chain.ends[1] {
                    kept.pieces.truncate(chain.first_piece as usize);
                } else {
                    kept.links.push(Link {
                        ends: chain.ends.map(|end| numbers[end as usize]),
                        ..chain
                    });
                }
            }
        }
    }
    kept
}

struct Incidence<'a> {
    links: &'a [Link],
    first: Vec<u32>,
    at: Vec<u32>,
    degree: Vec<u32>,
    alive: Vec<bool>,
}

impl<'a> Incidence<'a> {
    fn new(links: &'a [Link], nodes: usize) -> Self {
        let mut degree = vec![0_u32; nodes];
        for node in links.iter().flat_map(|link| link.ends) {
            degree[node as usize] += 1;
        }
        let mut first = vec![0_u32; nodes + 1];
        for node in 0..nodes {
            first[node + 1] = first[node] + degree[node];
        }
        let mut next = first.clone();
        let mut at = vec![0; 2 * links.len()];
        for (link, number) in links.iter().zip(0..) {
            for node in link.ends {
                at[next[node as usize] as usize] = number;
                next[node as usize] += 1;
            }
        }
        Self {
            links,
            first,
            at,
            degree,
            alive: vec![true; links.len()],
        }
    }

    fn links_at(&self, node: u32) -> &[u32] {
        &self.at[self.first[node as usize] as usize..self.first[node as usize + 1] as usize]
    }

    fn live_link(&self, node: u32, but: u32) -> Option<u32> {
        self.links_at(node)
            .iter()
            .copied()
            .find(|&link| link != but && self.alive[link as usize])
    }

    fn other_end(&self, link: u32, node: u32) -> u32 {
        let [a, b] = self.links[link as usize].ends;
        if a == node { b } else { a }
    }

    fn cut_dead_ends(&mut self, places: usize) {
        for node in places as u32..self.degree.len() as u32 {
            let mut tip = node;
            while tip as usize >= places && self.degree[tip as usize] == 1 {
                let Some(link) = self.live_link(tip, u32::MAX) else {
                    break;
                };
                self.alive[link as usize] = false;
                self.degree[tip as usize] = 0;
                tip = self.other_end(link, tip);
                self.degree[tip as usize] -= 1;
            }
        }
    }

    /// Follows a chain from a kept node along `link` to the next kept node, noting the links on the way.
    fn chain(
        &self,
        start: u32,
        mut link: u32,
        is_kept: impl Fn(u32) -> bool,
        done: &mut [bool],
        pieces: &mut Vec<(u32, bool)>,
    ) -> Link {
        let first_piece = pieces.len() as u32;
        let mut sum = Link {
            ends: [start; 2],
            cost: 0,
            ticks: 0,
            metres: 0.0,
            dull: 0,
            first_piece,
            piece_count: 0,
        };
        loop {
            let part = &self.links[link as usize];
            done[link as usize] = true;
            pieces.push((link, part.ends[0] == sum.ends[1]));
            sum.cost = sum.cost.saturating_add(part.cost);
            sum.ticks = sum.ticks.saturating_add(part.ticks);
            sum.metres += part.metres;
            sum.dull = sum.dull.saturating_add(part.dull);
            sum.piece_count += 1;
            sum.ends[1] = self.other_end(link, sum.ends[1]);
            match self.live_link(sum.ends[1], link) {
                Some(next) if !is_kept(sum.ends[1]) => link = next,
                _ => return sum,
            }
        }
    }
}
