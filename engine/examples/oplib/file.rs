//! The OPLib file format: TSPLIB with a cost limit, node scores and a depot.
//! <https://github.com/bcamath-ds/OPLib>

use std::collections::HashMap;

use wildside_engine::orienteering::{Problem, TimeMatrix};

use crate::distances::WeightType;

/// More nodes than this would fill the memory with distances.
const MOST_NODES: usize = 20_000;

/// Contents of a file.
pub(crate) struct OplibFile {
    dimension: usize,
    /// Most that a tour may cost.
    pub(crate) cost_limit: u32,
    distances: TimeMatrix,
    scores: Vec<f64>,
    depot: usize,
}

impl OplibFile {
    /// Reads the text of a file.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts = Parts::split(text)?;
        let dimension: usize = parts
            .value("DIMENSION")?
            .parse()
            .map_err(|_| "DIMENSION is not a number")?;
        if !(1..=MOST_NODES).contains(&dimension) {
            return Err(format!("DIMENSION {dimension} is not in 1–{MOST_NODES}"));
        }
        let limit: f64 = parts
            .value("COST_LIMIT")?
            .parse()
            .map_err(|_| "COST_LIMIT is not a number")?;
        Ok(Self {
            dimension,
            cost_limit: whole(limit.floor()).ok_or("COST_LIMIT is out of range")?,
            distances: parts.distances(dimension)?,
            scores: parts.scores(dimension)?,
            depot: parts.depot(dimension)?,
        })
    }

    /// The problem as the solver takes it; node 1 of the file is place 0.
    pub(crate) fn problem(&self) -> Result<Problem, String> {
        debug_assert_eq!(self.dimension, self.scores.len());
        Problem::round_trip(
            self.distances.clone(),
            self.scores.clone(),
            self.depot,
            self.cost_limit,
        )
        .map_err(|fault| fault.to_string())
    }
}

/// The header's values and the sections' numbers, not yet understood.
struct Parts<'a> {
    values: HashMap<&'a str, &'a str>,
    sections: HashMap<&'a str, Vec<f64>>,
}

impl<'a> Parts<'a> {
    fn split(text: &'a str) -> Result<Self, String> {
        let mut parts = Self {
            values: HashMap::new(),
            sections: HashMap::new(),
        };
        let mut section = None;
        for (number, line) in text.lines().map(str::trim).enumerate() {
            if line == "EOF" {
                break;
            }
            let name = line.trim_end_matches(':').trim();
            if name.ends_with("_SECTION") {
                section = Some(parts.sections.entry(name).or_default());
            } else if line.starts_with(|first: char| first.is_ascii_alphabetic()) {
                let (key, value) = line
                    .split_once(':')
                    .ok_or_else(|| format!("line {}: no colon", number + 1))?;
                parts.values.insert(key.trim(), value.trim());
                section = None;
            } else if let Some(numbers) = &mut section {
                for word in line.split_ascii_whitespace() {
                    let value = word
                        .parse()
                        .map_err(|_| format!("line {}: {word} is not a number", number + 1))?;
                    numbers.push(value);
                }
            } else if !line.is_empty() {
                return Err(format!("line {}: belongs to no section", number + 1));
            }
        }
        Ok(parts)
    }

