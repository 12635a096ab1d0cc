//! Progress on standard error, only where a person looks.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tracecast_model::{Observer, Phase, Snapshot, WorkloadSnapshot, seconds};

/// A bar of `length` steps; hidden with --quiet and where standard error is no terminal.
pub(crate) fn bar(length: u64, unit: &str, quiet: bool) -> ProgressBar {
    styled(length, &format!("{{bar:30}} {{pos}}/{{len}} {unit} · {{elapsed}} · {{eta}} left"), quiet)
}

fn styled(length: u64, template: &str, quiet: bool) -> ProgressBar {
    let bar = ProgressBar::new(length);
    bar.set_draw_target(if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() });
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// A prediction on its way: how far it is, and what a simulation has seen so far.
pub(crate) struct Line {
    bar: ProgressBar,
    last_look: Mutex<Option<Instant>>,
}

impl Line {
    const STEPS: u64 = 1000;
    /// Between two looks.
    const PAUSE: Duration = Duration::from_millis(300);

    pub(crate) fn new(quiet: bool) -> Self {
        let bar = styled(Self::STEPS, "{bar:12} {percent} % · {elapsed} · {msg}", quiet);
        Self { bar, last_look: Mutex::new(None) }
    }

    /// Does anybody see it?
    pub(crate) fn is_seen(&self) -> bool {
        !self.bar.is_hidden()
    }

    /// A part of the work, 0 to 1, is done.
    pub(crate) fn advance(&self, fraction: f64) {
        self.bar.set_position((fraction * Self::STEPS as f64) as u64);
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Line {
    fn is_due(&self) -> bool {
        // Whoever is not the first to ask goes on with its work.
        let Ok(mut last) = self.last_look.try_lock() else { return false };
        let is_due = last.is_none_or(|last| last.elapsed() >= Self::PAUSE);
        if is_due {
            *last = Some(Instant::now());
        }
        is_due
    }

    fn observe(&self, snapshot: &Snapshot) {
        self.bar.set_message(text(snapshot));
    }
}

/// The state of the workload that is known worst, in less than fifty characters.
fn text(snapshot: &Snapshot) -> String {
    let phase = match snapshot.phase {
        Phase::WarmUp => "warm-up",
        Phase::Measuring => "measuring",
    };
    let width = |workload: &&WorkloadSnapshot| {
        let metric = workload.response_time?;
        Some(metric.half_width? / metric.mean)
    };
    let known = |workload: &&WorkloadSnapshot| width(workload).unwrap_or(f64::INFINITY);
    let worst = snapshot.workloads.iter().max_by(|a, b| known(a).total_cmp(&known(b)));
    let Some(worst) = worst else { return phase.to_owned() };
    let mean = worst.response_time.map_or(String::new(), |metric| {
        let width = width(&worst).map_or(String::new(), |width| format!(" ±{:.1} %", 100.0 * width));
        format!(" · {}{width}", seconds::display(metric.mean))
    });
    format!("{phase}{mean} · {:.1} in flight", worst.in_flight)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::Metric;

    #[test]
    fn the_workload_that_is_known_worst_is_told() {
        let workload = |mean, half_width| WorkloadSnapshot {
            name: "users".into(),
            completed: 100,
            in_flight: mean,
            response_time: Some(Metric::estimated(mean, half_width)),
        };
        let snapshot = Snapshot {
            phase: Phase::Measuring,
            simulated_time: 12.0,
            workloads: vec![workload(1.0, Some(0.1)), workload(2.0, Some(0.5)), workload(3.0, Some(0.1))],
        };
        assert_eq!(text(&snapshot), "measuring · 2.00 s ±25.0 % · 2.0 in flight");
        let empty = Snapshot { phase: Phase::WarmUp, workloads: Vec::new(), ..snapshot };
        assert_eq!(text(&empty), "warm-up");
    }

    #[test]
    fn looks_are_few() {
        let line = Line::new(true);
        assert!(line.is_due());
        assert!(!line.is_due());
    }
}
