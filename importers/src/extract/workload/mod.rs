//! What drives the system: the requests that the traces begin with.

mod arrivals;
mod dispersion;
mod modulated;
mod process;
mod sessions;

use std::collections::BTreeMap;

use tracecast_model::{Completion, Load, Request, Workload};

pub(super) use arrivals::Arrivals;
use dispersion::Dispersion;
use process::Process;
use sessions::Sessions;

use super::operations::{Key, Operations};
use super::parameters::{Z, of_mean};
use super::shape::Shape;
use super::sketch::rounded;
use super::timing::Timing;
use crate::{ImportReport, Nanos, ParameterSummary};

/// Name of the workload.
const NAME: &str = "requests";

/// What stands for the requests recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ArrivalModel {
    /// A Poisson process unless that is refuted; else one that is fitted, or users who wait, where sessions show them.
    #[default]
    Fitted,
    /// A Poisson process of the same rate.
    Poisson,
    /// The requests as they came.
    Replayed,
}

/// What drives the system, and what is known of it.
pub(super) struct Driven {
    /// None where no trace has a beginning.
    pub(super) workloads: Vec<Workload>,
    pub(super) parameters: Vec<ParameterSummary>,
}

/// The requests seen, in the mix seen.
pub(super) fn driven(
    model: ArrivalModel,
    shape: &Shape,
    timing: &Timing,
    operations: &Operations,
    report: &mut ImportReport,
) -> Driven {
    let mut weights: BTreeMap<Key, u64> = BTreeMap::new();
    for (key, operation) in shape.operations.iter().filter(|(_, operation)| operation.requests > 0) {
        *weights.entry(key.plain()).or_default() += operation.requests;
    }
    if weights.is_empty() {
        return Driven { workloads: Vec::new(), parameters: Vec::new() };
    }
    let arrivals = &shape.arrivals;
    let completion = completion(shape, timing, report);
    if model == ArrivalModel::Replayed {
        return replayed(arrivals, completion, operations, report);
    }
    let only = weights.len() == 1;
    let request = |(key, weight): (Key, u64)| Request {
        operation: operations.reference(key),
        weight: if only { 1.0 } else { weight as f64 },
    };
    let times = arrivals.times();
    let dispersion = Dispersion::of(&times);
    let rate = rate(arrivals, &times, report);
    let sessions = Sessions::of(arrivals);
    let staying = sessions.as_ref().filter(|sessions| arrivals.sampled() == 1.0 && sessions.stay());
    let process = match (model, staying) {
        (ArrivalModel::Poisson, _) => {
            Process { load: Load::Poisson { rate }, why: "a Poisson process, as asked for".into() }
        }
        (_, Some(sessions)) => Process {
            load: sessions.load(rate),
            why: "users who wait for replies and think, as in long sessions, and no Poisson process".into(),
        },
        (_, None) => process::process(&times, &dispersion, rate, arrivals.sampled()),
    };
    if !matches!(process.load, Load::Poisson { .. }) {
        report.warn("arrivals", || {
            format!("requests are taken as {}; --arrivals poisson takes them as one", process.why)
        });
    }
    let mut parameters = parameters(&process, &dispersion, rate, times.len() as u64);
    parameters.extend(sessions.iter().flat_map(of_sessions));
    let workload = Workload {
        name: NAME.into(),
        requests: weights.into_iter().map(request).collect(),
        load: process.load,
        completion,
        resilience: None,
    };
    Driven { workloads: vec![workload], parameters }
}

/// The requests as they came, with a workload for each operation asked for, since only these tell which came when.
fn replayed(
    arrivals: &Arrivals,
    completion: Completion,
    operations: &Operations,
    report: &mut ImportReport,
) -> Driven {
    let sampled = arrivals.sampled();
    report.warn_many("sampled-traces", u64::from(sampled < 1.0), || {
        format!("the traces say that {sampled:.3} of the requests were recorded; only these are replayed")
    });
    let workload = |(key, at): (Key, Vec<f64>)| {
        let operation = operations.reference(key);
        Workload { completion, ..Workload::new(operation.to_string(), operation, Load::Replay { at }) }
    };
    Driven { workloads: arrivals.offsets().into_iter().map(workload).collect(), parameters: Vec::new() }
}

/// Rate and dispersion, with 95 % intervals.
fn parameters(process: &Process, dispersion: &Dispersion, rate: f64, count: u64) -> Vec<ParameterSummary> {
    let long_run = dispersion.in_the_long_run();
    // The variance of a number of requests is its mean times the index of dispersion (Cox and Lewis 1966, §4.5).
    let half_width = long_run.map(|scale| rounded(Z * rate * (scale.index / count as f64).sqrt()));
    let mut found = vec![ParameterSummary {
        path: format!("{NAME}.rate"),
        value: rate,
        half_width,
        observations: count,
        method: process.why.clone(),
    }];
    found.extend(long_run.map(|scale| ParameterSummary {
        path: format!("{NAME}.dispersion"),
        value: rounded(scale.index),
        half_width: Some(rounded(Z * scale.index * (2.0 / (scale.windows - 1) as f64).sqrt())),
        observations: scale.windows as u64,
        method: format!("variance over mean of the counts in windows of {:.6} s", scale.length),
    }));
    found
}

/// Think times and requests per session.
fn of_sessions(sessions: &Sessions) -> Vec<ParameterSummary> {
    let mut found = vec![ParameterSummary {
        path: format!("{NAME}.per_session"),
        value: rounded(sessions.length()),
        half_width: None,
        observations: sessions.sessions,
        method: if sessions.are_serial() {
            "requests of a session, which ends after half an hour without one".into()
        } else {
            "requests of a session, many of which come before the reply to the one before".into()
        },
    }];
    if sessions.think_time.count() > 0 {
        let method = "from a reply to the next request of the session".into();
        let moments = sessions.think_time.moments();
        found.push(of_mean(format!("{NAME}.think_time"), moments, method));
    }
    found
}

/// Requests per second, those not recorded included where the traces say what part that is.
fn rate(arrivals: &Arrivals, times: &[Nanos], report: &mut ImportReport) -> f64 {
    let Some(seen) = arrivals::rate(times) else {
        report.warn("assumed-rate", || "too few requests to tell their rate; taken as 1/s".into());
        return 1.0;
    };
    let sampled = arrivals.sampled();
    let rate = rounded(seen / sampled);
    if sampled < 1.0 {
        report.warn("sampled-traces", || {
            format!("the traces say that {sampled:.3} of the requests were recorded; {seen:.4}/s seen, {rate:.4}/s taken")
        });
    } else {
        report.warn("observed-rate", || {
            format!(
                "{rate:.4} requests/s is the rate of the recorded ones; too low if the traces are a sample"
            )
        });
    }
    rate
}

/// Requests that mostly cause work which goes on without them count as done when that is done.
fn completion(shape: &Shape, timing: &Timing, report: &mut ImportReport) -> Completion {
    let work = timing.work;
    if work.asynchronous <= work.synchronous {
        return Completion::Reply;
    }
    report.warn("completion", || {
        let per_request = 1e3 / shape.arrivals.count().max(1) as f64;
        format!(
            "a request counts as done when all its work is done: {:.3} ms of its work come after the reply, {:.3} ms before",
            per_request * work.asynchronous,
            per_request * work.synchronous
        )
    });
    Completion::AllWork
}
