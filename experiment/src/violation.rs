//! For how long an objective was missed.

use serde::Serialize;
use tracecast_model::Prediction;

use crate::Slo;

/// Seconds of a run in which an objective was missed, bin by bin of its series.
///
/// Where nothing ended in a bin, a time is taken to be as it was in the bin before.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Violation {
    /// By the means over the replications.
    pub seconds: f64,
    /// In bins whose whole 95 % interval is on the bad side, of those that have one; the others by their means.
    pub at_least: f64,
    /// In bins of whose 95 % interval any part is on the bad side; likewise.
    pub at_most: f64,
    /// Seconds of the whole series.
    pub of: f64,
    /// Width of the bins in seconds.
    pub bin: f64,
}

impl Violation {
    /// None where the prediction has no series of the figure.
    pub(crate) fn of(slo: &Slo, prediction: &Prediction) -> Option<Self> {
        let name = slo.metric().column(prediction)?;
        let series = prediction.series.as_ref()?;
        let bin = series.bin_width()?;
        let (means, widths) = (&series.columns[&name], series.half_widths.get(&name));
        let mut found = Self { seconds: 0.0, at_least: 0.0, at_most: 0.0, of: bin * means.len() as f64, bin };
        let mut last = (false, false, false);
        for (row, mean) in means.iter().enumerate() {
            if let Some(mean) = *mean {
                let width = widths.and_then(|widths| widths[row]).unwrap_or(0.0);
                let missed = |figure| !slo.is_met_by(figure);
                let (low, high) = (missed(mean - width), missed(mean + width));
                last = (missed(mean), low && high, low || high);
            }
            found.seconds += if last.0 { bin } else { 0.0 };
            found.at_least += if last.1 { bin } else { 0.0 };
            found.at_most += if last.2 { bin } else { 0.0 };
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::Series;

    fn prediction(means: &[Option<f64>], widths: &[Option<f64>]) -> Prediction {
        let mut prediction = Prediction::new("test", "test");
        prediction.workloads.insert("users".into(), tracecast_model::WorkloadResult::default());
        let time = (0..means.len()).map(|row| 0.5 * row as f64).collect();
        let mut series = Series { time, ..Series::default() };
        series.columns.insert("users.p95".into(), means.to_vec());
        series.half_widths.insert("users.p95".into(), widths.to_vec());
        prediction.series = Some(series);
        prediction
    }

    #[test]
    fn bins_are_counted() {
        let means = [Some(0.1), Some(0.6), None, Some(0.45), Some(0.55), Some(0.2)];
        let widths = [Some(0.01), Some(0.05), None, Some(0.1), Some(0.1), None];
        let slo: Slo = "p95<500ms".parse().unwrap();
        let found = Violation::of(&slo, &prediction(&means, &widths)).unwrap();
        // The second, the empty third and the fifth; of these the fifth may be good, and the fourth may not be.
        assert_eq!((found.seconds, found.at_least, found.at_most, found.of), (1.5, 1.0, 2.0, 3.0));
        let other: Slo = "throughput>1".parse().unwrap();
        assert_eq!(Violation::of(&other, &prediction(&means, &widths)), None);
    }
}
