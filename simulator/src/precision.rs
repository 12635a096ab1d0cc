//! How precise the figures are that were asked for.

use tracecast_model::{EngineOptions, Metric, System};

use crate::program::Program;
use crate::report::{self, Outcome};

/// Longer than foretold, since the foretelling is a random number too.
pub(crate) const SAFETY: f64 = 1.5;

/// The greatest half width of the figures of [`EngineOptions::precise`], each as a part of the figure; infinite where one
/// is not known.
pub(crate) fn of_chosen(
    system: &System,
    program: &Program,
    options: &EngineOptions,
    outcome: &Outcome,
) -> f64 {
    // Tables are of no use here and would take long.
    let options = EngineOptions { series_bin: None, histogram_bins: None, ..options.clone() };
    let prediction = report::prediction(system, program, &options, outcome);
    let widths = options.precise.iter().map(|path| {
        let metric = path.of(&prediction).ok();
        metric.and_then(relative).unwrap_or(f64::INFINITY)
    });
    widths.fold(0.0, f64::max)
}

/// The half width as a part of the mean.
fn relative(Metric { mean, half_width }: Metric) -> Option<f64> {
    let half_width = half_width?;
    Some(if half_width == 0.0 { 0.0 } else { half_width / mean.abs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_the_mean() {
        assert_eq!(relative(Metric::estimated(-4.0, Some(1.0))), Some(0.25));
        assert_eq!(relative(Metric::estimated(0.0, Some(0.0))), Some(0.0));
        assert_eq!(relative(Metric::estimated(0.0, Some(1.0))), Some(f64::INFINITY));
        assert_eq!(relative(Metric::estimated(1.0, None)), None);
    }
}
