//! How steady-state results react to the parameters of a model, and what one more of each resource would bring.
//!
//! Derivatives are central differences of the analytic engine, every point solved from the fixed point of the model as it
//! is ([`Analytic::predict_from`]) at a tolerance that the step can bear.

mod parameter;

use indexmap::IndexMap;
use rayon::prelude::*;
use serde::Serialize;
use tracecast_model::{EngineOptions, Multiplicity, PredictError, Prediction, RunControl, Status, System};
use tracecast_solver::{Analytic, Start};

use crate::{Edit, MetricPath};
use parameter::Parameter;

/// Relative step of the differences. Their error is its square times how bent the curve is: 4e-4 of the derivative at a
/// load of 0.9.
const STEP: f64 = 2e-3;
/// Tolerance of the solutions: this over the step is what it adds to an elasticity.
const TOLERANCE: f64 = 1e-7;
/// Elasticities, and gains, below this are left out.
const NOTHING: f64 = 1e-4;

/// The reactions of a model.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sensitivities {
    /// By parameter; the one with the greatest effect on response times first.
    pub parameters: Vec<Sensitivity>,
    /// One more of each resource; the most helpful first, those that change nothing left out.
    pub reliefs: Vec<Relief>,
}

/// The effects of one parameter.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sensitivity {
    /// A setting such as `crop/handle.demand`, or `users.arrival_rate`, `users.think_time`,
    /// `front/handle -> crop/handle.mean` (calls).
    pub parameter: String,
    /// Its value: seconds, calls, requests per second, or relative speed.
    pub value: f64,
    /// Elasticity of the mean response time of all requests together: percent of change per percent of this parameter.
    pub response_time: f64,
    /// By figure (`users.throughput`, `crop.utilization`); those that hardly react are left out.
    pub effects: IndexMap<String, Derivative>,
}

/// How a figure reacts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Derivative {
    /// Change of the figure per change of the parameter, in their units.
    pub derivative: f64,
    /// Percent per percent.
    pub elasticity: f64,
}

/// One more core of a host, or thread in each replica of a service.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Relief {
    /// The change, as for `--set`.
    pub edit: String,
    /// Relative change of the mean response time of all requests together; negative is faster.
    pub response_time: f64,
    /// Relative change of the throughput of all workloads together.
    pub throughput: f64,
}

/// Why there are no sensitivities.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SensitivityError {
    /// The analytic engine refuses the model.
    #[error(transparent)]
    Predict(#[from] PredictError),
    /// A load that ends by itself has no steady state.
    #[error("workload \"{0}\" ends by itself; sensitivities are those of a steady state")]
    Ends(String),
    /// The model has no converged solution.
    #[error("the solution ended as {0:?}, so there is nothing to compare with")]
    Unsettled(Status),
}

/// Computes all of them, in parallel.
///
/// # Errors
/// A model without a converged steady-state solution.
pub fn sensitivities(
    system: &System,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Sensitivities, SensitivityError> {
    if let Some(workload) = system.workloads.iter().find(|workload| workload.load.is_finite()) {
        return Err(SensitivityError::Ends(workload.name.clone()));
    }
    let options = EngineOptions { tolerance: options.tolerance.min(TOLERANCE), ..options.clone() };
    let (base, start) = Analytic.predict_from(None, system, &options, control)?;
    if base.status != Status::Converged {
        return Err(SensitivityError::Unsettled(base.status));
    }
    let figures = figures(&base);
    let near = Near { system, base: &base, figures, start: start.as_ref(), options: &options, control };
    let mut parameters: Vec<Sensitivity> = Parameter::all(system)
        .par_iter()
        .map(|parameter| near.sensitivity(parameter))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    parameters.sort_by(|a, b| b.response_time.abs().total_cmp(&a.response_time.abs()));
    let mut reliefs: Vec<Relief> = more(system)
        .par_iter()
        .map(|edit| near.relief(edit))
        .collect::<Result<Vec<_>, _>>()?
        .into_iter()
        .flatten()
        .collect();
    reliefs.sort_by(|a, b| a.response_time.total_cmp(&b.response_time));
    Ok(Sensitivities { parameters, reliefs })
}

/// One more core of each host and one more thread in each replica.
fn more(system: &System) -> Vec<Edit> {
    let one_more = |path: String, now: Multiplicity| Some(Edit::new(path, (now.finite()? + 1).to_string()));
    let hosts = system.hosts.iter().map(|host| one_more(format!("{}.cores", host.name), host.cores));
    let services = system
        .services
        .iter()
        .map(|service| one_more(format!("{}.concurrency", service.name), service.concurrency));
    hosts.chain(services).flatten().collect()
}

/// The model as it is, with its solution.
struct Near<'a> {
    system: &'a System,
    base: &'a Prediction,
    /// Those that it has, by name.
    figures: Vec<(String, MetricPath, f64)>,
    start: Option<&'a Start>,
    options: &'a EngineOptions,
    control: &'a RunControl<'a>,
}

