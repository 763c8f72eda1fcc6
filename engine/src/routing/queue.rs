//! Priority queue of the searches: a radix heap.

/// A radix heap (Ahuja, Mehlhorn, Orlin and Tarjan 1990): a monotone queue, in which no key may be pushed that is
/// smaller than the last one popped. Keys that share more leading bits with that one are kept nearer.
#[derive(Debug)]
pub(crate) struct RadixHeap {
    buckets: [Vec<(u32, u32)>; 33],
    last: u32,
}

impl Default for RadixHeap {
    fn default() -> Self {
        Self {
            buckets: std::array::from_fn(|_| Vec::new()),
            last: 0,
        }
    }
}

impl RadixHeap {
    /// Empties the queue but keeps its memory.
    pub(crate) fn clear(&mut self) {
        self.buckets.iter_mut().for_each(Vec::clear);
        self.last = 0;
    }

    pub(crate) fn push(&mut self, key: u32, value: u32) {
        debug_assert!(key >= self.last, "the keys of a monotone queue never fall");
        self.buckets[Self::bucket(key, self.last)].push((key, value));
    }

    /// Takes an entry with the smallest key.
    pub(crate) fn pop(&mut self) -> Option<(u32, u32)> {
        if self.buckets[0].is_empty() {
            let full = self.buckets.iter().position(|bucket| !bucket.is_empty())?;
            let mut entries = std::mem::take(&mut self.buckets[full]);
            self.last = entries.iter().map(|&(key, _)| key).min()?;
            for &(key, value) in &entries {
                self.buckets[Self::bucket(key, self.last)].push((key, value));
            }
            entries.clear();
            self.buckets[full] = entries;
        }
        self.buckets[0].pop()
    }

    fn bucket(key: u32, last: u32) -> usize {
        (u32::BITS - (key ^ last).leading_zeros()) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::RadixHeap;

    #[test]
    fn pops_in_order_while_larger_keys_come_in() {
        let mut heap = RadixHeap::default();
        let mut seed = 7_u32;
        let mut last = 0;
        heap.push(0, 0);
        for _ in 0..10_000 {
            let Some((key, _)) = heap.pop() else { break };
            assert!(key >= last);
            last = key;
            for _ in 0..2 {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                heap.push(key + seed % 1000, seed);
            }
        }
        assert!(last > 1000);
    }
}
