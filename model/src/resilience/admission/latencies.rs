//! Times counted by their first two digits.

use std::collections::BTreeMap;

/// Whole microseconds, of which the first two digits are kept, as in Circonus' `circllhist.c`, which Envoy uses: as many bins as
/// there are such numbers, however many times are counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Latencies {
    /// By the least time of the bin.
    bins: BTreeMap<u64, u32>,
    count: u32,
}

impl Latencies {
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    pub(super) fn clear(&mut self) {
        self.bins.clear();
        self.count = 0;
    }

    pub(super) fn add(&mut self, seconds: f64) {
        // A nanosecond more, so that rounding does not cost a digit.
        let micros = (seconds * 1e6 + 1e-3) as u64;
        let width = width(micros).max(1);
        *self.bins.entry(micros - micros % width).or_default() += 1;
        self.count += 1;
    }

    /// The time below which that part of all is, in [0, 1], as if times were spread evenly over their bin; whole microseconds.
    pub(super) fn quantile(&self, part: f64) -> u64 {
        let wanted = f64::from(self.count) * part;
        let mut below = 0.0;
        let mut found = 0.0;
        for (&least, &count) in &self.bins {
            let count = f64::from(count);
            let inside = ((wanted - below) / count).clamp(0.0, 1.0);
            found = least as f64 + inside * exact_width(least);
            below += count;
            if below >= wanted {
                break;
            }
        }
        found as u64
    }
}

/// How wide the bin of a time is; 0 where it is a part of a microsecond.
fn width(micros: u64) -> u64 {
    micros.checked_ilog10().map_or(0, |digits| digits.checked_sub(1).map_or(0, |zeros| 10_u64.pow(zeros)))
}

fn exact_width(micros: u64) -> f64 {
    match width(micros) {
        0 if micros == 0 => 0.0,
        0 => 0.1,
        width => width as f64,
    }
}

#[cfg(test)]
mod tests {
    use super::Latencies;

    /// The examples of OpenHistogram's documentation of its bins: 2 significant digits, so 123 is in [120, 130) and 99 in a bin of
    /// its own.
    #[test]
    fn two_digits_are_kept() {
        for (micros, quantiles) in
            [(0, [0, 0]), (7, [7, 7]), (99, [99, 100]), (123, [120, 130]), (5099, [5000, 5100])]
        {
            let mut latencies = Latencies::default();
            latencies.add(f64::from(micros) * 1e-6);
            assert_eq!([latencies.quantile(0.0), latencies.quantile(1.0)], quantiles, "{micros}");
        }
    }

    /// Five times of 1 to 5 ms: the middle one is in the middle of its bin.
    #[test]
    fn quantiles_are_interpolated() {
        let mut latencies = Latencies::default();
        (1..=5).for_each(|millis| latencies.add(f64::from(millis) * 1e-3));
        assert_eq!(latencies.quantile(0.5), 3050);
        assert_eq!(latencies.quantile(0.6), 3100);
        assert_eq!(latencies.quantile(1.0), 5100);
        latencies.clear();
        assert_eq!(latencies.count(), 0);
    }
}