impl Near<'_> {
    fn solve(&self, system: &System) -> Result<Prediction, PredictError> {
        Ok(Analytic.predict_from(self.start, system, self.options, self.control)?.0)
    }

    /// None where a small step already leaves the steady state.
    fn sensitivity(&self, parameter: &Parameter) -> Result<Option<Sensitivity>, PredictError> {
        let less = self.solve(&parameter.scaled(self.system, 1.0 - STEP))?;
        let more = self.solve(&parameter.scaled(self.system, 1.0 + STEP))?;
        if less.status != Status::Converged || more.status != Status::Converged {
            return Ok(None);
        }
        let elasticity = |low: f64, now: f64, high: f64| (high - low) / (2.0 * STEP * now);
        let effects = self
            .figures
            .iter()
            .filter_map(|(name, path, now)| {
                let (low, high) = (path.of(&less).ok()?.mean, path.of(&more).ok()?.mean);
                let elasticity = elasticity(low, *now, high);
                let derivative = (high - low) / (2.0 * STEP * parameter.value);
                (elasticity.abs() > NOTHING).then(|| (name.clone(), Derivative { derivative, elasticity }))
            })
            .collect();
        Ok(Some(Sensitivity {
            parameter: parameter.path.clone(),
            value: parameter.value,
            response_time: elasticity(response(&less), response(self.base), response(&more)),
            effects,
        }))
    }

    /// None where it changes nothing.
    fn relief(&self, edit: &Edit) -> Result<Option<Relief>, PredictError> {
        let mut system = self.system.clone();
        if edit.apply(&mut system).is_err() {
            return Ok(None);
        }
        let then = self.solve(&system)?;
        let relief = Relief {
            edit: edit.to_string(),
            response_time: response(&then) / response(self.base) - 1.0,
            throughput: throughput(&then) / throughput(self.base) - 1.0,
        };
        let helps = relief.response_time.abs().max(relief.throughput.abs()) > NOTHING;
        Ok((then.status == Status::Converged && helps).then_some(relief))
    }
}

/// The figures that a prediction has, by name.
fn figures(prediction: &Prediction) -> Vec<(String, MetricPath, f64)> {
    let names = |elements: Vec<&String>, figures: &'static [&'static str]| -> Vec<String> {
        let each = |element: &String| figures.iter().map(|figure| format!("{element}.{figure}")).collect();
        elements.into_iter().flat_map(|element| -> Vec<String> { each(element) }).collect()
    };
    let workloads = names(prediction.workloads.keys().collect(), &["throughput", "mean", "p95"]);
    let services = names(prediction.services.keys().collect(), &["utilization", "queue_length"]);
    let hosts = names(prediction.hosts.keys().collect(), &["utilization"]);
    let all = workloads.into_iter().chain(services).chain(hosts);
    all.filter_map(|name| {
        let path: MetricPath = name.parse().ok()?;
        let now = path.of(prediction).ok()?.mean;
        Some((name, path, now))
    })
    .collect()
}

