//! The solution by name.

use tracecast_model::{
    Completion, HostId, HostResult, Metric, OperationId, OperationResult, Prediction, Replicas, ResponseTime,
    ServiceId, ServiceResult, Workload, WorkloadResult,
};

use super::network::{Group, Network, Source, Target};
use super::passage::{self, Courses};
use super::solve::{Ending, State, mixture};
use super::tail;
use crate::moments::Moments;

/// Fills in every element, in the order of the model.
pub(crate) fn fill(network: &Network<'_>, state: &State, ending: Ending, prediction: &mut Prediction) {
    prediction.status = ending.status;
    prediction.iterations = Some(u64::from(ending.iterations));
    workloads(network, state, prediction);
    let operations = operations(network, state);
    services(network, &operations, prediction);
    for (o, (name, _)) in network.system.operations().enumerate() {
        prediction.operations.insert(name.to_string(), operations[o].result());
    }
    hosts(network, state, prediction);
}

fn workloads(network: &Network<'_>, state: &State, prediction: &mut Prediction) {
    let requests = Requests::new(network, state);
    for (g, group) in network.groups.iter().enumerate() {
        let (Source::Closed { workload, .. } | Source::Open { workload, .. }) = group.source else {
            continue;
        };
        let workload = &network.system.workloads[workload];
        let result = requests.result(group, workload, state.throughput[g]);
        prediction.workloads.insert(workload.name.clone(), result);
    }
}

/// What the times of requests follow from.
struct Requests<'a> {
    network: &'a Network<'a>,
    state: &'a State,
    /// By instance: until all its work is done, where a workload asks for that.
    done: Vec<Moments>,
    courses: Courses,
}

impl<'a> Requests<'a> {
    fn new(network: &'a Network<'a>, state: &'a State) -> Self {
        let mut workloads = network.system.workloads.iter();
        let done = match workloads.any(|workload| workload.completion == Completion::AllWork) {
            true => tail::all_work(network, state),
            false => Vec::new(),
        };
        Self { network, state, done, courses: Courses::new(network, state) }
    }

    fn result(&self, group: &Group, workload: &Workload, throughput: f64) -> WorkloadResult {
        let Self { network, state, done, courses } = self;
        // By Little's law, where all cycles are known.
        let reply = match group.source {
            Source::Closed { population, think_time, .. } if throughput > 0.0 => {
                (population / throughput - think_time).max(0.0)
            }
            _ => state.request(network, group).mean,
        };
        let (response, reply_time) = match workload.completion {
            Completion::Reply => (reply, None),
            Completion::AllWork => {
                let each =
                    |&(target, share): &(Target, f64)| (tail::of_target(network, state, done, target), share);
                (mixture(group.requests.iter().map(each)).mean, Some(Metric::exact(reply)))
            }
        };
        let mut response_time = ResponseTime { mean: response, ..ResponseTime::default() };
        if workload.completion == Completion::Reply {
            passage::percentiles(network, state, courses, group, &mut response_time);
        }
        WorkloadResult {
            throughput: Some(Metric::exact(throughput)),
            response_time: Some(response_time),
            reply_time,
            ..WorkloadResult::default()
        }
    }
}

/// Sums over the visits of all callers.
#[derive(Clone, Copy, Default)]
struct Sums {
    throughput: f64,
    /// Mean threads before the reply, and behind it.
    before: f64,
    behind: f64,
    waiting: f64,
}

impl Sums {
    fn add(&mut self, rate: f64, until_reply: f64, holding: f64, waiting: f64) {
        self.throughput += rate;
        self.before += rate * until_reply;
        self.behind += rate * (holding - until_reply).max(0.0);
        self.waiting += rate * waiting;
    }

    fn busy(&self) -> f64 {
        self.before + self.behind
    }

    fn result(&self) -> OperationResult {
        let mut result = OperationResult {
            throughput: Some(Metric::exact(self.throughput)),
            utilization: Some(Metric::exact(self.busy())),
            ..OperationResult::default()
        };
        if self.throughput > 0.0 {
            result.response_time = Some(Metric::exact((self.waiting + self.before) / self.throughput));
            let phases = if self.behind > 0.0 { vec![self.before, self.behind] } else { vec![self.before] };
            result.holding_time =
                phases.into_iter().map(|threads| Metric::exact(threads / self.throughput)).collect();
        }
        result
    }
}

/// Per operation of the model.
fn operations(network: &Network<'_>, state: &State) -> Vec<Sums> {
    let mut sums = vec![Sums::default(); network.index.operation_count()];
    for (i, instance) in network.instances.iter().enumerate() {
        let waiting = mean_wait(network, state, instance.operation, instance.group);
        let rate = state.flow.instance[i];
        // The reply to a request that is passed on may come after the end.
        let hold = state.hold[i].mean;
        sums[instance.operation.0].add(rate, state.reply[i].mean.min(hold), hold, waiting);
    }
    sums
}

/// Mean time in the queue for a thread: over all callers, since the queue does not tell operations apart.
fn mean_wait(network: &Network<'_>, state: &State, operation: OperationId, group: usize) -> f64 {
    let Source::Pool { service, station } = network.groups[group].source else { return 0.0 };
    if network.index.service_of(operation) != service {
        return 0.0;
    }
    let visits = &network.stations[station].visits;
    let rate: f64 = visits.iter().map(|&v| state.flow.rate[v]).sum();
    let waiting: f64 = visits.iter().map(|&v| state.wait_rate(network, v)).sum();
    if rate > 0.0 { waiting / rate } else { 0.0 }
}

fn services(network: &Network<'_>, operations: &[Sums], prediction: &mut Prediction) {
    for (s, service) in network.system.services.iter().enumerate() {
        let mut sum = Sums::default();
        for operation in network.index.operations_of(ServiceId(s)) {
            let part = operations[operation.0];
            sum.throughput += part.throughput;
            sum.before += part.before;
            sum.behind += part.behind;
            sum.waiting += part.waiting;
        }
        let replicas = Replicas::fixed(service.replicas);
        let result = ServiceResult {
            throughput: Some(Metric::exact(sum.throughput)),
            utilization: Some(Metric::exact(sum.busy())),
            queue_length: Some(Metric::exact(sum.waiting + sum.busy())),
            replicas: Some(replicas),
            ..ServiceResult::default()
        };
        prediction.services.insert(service.name.clone(), result);
    }
}

fn hosts(network: &Network<'_>, state: &State, prediction: &mut Prediction) {
    let mut busy = vec![0.0; network.system.hosts.len()];
    let mut work = vec![0.0; network.index.operation_count()];
    for (i, instance) in network.instances.iter().enumerate() {
        work[instance.operation.0] += state.flow.instance[i];
    }
    for (o, (_, operation)) in network.system.operations().enumerate() {
        let HostId(host) = network.index.host_of(network.index.service_of(OperationId(o)));
        busy[host] += work[o] * operation.demand() / network.system.hosts[host].speed;
    }
    for (host, busy) in network.system.hosts.iter().zip(busy) {
        let result = HostResult { utilization: Some(Metric::exact(busy)) };
        prediction.hosts.insert(host.name.clone(), result);
    }
}
