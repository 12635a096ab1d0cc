//! Distributions of response times.

use tracecast_model::HistogramBin;

use super::Sketch;
use super::interval::{Estimate, SAMPLES, t_quantile};

/// The histogram of all values of several independent replications, with so many bins between a value and its double: a
/// power of two up to [`Sketch::BUCKETS`]. Its bins are whole buckets, so the counts are exact, and a quantile read from
/// it is off by at most a bin: `1/bins` of itself. The interval of the part below is that of the mean of the parts in
/// the replications, as values of the same run depend on each other.
pub(crate) fn histogram(replications: &[&Sketch], bins: u32) -> Vec<HistogramBin> {
    let mut all = Sketch::default();
    replications.iter().for_each(|sketch| all.merge(sketch));
    let filled: Vec<&Sketch> = replications.iter().copied().filter(|sketch| sketch.total() > 0).collect();
    let mut parts: Vec<_> = filled.iter().map(|sketch| sketch.bins(bins).peekable()).collect();
    let mut below = vec![0; filled.len()];
    let t = if filled.len() < SAMPLES { None } else { t_quantile(filled.len() - 1) };
    let total = all.total() as f64;
    let mut cumulative = 0;
    all.bins(bins)
        .map(|bin| {
            cumulative += bin.count;
            for (part, below) in parts.iter_mut().zip(&mut below) {
                while let Some(own) = part.next_if(|own| own.high <= bin.high) {
                    *below += own.count;
                }
            }
            let shares =
                below.iter().zip(&filled).map(|(&below, sketch)| below as f64 / sketch.total() as f64);
            let half_width = t.and_then(|t| Estimate::new(shares)?.half_width_by(t));
            let (low, high, count) = (bin.low, bin.high, bin.count);
            HistogramBin { low, high, count, cumulative: cumulative as f64 / total, half_width }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts and ends of the bins of a few values, in two and in one replication.
    #[test]
    fn bins_worked_by_hand() {
        let of = |values: &[f64]| {
            let mut sketch = Sketch::default();
            values.iter().for_each(|&value| sketch.record(value));
            sketch
        };
        // Four bins between a number and its double: from 1 up to 1.25, 1.5, 1.75 and 2, from 2 up to 2.5 and so on.
        let values = [0.0, 1.0, 1.2, 1.5, 2.4, 2.5, 12.0];
        let expected =
            [(0.0, 0.0, 1), (1.0, 1.25, 2), (1.5, 1.75, 1), (2.0, 2.5, 1), (2.5, 3.0, 1), (12.0, 14.0, 1)];
        for replications in [vec![of(&values)], vec![of(&values[..3]), Sketch::default(), of(&values[3..])]] {
            let found = histogram(&replications.iter().collect::<Vec<_>>(), 4);
            let counts: Vec<_> = found.iter().map(|bin| (bin.low, bin.high, bin.count)).collect();
            assert_eq!(counts, expected);
            assert_eq!(found.iter().map(|bin| bin.half_width).collect::<Vec<_>>(), [None; 6]);
            assert!((found[2].cumulative - 4.0 / 7.0).abs() < 1e-12 && found[5].cumulative == 1.0);
        }
    }

    /// Five replications whose parts below 1.5 are 0, 1/4, 1/2, 3/4 and 1: mean 1/2, variance 5/32, and 2.776 standard
    /// errors of the mean, since the parts are not skewed.
    #[test]
    fn the_interval_is_over_replications() {
        let replications: Vec<Sketch> = (0..5)
            .map(|low| {
                let mut sketch = Sketch::default();
                (0..4).for_each(|n| sketch.record(if n < low { 1.25 } else { 1.75 }));
                sketch
            })
            .collect();
        let found = histogram(&replications.iter().collect::<Vec<_>>(), 4);
        assert_eq!(found[0].cumulative, 0.5);
        assert!((found[0].half_width.unwrap() - 2.776 * (5.0 / 32.0 / 5.0_f64).sqrt()).abs() < 1e-3);
        assert_eq!(found[1].half_width, Some(0.0));
    }
}
