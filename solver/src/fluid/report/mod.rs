//! The figures by name.

use tracecast_model::{
    Completion, HostResult, Load, Metric, OperationId, OperationResult, Prediction, Replicas, ResponseTime,
    ServiceResult, WorkloadResult,
};

mod clients;

use super::attempts::{self, Counted};
use super::rates::Equations;
use super::run::Run;
use super::series::populations;

/// What was found.
#[derive(Clone, Debug, Default)]
pub(crate) struct Outcome {
    /// Time that rates and utilizations are over (s).
    pub(crate) time: f64,
    /// All sums at its end, as in the vector of the equations.
    pub(crate) totals: Vec<f64>,
    /// Per class: when all its work is done, where it ends (s).
    pub(crate) ends: Vec<Option<f64>>,
    /// Times with the replies per class until then.
    pub(crate) curve: Vec<(f64, Vec<f64>)>,
    /// Per class: what clients count who give up and try again; none where they wait for ever.
    pub(crate) clients: Vec<Option<Counted>>,
}

/// Fills in every element, in the order of the model.
pub(crate) fn fill(equations: &Equations<'_>, run: &Run, prediction: &mut Prediction) {
    let outcome = &run.outcome;
    let network = equations.network;
    let system = network.system;
    for class in 0..network.classes.len() {
        let name = system.workloads[network.classes[class].workload].name.clone();
        let result = match &outcome.clients[class] {
            Some(counted) => clients::workload(equations, outcome, class, counted),
            None => workload(equations, outcome, class),
        };
        prediction.workloads.insert(name, result);
        if let Some(counted) = &outcome.clients[class] {
            let workload = &system.workloads[network.classes[class].workload];
            prediction.calls.insert(attempts::call(workload), clients::call(workload, outcome, counted));
        }
    }
    let rate = |sum: f64| (outcome.time > 0.0).then(|| Metric::exact(sum / outcome.time));
    let layout = &equations.layout;
    for (number, service) in system.services.iter().enumerate() {
        let own = populations(equations, number);
        let total = |place: &dyn Fn(usize) -> usize| -> f64 {
            own.iter().map(|&population| outcome.totals[place(population)]).sum()
        };
        let fixed = || Replicas::fixed(service.replicas);
        let replicas = run.replicas.get(&service.name).copied().unwrap_or_else(fixed);
        let result = ServiceResult {
            throughput: rate(total(&|population| layout.ended(population))),
            utilization: rate(total(&|population| layout.busy(population))),
            queue_length: rate(total(&|population| layout.present(population))),
            replicas: Some(replicas),
            ..ServiceResult::default()
        };
        prediction.services.insert(service.name.clone(), result);
    }
    for (number, (name, _)) in system.operations().enumerate() {
        prediction.operations.insert(name.to_string(), operation(equations, outcome, OperationId(number)));
    }
    for (number, host) in system.hosts.iter().enumerate() {
        let utilization = rate(outcome.totals[layout.cores(number)]);
        prediction.hosts.insert(host.name.clone(), HostResult { utilization });
    }
}

fn workload(equations: &Equations<'_>, outcome: &Outcome, class: usize) -> WorkloadResult {
    let network = equations.network;
    let description = &network.system.workloads[network.classes[class].workload];
    let replies = outcome.totals[equations.layout.replies(class)];
    let mean = outcome.totals[equations.layout.in_flight(class)] / replies;
    let leaves_work = |population: &super::network::Population| {
        population.class == class && (population.messages || !population.late.is_empty())
    };
    let beyond = description.completion == Completion::AllWork && network.populations.iter().any(leaves_work);
    let known = replies > 1e-9;
    let percentile = |part: f64| quantile(outcome, class, &description.load, part);
    let response_time = ResponseTime {
        mean,
        p50: percentile(0.50),
        p90: percentile(0.90),
        p95: percentile(0.95),
        p99: percentile(0.99),
        ..ResponseTime::default()
    };
    let total = description.load.total_requests();
    WorkloadResult {
        throughput: (outcome.time > 0.0).then(|| Metric::exact(replies / outcome.time)),
        // When the work behind the last message of one request is done does not follow from mean numbers.
        response_time: (known && !beyond).then_some(response_time),
        reply_time: (known && beyond).then(|| Metric::exact(mean)),
        started: total,
        completed: total,
        failed: total.map(|_| 0),
        makespan: makespan(outcome, class, &description.load),
        ..WorkloadResult::default()
    }
}

/// From the first request to the end of all work.
fn makespan(outcome: &Outcome, class: usize, load: &Load) -> Option<Metric> {
    let first = match load {
        Load::Burst { bursts } => bursts.iter().map(|burst| burst.at).fold(f64::INFINITY, f64::min),
        Load::Replay { at } => at.first().copied().unwrap_or(0.0),
        _ => 0.0,
    };
    outcome.ends[class].map(|end| Metric::exact(end - first))
}

/// Where all requests were sent at once, their response times are distributed as the replies are over time.
fn quantile(outcome: &Outcome, class: usize, load: &Load, part: f64) -> Option<f64> {
    let Load::Burst { bursts } = load else { return None };
    let [burst] = bursts.as_slice() else { return None };
    let wanted = part * f64::from(burst.size);
    let after = outcome.curve.partition_point(|(_, replies)| replies[class] < wanted);
    let (time, replies) = outcome.curve.get(after)?;
    let (before, fewer) = outcome.curve.get(after.checked_sub(1)?)?;
    let (high, low) = (replies[class], fewer[class]);
    let along = if high > low { (wanted - low) / (high - low) } else { 1.0 };
    Some((before + along * (time - before) - burst.at).max(0.0))
}

fn operation(equations: &Equations<'_>, outcome: &Outcome, operation: OperationId) -> OperationResult {
    let network = equations.network;
    let layout = &equations.layout;
    let own: Vec<usize> =
        (0..network.populations.len()).filter(|&p| network.populations[p].operation == operation).collect();
    let total = |place: &dyn Fn(usize) -> usize| -> f64 {
        own.iter().map(|&population| outcome.totals[place(population)]).sum()
    };
    let ended = total(&|population| layout.ended(population));
    let rate = |sum: f64| (outcome.time > 0.0).then(|| Metric::exact(sum / outcome.time));
    let mut result = OperationResult { throughput: rate(ended), ..OperationResult::default() };
    if ended > 1e-9 {
        let busy = total(&|population| layout.busy(population));
        result.utilization = rate(busy);
        let unanswered = total(&|population| layout.unanswered(population));
        result.response_time = Some(Metric::exact(unanswered / ended));
        if own.iter().all(|&population| network.populations[population].late.is_empty()) {
            result.holding_time = vec![Metric::exact(busy / ended)];
        }
    }
    result
}
