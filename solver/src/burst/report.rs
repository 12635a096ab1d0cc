//! The figures of a drained load by name.

use tracecast_model::{
    Completion, HostId, HostResult, Load, Metric, OperationId, OperationResult, Prediction, Replicas,
    ResponseTime, ServiceId, ServiceResult, WorkloadResult,
};

use super::clock;
use super::front::{Front, Request};
use super::plan::Plan;
use super::stage::{Stages, Totals};
use crate::moments::Moments;

/// Fills in every element, in the order of the model. Rates and utilizations are means from the first request to the
/// end of all work.
pub(crate) fn fill(plan: &Plan<'_>, front: &Front, stages: &Stages, prediction: &mut Prediction) {
    let count = front.requests.len() as f64;
    let end = stages.end.mean;
    let rate = if end > 0.0 { count / end } else { 0.0 };
    let result = workload(plan, front, stages, rate);
    prediction.workloads.insert(plan.workload.name.clone(), result);
    services(plan, stages, rate, end, prediction);
    hosts(plan, rate, prediction);
}

fn workload(plan: &Plan<'_>, front: &Front, stages: &Stages, rate: f64) -> WorkloadResult {
    let replies = front.requests.iter().map(|request| since(request, request.reply));
    let all_work = plan.workload.completion == Completion::AllWork;
    let times: Vec<Moments> = if all_work {
        front.requests.iter().zip(&stages.done).map(|(request, &done)| since(request, done)).collect()
    } else {
        replies.clone().collect()
    };
    let mean = |times: &mut dyn Iterator<Item = Moments>| {
        times.map(|time| time.mean).sum::<f64>() / front.requests.len().max(1) as f64
    };
    let response_time = ResponseTime {
        mean: mean(&mut times.iter().copied()),
        p50: clock::quantile(&times, 0.50),
        p90: clock::quantile(&times, 0.90),
        p95: clock::quantile(&times, 0.95),
        p99: clock::quantile(&times, 0.99),
        ..ResponseTime::default()
    };
    let mut replies = replies;
    WorkloadResult {
        throughput: Some(Metric::exact(rate)),
        response_time: Some(response_time),
        reply_time: all_work.then(|| Metric::exact(mean(&mut replies))),
        started: Some(front.requests.len() as u64),
        completed: Some(front.requests.len() as u64),
        failed: Some(0),
        makespan: Some(Metric::exact(makespan(plan, front, stages))),
        ..WorkloadResult::default()
    }
}

fn since(request: &Request, time: Moments) -> Moments {
    // The time of a post and what follows it share their history, so their variances do not add up.
    Moments::new((time.mean - request.sent.mean).max(0.0), (time.variance - request.sent.variance).max(0.0))
}

/// By the clock of the load.
fn makespan(plan: &Plan<'_>, front: &Front, stages: &Stages) -> f64 {
    match &plan.workload.load {
        Load::SerialClient(client) => {
            let started = front.end();
            let left = Moments::new(stages.end.mean - started.mean, stages.end.variance + started.variance);
            clock::mean_reading(client, left)
        }
        _ => stages.end.mean,
    }
}

fn services(plan: &Plan<'_>, stages: &Stages, rate: f64, end: f64, prediction: &mut Prediction) {
    let mut totals: Vec<Option<Totals>> = vec![None; plan.index.operation_count()];
    for figures in &stages.figures {
        debug_assert!(plan.stages.contains(&figures.service));
        for &(operation, total) in &figures.operations {
            totals[operation.0] = Some(total);
        }
    }
    for (s, service) in plan.system.services.iter().enumerate() {
        let operations: Vec<OperationId> = plan.index.operations_of(ServiceId(s)).collect();
        let throughput: f64 = operations.iter().map(|operation| rate * plan.visits[operation.0]).sum();
        let known: Vec<Totals> = operations.iter().filter_map(|operation| totals[operation.0]).collect();
        let sum = |part: fn(&Totals) -> f64| {
            (!known.is_empty() && end > 0.0).then(|| Metric::exact(known.iter().map(part).sum::<f64>() / end))
        };
        let replicas = Replicas::fixed(service.replicas);
        let result = ServiceResult {
            throughput: Some(Metric::exact(throughput)),
            utilization: sum(|total| total.busy),
            queue_length: sum(|total| total.present),
            replicas: Some(replicas),
            ..ServiceResult::default()
        };
        prediction.services.insert(service.name.clone(), result);
        for operation in operations {
            let name = plan.index.name(plan.system, operation).to_string();
            let throughput = rate * plan.visits[operation.0];
            prediction.operations.insert(name, operation_result(throughput, totals[operation.0], end));
        }
    }
}

fn operation_result(throughput: f64, totals: Option<Totals>, end: f64) -> OperationResult {
    let throughput = Some(Metric::exact(throughput));
    let Some(totals) = totals.filter(|totals| totals.messages > 0.0) else {
        return OperationResult { throughput, ..OperationResult::default() };
    };
    OperationResult {
        throughput,
        utilization: (end > 0.0).then(|| Metric::exact(totals.busy / end)),
        response_time: Some(Metric::exact(totals.present / totals.messages)),
        holding_time: vec![Metric::exact(totals.busy / totals.messages)],
        ..OperationResult::default()
    }
}

fn hosts(plan: &Plan<'_>, rate: f64, prediction: &mut Prediction) {
    let mut busy = vec![0.0; plan.system.hosts.len()];
    for (o, (_, operation)) in plan.system.operations().enumerate() {
        let HostId(host) = plan.index.host_of(plan.index.service_of(OperationId(o)));
        busy[host] += rate * plan.visits[o] * operation.demand() / plan.system.hosts[host].speed;
    }
    for (host, busy) in plan.system.hosts.iter().zip(busy) {
        prediction.hosts.insert(host.name.clone(), HostResult { utilization: Some(Metric::exact(busy)) });
    }
}
