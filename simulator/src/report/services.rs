//! Figures of services and of their operations.

use tracecast_model::{LockAction, Metric, Operation, OperationResult, Replicas, Service, ServiceResult};

use super::Outcome;
use crate::statistics::totals::{OperationTotals, ReplicaTotals, Totals};

/// Places of a service among those that have something.
#[derive(Clone, Copy, Debug)]
pub(super) struct Places {
    /// Replicas that come and go.
    pub(super) elastic: Option<usize>,
    /// The same, where their machines are chosen by what is on them.
    pub(super) placing: Option<usize>,
    /// Processor time by periods.
    pub(super) throttled: Option<usize>,
    /// Replicas that are left out.
    pub(super) outliers: Option<usize>,
    /// A work queue that looks after messages that were fetched.
    pub(super) queue: Option<usize>,
}

/// Figures of a service whose operations have numbers from `first` on, under a load that `ends` or not.
pub(super) fn service_result(
    service: &Service,
    first: usize,
    places: Places,
    ends: bool,
    outcome: &Outcome,
) -> ServiceResult {
    let all = first..first + service.operations.len();
    let rate = |figure: fn(&OperationTotals) -> f64| {
        let all = all.clone();
        outcome.metric(move |sample| {
            sample.operations[all.clone()].iter().map(figure).sum::<f64>() / sample.time
        })
    };
    let bounded = !outcome.is_saturated();
    let waiting: Vec<usize> = all
        .clone()
        .zip(&service.operations)
        .filter(|(_, operation)| can_wait(service, operation))
        .map(|(number, _)| number)
        .collect();
    let queue = Queue { service, operations: waiting, outcome };
    let replicas = replicas(service, places.elastic, outcome);
    let per_second = |place: Option<usize>, figure: &dyn Fn(&Totals, usize) -> f64| {
        place.and_then(|place| outcome.metric(|sample| figure(sample, place) / sample.time))
    };
    let work_queue = service.work_queue.as_ref();
    let has_redelivery = work_queue.is_some_and(|queue| queue.redelivery.is_some());
    let reserving = places.queue.filter(|_| work_queue.is_some_and(|queue| queue.reservation.is_some()));
    ServiceResult {
        throughput: rate(|totals| totals.completed),
        utilization: rate(|totals| totals.busy).filter(|_| bounded || !service.concurrency.is_infinite()),
        queue_length: rate(|totals| totals.present).filter(|_| bounded),
        waiting_time: queue.waiting_time(),
        loss_rate: queue.loss_rate(),
        loss_share: queue.loss_share(),
        replicas: Some(replicas),
        replica_seconds: places
            .elastic
            .filter(|_| ends)
            .and_then(|place| outcome.metric(|sample| sample.replicas[place].existing)),
        memory_kills: per_second(places.elastic.filter(|_| service.memory.is_some()), &|sample, place| {
            sample.replicas[place].killed
        }),
        pending: per_second(places.placing, &|sample, place| sample.replicas[place].pending),
        ejections: per_second(places.outliers, &|sample, place| sample.outliers[place].ejections),
        ejected: per_second(places.outliers, &|sample, place| sample.outliers[place].ejected),
        redeliveries: per_second(places.queue, &|sample, place| sample.queues[place].again),
        dead_letters: per_second(places.queue, &|sample, place| sample.queues[place].dead)
            .filter(|_| has_redelivery),
        expired_reservations: per_second(reserving, &|sample, place| sample.queues[place].expired),
        repeated_work: per_second(reserving, &|sample, place| sample.queues[place].repeated),
        throttled: per_second(places.throttled, &|sample, place| sample.throttled[place].standing),
        throttled_periods: places.throttled.and_then(|place| {
            outcome.metric_if_any(|sample| {
                let totals = sample.throttled[place];
                (totals.periods > 0.0).then(|| totals.used_up / totals.periods)
            })
        }),
    }
}

