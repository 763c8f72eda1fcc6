//! A token bucket over a clock that is passed in. Not `governor`'s: a limiter there owns its clock and asks it, so the state
//! machine would have to set a shared one before each check.

use std::time::Instant;

/// Rate of a token bucket: `burst` at once, `per_second` in the long run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// Tokens when full.
    pub burst: f32,
    /// Tokens gained a second.
    pub per_second: f32,
}

#[derive(Debug)]
pub(super) struct TokenBucket {
    tokens: f32,
    filled_at: Instant,
}

impl TokenBucket {
    pub(super) const fn full(rate: Rate, now: Instant) -> Self {
        Self {
            tokens: rate.burst,
            filled_at: now,
        }
    }

    /// Takes one token, or says that there is none.
    pub(super) fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let gained = now.saturating_duration_since(self.filled_at).as_secs_f32() * rate.per_second;
        self.tokens = (self.tokens + gained).min(rate.burst);
        self.filled_at = now;
        let allowed = self.tokens >= 1.0;
        if allowed {
            self.tokens -= 1.0;
        }
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let rate = Rate {
            burst: 3.0,
            per_second: 2.0,
        };
        let start = Instant::now();
        let mut bucket = TokenBucket::full(rate, start);
        let mut takes = |millis| bucket.take(rate, start + Duration::from_millis(millis));
        assert_eq!(
            [takes(0), takes(0), takes(0), takes(0)],
            [true, true, true, false]
        );
        assert_eq!(
            [takes(250), takes(500), takes(999), takes(1_001)],
            [false, true, false, true]
        );
        let after_a_rest: Vec<_> = (0..5).map(|_| takes(60_000)).collect();
        assert_eq!(after_a_rest, [true, true, true, false, false]);
    }
}
