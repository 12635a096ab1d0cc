//! From what the traces showed to a model.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use tracecast_model::{
    Activity, Alternative, Backoff, Call, CallCount, CallKind, Choice, Distribution, Fork, Host, Loop,
    Multiplicity, OnFailure, Operation, Reply, Resilience, Retry, Service, Step, System, WorkQueue,
};

use super::count::Number;
use super::failures::Failures;
use super::operations::{Key, Operations, Service as Traced};
use super::plan::{Block, Plan};
use super::queue::Queue;
use super::retries::Retries;
use super::role::{Role, Roles};
use super::shape::{OperationShape, Shape};
use super::sketch::rounded;
use super::timing::{Gap, Latency, OperationTiming, Timing};
use super::visit::Slot;
use crate::ImportReport;

/// Relative difference of variances that no one would see in a response time.
const NO_DIFFERENCE: f64 = 0.05;

/// All that the traces showed.
pub(super) struct Findings {
    pub(super) operations: Operations,
    pub(super) shape: Shape,
    pub(super) plans: BTreeMap<Key, Plan>,
    pub(super) roles: Roles,
    /// Cores of a replica, where one was too few.
    pub(super) cores: BTreeMap<Traced, u32>,
    pub(super) timing: Timing,
    pub(super) queues: BTreeMap<Traced, Queue>,
    pub(super) failures: Failures,
    pub(super) retries: Retries,
}

impl Findings {
    /// The model, without what drives it.
    pub(super) fn system(&self, report: &mut ImportReport) -> System {
        let mut operations: BTreeMap<Traced, Vec<Operation>> = BTreeMap::new();
        let found = self.keys().into_par_iter().map(|key| (key.service, self.operation(key)));
        for (service, operation) in found.collect::<Vec<_>>() {
            operations.entry(service).or_default().push(operation);
        }
        let mut system = System::default();
        for (service, operations) in operations {
            system.hosts.push(self.host(service));
            system.services.push(self.service(service, operations));
        }
        self.warn(report);
        system
    }

    /// Every operation: those with spans, and those known by name.
    fn keys(&self) -> BTreeSet<Key> {
        self.shape.operations.keys().chain(self.timing.outside.keys()).map(|key| key.plain()).collect()
    }

    /// A host for the service alone, since traces do not show who shares one: with one core, or none to wait for
    /// where the service is only known from outside.
    fn host(&self, service: Traced) -> Host {
        let mut host = Host::new(&**self.operations.service(service));
        if self.roles.is_outside(service) {
            host.cores = Multiplicity::Infinite;
        } else {
            host.per_replica = true;
            host.cores = Multiplicity::Finite(self.cores.get(&service).copied().unwrap_or(1));
        }
        host
    }

    fn service(&self, traced: Traced, operations: Vec<Operation>) -> Service {
        let name = self.operations.service(traced);
        let mut service = Service::new(&**name, &**name);
        let replicas = self.shape.replicas.get(&traced).map_or(0, BTreeSet::len);
        service.external = self.roles.of(traced) == Role::External;
        if !self.roles.is_outside(traced) {
            service.replicas = u32::try_from(replicas).unwrap_or(u32::MAX).max(1);
        }
        if let Some(queue) = self.queues.get(&traced) {
            service.work_queue = Some(WorkQueue::new(queue.name.to_string()));
            service.concurrency = queue.concurrency.map_or(Multiplicity::Infinite, Multiplicity::Finite);
        }
        service.operations = operations;
        service
    }

    fn operation(&self, key: Key) -> Operation {
        let mut operation = Operation::new(&**self.operations.operation(key));
        operation.error_rate = self.failures.own.get(&key).map_or(0.0, |share| rounded(share.rate()));
        let courses = self.shape.operations.range(key..).take_while(|(course, _)| course.is_of(key));
        let courses: Vec<(&Key, &OperationShape)> = courses.collect();
        let visits: u64 = courses.iter().map(|(_, shape)| shape.visits).sum();
        match &courses[..] {
            [] => match self.timing.outside.get(&key) {
                Some(time) => operation.with_activity(Activity::working(time.distribution())),
                None => operation,
            },
            [(only, _)] => Operation { steps: self.course(only, self.goes_on(only)), ..operation },
            several => {
                let goes_on = several.iter().any(|(course, _)| self.goes_on(course));
                let branches = several.iter().map(|(course, shape)| Alternative {
                    probability: shape.visits as f64 / visits as f64,
                    steps: self.course(course, goes_on),
                });
                Operation { steps: vec![Step::Choice(Choice { branches: branches.collect() })], ..operation }
            }
        }
    }