    fn value(&self, key: &str) -> Result<&'a str, String> {
        self.values
            .get(key)
            .copied()
            .ok_or_else(|| format!("{key} is missing"))
    }

    fn section(&self, name: &str) -> Result<&[f64], String> {
        self.sections
            .get(name)
            .map(Vec::as_slice)
            .ok_or_else(|| format!("{name} is missing"))
    }

    /// A section with a line a node: its number, then so many values.
    fn table<const N: usize>(
        &self,
        name: &str,
        dimension: usize,
        columns: usize,
    ) -> Result<Vec<[f64; N]>, String> {
        let numbers = self.section(name)?;
        if numbers.len() != dimension * (columns + 1) {
            return Err(format!(
                "{name}: expected {dimension} lines of {} numbers",
                columns + 1
            ));
        }
        let mut rows = vec![[f64::NAN; N]; dimension];
        for line in numbers.chunks_exact(columns + 1) {
            let node = node_index(line[0], dimension)
                .ok_or_else(|| format!("{name}: there is no node {}", line[0]))?;
            rows[node] = [0.0; N];
            rows[node][..columns].copy_from_slice(&line[1..]);
        }
        match rows.iter().position(|row| row[0].is_nan()) {
            Some(node) => Err(format!("{name}: node {} is missing", node + 1)),
            None => Ok(rows),
        }
    }

    fn scores(&self, dimension: usize) -> Result<Vec<f64>, String> {
        Ok(self
            .table::<1>("NODE_SCORE_SECTION", dimension, 1)?
            .into_iter()
            .map(|[score]| score)
            .collect())
    }

    fn depot(&self, dimension: usize) -> Result<usize, String> {
        match self.section("DEPOT_SECTION")? {
            [depot] | [depot, -1.0] => node_index(*depot, dimension)
                .ok_or_else(|| format!("DEPOT_SECTION: there is no node {depot}")),
            _ => Err("DEPOT_SECTION: expected one depot and -1".to_owned()),
        }
    }

    fn distances(&self, dimension: usize) -> Result<TimeMatrix, String> {
        let weights = WeightType::parse(self.value("EDGE_WEIGHT_TYPE")?)?;
        let distances = if weights == WeightType::Explicit {
            self.listed_distances(dimension)?
        } else {
            let positions =
                self.table::<3>("NODE_COORD_SECTION", dimension, weights.coordinates())?;
            let from = |a| positions.iter().map(move |b| weights.distance(a, *b));
            positions.iter().flat_map(|a| from(*a)).collect()
        };
        let whole: Option<Vec<u32>> = distances.into_iter().map(whole).collect();
        let whole = whole.ok_or("a distance is negative or too large")?;
        TimeMatrix::from_rows(dimension, whole).map_err(|fault| fault.to_string())
    }

    fn listed_distances(&self, dimension: usize) -> Result<Vec<f64>, String> {
        let format = self.value("EDGE_WEIGHT_FORMAT")?;
        let pairs = listed_pairs(format, dimension)
            .ok_or_else(|| format!("EDGE_WEIGHT_FORMAT {format} is not supported"))?;
        let listed = self.section("EDGE_WEIGHT_SECTION")?;
        if listed.len() != pairs.len() {
            return Err(format!(
                "EDGE_WEIGHT_SECTION: expected {} numbers, found {}",
                pairs.len(),
                listed.len()
            ));
        }
        let mut distances = vec![0.0; dimension * dimension];
        for ((from, to), distance) in pairs.into_iter().zip(listed) {
            distances[from * dimension + to] = *distance;
            if format != "FULL_MATRIX" {
                distances[to * dimension + from] = *distance;
            }
        }
        Ok(distances)
    }
}

/// The pairs of nodes whose distances a file lists, in its order. By symmetry, a triangle by columns is the other one by rows.
fn listed_pairs(format: &str, dimension: usize) -> Option<Vec<(usize, usize)>> {
    let columns = |row: usize| match format {
        "FULL_MATRIX" => Some(0..dimension),
        "UPPER_ROW" | "LOWER_COL" => Some(row + 1..dimension),
        "LOWER_ROW" | "UPPER_COL" => Some(0..row),
        "UPPER_DIAG_ROW" | "LOWER_DIAG_COL" => Some(row..dimension),
        "LOWER_DIAG_ROW" | "UPPER_DIAG_COL" => Some(0..row + 1),
        _ => None,
    };
    let rows: Option<Vec<_>> = (0..dimension)
        .map(|row| Some(columns(row)?.map(move |column| (row, column))))
        .collect();
    Some(rows?.into_iter().flatten().collect())
}

fn node_index(number: f64, dimension: usize) -> Option<usize> {
    (1..=dimension)
        .contains(&(whole(number)? as usize))
        .then(|| number as usize - 1)
}

/// The nearest whole number, if it is one that the solver takes.
fn whole(value: f64) -> Option<u32> {
    (0.0..f64::from(u32::MAX))
        .contains(&value)
        .then(|| value.round() as u32)
}
