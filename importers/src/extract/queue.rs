//! Work queues: which services fetch messages from a broker, and how many at a time.

use std::collections::BTreeMap;

use super::fold;
use super::operations::{Key, Operations, Replica, Service};
use super::plan::Plan;
use super::visit::Visit;
use crate::interval::Interval;
use crate::{ImportReport, Name, Nanos};
use tracecast_model::CallKind;

/// A message counts as having waited if that took longer than this part of the mean handling time; less is how long
/// a message takes through the broker.
const WAITED: f64 = 0.1;

/// Handlers count as at the same time if they overlap by more than this part of the earlier one.
const SLACK: f64 = 0.02;

/// A queue and its consumers.
#[derive(Debug, PartialEq)]
pub(super) struct Queue {
    pub(super) name: Name,
    /// Messages in progress at once in each replica; none where nothing shows a limit.
    pub(super) concurrency: Option<u32>,
}

/// The messages that one service handled.
#[derive(Default)]
struct Messages {
    queues: BTreeMap<Name, u64>,
    handled: Vec<(Replica, Interval, Nanos)>,
    other: u64,
}

/// The queue of every service that handles nothing but messages of named queues.
pub(super) fn queues(
    traces: &[Vec<Visit>],
    plans: &BTreeMap<Key, Plan>,
    operations: &Operations,
    report: &mut ImportReport,
) -> BTreeMap<Service, Queue> {
    let add = |services: &mut Services, visits: &Vec<Visit>| services.add(visits, plans);
    let Services(services) = fold(traces, add, Services::merge);
    services
        .into_iter()
        .filter_map(|(service, messages)| {
            Some((service, messages.queue(operations.service(service), report)?))
        })
        .collect()
}

/// Of every service that handled messages or was waited for. Merges.
#[derive(Default)]
struct Services(BTreeMap<Service, Messages>);

impl Services {
    /// Adds the visits of one trace.
    fn add(&mut self, visits: &[Visit], plans: &BTreeMap<Key, Plan>) {
        let is_waited_for = |visit: &Visit| {
            visit.caller.is_some_and(|caller| {
                let plan = plans.get(&visits[caller].operation);
                let kind = |plan: &Plan| plan.kind_of(visit.operation.plain(), visit.is_message);
                plan.is_none_or(|plan| kind(plan) == CallKind::Synchronous)
            })
        };
        for visit in visits {
            let service = visit.operation.service;
            if let Some((queue, sent)) = &visit.message {
                let messages = self.0.entry(service).or_default();
                *messages.queues.entry(queue.clone()).or_default() += 1;
                messages.handled.push((visit.replica, visit.time, *sent));
            } else if is_waited_for(visit) {
                self.0.entry(service).or_default().other += 1;
            }
        }
    }

    fn merge(&mut self, other: Self) {
        for (service, messages) in other.0 {
            let mine = self.0.entry(service).or_default();
            messages
                .queues
                .into_iter()
                .for_each(|(name, count)| *mine.queues.entry(name).or_default() += count);
            mine.handled.extend(messages.handled);
            mine.other += messages.other;
        }
    }
}

impl Messages {
    fn queue(self, service: &str, report: &mut ImportReport) -> Option<Queue> {
        let (name, _) = self.queues.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(*name)))?;
        if self.other > 0 {
            report.warn("mixed-consumer", || {
                format!("{service} handles messages of {name} and calls too; its threads are left unlimited")
            });
            return None;
        }
        if self.queues.len() > 1 {
            report.warn("several-queues", || {
                let names: Vec<&str> = self.queues.keys().map(|name| &**name).collect();
                format!("{service} consumes {}; modeled as one queue", names.join(", "))
            });
        }
        let concurrency = self.concurrency();
        if concurrency.is_none() {
            report.warn("unknown-concurrency", || {
                format!(
                    "no message waited for {service}, so its number of threads does not show; left unlimited"
                )
            });
        }
        Some(Queue { name: name.clone(), concurrency })
    }

    /// The largest number in progress in one instance, which is a limit if meanwhile messages waited.
    fn concurrency(&self) -> Option<u32> {
        let lengths: f64 = self.handled.iter().map(|(_, time, _)| time.length()).sum();
        let threshold = WAITED * lengths / self.handled.len() as f64;
        let waits =
            |(_, time, sent): &&(_, Interval, Nanos)| Interval::new(*sent, time.start).length() > threshold;
        let waited = self.handled.iter().filter(waits).count();
        let most = self.most_in_progress();
        (waited >= 1 && 100 * waited >= self.handled.len()).then_some(most)
    }

    fn most_in_progress(&self) -> u32 {
        let mut events: Vec<(Replica, Nanos, i32)> = Vec::with_capacity(2 * self.handled.len());
        for &(replica, time, _) in &self.handled {
            let slack = ((time.end - time.start) as f64 * SLACK) as Nanos;
            events.push((replica, time.start, 1));
            events.push((replica, time.end - slack, -1));
        }
        events.sort_unstable();
        let (mut now, mut most) = (0, 1);
        for (_, _, change) in events {
            now += change;
            most = most.max(now);
        }
        most.unsigned_abs()
    }
}