    /// Is there work after the reply?
    fn goes_on(&self, course: &Key) -> bool {
        self.timing.operations.get(course).is_some_and(|timing| timing.after.demand.mean() > 0.0)
    }

    /// The steps of an operation in one of its courses.
    fn course(&self, key: &Key, goes_on: bool) -> Vec<Step> {
        let mut steps = Vec::new();
        if let (Some(plan), Some(timing), Some(shape)) =
            (self.plans.get(key), self.timing.operations.get(key), self.shape.operations.get(key))
        {
            let spread = spread(timing, shape);
            for (gap, block) in timing.gaps.iter().zip(&plan.blocks) {
                steps.extend(own_time(gap, spread));
                steps.extend(self.steps(key, plan, block));
            }
            steps.extend(timing.gaps.get(plan.blocks.len()).and_then(|gap| own_time(gap, spread)));
            if goes_on {
                steps.push(Step::Reply(Reply::default()));
                steps.extend(own_time(&timing.after, None));
            }
        }
        steps
    }

    /// How the work of a service's operations was told from their self times.
    pub(super) fn how_work_is_told(&self, service: Traced) -> String {
        if self.shape.arrivals.sampled() < 1.0 {
            return "self time by the mean slowdown of processor sharing, of sampled traces".into();
        }
        let cores = self.cores.get(&service).copied().unwrap_or(1);
        let word = if cores == 1 { "core" } else { "cores" };
        format!("self time by its share of {cores} {word} with what else was going on")
    }

    fn steps(&self, key: &Key, plan: &Plan, block: &Block) -> Vec<Step> {
        match block {
            Block::Series(blocks) => blocks.iter().flat_map(|block| self.steps(key, plan, block)).collect(),
            Block::Parallel(blocks) => {
                let branches = blocks.iter().map(|block| self.steps(key, plan, block)).collect();
                vec![Step::Fork(Fork::new(branches))]
            }
            Block::Calls(slot, width) => self.calls(key, plan, slot, *width),
        }
    }

    /// The calls of one slot, or of as many equal branches at once; where there is own time between them, they are a loop.
    fn calls(&self, key: &Key, plan: &Plan, slot: &Slot, width: u32) -> Vec<Step> {
        let Some(shape) = self.shape.operations.get(key) else { return Vec::new() };
        let Some(calls) = shape.slots.get(slot) else { return Vec::new() };
        let number = Number::of(calls, shape.visits, width);
        let call = self.call(key, plan, slot);
        let step = |mean: f64, count: CallCount| {
            Step::Activity(Activity::calling(Call { mean: rounded(mean), count, ..call.clone() }))
        };
        let timing = self.timing.operations.get(key);
        let between = timing.and_then(|timing| own_time(timing.between.get(slot)?, spread(timing, shape)));
        let steps = match (number.by_itself(), between) {
            _ if width > 1 => {
                let branch = vec![step(number.mean, number.count)];
                vec![Step::Fork(Fork::new(vec![branch; width as usize]))]
            }
            (Some((mean, count)), None) => return vec![step(mean, count)],
            _ if number.mean == 1.0 => vec![step(1.0, CallCount::Fixed)],
            (_, None) => vec![step(1.0, CallCount::Fixed), step(number.mean - 1.0, number.count)],
            (_, Some(between)) => {
                let steps = vec![between, step(1.0, CallCount::Fixed)];
                let repeated = Loop { mean: rounded(number.mean - 1.0), count: number.count, steps };
                vec![step(1.0, CallCount::Fixed), Step::Loop(repeated)]
            }
        };
        let probability = rounded(number.probability);
        if probability == 1.0 {
            return steps;
        }
        let without = Alternative { probability: 1.0 - probability, steps: Vec::new() };
        vec![Step::Choice(Choice { branches: vec![Alternative { probability, steps }, without] })]
    }

