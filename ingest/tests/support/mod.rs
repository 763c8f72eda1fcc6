//! A small writer of PBF files, for files that no real tool would write.
#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "each test file uses a part of it"
)]

use std::path::PathBuf;

use tempfile::TempDir;

/// A file in the making. Positions are in degrees.
#[derive(Default)]
pub(crate) struct Pbf {
    strings: Vec<Vec<u8>>,
    nodes: Vec<u8>,
    ways: Vec<u8>,
    relations: Vec<u8>,
    info: Vec<u8>,
    earlier: Vec<[Vec<u8>; 3]>,
    timestamp: Option<u64>,
    features: Vec<&'static str>,
    backwards: bool,
}

/// Tags of an element.
pub(crate) type Tags<'a> = &'a [(&'a str, &'a str)];

/// A member of a relation that is a way.
pub(crate) type Outline<'a> = &'a [i64];

impl Pbf {
    pub(crate) fn new() -> Self {
        // The string with number 0 is a delimiter.
        Self {
            strings: vec![Vec::new()],
            ..Self::default()
        }
    }

    /// When the data was current, in seconds since 1970.
    pub(crate) fn timestamp(mut self, seconds: u64) -> Self {
        self.timestamp = Some(seconds);
        self
    }

    /// A feature that a reader must understand.
    pub(crate) fn feature(mut self, feature: &'static str) -> Self {
        self.features.push(feature);
        self
    }

    /// Relations first and nodes last, as no tool writes it.
    pub(crate) fn backwards(mut self) -> Self {
        self.backwards = true;
        self
    }

    pub(crate) fn node(mut self, id: i64, lon: f64, lat: f64, tags: Tags<'_>) -> Self {
        let mut node = field_varint(1, zigzag(id));
        node.extend(self.tags(tags));
        node.extend(&self.info);
        node.extend(field_varint(8, zigzag((lat * 1e7).round() as i64)));
        node.extend(field_varint(9, zigzag((lon * 1e7).round() as i64)));
        self.nodes.extend(field_bytes(1, &node));
        self
    }

    /// Version and time of all objects from here on, in seconds since 1970.
    pub(crate) fn version(mut self, version: u64, seconds: u64) -> Self {
        let info = [field_varint(1, version), field_varint(2, seconds)].concat();
        self.info = field_bytes(4, &info);
        self
    }

    /// A new block for all objects from here on.
    pub(crate) fn next_block(mut self) -> Self {
        let groups = [&mut self.nodes, &mut self.ways, &mut self.relations].map(std::mem::take);
        self.earlier.push(groups);
        self
    }

    pub(crate) fn way(mut self, id: i64, refs: &[i64], tags: Tags<'_>) -> Self {
        let mut way = field_varint(1, id as u64);
        way.extend(self.tags(tags));
        way.extend(&self.info);
        way.extend(field_bytes(8, &deltas(refs)));
        self.ways.extend(field_bytes(3, &way));
        self
    }

    /// A way that carries the positions of its nodes, in degrees.
    pub(crate) fn located_way(
        mut self,
        id: i64,
        nodes: &[(i64, f64, f64)],
        tags: Tags<'_>,
    ) -> Self {
        let units = |degrees: f64| (degrees * 1e7).round() as i64;
        let column = |value: fn(&(i64, f64, f64)) -> f64| {
            nodes
                .iter()
                .map(|node| units(value(node)))
                .collect::<Vec<_>>()
        };
        let refs: Vec<i64> = nodes.iter().map(|node| node.0).collect();
        let mut way = field_varint(1, id as u64);
        way.extend(self.tags(tags));
        way.extend(field_bytes(8, &deltas(&refs)));
        way.extend(field_bytes(9, &deltas(&column(|node| node.2))));
        way.extend(field_bytes(10, &deltas(&column(|node| node.1))));
        self.ways.extend(field_bytes(3, &way));
        self
    }

