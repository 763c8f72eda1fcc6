//! The file format, and the distances of TSPLIB.

use crate::distances::WeightType;
use crate::file::OplibFile;

/// A file of four nodes with the given header and sections.
fn file(body: &str) -> String {
    format!(
        "NAME : four\nTYPE : OP\nDIMENSION : 4\nCOST_LIMIT : 20\n{body}\n\
         NODE_SCORE_SECTION\n1 0\n2 3\n3 5\n4 7\nDEPOT_SECTION\n1\n-1\nEOF\n"
    )
}

fn explicit(format: &str, weights: &str) -> String {
    file(&format!(
        "EDGE_WEIGHT_TYPE: EXPLICIT\nEDGE_WEIGHT_FORMAT: {format}\nEDGE_WEIGHT_SECTION\n{weights}"
    ))
}

fn fault(text: &str) -> String {
    OplibFile::parse(text).err().unwrap()
}

#[test]
fn all_formats_of_listed_weights_give_the_same_distances() {
    let full = "0 1 2 3 1 0 4 5 2 4 0 6 3 5 6 0";
    let expected = OplibFile::parse(&explicit("FULL_MATRIX", full))
        .unwrap()
        .problem()
        .unwrap();
    for (format, weights) in [
        ("UPPER_ROW", "1 2 3 4 5 6"),
        ("LOWER_COL", "1 2 3 4 5 6"),
        ("LOWER_ROW", "1 2 4\n3 5 6"),
        ("UPPER_COL", "1 2 4 3 5 6"),
        ("UPPER_DIAG_ROW", "0 1 2 3 0 4 5 0 6 0"),
        ("LOWER_DIAG_COL", "0 1 2 3 0 4 5 0 6 0"),
        ("LOWER_DIAG_ROW", "0 1 0 2 4 0 3 5 6 0"),
        ("UPPER_DIAG_COL", "0 1 0 2 4 0 3 5 6 0"),
    ] {
        let problem = OplibFile::parse(&explicit(format, weights))
            .unwrap()
            .problem()
            .unwrap();
        assert_eq!(problem.times(), expected.times(), "{format}");
    }
}

#[test]
fn distances_are_rounded_as_tsplib_does() {
    let (a, b) = ([0.0, 0.0, 0.0], [2.0, 3.0, 6.0]);
    for (weights, expected) in [
        ("EUC_2D", 4.0), // 3.606
        ("EUC_3D", 7.0),
        ("CEIL_2D", 4.0),
        ("MAN_2D", 5.0),
        ("MAX_2D", 3.0),
        ("ATT", 2.0), // 1.140
    ] {
        assert_eq!(
            WeightType::parse(weights).unwrap().distance(a, b).to_bits(),
            f64::to_bits(expected),
            "{weights}"
        );
    }
    // One degree of the equator, and the same point, which TSPLIB puts at a distance of 1.
    let geo = |b| {
        WeightType::parse("GEO")
            .unwrap()
            .distance([0.0, 0.0, 0.0], b)
    };
    assert_eq!(geo([0.0, 1.0, 0.0]).to_bits(), 112_f64.to_bits());
    assert_eq!(geo([0.0, 0.0, 0.0]).to_bits(), 1_f64.to_bits());
}

#[test]
fn faults_are_named() {
    let good = explicit("UPPER_ROW", "1 2 3 4 5 6");
    assert!(OplibFile::parse(&good).is_ok());
    assert_eq!(
        fault(&explicit("UPPER_ROW", "1 2 3")),
        "EDGE_WEIGHT_SECTION: expected 6 numbers, found 3"
    );
    assert_eq!(
        fault(&explicit("UPPER_ROW", "1 2 x 4 5 6")),
        "line 8: x is not a number"
    );
    assert_eq!(
        fault(&explicit("FUNCTION", "")),
        "EDGE_WEIGHT_FORMAT FUNCTION is not supported"
    );
    assert_eq!(
        fault(&file("EDGE_WEIGHT_TYPE: XRAY1")),
        "EDGE_WEIGHT_TYPE XRAY1 is not supported"
    );
    assert_eq!(
        fault(&file("EDGE_WEIGHT_TYPE: EUC_2D")),
        "NODE_COORD_SECTION is missing"
    );
    assert_eq!(
        fault(&good.replace("COST_LIMIT", "LIMIT")),
        "COST_LIMIT is missing"
    );
    assert_eq!(
        fault(&good.replace("\n1\n-1\n", "\n5\n-1\n")),
        "DEPOT_SECTION: there is no node 5"
    );
    assert_eq!(
        fault(&good.replace("3 5\n", "2 5\n")),
        "NODE_SCORE_SECTION: node 3 is missing"
    );
}
