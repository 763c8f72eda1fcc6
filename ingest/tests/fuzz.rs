//! Damaged files: read or refused, never a panic.
#![allow(clippy::unwrap_used)]

mod support;

use proptest::prelude::*;
use support::{Pbf, write};
use wildside_ingest::extract;

/// A file with something of everything, its blocks not compressed, so that damage gets through to them.
fn whole() -> Vec<u8> {
    let nodes = (1_i32..=6).fold(Pbf::new().timestamp(1_700_000_000), |pbf, id| {
        let tags: &[(&str, &str)] = if id == 3 {
            &[("amenity", "cafe"), ("name", "Ekberg")]
        } else {
            &[]
        };
        pbf.node(
            i64::from(id),
            24.94 + f64::from(id) * 0.0009,
            60.17 + f64::from(id % 2) * 0.0005,
            tags,
        )
    });
    nodes
        .way(10, &[1, 2, 3, 4], &[("highway", "footway")])
        .way(12, &[2, 5, 6], &[("highway", "residential")])
        .way(
            11,
            &[3, 5, 6, 3],
            &[("leisure", "park"), ("name", "Esplanadi")],
        )
        .relation(20, &[11], &[("type", "multipolygon"), ("natural", "water")])
        .bytes()
}

fn read(bytes: &[u8]) {
    let (_folder, file) = write("damaged.osm.pbf", bytes);
    let _ = extract::read(&file, None);
}

#[test]
fn the_whole_file_is_read() {
    let (_folder, file) = write("whole.osm.pbf", &whole());
    let found = extract::read(&file, None).unwrap();
    assert_eq!(
        (found.edges.is_empty(), found.places.is_empty()),
        (false, false)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_damage_breaks_the_reader(
        at in any::<prop::sample::Index>(),
        cut in 0..4_usize,
        put in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut bytes = whole();
        let at = at.index(bytes.len());
        bytes.splice(at..(at + cut).min(bytes.len()), put);
        read(&bytes);
    }

    #[test]
    fn no_changed_byte_breaks_the_reader(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let mut bytes = whole();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        read(&bytes);
    }
}