    pub(crate) fn relation(mut self, id: i64, outline: Outline<'_>, tags: Tags<'_>) -> Self {
        let mut relation = field_varint(1, id as u64);
        relation.extend(self.tags(tags));
        relation.extend(&self.info);
        let role = self.string("outer");
        relation.extend(field_bytes(
            8,
            &outline
                .iter()
                .flat_map(|_| varint(role))
                .collect::<Vec<_>>(),
        ));
        relation.extend(field_bytes(9, &deltas(outline)));
        relation.extend(field_bytes(
            10,
            &outline.iter().flat_map(|_| varint(1)).collect::<Vec<_>>(),
        ));
        self.relations.extend(field_bytes(4, &relation));
        self
    }

    /// The bytes of the file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut header = field_bytes(4, b"OsmSchema-V0.6");
        for feature in &self.features {
            header.extend(field_bytes(4, feature.as_bytes()));
        }
        if let Some(seconds) = self.timestamp {
            header.extend(field_varint(32, seconds));
        }
        let strings: Vec<u8> = self
            .strings
            .iter()
            .flat_map(|string| field_bytes(1, string))
            .collect();
        let mut file = blob("OSMHeader", RAW, &header);
        let last = [
            self.nodes.clone(),
            self.ways.clone(),
            self.relations.clone(),
        ];
        let mut groups: Vec<Vec<u8>> = self
            .earlier
            .iter()
            .cloned()
            .chain([last])
            .flatten()
            .collect();
        if self.backwards {
            groups.reverse();
        }
        for group in &groups {
            let mut block = field_bytes(1, &strings);
            block.extend(field_bytes(2, group));
            file.extend(blob("OSMData", RAW, &block));
        }
        file
    }

    /// The file in a folder of its own, which goes when the first of the two is dropped.
    pub(crate) fn write(&self) -> (TempDir, PathBuf) {
        write("test.osm.pbf", &self.bytes())
    }

    fn tags(&mut self, tags: Tags<'_>) -> Vec<u8> {
        let keys: Vec<u8> = tags
            .iter()
            .flat_map(|(key, _)| varint(self.string(key)))
            .collect();
        let values: Vec<u8> = tags
            .iter()
            .flat_map(|(_, value)| varint(self.string(value)))
            .collect();
        [field_bytes(2, &keys), field_bytes(3, &values)].concat()
    }

    fn string(&mut self, text: &str) -> u64 {
        self.strings.push(text.as_bytes().to_vec());
        self.strings.len() as u64 - 1
    }
}

/// Some bytes as a file in a folder of its own.
pub(crate) fn write(name: &str, bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(name);
    std::fs::write(&file, bytes).unwrap();
    (folder, file)
}

/// A shipped extract.
pub(crate) fn shipped(city: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("data/{city}.osm.pbf"))
}

/// Fields of a blob that say how its content is compressed.
pub(crate) const RAW: u64 = 1;
pub(crate) const ZLIB: u64 = 3;
pub(crate) const LZ4: u64 = 6;
pub(crate) const ZSTD: u64 = 7;

/// One framed blob; its size on the wire is told before it.
pub(crate) fn blob(kind: &str, compression: u64, content: &[u8]) -> Vec<u8> {
    let blob = field_bytes(compression, content);
    let mut header = field_bytes(1, kind.as_bytes());
    header.extend(field_varint(3, blob.len() as u64));
    let length = u32::try_from(header.len()).unwrap().to_be_bytes();
    [&length[..], &header, &blob].concat()
}

fn deltas(ids: &[i64]) -> Vec<u8> {
    let mut last = 0;
    ids.iter()
        .flat_map(|id| varint(zigzag(id - std::mem::replace(&mut last, *id))))
        .collect()
}

fn field_varint(field: u64, value: u64) -> Vec<u8> {
    [varint(field << 3), varint(value)].concat()
}

fn field_bytes(field: u64, bytes: &[u8]) -> Vec<u8> {
    [
        &varint(field << 3 | 2)[..],
        &varint(bytes.len() as u64),
        bytes,
    ]
    .concat()
}

fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}
