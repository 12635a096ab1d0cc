//! What a finite load sets in motion.

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};
use tracecast_model::{
    Activity, CallKind, HostId, Index, LoadBalancing, OperationId, PredictError, ServiceId, Step, System,
    Workload,
    visits::{self, EdgeKind},
};

use crate::Visits;

/// The only workload of a system, and where its messages go.
pub(crate) struct Plan<'a> {
    pub(crate) system: &'a System,
    pub(crate) index: Index,
    pub(crate) workload: &'a Workload,
    /// Entry operations with their shares.
    pub(crate) entries: Vec<(OperationId, f64)>,
    /// Mean executions of every operation for one request.
    pub(crate) visits: Vec<f64>,
    /// Per operation: messages sent in its course, those of the operations that it waits for included.
    pub(crate) sends: Vec<Vec<Send>>,
    /// Services that get messages, senders first.
    pub(crate) stages: Vec<ServiceId>,
}

/// A message on its way.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Send {
    pub(crate) to: OperationId,
    /// Mean number for one execution of the sender.
    pub(crate) mean: f64,
    /// Part of the sender's duration that is left when the message goes out, without contention.
    pub(crate) left: f64,
    /// Time on the network (s).
    pub(crate) latency: f64,
}

impl<'a> Plan<'a> {
    /// # Errors
    /// Messages that come back to a service that they have passed, and services that are both waited for and sent
    /// messages to.
    pub(crate) fn new(system: &'a System) -> Result<Self, PredictError> {
        let index = system.index().map_err(|error| crate::unresolved(&error))?;
        let edges = visits::edges(system, &index).map_err(|error| crate::unresolved(&error))?;
        let workload = system.workloads.first().ok_or(PredictError::NoWorkload)?;
        let Visits { entries, executions: visits } = crate::visits_of(system, &index, &edges, workload)?;
        let stages = stages(system, &index, &edges, &visits)?;
        let sends = Walk { system, index: &index, known: vec![None; index.operation_count()] }.all();
        Ok(Self { system, index, workload, entries, visits, sends, stages })
    }

    /// Messages of one request, sent before its reply, over all kinds of requests.
    pub(crate) fn front_sends(&self) -> Vec<Send> {
        let each = |&(operation, share): &(OperationId, f64)| {
            self.sends[operation.0].iter().map(move |send| Send { mean: send.mean * share, ..*send })
        };
        self.entries.iter().flat_map(each).collect()
    }

    /// Operations that a request waits for, with their mean executions.
    pub(crate) fn front_executions(&self) -> Vec<(OperationId, f64)> {
        let mut found = Vec::new();
        let mut open = self.entries.clone();
        // Ends, since validation refuses cycles of synchronous calls.
        while let Some((operation, executions)) = open.pop() {
            found.push((operation, executions));
            let (_, description) = self.index.get(self.system, operation);
            for call in description.activities().iter().flat_map(|activity| &activity.calls) {
                if let (CallKind::Synchronous, Some(to)) = (call.kind, self.index.operation(&call.to)) {
                    open.push((to, executions * call.mean));
                }
            }
        }
        found
    }
}

/// Services that get messages, in an order in which senders come first.
fn stages(
    system: &System,
    index: &Index,
    edges: &[visits::Edge],
    visits: &[f64],
) -> Result<Vec<ServiceId>, PredictError> {
    let mut graph = DiGraph::<(), ()>::new();
    for _ in &system.services {
        graph.add_node(());
    }
    let mut kinds = vec![(false, false); system.services.len()];
    for edge in edges.iter().filter(|edge| visits[edge.from.0] > 0.0 && edge.mean > 0.0) {
        let (from, to) = (index.service_of(edge.from).0, index.service_of(edge.to).0);
        graph.update_edge(NodeIndex::new(from), NodeIndex::new(to), ());
        match edge.kind {
            EdgeKind::Synchronous | EdgeKind::Forwarding => kinds[to].0 = true,
            EdgeKind::Asynchronous => kinds[to].1 = true,
        }
    }
    let element = |service: usize| format!("service \"{}\"", system.services[service].name);
    let order = toposort(&graph, None).map_err(|cycle| {
        crate::unsupported("a burst whose messages come back to a service", element(cycle.node_id().index()))
    })?;
    let mut stages = Vec::new();
    for node in order {
        let service = &system.services[node.index()];
        let (waited_for, sent_to) = kinds[node.index()];
        let limited = !service.concurrency.is_infinite();
        if sent_to && waited_for && limited {
            let what = "a burst at threads that take both messages and calls that somebody waits for";
            return Err(crate::unsupported(what, element(node.index())));
        }
        let random = service.load_balancing == LoadBalancing::Random && service.work_queue.is_none();
        if sent_to && random && limited && service.replicas > 1 {
            return Err(crate::unsupported("a burst that is spread at random", element(node.index())));
        }
        if sent_to {
            stages.push(ServiceId(node.index()));
        }
    }
    Ok(stages)
}

