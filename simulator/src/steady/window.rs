//! What happened between two instants, in all replications, and what it says about the state.

use crate::run::probe::Probe;
use crate::run::{Limits, Run, Stop};
use crate::statistics::Sketch;
use crate::statistics::interval::Estimate;
use crate::statistics::totals::Totals;

/// Standard errors by which the number in flight has to grow to count as growing.
const GROWTH_ERRORS: f64 = 5.0;

/// A window of one replication.
pub(super) struct Part {
    pub(super) samples: Vec<Totals>,
    pub(super) growth: Vec<f64>,
    pub(super) events: u64,
    pub(super) stop: Stop,
}

/// A window of all replications.
pub(super) struct Window {
    /// Simulated seconds.
    pub(super) length: f64,
    /// Figures of every replication, or of equal parts of it.
    pub(super) samples: Vec<Totals>,
    /// By sample: how much the number of requests grew that are not done and that nobody waits for.
    pub(super) growth: Vec<f64>,
    /// The most events that a replication took.
    pub(super) events: u64,
    pub(super) stop: Stop,
    /// By replication and workload: response times, where they decide.
    pub(super) sketches: Vec<Vec<Sketch>>,
}

impl Part {
    /// Nothing has happened yet.
    pub(super) fn empty() -> Self {
        Self { samples: Vec::new(), growth: Vec::new(), events: 0, stop: Stop::Time }
    }

    /// What a replication did since an earlier state of it.
    pub(super) fn since<P: Probe>(run: &Run<'_, P>, totals: &Totals, open: f64) -> Self {
        let samples = vec![run.totals().since(totals)];
        Self { samples, growth: vec![run.unawaited_requests() - open], events: 0, stop: Stop::Time }
    }

    /// Lets a replication run to the limit, with a sample for each of so many equal parts of the time.
    pub(super) fn play<P: Probe>(run: &mut Run<'_, P>, limits: &Limits<'_>, batches: u32) -> Self {
        let (start, events) = (run.now(), run.events());
        let mut part = Self::empty();
        for batch in 1..=batches {
            let share = f64::from(batch) / f64::from(batches);
            let until = if batch == batches { limits.until } else { start + (limits.until - start) * share };
            let (before, open) = (run.totals(), run.unawaited_requests());
            part.stop = run.advance(&Limits { until, ..*limits });
            part.samples.push(run.totals().since(&before));
            part.growth.push(run.unawaited_requests() - open);
            if part.stop != Stop::Time {
                break;
            }
        }
        part.events = run.events() - events;
        part
    }

    /// The sums of this replication and of its antithetic one, sample by sample.
    pub(super) fn joined_with(mut self, other: &Self) -> Self {
        for (own, other) in self.samples.iter_mut().zip(&other.samples) {
            own.add(other);
        }
        for (own, other) in self.growth.iter_mut().zip(&other.growth) {
            *own = 0.5 * (*own + other);
        }
        self.events = self.events.max(other.events);
        if self.stop == Stop::Time || other.stop == Stop::Cancelled {
            self.stop = other.stop;
        }
        self
    }
}

impl Window {
    /// The parts of all replications, in their order. A cancelled one makes the window cancelled.
    pub(super) fn of(length: f64, parts: Vec<Part>) -> Self {
        let mut window = Self {
            length,
            samples: Vec::new(),
            growth: Vec::new(),
            events: 0,
            stop: Stop::Time,
            sketches: Vec::new(),
        };
        for part in parts {
            window.samples.extend(part.samples);
            window.growth.extend(part.growth);
            window.events = window.events.max(part.events);
            if part.stop != Stop::Time && window.stop != Stop::Cancelled {
                window.stop = part.stop;
            }
        }
        window
    }

    /// Does it look like an earlier window in all mean response times and numbers in flight, up to the noise of both
    /// or the relative difference `tolerance`?
    pub(super) fn agrees_with(&self, earlier: &Self, tolerance: f64) -> bool {
        workloads(&self.samples).all(|number| {
            let response = |sample: &Totals| sample.workloads[number].mean_response();
            let in_flight = |sample: &Totals| Some(sample.workloads[number].in_flight / sample.time);
            self.is_like(earlier, tolerance, response) && self.is_like(earlier, tolerance, in_flight)
        })
    }

    fn is_like(&self, earlier: &Self, tolerance: f64, figure: impl Fn(&Totals) -> Option<f64>) -> bool {
        let estimate = |window: &Self| Estimate::new(window.samples.iter().filter_map(&figure));
        let (Some(before), Some(after)) = (estimate(earlier), estimate(self)) else { return false };
        let noise = match (before.half_width(), after.half_width()) {
            (Some(a), Some(b)) => a.hypot(b),
            (_, last) => last.unwrap_or(0.0),
        };
        (after.mean - before.mean).abs() <= noise.max(tolerance * after.mean.abs())
    }

    /// Does the number of requests that nobody waits for grow by more than chance?
    pub(super) fn grows(&self) -> bool {
        let Some(growth) = Estimate::new(self.growth.iter().copied()) else { return false };
        let error = growth.standard_error.unwrap_or(f64::INFINITY);
        growth.mean > 0.0 && growth.mean > GROWTH_ERRORS * error
    }
}

/// The greatest relative half width of the mean response times; infinite where a sample has none.
pub(super) fn precision(samples: &[Totals]) -> f64 {
    let relative = |number: usize| {
        let means = samples.iter().filter_map(|sample| sample.workloads[number].mean_response());
        let estimate = Estimate::new(means).filter(|estimate| estimate.count == samples.len())?;
        let half_width = estimate.half_width()?;
        Some(if half_width == 0.0 { 0.0 } else { half_width / estimate.mean })
    };
    workloads(samples).map(|number| relative(number).unwrap_or(f64::INFINITY)).fold(0.0, f64::max)
}

/// Numbers of the workloads in the samples.
fn workloads(samples: &[Totals]) -> std::ops::Range<usize> {
    0..samples.first().map_or(0, |sample| sample.workloads.len())
}
