//! Quantiles of many values in little memory.

/// Bits of the mantissa that tell buckets apart: 2⁷ buckets between a power of two and the next.
const MANTISSA_BITS: u32 = 7;
const SHIFT: u32 = f64::MANTISSA_DIGITS - 1 - MANTISSA_BITS;

/// Counts of positive values in buckets whose widths grow with the value.
///
/// The leading bits of a floating-point number are its bucket, which makes a histogram of relative width 2⁻⁷ (as in
/// HdrHistogram; the guarantee is that of Masson, Rim and Lee 2019, "DDSketch", VLDB 12(12)). Within a bucket the
/// values are taken as evenly spread, so a quantile is off by less than 1/128 of itself, 0.8 %. Memory: one counter
/// per bucket between the smallest and the largest value, 128 for each doubling.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sketch {
    zeros: u64,
    /// Bucket of `counts[0]`.
    first: u64,
    counts: Vec<u64>,
    total: u64,
}

/// Buckets that hold values, each with their number; 0 is that of values that are 0.
pub(crate) type Counts = Vec<(u32, u32)>;

/// Values from `low` up to below `high`; both are 0 for values that are 0.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bin {
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) count: u64,
}

fn lower_end(bucket: u64) -> f64 {
    f64::from_bits(bucket << SHIFT)
}

impl Sketch {
    /// Buckets between a power of two and the next.
    pub(crate) const BUCKETS: u32 = 1 << MANTISSA_BITS;

    /// Adds a value, which must not be negative.
    #[inline]
    pub(crate) fn record(&mut self, value: f64) {
        self.total += 1;
        if value < f64::MIN_POSITIVE {
            self.zeros += 1;
            return;
        }
        let bucket = value.to_bits() >> SHIFT;
        match self.counts.get_mut(bucket.wrapping_sub(self.first) as usize) {
            Some(count) => *count += 1,
            None => *self.count_mut(bucket) += 1,
        }
    }

    /// How many values there are.
    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// Adds all values of another sketch.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.total += other.total;
        for (bucket, &count) in (other.first..).zip(&other.counts).filter(|(_, count)| **count > 0) {
            *self.count_mut(bucket) += count;
        }
    }

    /// What was added since an earlier state of the same sketch.
    pub(crate) fn counts_since(&self, earlier: &Self) -> Counts {
        let zeros = (self.zeros > earlier.zeros).then(|| (0, (self.zeros - earlier.zeros) as u32));
        let before = |bucket: u64| {
            let place = bucket.checked_sub(earlier.first).map(|place| place as usize);
            place.and_then(|place| earlier.counts.get(place)).copied().unwrap_or(0)
        };
        let grown = (self.first..).zip(&self.counts).filter_map(|(bucket, &count)| {
            let more = count - before(bucket);
            (more > 0).then_some((bucket as u32, more as u32))
        });
        zeros.into_iter().chain(grown).collect()
    }

    /// Adds values by their buckets.
    pub(crate) fn add_counts(&mut self, counts: &Counts) {
        for &(bucket, count) in counts {
            let count = u64::from(count);
            self.total += count;
            match bucket {
                0 => self.zeros += count,
                _ => *self.count_mut(u64::from(bucket)) += count,
            }
        }
    }

    /// Merges the sketches of one list into those of another, place by place; into an empty list all of them.
    pub(crate) fn merge_all(into: &mut Vec<Vec<Self>>, from: Vec<Vec<Self>>) {
        if into.is_empty() {
            *into = from;
            return;
        }
        for (into, from) in into.iter_mut().flatten().zip(from.iter().flatten()) {
            into.merge(from);
        }
    }

    /// The value below which the part `q` (0 to 1) of all values lies; none where there are no values.
    pub(crate) fn quantile(&self, q: f64) -> Option<f64> {
        if self.total == 0 {
            return None;
        }
        let rank = q * self.total as f64;
        let mut below = self.zeros as f64;
        if rank <= below {
            return Some(0.0);
        }
        for (bucket, &count) in (self.first..).zip(&self.counts) {
            let count = count as f64;
            if rank <= below + count {
                let (low, high) = (lower_end(bucket), lower_end(bucket + 1));
                return Some(low + (high - low) * (rank - below) / count);
            }
            below += count;
        }
        None
    }

    /// The bins that hold values, from low to high: so many of equal width between a power of two and the next, which has
    /// to be a power of two up to [`Self::BUCKETS`].
    pub(crate) fn bins(&self, bins: u32) -> impl Iterator<Item = Bin> {
        let width = u64::from((Self::BUCKETS / bins).max(1));
        let zeros = (self.zeros > 0).then_some(Bin { low: 0.0, high: 0.0, count: self.zeros });
        let mut place = 0;
        let wide = std::iter::from_fn(move || {
            if place >= self.counts.len() {
                return None;
            }
            let begin = (self.first + place as u64) / width * width;
            let end = (begin + width - self.first) as usize;
            let count = self.counts[place..end.min(self.counts.len())].iter().sum();
            place = end;
            Some(Bin { low: lower_end(begin), high: lower_end(begin + width), count })
        });
        zeros.into_iter().chain(wide.filter(|bin| bin.count > 0))
    }

    /// The counter of a bucket, with the range widened to hold it.
    fn count_mut(&mut self, bucket: u64) -> &mut u64 {
        if self.counts.is_empty() {
            self.first = bucket;
        }
        if bucket < self.first {
            let gap = (self.first - bucket) as usize;
            self.counts.splice(0..0, std::iter::repeat_n(0, gap));
            self.first = bucket;
        }
        let place = (bucket - self.first) as usize;
        if place >= self.counts.len() {
            self.counts.resize(place + 1, 0);
        }
        &mut self.counts[place]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sketch(values: &[f64]) -> Sketch {
        let mut sketch = Sketch::default();
        values.iter().for_each(|&value| sketch.record(value));
        sketch
    }

    #[test]
    fn nothing_and_zeros() {
        assert_eq!(Sketch::default().quantile(0.5), None);
        assert_eq!(sketch(&[0.0, 0.0, 0.0, 5.0]).quantile(0.5), Some(0.0));
    }

    proptest! {
        /// The stated error holds against the order statistics, which are the quantile's exact neighbors.
        #[test]
        fn quantiles_are_within_their_bound(
            values in prop::collection::vec(1e-6f64..1e6, 1..300),
            q in 0.01f64..0.99,
        ) {
            let found = sketch(&values).quantile(q).unwrap();
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let exact = sorted[((q * values.len() as f64).ceil() as usize).clamp(1, values.len()) - 1];
            prop_assert!((found / exact - 1.0).abs() <= 1.0 / 128.0, "{} for {}", found, exact);
        }

        #[test]
        fn what_was_added_later_is_all_less_what_was_there(
            a in prop::collection::vec(0.0f64..1e3, 0..50),
            b in prop::collection::vec(0.0f64..1e3, 1..50),
            q in 0.0f64..1.0,
        ) {
            let mut later = Sketch::default();
            later.add_counts(&sketch(&[a.clone(), b.clone()].concat()).counts_since(&sketch(&a)));
            prop_assert_eq!(later.quantile(q), sketch(&b).quantile(q));
        }

        #[test]
        fn merging_is_recording_all(
            a in prop::collection::vec(0.0f64..1e3, 0..50),
            b in prop::collection::vec(0.0f64..1e3, 0..50),
            q in 0.0f64..1.0,
        ) {
            let mut merged = sketch(&a);
            merged.merge(&sketch(&b));
            prop_assert_eq!(merged.quantile(q), sketch(&[a, b].concat()).quantile(q));
        }
    }
}
