//! Search graph of one request: its places and the junctions between them.

use rustc_hash::{FxHashMap, FxHashSet};

use super::contract::contract;
use super::reach::part;
use super::{Hop, Profile, Reach};
use crate::network::{EdgeId, Network, NodeId, Snap};

/// A graph over the places of a request and the junctions between them.
///
/// Nodes `0..places` are the places in the order in which they were given; each is a node of its own in the middle of
/// its street. All other nodes offer a choice: dead ends without a place and nodes with two neighbours are gone.
#[derive(Debug, Default)]
pub(crate) struct SearchGraph {
    pub(super) places: usize,
    pub(super) first_arc: Vec<u32>,
    pub(super) arcs: Vec<Arc>,
    pub(super) links: Vec<Link>,
    pub(super) pieces: Vec<Piece>,
    /// Links that lead over a street for one direction only, and whether they are against it backwards and forwards.
    against: FxHashMap<u32, [bool; 2]>,
}

/// A way between two nodes without a choice in between, as long in both directions.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Link {
    /// The nodes at its ends.
    pub(crate) ends: [u32; 2],
    /// Cost for the profile.
    pub(crate) cost: u32,
    /// Walking time.
    pub(crate) ticks: u32,
    /// Length.
    pub(crate) metres: f32,
    /// Walking time, weighed by what the ground lacks in appeal.
    pub(crate) dull: u32,
    pub(super) first_piece: u32,
    pub(super) piece_count: u32,
}

/// A part of an edge, walked from `from` to `to` metres along it; backwards where `from` is greater.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Piece {
    pub(crate) edge: EdgeId,
    pub(crate) from: f32,
    pub(crate) to: f32,
}

impl Piece {
    /// True if it is walked against the one direction of its street.
    pub(crate) fn is_against(&self, network: &Network) -> bool {
        self.is_backwards() && network.edge(self.edge).one_way
    }

    fn is_backwards(&self) -> bool {
        self.from > self.to
    }

    /// The same part, walked the other way.
    fn reversed(self) -> Self {
        Self {
            from: self.to,
            to: self.from,
            ..self
        }
    }

    /// True if `next` begins where this ends, on the same edge and in the same direction.
    pub(crate) fn is_continued_by(&self, next: &Self) -> bool {
        let same_direction = (self.to - self.from) * (next.to - next.from) >= 0.0;
        self.edge == next.edge && (self.to - next.from).abs() < 1e-3 && same_direction
    }
}

/// One direction of a link, seen from the node that it leaves.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arc {
    pub(super) head: u32,
    pub(super) link: u32,
    pub(super) ticks: u32,
}

impl SearchGraph {
    /// The graph of the streets between nodes that `near` admits, with `places` spliced in.
    pub(crate) fn build(
        network: &Network,
        profile: Profile,
        reach: &Reach,
        places: &[Snap],
        near: impl Fn(NodeId) -> bool,
    ) -> Self {
        let mut streets = Streets::new(network, profile, places);
        for &node in reach.nodes().iter().filter(|&&node| near(node)) {
            streets.number(node);
        }
        streets.add_edges_of_places();
        streets.add_edges_between_nodes();
        let kept = contract(&streets.links, streets.node_count as usize, places.len());
        let mut graph = Self::from_links(
            places.len(),
            kept.nodes,
            kept.links,
            kept.pieces.iter().map(|&step| streets.piece(step)),
        );
        graph.note_one_ways(network);
        graph
    }

    fn note_one_ways(&mut self, network: &Network) {
        let one_ways = network.one_ways();
        if one_ways.is_empty() {
            return;
        }
        for (number, link) in (0..).zip(&self.links) {
            let [mut backwards, mut forwards] = [false; 2];
            for piece in self.pieces_of(link) {
                if one_ways.contains(&piece.edge) {
                    forwards |= piece.is_backwards();
                    backwards |= piece.reversed().is_backwards();
                }
            }
            if backwards || forwards {
                self.against.insert(number, [backwards, forwards]);
            }
        }
    }

    /// True if a hop leads against the one direction of a street.
    pub(crate) fn is_against(&self, hop: Hop) -> bool {
        let of_link = self.against.get(&hop.link);
        of_link.is_some_and(|against| against[usize::from(hop.forward)])
    }

    /// The graph of some links between numbered nodes, the first of which are the places.
    pub(super) fn from_links(
        places: usize,
        nodes: usize,
        links: Vec<Link>,
        pieces: impl Iterator<Item = Piece>,
    ) -> Self {
        let mut first_arc = vec![0_u32; nodes + 1];
        for node in links.iter().flat_map(|link| link.ends) {
            first_arc[node as usize + 1] += 1;
        }
        for node in 0..nodes {
            first_arc[node + 1] += first_arc[node];
        }
        let mut next = first_arc.clone();
        let mut arcs = vec![
            Arc {
                head: 0,
                link: 0,
                ticks: 0
            };
            2 * links.len()
        ];
        for (link, number) in links.iter().zip(0..) {
            for [tail, head] in [link.ends, [link.ends[1], link.ends[0]]] {
                let place = &mut next[tail as usize];
                arcs[*place as usize] = Arc {
                    head,
                    link: number,
                    ticks: link.ticks,
                };
                *place += 1;
            }
        }
        Self {
            places,
            first_arc,
            arcs,
            links,
            pieces: pieces.collect(),
            against: FxHashMap::default(),
        }
    }

    /// Count of places.
    pub(crate) fn places(&self) -> usize {
        self.places
    }

    /// Count of nodes.
    pub(crate) fn node_count(&self) -> usize {
        self.first_arc.len() - 1
    }

    pub(crate) fn links(&self) -> &[Link] {
        &self.links
    }

