//! Work queues.

use super::Findings;
use super::resilience::ranges;
use crate::{Code, FetchOrder, Overflow, Scheduling, Service, System, WorkQueue};

pub(super) fn check(system: &System, found: &mut Findings) {
    for service in &system.services {
        let Some(queue) = &service.work_queue else { continue };
        let element = format!("work queue of service \"{}\"", service.name);
        ranges("", |ranges| queue.check(ranges), &element, found);
        if queue.redelivery.as_ref().is_some_and(|policy| policy.budget.is_some()) {
            found.error(Code::UnusedResilience, &element, "a queue delivers again without a budget");
        }
        if queue.redelivery.is_none() && queue.scan_interval != 0.0 {
            let message = "scan_interval is about redelivery, and there is none";
            found.error(Code::UnusedResilience, &element, message);
        }
        if queue.overflow != Overflow::default() && service.queue_capacity.is_none() {
            let message = "overflow is about a full queue, and its service has no queue_capacity";
            found.error(Code::WorkQueue, &element, message);
        }
        if service.scheduling != Scheduling::Fcfs && !is_plain(queue) {
            let message = format!(
                "lanes, prefetch and overflow are for queues in the order of arrival, not for scheduling \"{}\"",
                service.scheduling.name()
            );
            found.error(Code::WorkQueue, &element, message);
        }
        lanes(service, queue, &element, found);
    }
}

fn is_plain(queue: &WorkQueue) -> bool {
    queue.lanes.is_empty() && queue.prefetch.is_none() && queue.overflow == Overflow::default()
}

/// Each operation belongs to one of several queues.
fn lanes(service: &Service, queue: &WorkQueue, element: &str, found: &mut Findings) {
    if queue.lanes.is_empty() {
        if queue.fetch_order != FetchOrder::default() {
            let message = "fetch_order is about several queues, and there are no lanes";
            found.error(Code::WorkQueue, element, message);
        }
        return;
    }
    found.unique("lane", queue.lanes.iter().map(|lane| lane.name.as_str()));
    for lane in &queue.lanes {
        found.name(element, &lane.name, "lane");
        for name in &lane.operations {
            if service.operations.iter().all(|operation| operation.name != *name) {
                let message =
                    format!("lane \"{}\" has messages of \"{name}\", an unknown operation", lane.name);
                found.error(Code::UnknownName, element, message);
            }
        }
    }
    for operation in &service.operations {
        let all = queue.lanes.iter().flat_map(|lane| &lane.operations);
        let count = all.filter(|name| **name == operation.name).count();
        if count != 1 {
            let message = format!("operation \"{}\" is in {count} lanes but must be in one", operation.name);
            found.error(Code::WorkQueue, element, message);
        }
    }
}