    /// A call of one slot.
    fn call(&self, key: &Key, plan: &Plan, slot: &Slot) -> Call {
        let mut call = Call::new(self.operations.reference(slot.to));
        call.kind = plan.kind(slot);
        // Of a message, the wait in a queue that the model has is not time on the network.
        let queues = call.kind == CallKind::Asynchronous && self.queues.contains_key(&slot.to.service);
        if !queues && let Some(timing) = self.timing.operations.get(key) {
            call.latency = timing.latency.get(slot).map_or_else(Distribution::zero, Latency::distribution);
        }
        if call.kind == CallKind::Synchronous {
            call.resilience = self.resilience((key.plain(), slot.to.plain())).map(Box::new);
        }
        call
    }

    /// What a caller was seen to do where a call of one operation to another fails; none where it only fails itself.
    fn resilience(&self, calls: (Key, Key)) -> Option<Resilience> {
        let retry = self.retries.get(&calls).map(|attempts| Retry {
            backoff: Backoff::Fixed { delay: rounded(attempts.mean_pause()) },
            ..Retry::new(attempts.limit())
        });
        let fallback = OnFailure::Fallback { demand: Distribution::zero() };
        let on_failure = if self.failures.survived.contains(&calls) { fallback } else { OnFailure::Fail };
        (retry.is_some() || on_failure != OnFailure::Fail).then(|| Resilience {
            retry,
            on_failure,
            ..Resilience::default()
        })
    }

    fn warn(&self, report: &mut ImportReport) {
        let name = |service: &Traced| self.operations.service(*service);
        let traced = self.shape.replicas.keys();
        let assumed =
            traced.filter(|service| !self.roles.is_outside(**service) && !self.cores.contains_key(*service));
        report.warn_many("assumed-cores", assumed.clone().count() as u64, || {
            format!(
                "where traces do not show more cores than one, a replica gets one: {} and all others",
                assumed.clone().next().map_or("", |service| name(service))
            )
        });
        for (service, cores) in &self.cores {
            report.warn("several-cores", || {
                let service = name(service);
                format!("work of {service} is not slowed down by other work as on one core; its replicas get {cores} each")
            });
        }
        for (key, plan) in &self.plans {
            report.warn_many("tangled-order", plan.tangled as u64, || {
                let key = self.operations.full_name(*key);
                format!("the calls of {key} follow no order of sequences and forks; all put side by side")
            });
        }
        for (key, timing) in &self.timing.operations {
            let (recorded, work) = (timing.self_time.mean(), timing.demand.mean());
            if work < 0.95 * recorded && !self.roles.is_outside(key.service) {
                report.warn("shared-processor", || {
                    let key = self.operations.full_name(*key);
                    format!(
                        "self time of {key} is {:.3} ms, of which {:.3} ms count as work: requests overlap, assumed \
                         to share the cores of a replica",
                        1e3 * recorded,
                        1e3 * work
                    )
                });
            }
            if timing.response.count() == 1 {
                report.warn("seen-once", || {
                    let key = self.operations.full_name(*key);
                    format!("{key} was seen once; its times are taken as exponential")
                });
            }
        }
    }
}

/// How the variance of a visit's work up to its reply compares to that of the parts between its calls, if these were independent
/// of each other, as they are in the model. They are not where a call is not always made, since the work after it is then
/// work before the next; none where it makes no difference.
fn spread(timing: &OperationTiming, shape: &OperationShape) -> Option<f64> {
    let gaps = timing.gaps.iter().map(|gap| gap.demand.variance());
    let between = timing.between.iter().map(|(slot, gap)| {
        let (mean, variance) =
            shape.slots.get(slot).map_or((0.0, 0.0), |slot| slot.repetitions(shape.visits));
        mean * gap.demand.variance() + variance * gap.demand.mean().powi(2) // Of a random sum (Wald).
    });
    let parts = gaps.sum::<f64>() + between.sum::<f64>();
    let factor = timing.to_reply.variance() / parts;
    (factor.is_finite() && (factor - 1.0).abs() > NO_DIFFERENCE).then_some(factor)
}

/// Work and known waiting between two calls; none where there is neither. The variance of the work is scaled so that the
/// whole of the operation's work varies as it was seen to.
fn own_time(gap: &Gap, spread: Option<f64>) -> Option<Step> {
    let activity = Activity {
        demand: spread.map_or_else(|| gap.demand.distribution(), |factor| gap.demand.spread(factor)),
        delay: gap.delay.distribution(),
        ..Activity::default()
    };
    let nothing = activity.demand.is_zero() && activity.delay.is_zero();
    (!nothing).then_some(Step::Activity(activity))
}
