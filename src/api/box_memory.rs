//! A bounded cache of the places in a box, in the memory of this process: strangers choose the boxes.

use std::time::{Duration, Instant};

use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tokio::time::timeout;
use uuid::Uuid;

use crate::api::conditional::Tagged;
use crate::api::error::ApiError;
use crate::api::places::BoxParams;
use crate::db::city::names::NameLanguage;
use crate::db::city::places::BoundingBox;

/// Time for which an answer is kept.
const MEMORY: Duration = Duration::from_mins(1);
/// Longest wait for an answer, be it one's own look or another's.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of all answers.
const CAPACITY: u64 = 8 << 20;
/// About as many answers of the usual length.
const USUAL_ANSWERS: usize = 512;
/// Bytes that an answer takes besides its body.
const OVERHEAD: usize = 256;

/// Question: the box in millionths of a degree, theme, limit, and the language of names.
type Question = ([i32; 4], Option<Uuid>, i32, NameLanguage);

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
    /// The answer of the last minute, or a new one: of all who ask the same at once one looks, and the others wait for it.
    ///
    /// # Errors
    /// Those of the look, or `service_unavailable` where it takes too long.
    pub async fn get_or_look(
        &self,
        params: &BoxParams,
        names: &NameLanguage,
        look: impl Future<Output = Result<Tagged, ApiError>>,
    ) -> Result<Tagged, ApiError> {
        let question = question(params, names);
        let is_old = |(since, _): &(Instant, _)| since.elapsed() >= MEMORY;
        self.0.remove_if(&question, is_old);
        let looking = async { Ok((Instant::now(), look.await?)) };
        match timeout(PATIENCE, self.0.get_or_insert_async(&question, looking)).await {
            Ok(answer) => answer.map(|(_, answer)| answer),
            Err(_) => Err(ApiError::unavailable("too many people ask at once")),
        }
    }
}

fn question(params: &BoxParams, names: &NameLanguage) -> Question {
    let bbox = micro_degrees(params.bbox);
    (bbox, params.theme_id, params.limit, names.clone())
}

/// Within a tenth of a metre it is the same box.
fn micro_degrees(bbox: BoundingBox) -> [i32; 4] {
    bbox.map(|degrees| (degrees * 1e6).round() as i32)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    fn at(number: i32) -> BoxParams {
        let west = f64::from(number) * 1e-3;
        BoxParams {
            bbox: [west, 43.7, west + 0.1, 43.8],
            theme_id: None,
            limit: 20,
        }
    }

    async fn keep(memory: &BoxMemory, number: i32, answer: Vec<u8>) {
        let answer = async { Ok(Tagged::new("text/plain", answer)) };
        memory
            .get_or_look(&at(number), &NameLanguage::default(), answer)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn one_looks_for_all_who_ask_the_same() {
        let (memory, looks) = (BoxMemory::default(), AtomicUsize::new(0));
        let ask = async |number: i32| {
            let look = async {
                looks.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
                Ok(Tagged::new("text/plain", "some"))
            };
            memory
                .get_or_look(&at(number), &NameLanguage::default(), look)
                .await
        };
        for _ in 0..2 {
            join_all((0..50).map(|n| ask(n % 2))).await;
        }
        assert_eq!(looks.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn a_look_that_fails_is_not_kept() {
        let memory = BoxMemory::default();
        let failing = async { Err(ApiError::unavailable("away")) };
        assert!(
            memory
                .get_or_look(&at(1), &NameLanguage::default(), failing)
                .await
                .is_err()
        );
        keep(&memory, 1, Vec::new()).await;
        assert_eq!(memory.0.len(), 1);
    }

    #[tokio::test]
    async fn whatever_is_asked_memory_stays_within_its_bound() {
        let memory = BoxMemory::default();
        for number in 0..2_000 {
            keep(&memory, number, vec![0; 80_000]).await;
            assert!(memory.0.weight() <= CAPACITY, "{}", memory.0.weight());
        }
        assert!(memory.0.len() > 50, "{}", memory.0.len());
    }
}
