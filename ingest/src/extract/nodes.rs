//! Positions of the nodes of an extract: millions of them, in about eight bytes each.
//!
//! Nodes are kept in order of their ids, 16 to a chunk; a chunk holds the differences from one node to the
//! next as variable-length integers, and an index its first id. A look-up is a binary search and a short
//! decode. The place of a node in that order is its *ordinal*, by which bits can be kept for it.

use wildside_engine::Point;
use wildside_engine::geo::METRES_PER_DEGREE;

const CHUNK: usize = 16;

/// One node: id and position in units of 10⁻⁷ degrees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Node {
    pub(crate) id: i64,
    pub(crate) lon: i32,
    pub(crate) lat: i32,
}

impl Node {
    /// A node from nanodegrees; `None` when that is nowhere on the earth.
    pub(crate) fn from_nanodegrees(id: i64, lon: i64, lat: i64) -> Option<Self> {
        const DEGREE: i64 = 1_000_000_000;
        let on_earth = (-180 * DEGREE..=180 * DEGREE).contains(&lon)
            && (-90 * DEGREE..=90 * DEGREE).contains(&lat);
        on_earth.then_some(())?;
        let rounded = |nano: i64| i32::try_from((nano + nano.signum() * 50) / 100).ok();
        Some(Self {
            id,
            lon: rounded(lon)?,
            lat: rounded(lat)?,
        })
    }

    /// Metres of one unit of latitude.
    pub(crate) const METRES: f64 = METRES_PER_DEGREE / 1e7;

    /// A position without an id; `None` when that is nowhere on the earth.
    pub(crate) fn at(point: Point) -> Option<Self> {
        let nano = |degrees: f64| (degrees * 1e9).round() as i64;
        Self::from_nanodegrees(0, nano(point.lon), nano(point.lat))
    }

    /// Box around nodes: west, south, east, north.
    pub(crate) fn bounds<'a>(nodes: impl Iterator<Item = &'a Self> + Clone) -> [i32; 4] {
        let (lon, lat) = (|node: &Self| node.lon, |node: &Self| node.lat);
        [
            nodes.clone().map(lon).min().unwrap_or(0),
            nodes.clone().map(lat).min().unwrap_or(0),
            nodes.clone().map(lon).max().unwrap_or(0),
            nodes.map(lat).max().unwrap_or(0),
        ]
    }

    pub(crate) fn point(self) -> Point {
        Point::new(f64::from(self.lon) / 1e7, f64::from(self.lat) / 1e7)
    }
}

/// The nodes of one block of the file, packed.
#[derive(Debug, Default)]
pub(crate) struct NodeRun {
    first_ids: Vec<i64>,
    offsets: Vec<u32>,
    bytes: Vec<u8>,
    last_id: i64,
    len: usize,
}

impl NodeRun {
    /// Packs nodes; sorts them first if they are not. Of a repeated id the first one stays.
    pub(crate) fn pack(mut nodes: Vec<Node>) -> Self {
        nodes.sort_by_key(|node| node.id);
        nodes.dedup_by_key(|node| node.id);
        let mut run = Self {
            len: nodes.len(),
            ..Self::default()
        };
        for chunk in nodes.chunks(CHUNK) {
            run.first_ids.push(chunk[0].id);
            run.offsets.push(run.bytes.len() as u32);
            let mut last = Node {
                lon: 0,
                lat: 0,
                ..chunk[0]
            };
            for node in chunk {
                write_varint(&mut run.bytes, node.id.wrapping_sub(last.id) as u64);
                write_varint(&mut run.bytes, zigzag(node.lon.wrapping_sub(last.lon)));
                write_varint(&mut run.bytes, zigzag(node.lat.wrapping_sub(last.lat)));
                last = *node;
            }
            run.last_id = last.id;
        }
        run.bytes.shrink_to_fit();
        run
    }

    fn chunk(&self, chunk: usize) -> impl Iterator<Item = Node> {
        let count = (self.len - chunk * CHUNK).min(CHUNK);
        let mut bytes = &self.bytes[self.offsets[chunk] as usize..];
        let mut node = Node {
            id: self.first_ids[chunk],
            lon: 0,
            lat: 0,
        };
        (0..count).map(move |_| {
            node.id = node.id.wrapping_add(read_varint(&mut bytes) as i64);
            node.lon = node.lon.wrapping_add(unzigzag(read_varint(&mut bytes)));
            node.lat = node.lat.wrapping_add(unzigzag(read_varint(&mut bytes)));
            node
        })
    }

