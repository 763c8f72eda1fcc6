//! A bounded cache of the places in a box, in the memory of this process: strangers choose the boxes.

use std::time::{Duration, Instant};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use uuid::Uuid;

use crate::api::conditional::Tagged;
use crate::api::places::BoxParams;
use crate::db::places::BoundingBox;

/// Time for which an answer is kept.
const MEMORY: Duration = Duration::from_mins(1);
/// Bytes of all answers.
const CAPACITY: u64 = 8 << 20;
/// About as many answers of the usual length.
const USUAL_ANSWERS: usize = 512;
/// Bytes that an answer takes besides its body.
const OVERHEAD: usize = 256;

/// Question: the box in millionths of a degree, theme and limit.
type Question = ([i32; 4], Option<Uuid>, i32);

/// The answers of the last minute. However many boxes are asked for, it takes no more than its capacity.
#[derive(Debug)]
pub struct BoxMemory(Cache<Question, (Instant, Tagged), Bytes>);

#[derive(Debug, Clone)]
struct Bytes;

impl Weighter<Question, (Instant, Tagged)> for Bytes {
    fn weight(&self, _: &Question, (_, answer): &(Instant, Tagged)) -> u64 {
        (answer.size() + OVERHEAD) as u64
    }
}

impl Default for BoxMemory {
    fn default() -> Self {
        Self(Cache::with_weighter(USUAL_ANSWERS, CAPACITY, Bytes))
    }
}

impl BoxMemory {
    /// The answer, if it was given within the last minute.
    pub fn get(&self, params: &BoxParams) -> Option<Tagged> {
        let (since, answer) = self.0.get(&question(params))?;
        (since.elapsed() < MEMORY).then_some(answer)
    }

    /// Keeps an answer for a while.
    pub fn keep(&self, params: &BoxParams, answer: &Tagged) {
        self.0
            .insert(question(params), (Instant::now(), answer.clone()));
    }
}

fn question(params: &BoxParams) -> Question {
    (micro_degrees(params.bbox), params.theme_id, params.limit)
}

/// Within a tenth of a metre it is the same box.
fn micro_degrees(bbox: BoundingBox) -> [i32; 4] {
    bbox.map(|degrees| (degrees * 1e6).round() as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(number: i32) -> BoxParams {
        let west = f64::from(number) * 1e-3;
        BoxParams {
            bbox: [west, 43.7, west + 0.1, 43.8],
            theme_id: None,
            limit: 20,
        }
    }

    #[test]
    fn an_answer_is_remembered_for_its_question_alone() {
        let memory = BoxMemory::default();
        memory.keep(&at(1), &Tagged::new("text/plain", "one"));
        assert!(memory.get(&at(1)).is_some() && memory.get(&at(2)).is_none());
    }

    #[test]
    fn whatever_is_asked_memory_stays_within_its_bound() {
        let memory = BoxMemory::default();
        for number in 0..2_000 {
            memory.keep(&at(number), &Tagged::new("text/plain", vec![0; 80_000]));
            assert!(memory.0.weight() <= CAPACITY, "{}", memory.0.weight());
        }
        assert!(memory.0.len() > 50, "{}", memory.0.len());
    }
}