    pub(super) fn arcs(&self, node: u32) -> &[Arc] {
        let node = node as usize;
        &self.arcs[self.first_arc[node] as usize..self.first_arc[node + 1] as usize]
    }

    /// For each link whether most of it is on some of the edges.
    pub(crate) fn links_on(&self, edges: &FxHashSet<EdgeId>) -> Vec<bool> {
        let metres_on = |link: &Link| -> f32 {
            let on = self.pieces_of(link).iter();
            on.filter(|piece| edges.contains(&piece.edge))
                .map(|piece| (piece.to - piece.from).abs())
                .sum()
        };
        let links = self.links.iter();
        links
            .map(|link| metres_on(link) > link.metres / 2.0)
            .collect()
    }

    /// The node at which a hop ends.
    pub(crate) fn head(&self, hop: Hop) -> u32 {
        self.links[hop.link as usize].ends[usize::from(hop.forward)]
    }

    fn pieces_of(&self, link: &Link) -> &[Piece] {
        let first = link.first_piece as usize;
        &self.pieces[first..first + link.piece_count as usize]
    }

    /// The parts of streets along a hop, in the order in which they are walked.
    pub(crate) fn walked(&self, hop: Hop) -> impl Iterator<Item = Piece> {
        let pieces = self.pieces_of(&self.links[hop.link as usize]);
        let count = pieces.len();
        (0..count).map(move |i| {
            if hop.forward {
                pieces[i]
            } else {
                pieces[count - 1 - i].reversed()
            }
        })
    }
}

/// The graph before contraction: a link for each edge or part of an edge.
struct Streets<'a> {
    network: &'a Network,
    profile: Profile,
    places: &'a [Snap],
    /// Places on each edge that has any, in order along it.
    on_edge: FxHashMap<EdgeId, Vec<u32>>,
    /// Number of each node of the network; `u32::MAX`: it has none.
    numbers: Vec<u32>,
    nodes: Vec<NodeId>,
    node_count: u32,
    links: Vec<Link>,
    pieces: Vec<Piece>,
}

impl<'a> Streets<'a> {
    fn new(network: &'a Network, profile: Profile, places: &'a [Snap]) -> Self {
        let mut on_edge: FxHashMap<EdgeId, Vec<u32>> = FxHashMap::default();
        for (place, number) in places.iter().zip(0..) {
            on_edge.entry(place.edge).or_default().push(number);
        }
        for numbers in on_edge.values_mut() {
            numbers.sort_by(|&a, &b| {
                places[a as usize]
                    .offset
                    .total_cmp(&places[b as usize].offset)
            });
        }
        Self {
            network,
            profile,
            places,
            on_edge,
            numbers: vec![u32::MAX; network.node_bound()],
            nodes: Vec::new(),
            node_count: places.len() as u32,
            links: Vec::new(),
            pieces: Vec::new(),
        }
    }

    fn number(&mut self, node: NodeId) -> u32 {
        let number = &mut self.numbers[node.0 as usize];
        if *number == u32::MAX {
            *number = self.node_count;
            self.node_count += 1;
            self.nodes.push(node);
        }
        *number
    }

    /// Edges with places on them are cut at the places, and are there even where an end is out of reach.
    fn add_edges_of_places(&mut self) {
        let mut edges: Vec<EdgeId> = self.on_edge.keys().copied().collect();
        edges.sort_unstable();
        for edge in edges {
            let [from, to] = self.network.ends(edge).map(|node| self.number(node));
            let mut tail = (from, 0.0);
            for place in self.on_edge[&edge].clone() {
                let offset = self.places[place as usize].offset;
                self.add(edge, tail, (place, offset));
                tail = (place, offset);
            }
            self.add(edge, tail, (to, self.network.measure(edge).metres));
        }
    }

    fn add_edges_between_nodes(&mut self) {
        let (network, profile) = (self.network, self.profile);
        for node in std::mem::take(&mut self.nodes) {
            let tail = self.numbers[node.0 as usize];
            network.for_each_arc(node, |edge, measure, head| {
                let head = self.numbers[head.0 as usize];
                // Each edge is met from both ends; a ring without a place leads nowhere.
                if head == u32::MAX || head <= tail || self.on_edge.contains_key(&edge) {
                    return;
                }
                let forward = network.ends(edge)[0] == node;
                let (from, to) = if forward {
                    (0.0, measure.metres)
                } else {
                    (measure.metres, 0.0)
                };
                let ticks = profile.ticks(measure);
                self.links.push(Link {
                    ends: [tail, head],
                    cost: profile.whole_cost(measure),
                    ticks,
                    metres: measure.metres,
                    dull: measure.appeal.lack(ticks),
                    first_piece: self.pieces.len() as u32,
                    piece_count: 1,
                });
                self.pieces.push(Piece { edge, from, to });
            });
        }
    }

    /// Adds the part of an edge between two offsets.
    fn add(&mut self, edge: EdgeId, (tail, from): (u32, f32), (head, to): (u32, f32)) {
        let measure = self.network.measure(edge);
        let whole = self.profile.ticks(measure);
        let until = |offset| part(whole, offset, measure.metres);
        let (ticks, metres) = (until(to).saturating_sub(until(from)), to - from);
        self.links.push(Link {
            ends: [tail, head],
            cost: self.profile.cost(measure, ticks, metres),
            ticks,
            metres,
            dull: measure.appeal.lack(ticks),
            first_piece: self.pieces.len() as u32,
            piece_count: 1,
        });
        self.pieces.push(Piece { edge, from, to });
    }

    /// The piece of a link, in the direction in which the link is walked.
    fn piece(&self, (link, forward): (u32, bool)) -> Piece {
        let piece = self.pieces[self.links[link as usize].first_piece as usize];
        if forward { piece } else { piece.reversed() }
    }
}