    fn nodes(&self) -> impl Iterator<Item = Node> {
        (0..self.first_ids.len()).flat_map(|chunk| self.chunk(chunk))
    }
}

/// A node with its ordinal; `None`: it is missing from the file.
pub(crate) type Located = Option<(usize, Node)>;

/// All nodes of an extract.
#[derive(Debug, Default)]
pub(crate) struct NodeStore {
    /// In order of their ids; no two overlap.
    runs: Vec<NodeRun>,
    /// Ordinal of the first node of each run.
    starts: Vec<usize>,
}

impl NodeStore {
    /// Joins the runs of all blocks, in whatever order they come.
    pub(crate) fn join(mut runs: Vec<NodeRun>) -> Self {
        runs.retain(|run| run.len > 0);
        runs.sort_by_key(|run| run.first_ids[0]);
        if runs
            .windows(2)
            .any(|pair| pair[0].last_id >= pair[1].first_ids[0])
        {
            // Not in order of ids, which is rare: sort them all, at the price of memory.
            let nodes = runs.iter().flat_map(NodeRun::nodes).collect();
            runs = vec![NodeRun::pack(nodes)];
        }
        let starts = runs.iter().scan(0, |next, run| {
            let start = *next;
            *next += run.len;
            Some(start)
        });
        let starts: Vec<_> = starts.collect();
        Self { runs, starts }
    }

    /// Count of the nodes; ordinals are below.
    pub(crate) fn len(&self) -> usize {
        self.runs.iter().map(|run| run.len).sum()
    }

    /// The nodes of a way.
    pub(crate) fn of_way(&self, refs: impl Iterator<Item = i64>) -> Vec<Located> {
        refs.map(|id| self.get(id)).collect()
    }

    /// The ordinal and the node of that id.
    pub(crate) fn get(&self, id: i64) -> Located {
        let run = self
            .runs
            .partition_point(|run| run.first_ids[0] <= id)
            .checked_sub(1)?;
        let chunks = &self.runs[run];
        let chunk = chunks.first_ids.partition_point(|first| *first <= id) - 1;
        let (position, node) = chunks
            .chunk(chunk)
            .enumerate()
            .find(|(_, node)| node.id >= id)?;
        (node.id == id).then_some((self.starts[run] + chunk * CHUNK + position, node))
    }
}

fn zigzag(value: i32) -> u64 {
    u64::from(((value << 1) ^ (value >> 31)) as u32)
}

fn unzigzag(value: u64) -> i32 {
    let value = value as u32;
    (value >> 1) as i32 ^ -((value & 1) as i32)
}

fn write_varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> u64 {
    // Most differences are small.
    if let [byte @ ..0x80, rest @ ..] = *bytes {
        *bytes = rest;
        return u64::from(*byte);
    }
    let mut value = 0;
    for (position, byte) in bytes.iter().enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * position);
        if byte & 0x80 == 0 {
            *bytes = &bytes[position + 1..];
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn node(id: i64) -> Node {
        let spread = (id.wrapping_mul(2_654_435_761) % 1_800_000_000) as i32;
        Node {
            id,
            lon: spread,
            lat: spread / 2,
        }
    }

    #[test]
    fn every_node_is_found_where_it_was_put() {
        let ids: Vec<i64> = (0..1000).map(|i| i * i * 7 - 50_000).collect();
        let runs = ids
            .chunks(300)
            .rev()
            .map(|ids| NodeRun::pack(ids.iter().map(|id| node(*id)).collect()));
        let store = NodeStore::join(runs.collect());
        for (ordinal, id) in ids.iter().enumerate() {
            assert_eq!(store.get(*id), Some((ordinal, node(*id))));
            assert_eq!(
                store.get(id + 1).map(|(_, n)| n.id),
                ids.contains(&(id + 1)).then_some(id + 1)
            );
        }
        assert_eq!(
            (store.len(), store.get(i64::MIN), store.get(i64::MAX)),
            (1000, None, None)
        );
    }

    #[test]
    fn overlapping_runs_and_repeated_ids_are_sorted_out() {
        let run = |ids: [i64; 3]| NodeRun::pack(ids.map(node).to_vec());
        let store = NodeStore::join(vec![run([5, 1, 9]), run([3, 9, 4])]);
        assert_eq!(store.len(), 5);
        assert_eq!(store.get(4).unwrap().0, 2);
    }

    #[test]
    fn an_extract_without_nodes_has_none() {
        assert_eq!(NodeStore::join(vec![NodeRun::default()]).get(1), None);
    }
}
