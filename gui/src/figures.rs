//! The figures that matter, and how they differ between scenarios.

use egui::{Color32, RichText, Visuals};
use tracecast_experiment::Verdict;
use tracecast_model::{Metric, Prediction};

use crate::format::{self, Unit};
use crate::theme;

/// One of the figures.
pub(crate) struct Figure {
    pub(crate) title: &'static str,
    pub(crate) unit: Unit,
    /// Is more of it better?
    more_is_better: bool,
    /// Of a workload, by its name.
    pub(crate) of: fn(&Prediction, &str) -> Option<Metric>,
}

fn percentile(prediction: &Prediction, workload: &str, name: &str) -> Option<Metric> {
    prediction.workloads.get(workload)?.response_time?.percentile(name)
}

/// All of them.
pub(crate) const FIGURES: [Figure; 8] = [
    Figure {
        title: "Makespan",
        unit: Unit::Time,
        more_is_better: false,
        of: |prediction, workload| prediction.workloads.get(workload)?.makespan,
    },
    Figure {
        title: "Throughput",
        unit: Unit::Rate,
        more_is_better: true,
        of: |prediction, workload| prediction.workloads.get(workload)?.throughput,
    },
    Figure {
        title: "Mean response",
        unit: Unit::Time,
        more_is_better: false,
        of: |prediction, workload| Some(prediction.workloads.get(workload)?.response_time?.metric()),
    },
    Figure {
        title: "Median",
        unit: Unit::Time,
        more_is_better: false,
        of: |prediction, workload| percentile(prediction, workload, "p50"),
    },
    Figure {
        title: "p95",
        unit: Unit::Time,
        more_is_better: false,
        of: |prediction, workload| percentile(prediction, workload, "p95"),
    },
    Figure {
        title: "p99",
        unit: Unit::Time,
        more_is_better: false,
        of: |prediction, workload| percentile(prediction, workload, "p99"),
    },
    Figure {
        title: "Errors",
        unit: Unit::Share,
        more_is_better: false,
        of: |prediction, workload| prediction.workloads.get(workload)?.failed_share,
    },
    Figure {
        title: "Cost per hour",
        unit: Unit::Number,
        more_is_better: false,
        of: |prediction, _| Some(prediction.cost.as_ref()?.per_hour),
    },
];

/// Whether an objective is met, in a word; with a question mark where the limit is within the interval.
pub(crate) fn verdict_in_a_word(verdict: &Verdict, visuals: &Visuals) -> RichText {
    let (word, color) = match (verdict.met, verdict.certain) {
        (true, true) => ("met", theme::good(visuals)),
        (true, false) => ("met?", theme::attention(visuals)),
        (false, false) => ("missed?", theme::attention(visuals)),
        (false, true) => ("missed", theme::problem(visuals)),
    };
    RichText::new(word).color(color)
}

/// Of a figure in one scenario from that in another.
pub(crate) struct Difference<'a> {
    pub(crate) figure: &'a Figure,
    pub(crate) value: Metric,
    pub(crate) before: Metric,
}

impl Difference<'_> {
    fn change(&self) -> f64 {
        self.value.mean - self.before.mean
    }

    /// As of independent runs. Scenarios share their random numbers, so the truth is narrower.
    fn half_width(&self) -> f64 {
        self.value.half_width.unwrap_or(0.0).hypot(self.before.half_width.unwrap_or(0.0))
    }

    /// In percent of the figure before, with its interval where there is one.
    pub(crate) fn text(&self) -> String {
        let relative = |value: f64| value / self.before.mean.abs();
        let half_width = self.half_width();
        if self.before.mean == 0.0 {
            return format!("was {}", self.figure.unit.show(self.before.mean));
        }
        let change = format::change(relative(self.change()));
        if half_width > 0.0 {
            let width = relative(half_width) * 100.0;
            format!("{change} (±{:.*})", usize::from(width < 10.0), width)
        } else {
            change
        }
    }

    /// Good or bad, where it is beyond its interval.
    pub(crate) fn color(&self, visuals: &Visuals) -> Color32 {
        let change = self.change();
        let is_clear = change.abs() > self.half_width() && change.abs() > 1e-9 * self.before.mean.abs();
        match (is_clear, (change > 0.0) == self.figure.more_is_better) {
            (false, _) => visuals.weak_text_color(),
            (true, true) => theme::good(visuals),
            (true, false) => theme::problem(visuals),
        }
    }
}
