//! Exponential backoff with jitter. As a crate, `backon` would bring loops for retries, which here are messages of an actor,
//! jobs of a queue and the fetching of them.

use std::time::Duration;

use rand::Rng;

/// `first`, doubled after each failure up to `most`, times something between a half and one and a half, so that those
/// who failed together do not come back together.
pub fn jittered(first: Duration, most: Duration, failures: u32) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(failures.min(16)));
    doubled
        .min(most)
        .mul_f64(rand::rng().random_range(0.5..1.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grows_to_its_bound_and_never_beyond_half_more() {
        let (first, most) = (Duration::from_millis(100), Duration::from_secs(2));
        for failures in 0..100 {
            let delay = jittered(first, most, failures);
            assert!(delay >= first / 2 && delay <= most * 3 / 2, "{delay:?}");
        }
        assert!(jittered(first, most, 99) >= most / 2);
    }
}
