//! Places with little to see, made by thinning a real city: a tenth of its sights, a suburb, a valley with one road.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use wildside_engine::network::Edge;
use wildside_engine::{Poi, Point};

use crate::city::City;
use crate::lines::Lines;
use crate::random::Random;
use crate::tiled;

/// Copies of the city along each side, so that it is large enough for a walk of three hours.
const SIDE: i64 = 3;
/// Share of the streets that a suburb lacks: what is left has many a dead end.
const STREETS_MISSING: f64 = 0.3;
/// A place in a valley is so near its road.
const METRES_TO_ROAD: f64 = 80.0;

/// Three places with ever less.
pub fn cities(city: &City) -> [City; 3] {
    let large = tiled::city("large", city, SIDE);
    [tenth(&large), suburb(&large), valley(&large)]
}

/// All streets, and each tenth place.
fn tenth(city: &City) -> City {
    let name = format!("{} with a tenth of its places", city.name);
    City::new(&name, city.edges.clone(), thinned(&city.pois, 10))
}

/// Streets with gaps, as far as they hang together, and each fortieth place.
fn suburb(city: &City) -> City {
    let mut random = Random(3);
    let mut edges = city.edges.clone();
    edges.retain(|_| random.share() > STREETS_MISSING);
    City::new("suburb", largest_part(edges), thinned(&city.pois, 40))
}

/// The longest of all shortest ways from the south-west, and each third place along it.
fn valley(city: &City) -> City {
    let edges = longest_way(&city.edges);
    let mut road = Lines::default();
    for edge in &edges {
        road.add(&edge.geometry, 0.0);
    }
    let mut pois = city.pois.clone();
    pois.retain(|poi| road.passes(poi.location, METRES_TO_ROAD, |_| true));
    City::new("valley", edges, thinned(&pois, 3))
}

fn thinned(pois: &[Poi], of: usize) -> Vec<Poi> {
    pois.iter().step_by(of).cloned().collect()
}

/// Edges at each node.
fn at_nodes(edges: &[Edge]) -> HashMap<i64, Vec<usize>> {
    let mut at: HashMap<i64, Vec<usize>> = HashMap::new();
    for (position, edge) in edges.iter().enumerate() {
        for node in [edge.from_node, edge.to_node] {
            at.entry(node).or_default().push(position);
        }
    }
    at
}

/// The edges that can be reached from one another, of the part with the most of them.
fn largest_part(edges: Vec<Edge>) -> Vec<Edge> {
    let at = at_nodes(&edges);
    let mut part_of = vec![usize::MAX; edges.len()];
    let mut sizes = Vec::new();
    for first in 0..edges.len() {
        if part_of[first] != usize::MAX {
            continue;
        }
        let (mut stack, mut size) = (vec![first], 0);
        part_of[first] = sizes.len();
        while let Some(edge) = stack.pop() {
            size += 1;
            for node in [edges[edge].from_node, edges[edge].to_node] {
                for &next in &at[&node] {
                    if part_of[next] == usize::MAX {
                        part_of[next] = sizes.len();
                        stack.push(next);
                    }
                }
            }
        }
        sizes.push(size);
    }
    let largest = (0..sizes.len()).max_by_key(|&part| (sizes[part], Reverse(part)));
    let kept = edges.into_iter().zip(part_of);
    kept.filter(|(_, part)| Some(*part) == largest)
        .map(|(edge, _)| edge)
        .collect()
}

/// The way to the node that is furthest from the south-westernmost one (Dijkstra 1959), in whole decimetres.
fn longest_way(edges: &[Edge]) -> Vec<Edge> {
    let edges = largest_part(edges.to_vec());
    let at = at_nodes(&edges);
    let south_west = |edge: &&Edge| {
        let Point { lon, lat } = edge.geometry[0];
        Reverse(((lon + lat) * 1e7) as i64)
    };
    let Some(start) = edges.iter().max_by_key(south_west) else {
        return vec![];
    };
    let mut reached: HashMap<i64, (u64, Option<usize>)> = HashMap::new();
    let mut queue = BinaryHeap::from([Reverse((0, start.from_node, None))]);
    let mut last = start.from_node;
    while let Some(Reverse((metres, node, via))) = queue.pop() {
        if reached.contains_key(&node) {
            continue;
        }
        reached.insert(node, (metres, via));
        last = node;
        for &next in &at[&node] {
            let edge = &edges[next];
            let head = edge.from_node + edge.to_node - node;
            let length = (edge.length_metres() * 10.0) as u64;
            queue.push(Reverse((metres + length, head, Some(next))));
        }
    }
    let mut way = Vec::new();
    while let Some((_, Some(via))) = reached.get(&last) {
        let edge = &edges[*via];
        way.push(edge.clone());
        last = edge.from_node + edge.to_node - last;
    }
    way
}
