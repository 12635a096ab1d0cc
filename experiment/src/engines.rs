//! Which engines there are, and how one is chosen.

use std::str::FromStr;

use tracecast_model::{Cost, Engine, EngineOptions, Metric, PredictError, Prediction, RunControl, System};
use tracecast_simulator::{Recording, Simulation, TraceOptions};
use tracecast_solver::{Analytic, Start};

/// Every engine. To add one: implement [`Engine`], and add its line here.
pub fn engines() -> [&'static dyn Engine; 2] {
    [&Analytic, &Simulation]
}

/// Which engine is to predict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EngineChoice {
    /// The simulator for loads that end by themselves, for series, histograms and breakdowns, else the analytic engine, or
    /// the simulator where that does not cover the model.
    #[default]
    Auto,
    /// The analytic engine.
    Analytic,
    /// The simulator.
    Simulation,
}

/// A name that no engine bears.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no engine \"{0}\"; there are auto, analytic and simulation")]
pub struct UnknownEngine(String);

impl EngineChoice {
    /// Every choice, for menus and help texts.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Analytic, Self::Simulation];

    /// The name used in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Analytic => "analytic",
            Self::Simulation => "simulation",
        }
    }
}

impl FromStr for EngineChoice {
    type Err = UnknownEngine;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|choice| choice.name() == text)
            .ok_or_else(|| UnknownEngine(text.to_string()))
    }
}

/// Predicts a system with the chosen engine.
///
/// # Errors
/// What cannot be tried: see [`Engine::predict`].
pub fn predict(
    system: &System,
    choice: EngineChoice,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Prediction, PredictError> {
    predict_from(None, system, choice, options, control)
}

/// Simulates a system and records single requests.
///
/// # Errors
/// What cannot be tried: see [`Engine::predict`].
pub fn record(
    system: &System,
    options: &EngineOptions,
    what: &TraceOptions,
    control: &RunControl<'_>,
) -> Result<Recording, PredictError> {
    Simulation.trace(system, options, what, control)
}

/// As [`predict`]; the analytic engine begins at the solution of a similar system, if there is one.
pub(crate) fn predict_from(
    start: Option<&Start>,
    system: &System,
    choice: EngineChoice,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Prediction, PredictError> {
    let analytic = || {
        let mut prediction = Analytic.predict_from(start, system, options, control)?.0;
        prediction.cost = cost(system, &prediction);
        Ok(prediction)
    };
    match choice {
        EngineChoice::Analytic => analytic(),
        EngineChoice::Simulation => Simulation.predict(system, options, control),
        EngineChoice::Auto if is_simulated(system, options) => Simulation.predict(system, options, control),
        EngineChoice::Auto => match analytic() {
            Err(PredictError::Unsupported { .. }) => Simulation.predict(system, options, control),
            answer => answer,
        },
    }
}

/// What the replicas of an analytic solution cost: their mean number by their price.
fn cost(system: &System, prediction: &Prediction) -> Option<Cost> {
    let priced = system.services.iter().filter_map(|service| Some((service, service.price?)));
    let costs: Vec<f64> = priced
        .map(|(service, price)| {
            let replicas = prediction.services.get(&service.name).and_then(|result| result.replicas);
            let existing = replicas.map(|replicas| replicas.existing.unwrap_or(replicas.mean));
            price * existing.unwrap_or(f64::from(service.replicas))
        })
        .collect();
    let per_hour = Metric::exact(costs.iter().sum());
    let makespans = prediction.workloads.values().filter_map(|workload| workload.makespan);
    let end = makespans.map(|makespan| makespan.mean).max_by(f64::total_cmp);
    let total = end.map(|end| Metric::exact(per_hour.mean * end / 3600.0));
    (!costs.is_empty()).then_some(Cost { per_hour, total })
}

/// Where the analytic engine can begin for systems similar to this one; none where it does not predict it.
pub(crate) fn start(
    system: &System,
    choice: EngineChoice,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Option<Start> {
    let simulated = match choice {
        EngineChoice::Analytic => false,
        EngineChoice::Simulation => true,
        EngineChoice::Auto => is_simulated(system, options),
    };
    if simulated { None } else { Analytic.predict_from(None, system, options, control).ok()?.1 }
}

/// Does `auto` choose the simulator without asking the analytic engine?
fn is_simulated(system: &System, options: &EngineOptions) -> bool {
    system.workloads.iter().any(|workload| workload.load.is_finite())
        || options.series_bin.is_some()
        || options.histogram_bins.is_some()
        || options.breakdown
}
