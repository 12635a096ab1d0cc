//! Services that work off messages.

use std::collections::HashMap;

use tracecast_model::{LoadBalancing, OperationId, PredictError, Service, ServiceId};

use super::front::Front;
use super::greatest;
use super::plan::{Plan, Send};
use super::rates::{Residence, Solver};
use super::workers::{Task, Workers};
use crate::moments::Moments;

/// What became of the messages.
pub(crate) struct Stages {
    /// Per request: when all work that it caused is done.
    pub(crate) done: Vec<Moments>,
    /// When all work is done.
    pub(crate) end: Moments,
    /// Per service with messages.
    pub(crate) figures: Vec<Figures>,
}

/// Totals of one stage.
pub(crate) struct Figures {
    pub(crate) service: ServiceId,
    /// Per operation: messages, thread-seconds, and seconds from arrival to end over all messages.
    pub(crate) operations: Vec<(OperationId, Totals)>,
}

/// Sums over the messages to an operation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) messages: f64,
    pub(crate) busy: f64,
    pub(crate) present: f64,
}

#[derive(Clone, Copy)]
struct Message {
    operation: OperationId,
    arrival: Moments,
    request: usize,
}

/// Works off the messages of all requests, stage by stage.
pub(crate) fn all(plan: &Plan<'_>, front: &Front, solver: &mut Solver<'_>) -> Result<Stages, PredictError> {
    let mut mail: HashMap<ServiceId, Vec<Message>> = HashMap::new();
    let sends = plan.front_sends();
    for (number, request) in front.requests.iter().enumerate() {
        let task = Task { start: request.sent, end: request.reply };
        post(plan, &mut mail, &sends, number, number, task);
    }
    let mut stages = Stages {
        done: front.requests.iter().map(|request| request.reply).collect(),
        end: front.end(),
        figures: Vec::new(),
    };
    for &service in &plan.stages {
        let Some(mut messages) = mail.remove(&service) else { continue };
        messages.sort_by(|a, b| a.arrival.mean.total_cmp(&b.arrival.mean));
        let mut stage = Stage::new(plan, service, &messages, solver)?;
        let mut totals: HashMap<OperationId, Totals> = HashMap::new();
        let mut sent: HashMap<OperationId, usize> = HashMap::new();
        for message in &messages {
            let task = stage.serve(message);
            let total = totals.entry(message.operation).or_default();
            total.messages += 1.0;
            total.busy += task.end.mean - task.start.mean;
            total.present += task.end.mean - message.arrival.mean;
            let done = &mut stages.done[message.request];
            *done = greatest::later(*done, task.end);
            let number = sent.entry(message.operation).or_default();
            let sends = &plan.sends[message.operation.0];
            post(plan, &mut mail, sends, *number, message.request, task);
            *number += 1;
        }
        stages.end = greatest::later(stages.end, stage.end());
        let mut operations: Vec<(OperationId, Totals)> = totals.into_iter().collect();
        operations.sort_by_key(|&(operation, _)| operation);
        stages.figures.push(Figures { service, operations });
    }
    Ok(stages)
}

/// Sends the messages of a sender's `number`-th execution: as many as bring their total closest to the mean so far.
fn post(
    plan: &Plan<'_>,
    mail: &mut HashMap<ServiceId, Vec<Message>>,
    sends: &[Send],
    number: usize,
    request: usize,
    sender: Task,
) {
    for send in sends {
        let before = (number as f64 * send.mean + 1e-9).floor();
        let count = ((number + 1) as f64 * send.mean + 1e-9).floor() - before;
        let left = send.left * (sender.end.mean - sender.start.mean);
        let arrival = Moments::new(sender.end.mean - left + send.latency, sender.end.variance);
        let message = Message { operation: send.to, arrival, request };
        let messages = mail.entry(plan.index.service_of(send.to)).or_default();
        messages.extend(std::iter::repeat_n(message, count as usize));
    }
}

/// Queues of a service with the threads behind them.
struct Stage {
    queues: Vec<Workers>,
    next: usize,
    residences: HashMap<OperationId, Residence>,
}

impl Stage {
    fn new(
        plan: &Plan<'_>,
        id: ServiceId,
        messages: &[Message],
        solver: &mut Solver<'_>,
    ) -> Result<Self, PredictError> {
        let service = &plan.system.services[id.0];
        let threads = service.total_threads().finite().map(|threads| threads as usize);
        let most = threads.unwrap_or(UNLIMITED).min(messages.len());
        let mut residences: HashMap<OperationId, Residence> = HashMap::new();
        let mut operations: Vec<OperationId> = messages.iter().map(|message| message.operation).collect();
        operations.sort_unstable();
        operations.dedup();
        for operation in operations {
            residences.insert(operation, solver.stage(operation, most)?);
        }
        let threads = threads.unwrap_or_else(|| {
            let saturated = residences.values().map(|residence| residence.saturated_from(most)).max();
            saturated.filter(|&threads| threads < most).unwrap_or(messages.len())
        });
        let queues = queues(service);
        let each = (threads / queues).max(1).min(messages.len().max(1));
        Ok(Self { queues: (0..queues).map(|_| Workers::new(each)).collect(), next: 0, residences })
    }

    fn serve(&mut self, message: &Message) -> Task {
        let queue = self.next % self.queues.len();
        self.next += 1;
        let residence = &self.residences[&message.operation];
        let queues = self.queues.len();
        self.queues[queue].serve(message.arrival, &|busy| residence.with(busy * queues))
    }

    fn end(&self) -> Moments {
        self.queues.iter().map(Workers::last).reduce(greatest::later).unwrap_or(Moments::ZERO)
    }
}

/// Busy at once at most, as far as it matters, where threads are not limited.
const UNLIMITED: usize = 256;

/// Separate queues: one for each replica in turn, unless they share one.
fn queues(service: &Service) -> usize {
    let in_turn = service.load_balancing == LoadBalancing::RoundRobin && service.work_queue.is_none();
    if in_turn && !service.concurrency.is_infinite() { service.replicas as usize } else { 1 }
}
