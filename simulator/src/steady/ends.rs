//! How a simulation without an end of its own ends.

use tracecast_model::{Phase, Status, Warning};

use super::Steady;
use super::window::Window;
use crate::bottleneck;
use crate::report::{self, Outcome};
use crate::run::probe::Probe;
use crate::run::{Run, Stop};
use crate::statistics::Sketch;
use crate::statistics::totals::Totals;

impl<P: Probe + Send> Steady<'_, P> {
    /// No time passes between requests.
    pub(super) fn timeless(&mut self) -> Outcome {
        let mut outcome = self.outcome(Status::EventLimit, Vec::new());
        let message =
            "requests take no time and nobody thinks, so there is no end of them at the first instant";
        outcome.warnings.push(Warning::new("no-time-passes", "simulation", message));
        outcome
    }

    pub(super) fn saturated(&mut self, samples: Vec<Totals>) -> Outcome {
        let mut warnings = bottleneck::find(self.system, &samples);
        if warnings.is_empty() {
            let message = "the number of requests in progress grows beyond what can be simulated";
            warnings.push(Warning::new("saturated", "system", message));
        }
        let mut outcome = self.outcome(Status::Saturated, samples);
        outcome.warnings = warnings;
        outcome
    }

    /// The end of a simulation that could not go on from the warm-up.
    pub(super) fn stopped_in(&mut self, window: Window) -> Outcome {
        self.sketches = window.sketches;
        self.stopped(window.stop, window.samples)
    }

    /// The end of a simulation that could not go on.
    pub(super) fn stopped(&mut self, stop: Stop, samples: Vec<Totals>) -> Outcome {
        match stop {
            Stop::Cancelled => self.outcome(Status::Cancelled, Vec::new()),
            Stop::Crowded if self.is_bounded_not_beyond(&samples) => {
                let mut outcome = self.outcome(Status::EventLimit, samples);
                outcome.warnings.push(report::crowded(self.options));
                outcome
            }
            Stop::Crowded => self.saturated(samples),
            Stop::Expired => self.expired(samples),
            Stop::Stuck => {
                let mut outcome = self.outcome(Status::EventLimit, samples);
                outcome.warnings.push(report::deadlock());
                outcome
            }
            Stop::Time | Stop::Finished | Stop::Events => self.outcome(Status::EventLimit, samples),
        }
    }

    /// Is more in progress than the caller wants, though no open load is beyond capacity?
    fn is_bounded_not_beyond(&self, samples: &[Totals]) -> bool {
        let is_open = self.cast.program().sources.iter().any(|source| source.load.is_open());
        let is_beyond = is_open && !bottleneck::find(self.system, samples).is_empty();
        self.options.max_in_progress.is_some() && !is_beyond
    }

    /// The end of a simulation whose time is over. Samples that are much shorter than others would be more noise than
    /// figures.
    fn expired(&mut self, mut samples: Vec<Totals>) -> Outcome {
        let longest = samples.iter().map(|sample| sample.time).fold(0.0, f64::max);
        samples.retain(|sample| sample.time >= 0.5 * longest);
        let message = match self.phase {
            Phase::Measuring => {
                "the time given was over before the precision or the end asked for; the figures are those of the time until then"
            }
            Phase::WarmUp => {
                "the time given was over in the warm-up; the figures are of its last part, and still those of the start"
            }
        };
        let mut outcome = self.outcome(Status::EventLimit, samples);
        outcome.warnings.push(report::time_over(message));
        outcome
    }

    pub(super) fn outcome(&mut self, status: Status, samples: Vec<Totals>) -> Outcome {
        let mut outcome = Outcome::new(status, self.runs.len() as u32);
        outcome.samples = samples;
        outcome.is_of_given_length = self.options.until.is_some();
        for run in &mut self.runs {
            outcome.events += run.events();
            outcome.series.extend(run.take_series(false));
        }
        outcome.scaling = self.runs.first_mut().map(Run::take_scaling_events).unwrap_or_default();
        outcome.sketches = std::mem::take(&mut self.sketches);
        Sketch::merge_all(&mut outcome.sketches, self.runs.iter_mut().map(Run::take_sketches).collect());
        if self.cast.has_pairs() {
            outcome.average_distributions();
        }
        outcome
    }
}