/// Durations without contention, and the messages sent on the way.
struct Walk<'a> {
    system: &'a System,
    index: &'a Index,
    known: Vec<Option<Course>>,
}

/// A duration with the messages sent in its course; `left` is still in seconds.
#[derive(Clone, Debug, Default)]
struct Course {
    duration: f64,
    sends: Vec<Send>,
}

impl Walk<'_> {
    fn all(mut self) -> Vec<Vec<Send>> {
        (0..self.known.len())
            .map(|o| {
                let Course { duration, mut sends } = self.of(OperationId(o));
                for send in &mut sends {
                    send.left = if duration > 0.0 { (send.left / duration).clamp(0.0, 1.0) } else { 0.0 };
                }
                sends
            })
            .collect()
    }

    /// Ends, since validation refuses cycles of synchronous calls.
    fn of(&mut self, operation: OperationId) -> Course {
        if let Some(known) = &self.known[operation.0] {
            return known.clone();
        }
        let (service, description) = self.index.get(self.system, operation);
        let HostId(host) = self.index.host_of(self.index.service_of(operation));
        let speed = self.system.hosts[host].speed * service.cpu_limit.unwrap_or(1.0).min(1.0);
        let course = self.sequence(&description.steps, speed);
        self.known[operation.0] = Some(course.clone());
        course
    }

    fn sequence(&mut self, steps: &[Step], speed: f64) -> Course {
        steps.iter().fold(Course::default(), |course, step| course.then(self.step(step, speed), 1.0))
    }

    fn step(&mut self, step: &Step, speed: f64) -> Course {
        match step {
            Step::Activity(activity) => self.activity(activity, speed),
            Step::Fork(fork) => {
                let branches: Vec<Course> =
                    fork.branches.iter().map(|branch| self.sequence(branch, speed)).collect();
                let duration = branches.iter().map(|branch| branch.duration).fold(0.0, f64::max);
                let sends = branches.into_iter().flat_map(|branch| {
                    let earlier = duration - branch.duration;
                    branch.sends.into_iter().map(move |send| Send { left: send.left + earlier, ..send })
                });
                Course { duration, sends: sends.collect() }
            }
            // The method does not cover these.
            Step::Choice(_) | Step::Loop(_) | Step::Reply(_) => Course::default(),
        }
    }

    fn activity(&mut self, activity: &Activity, speed: f64) -> Course {
        let slice = activity.demand.mean() / speed / (1.0 + activity.calls_mean());
        let work = || Course { duration: slice, sends: Vec::new() };
        let mut course = Course { duration: activity.delay.mean(), sends: Vec::new() }.then(work(), 1.0);
        for call in &activity.calls {
            let Some(to) = self.index.operation(&call.to) else { continue };
            let latency = call.latency.mean();
            let called = match call.kind {
                CallKind::Asynchronous => {
                    Course { duration: 0.0, sends: vec![Send { to, mean: 1.0, left: 0.0, latency }] }
                }
                CallKind::Synchronous => {
                    Course { duration: latency, sends: Vec::new() }.then(self.of(to), 1.0)
                }
            };
            course = course.then(called.then(work(), 1.0), call.mean);
        }
        course
    }
}

impl Course {
    /// This, and then the other so many times.
    fn then(mut self, other: Self, times: f64) -> Self {
        let added = other.duration * times;
        self.sends.iter_mut().for_each(|send| send.left += added);
        self.duration += added;
        self.sends.extend(other.sends.into_iter().map(|send| Send { mean: send.mean * times, ..send }));
        self
    }
}