/// Figures of the operation with that number among those of all services.
pub(super) fn operation_result(
    service: &Service,
    operation: &Operation,
    number: usize,
    outcome: &Outcome,
) -> OperationResult {
    let bounded = !outcome.is_saturated();
    let threads = bounded || !service.concurrency.is_infinite();
    let first = outcome.metric_if_any(|sample| sample.operations[number].mean_holding());
    let has_second = outcome.samples.iter().any(|sample| sample.operations[number].second > 0.0);
    let second = outcome.metric_if_any(|sample| sample.operations[number].mean_second());
    let phases = first.into_iter().chain(second.filter(|_| has_second));
    let operations = if can_wait(service, operation) { vec![number] } else { Vec::new() };
    let queue = Queue { service, operations, outcome };
    OperationResult {
        throughput: outcome.metric(|sample| sample.operations[number].completed / sample.time),
        utilization: outcome
            .metric(|sample| sample.operations[number].busy / sample.time)
            .filter(|_| threads),
        response_time: outcome
            .metric_if_any(|sample| sample.operations[number].mean_response())
            .filter(|_| bounded),
        waiting_time: queue.waiting_time(),
        loss_rate: queue.loss_rate(),
        loss_share: queue.loss_share(),
        failed_share: failed_share(number, outcome),
        holding_time: phases.filter(|_| threads).collect(),
        found_on_arrival: outcome.metric_if_any(|sample| sample.mean_found(number)).filter(|_| bounded),
    }
}

/// Replicas over time.
fn replicas(service: &Service, elastic: Option<usize>, outcome: &Outcome) -> Replicas {
    let mut replicas = Replicas::fixed(service.replicas);
    let Some(place) = elastic else { return replicas };
    let mean = |area: fn(&ReplicaTotals) -> f64| {
        outcome.metric(|sample| area(&sample.replicas[place]) / sample.time).map(|metric| metric.mean)
    };
    let ready = mean(|totals| totals.ready);
    replicas.mean = ready.unwrap_or(replicas.mean);
    replicas.existing = mean(|totals| totals.existing).filter(|_| ready.is_some());
    for totals in outcome.samples.iter().map(|sample| sample.replicas[place]) {
        (replicas.min, replicas.max) = (replicas.min.min(totals.least), replicas.max.max(totals.most));
    }
    replicas
}

/// Share of the replies that are errors, where there are any.
fn failed_share(number: usize, outcome: &Outcome) -> Option<Metric> {
    let errors = |sample: &Totals| sample.errors[number];
    let has_any = outcome.samples.iter().any(|sample| errors(sample) > 0.0);
    outcome.share(errors, |sample| sample.operations[number].replied).filter(|_| has_any)
}

/// Can visits to an operation wait for a thread, or for the lock that the service is?
fn can_wait(service: &Service, operation: &Operation) -> bool {
    match operation.lock {
        None => !service.concurrency.is_infinite() || service.rate_limit.is_some(),
        Some(LockAction::Wait | LockAction::ReadLock | LockAction::WriteLock) => true,
        Some(LockAction::Signal | LockAction::ReadUnlock | LockAction::WriteUnlock) => false,
    }
}

/// Operations that wait in the queue of a service.
struct Queue<'a> {
    service: &'a Service,
    operations: Vec<usize>,
    outcome: &'a Outcome,
}

impl Queue<'_> {
    fn sum(&self, sample: &Totals, figure: fn(&OperationTotals) -> f64) -> f64 {
        self.operations.iter().map(|&number| figure(&sample.operations[number])).sum()
    }

    /// Mean over the visits that have replied.
    fn waiting_time(&self) -> Option<Metric> {
        if self.operations.is_empty() || self.outcome.is_saturated() {
            return None;
        }
        self.outcome.metric_if_any(|sample| {
            let replied = self.sum(sample, |totals| totals.replied);
            (replied > 0.0).then(|| self.sum(sample, OperationTotals::waiting) / replied)
        })
    }

    fn is_limited(&self) -> bool {
        self.service.can_lose() && !self.operations.is_empty()
    }

    fn loss_rate(&self) -> Option<Metric> {
        if !self.is_limited() {
            return None;
        }
        self.outcome.rare(
            |sample| Some(self.sum(sample, |totals| totals.lost) / sample.time),
            |sample| self.sum(sample, |totals| totals.lost),
        )
    }

    fn loss_share(&self) -> Option<Metric> {
        if !self.is_limited() {
            return None;
        }
        self.outcome.share(
            |sample| self.sum(sample, |totals| totals.lost),
            |sample| self.sum(sample, OperationTotals::decided),
        )
    }
}
