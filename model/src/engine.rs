//! What every engine looks like from outside.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Diagnostic, MetricError, MetricPath, Prediction, RunControl, System};

/// Something that predicts: an analytic method or the simulator.
pub trait Engine: Sync {
    /// Name in files, on the command line and in results, e.g. "analytic".
    fn name(&self) -> &'static str;

    /// One line on what it does, for menus and help texts.
    fn summary(&self) -> &'static str;

    /// Predicts the system under its workloads.
    ///
    /// How a solution ended (saturated, not converged, cancelled …) is [`Prediction::status`], not an error.
    ///
    /// # Errors
    /// Only what cannot be tried at all: an invalid model, or one that this engine does not cover.
    fn predict(
        &self,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Prediction, PredictError>;
}

/// What a prediction may be asked for. The same value drives command line, files and window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct EngineOptions {
    /// Seed of all random numbers. Default 1.
    pub seed: u64,
    /// Independent replications of a simulation. Absent: 10 of a load that ends by itself, 20 of others. With `precise`,
    /// of a load that ends by itself at least so many.
    pub replications: Option<u32>,
    /// Do every two replications draw complementary random numbers? Their mean varies less in many systems. The number of
    /// replications has to be even then; absent, it is twice as large.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub antithetic: bool,
    /// Stop a steady-state simulation once the 95 % interval of every workload's mean response time, or of the figures
    /// of `precise`, is narrower than this part of the mean, on either side. Default 0.02.
    pub precision: f64,
    /// The figures that are to be as precise as `precision` says, in place of the mean response times: `p99`,
    /// `users.throughput`, `crop.utilization` … With them also a load that ends by itself is simulated until they are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub precise: Vec<MetricPath>,
    /// End of simulated time in seconds, for each replication; absent: as long as `precision` needs.
    pub until: Option<f64>,
    /// Warm-up in simulated seconds, left out of all results; absent: detected.
    pub warm_up: Option<f64>,
    /// Upper bound of simulated events, over all replications. Default 200 million.
    pub max_events: u64,
    /// Visits (requests to operations, with branches of forks) that may be in progress in one replication, at about 100
    /// bytes of memory each. Absent: 2 million over all replications, or 100 000 in each if that is more, beside those of
    /// closed users; no bound for loads that end by themselves.
    pub max_in_progress: Option<u64>,
    /// Width of the bins of [`Prediction::series`] in seconds; absent: no series.
    pub series_bin: Option<f64>,
    /// Bins of the histograms of response times between a time and its double, a power of two up to 128; absent: none.
    pub histogram_bins: Option<u32>,
    /// Also break response times down by operation and what is waited for, and count what requests find when they arrive.
    /// A simulation that does takes about twice its time.
    pub breakdown: bool,
    /// Iterations of an analytic solution at most. Default 1000.
    pub max_iterations: u32,
    /// Relative change at which an analytic solution counts as converged: of residence times, throughputs and holding times. Default 1e-5,
    /// at which throughputs are good to about 1e-6.
    pub tolerance: f64,
}

impl Default for EngineOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            replications: None,
            antithetic: false,
            precision: 0.02,
            precise: Vec::new(),
            until: None,
            warm_up: None,
            max_events: 200_000_000,
            max_in_progress: None,
            series_bin: None,
            histogram_bins: None,
            breakdown: false,
            max_iterations: 1000,
            tolerance: 1e-5,
        }
    }
}

/// An option outside its range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{name} is {value} but must be {expected}")]
pub struct OptionsError {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
    /// What it may be.
    pub expected: &'static str,
}

impl EngineOptions {
    /// Checks the ranges.
    ///
    /// # Errors
    /// The first option that is outside its range.
    pub fn validate(&self) -> Result<(), OptionsError> {
        let check = |name, value: f64, ok: bool, expected| {
            if ok { Ok(()) } else { Err(OptionsError { name, value, expected }) }
        };
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let in_unit = self.precision > 0.0 && self.precision < 1.0;
        check("precision", self.precision, in_unit, "between 0 and 1")?;
        if let Some(n) = self.replications {
            check("replications", f64::from(n), n > 0, "at least 1")?;
            let whole = !self.antithetic || n.is_multiple_of(2);
            check("replications", f64::from(n), whole, "even, as antithetic replications are pairs")?;
        }
        if let Some(until) = self.until {
            check("until", until, positive(until), "positive and finite")?;
        }
        if let Some(warm_up) = self.warm_up {
            check("warm_up", warm_up, warm_up >= 0.0 && warm_up.is_finite(), "finite and not negative")?;
        }
        if let Some(bin) = self.series_bin {
            check("series_bin", bin, positive(bin), "positive and finite")?;
        }
        if let Some(most) = self.max_in_progress {
            check("max_in_progress", most as f64, most > 0, "at least 1")?;
        }
        if let Some(bins) = self.histogram_bins {
            let ok = bins.is_power_of_two() && bins <= 128;
            check("histogram_bins", f64::from(bins), ok, "a power of two up to 128")?;
        }
        check("max_iterations", f64::from(self.max_iterations), self.max_iterations > 0, "at least 1")?;
        check("tolerance", self.tolerance, positive(self.tolerance), "positive and finite")?;
        check("max_events", self.max_events as f64, self.max_events > 0, "at least 1")
    }
}

/// Why a prediction could not be tried.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum PredictError {
    /// The model is not valid.
    #[error("the model is not valid:{}", list(.0))]
    Invalid(Vec<Diagnostic>),
    /// Nothing drives it.
    #[error("the model has no workload; give one with --load")]
    NoWorkload,
    /// The engine does not cover something in it.
    #[error("unsupported: the {engine} engine does not cover {what} ({element})")]
    Unsupported {
        /// Which engine.
        engine: &'static str,
        /// What it does not cover.
        what: String,
        /// Where the model has it.
        element: String,
    },
    /// An option outside its range.
    #[error(transparent)]
    Options(#[from] OptionsError),
    /// A figure that is to be precise, but that the system does not have.
    #[error("precise: {0}")]
    Precise(#[from] MetricError),
}

fn list(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("\n  {diagnostic}")).collect()
}

impl PredictError {
    /// Checks what all engines ask for: valid options, a valid model, a workload.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn check(system: &System, options: &EngineOptions) -> Result<(), Self> {
        options.validate()?;
        let errors = crate::validate::errors(system);
        if !errors.is_empty() {
            return Err(Self::Invalid(errors));
        }
        if system.workloads.is_empty() {
            return Err(Self::NoWorkload);
        }
        Ok(())
    }
}
