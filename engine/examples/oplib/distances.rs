//! Distances as TSPLIB 95 (Reinelt 1995) defines and rounds them.

/// Formats in which a file gives the distances between its nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WeightType {
    Explicit,
    Euclidean2d,
    Euclidean3d,
    Ceiling2d,
    Manhattan2d,
    Maximum2d,
    PseudoEuclidean,
    Geographical,
}

impl WeightType {
    pub(crate) fn parse(word: &str) -> Result<Self, String> {
        Ok(match word {
            "EXPLICIT" => Self::Explicit,
            "EUC_2D" => Self::Euclidean2d,
            "EUC_3D" => Self::Euclidean3d,
            "CEIL_2D" => Self::Ceiling2d,
            "MAN_2D" => Self::Manhattan2d,
            "MAX_2D" => Self::Maximum2d,
            "ATT" => Self::PseudoEuclidean,
            "GEO" => Self::Geographical,
            _ => return Err(format!("EDGE_WEIGHT_TYPE {word} is not supported")),
        })
    }

    /// Numbers that give a node's position.
    pub(crate) fn coordinates(self) -> usize {
        if self == Self::Euclidean3d { 3 } else { 2 }
    }

    /// Distance between two positions. [`WeightType::Explicit`] has none: its file lists the distances.
    pub(crate) fn distance(self, a: [f64; 3], b: [f64; 3]) -> f64 {
        let [dx, dy, dz] = [a[0] - b[0], a[1] - b[1], a[2] - b[2]].map(f64::abs);
        match self {
            Self::Euclidean2d => nearest(dx.hypot(dy)),
            Self::Euclidean3d => nearest(dx.hypot(dy).hypot(dz)),
            Self::Ceiling2d => dx.hypot(dy).ceil(),
            Self::Manhattan2d => nearest(dx + dy),
            Self::Maximum2d => nearest(dx).max(nearest(dy)),
            Self::PseudoEuclidean => ((dx * dx + dy * dy) / 10.0).sqrt().ceil(),
            Self::Geographical => geographical(a, b),
            Self::Explicit => f64::NAN,
        }
    }
}

/// TSPLIB's `nint`: halves go up.
fn nearest(value: f64) -> f64 {
    (value + 0.5).floor()
}

/// Distance on an idealised earth in kilometres, rounded up as TSPLIB does.
fn geographical(a: [f64; 3], b: [f64; 3]) -> f64 {
    const RADIUS: f64 = 6378.388;
    let ([lat_a, lon_a, _], [lat_b, lon_b, _]) = (a.map(radians), b.map(radians));
    let q1 = (lon_a - lon_b).cos();
    let q2 = (lat_a - lat_b).cos();
    let q3 = (lat_a + lat_b).cos();
    (RADIUS * (0.5 * ((1.0 + q1) * q2 - (1.0 - q1) * q3)).min(1.0).acos() + 1.0).floor()
}

/// Radians of an angle written `degrees.minutes`, with TSPLIB's value of π, on which its optima depend.
fn radians(angle: f64) -> f64 {
    #[expect(clippy::approx_constant, reason = "TSPLIB's definition")]
    const PI: f64 = 3.141_592;
    let degrees = angle.trunc();
    PI * (degrees + 5.0 * (angle - degrees) / 3.0) / 180.0
}