fn throughput(prediction: &Prediction) -> f64 {
    prediction.workloads.values().filter_map(|workload| Some(workload.throughput?.mean)).sum()
}

/// Mean response time over the requests of all workloads.
fn response(prediction: &Prediction) -> f64 {
    let each = |workload: &tracecast_model::WorkloadResult| {
        Some(workload.throughput?.mean * workload.response_time?.mean)
    };
    prediction.workloads.values().filter_map(each).sum::<f64>() / throughput(prediction)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::{Distribution, Load, fixtures};

    fn of<'a>(found: &'a Sensitivities, parameter: &str) -> &'a Sensitivity {
        found.parameters.iter().find(|each| each.parameter == parameter).unwrap()
    }

    /// M/M/1: R = D/(1-λD), so that R reacts to D with 1/(1-ρ), to λ with ρ/(1-ρ), and to the speed as to 1/D. The
    /// tolerance is the error of the differences.
    #[test]
    fn an_open_server_reacts_as_its_formula_does() {
        let system = fixtures::open_station(1, Distribution::exponential(0.1), 8.0);
        let found = sensitivities(&system, &EngineOptions::default(), &RunControl::none()).unwrap();
        let close =
            |value: f64, expected: f64| assert!((value - expected).abs() < 1e-3, "{value} {expected}");
        let (demand, rate, speed) = (
            of(&found, "station/serve.demand"),
            of(&found, "users.arrival_rate"),
            of(&found, "machine.speed"),
        );
        close(demand.response_time, 5.0);
        close(rate.response_time, 4.0);
        close(speed.response_time, -5.0);
        close(rate.effects["users.throughput"].derivative, 1.0);
        // dR/dD = 1/(1-λD)² = 25.
        close(demand.effects["users.mean"].derivative / 25.0, 1.0);
        close(demand.effects["machine.utilization"].elasticity, 1.0);
    }

    /// With all times twice as long, everything takes twice as long: by Euler's theorem the elasticities of the throughput
    /// with respect to all demands, delays and think times sum to -1, and those of the response time to 1.
    #[test]
    fn elasticities_of_all_times_sum_to_one() {
        let mut layers = fixtures::three_tiers(1.0);
        layers.workloads[0].load =
            Load::Closed { population: 60, think_time: Distribution::exponential(0.2) };
        for system in [fixtures::closed_network(20, 1.0, &[0.1, 0.05]), layers] {
            let found = sensitivities(&system, &EngineOptions::default(), &RunControl::none()).unwrap();
            let times = || {
                let of_time =
                    |name: &str| [".demand", ".delay", ".think_time"].iter().any(|end| name.ends_with(end));
                found.parameters.iter().filter(move |each| of_time(&each.parameter))
            };
            let response: f64 = times().map(|each| each.response_time).sum();
            let throughput: f64 =
                times().filter_map(|each| Some(each.effects.get("users.throughput")?.elasticity)).sum();
            assert!((response - 1.0).abs() < 2e-3, "{response}");
            assert!((throughput + 1.0).abs() < 2e-3, "{throughput}");
        }
    }

    /// Two stations, one of them with three times the demand: a second core there helps most.
    #[test]
    fn the_bottleneck_is_relieved_first() {
        let system = fixtures::closed_network(20, 1.0, &[0.1, 0.3]);
        let found = sensitivities(&system, &EngineOptions::default(), &RunControl::none()).unwrap();
        assert_eq!(found.reliefs[0].edit, "station1.cores=2");
        assert!(found.parameters[0].parameter.starts_with("station1"), "{}", found.parameters[0].parameter);
    }

    #[test]
    fn a_burst_has_no_steady_state() {
        let system = fixtures::burst_queue(10, 2, Distribution::exponential(1.0));
        let refused = sensitivities(&system, &EngineOptions::default(), &RunControl::none());
        assert!(matches!(refused, Err(SensitivityError::Ends(_))));
    }
}
