//! Hosts and services.

use super::{Findings, Names, ROUNDING};
use crate::placement::{ResourceRequest, at_start};
use crate::{
    Cfs, Code, Host, Lock, LockAction, Multiplicity, Placement, PollingVisit, Scheduling, Service, Severity,
    System, WarmUp, WarmUpOver,
};

pub(super) fn hosts(system: &System, found: &mut Findings) {
    found.unique("host", system.hosts.iter().map(|host| host.name.as_str()));
    for host in &system.hosts {
        let element = format!("host \"{}\"", host.name);
        found.name(&element, &host.name, "host");
        found.multiplicity(&element, "cores", host.cores);
        let allowed = host.speed > 0.0 && host.speed.is_finite();
        found.range(&element, "speed", host.speed, allowed, "positive and finite");
        for &factor in &host.speed_by_load {
            let allowed = factor > 0.0 && factor.is_finite();
            found.range(&element, "speed_by_load", factor, allowed, "positive and finite");
        }
        found.range(&element, "replicas", f64::from(host.replicas), host.replicas > 0, "at least 1");
        if let Some(memory) = host.memory {
            let allowed = memory > 0.0 && memory.is_finite();
            found.range(&element, "memory", memory, allowed, "positive and finite");
        }
        placement(system, host, &element, found);
        share_groups(host, &element, found);
    }
}

/// Machines are chosen by what is on them only where replicas share them, and all replicas of the start have room.
fn placement(system: &System, host: &Host, element: &str, found: &mut Findings) {
    if host.placement == Placement::ByNumber {
        return;
    }
    if host.per_replica {
        let message = format!(
            "placement \"{}\" chooses between machines, but with per_replica each replica has its own",
            host.placement.name()
        );
        return found.error(Code::OutOfRange, element, message);
    }
    let Some(Err(full)) = at_start(system, host) else { return };
    let service = &system.services[full.service];
    let request = ResourceRequest::of(service);
    let message = format!(
        "no machine of host \"{}\" has room for replica {} of the {} at the start: it asks for {request}, and on each of the {} \
         machines there is {}",
        host.name,
        full.replica + 1,
        service.replicas,
        host.replicas,
        ResourceRequest::of_machine(host),
    );
    found.error(Code::NoRoom, &format!("service \"{}\"", service.name), message);
}

fn share_groups(host: &Host, element: &str, found: &mut Findings) {
    found.unique("share group", host.share_groups.iter().map(|group| group.name.as_str()));
    for group in &host.share_groups {
        let allowed = group.share > 0.0 && group.share <= 1.0;
        found.range(element, "share", group.share, allowed, "in (0, 1]");
    }
    let sum: f64 = host.share_groups.iter().map(|group| group.share).sum();
    if sum > 1.0 + ROUNDING {
        let message = format!("the shares of its groups sum to {sum} but must not exceed 1");
        found.error(Code::Probabilities, element, message);
    }
}

pub(super) fn services(system: &System, names: &Names<'_>, found: &mut Findings) {
    if system.services.is_empty() {
        found.error(Code::NoOperation, "system", "there is no service");
    }
    found.unique("service", system.services.iter().map(|service| service.name.as_str()));
    for service in &system.services {
        let element = format!("service \"{}\"", service.name);
        found.name(&element, &service.name, "service");
        if service.name.contains('/') {
            let message = "the name of a service cannot contain \"/\", which divides it from its operations";
            found.error(Code::InvalidName, &element, message);
        }
        if !names.hosts.contains_key(service.host.as_str()) {
            let message = format!("there is no host \"{}\"", service.host);
            found.error(Code::UnknownName, &element, message);
        }
        if service.operations.is_empty() {
            found.error(Code::NoOperation, &element, "it offers no operation");
        }
        let most = service.most_replicas();
        super::resilience::ranges(
            "load_balancing: ",
            |ranges| service.load_balancing.check(most, ranges),
            &element,
            found,
        );
        if service.load_balancing.is_by_key() && service.work_queue.is_some() {
            let message = "nobody balances what replicas fetch from a work queue, by keys neither";
            found.error(Code::WorkQueue, &element, message);
        }
        let allowed = service.replicas > 0 || service.autoscaler.is_some();
        found.range(&element, "replicas", f64::from(service.replicas), allowed, "at least 1");
        found.multiplicity(&element, "concurrency", service.concurrency);
        if let Some(limit) = service.cpu_limit {
            found.range(
                &element,
                "cpu_limit",
                limit,
                limit > 0.0 && limit.is_finite(),
                "positive and finite",
            );
        }
        throttling(service, &element, found);
        warm_up(system, service, &element, found);
        memory(service, &element, found);
        warm_pool(service, &element, found);
        if let Some(request) = service.cpu_request {
            let allowed = request > 0.0 && request.is_finite();
            found.range(&element, "cpu_request", request, allowed, "positive and finite");
        }
        if let Some(request) = service.memory_request {
            let allowed = request >= 0.0 && request.is_finite();
            found.range(&element, "memory_request", request, allowed, "at least 0, and finite");
        }
        if let Some(price) = service.price {
            let allowed = price >= 0.0 && price.is_finite();
            found.range(&element, "price", price, allowed, "at least 0, and finite");
        }
        let allowed = service.weight > 0.0 && service.weight.is_finite();
        found.range(&element, "weight", service.weight, allowed, "positive and finite");
        threads_can_be_ordered(service, &element, found);
        polling(service, &element, found);
        belongs_to_group(names, service, &element, found);
        priorities(names, service, &element, found);
        lock(service, &element, found);
    }
}

/// Replicas of the start are warm.
fn warm_up(system: &System, service: &Service, element: &str, found: &mut Findings) {
    let Some(WarmUp { factor, over }) = service.warm_up else { return };
    let allowed = factor >= 1.0 && factor.is_finite();
    found.range(element, "warm_up.factor", factor, allowed, "at least 1, and finite");
    match over {
        WarmUpOver::Requests(all) => {
            found.range(element, "warm_up.over.requests", f64::from(all), all > 0, "at least 1");
        }
        WarmUpOver::Time(all) => {
            let allowed = all > 0.0 && all.is_finite();
            found.range(element, "warm_up.over.time", all, allowed, "positive and finite");
        }
    }
    if !system.is_elastic(service) {
        let message = "its replicas are there from the start and never start anew, so none is ever cold";
        found.add(Code::UnusedWarmUp, Severity::Warning, element, message);
    }
}

fn memory(service: &Service, element: &str, found: &mut Findings) {
    let Some(memory) = &service.memory else { return };
    let not_negative = |value: f64| value >= 0.0 && value.is_finite();
    found.range(element, "memory.base", memory.base, not_negative(memory.base), "at least 0, and finite");
    let allowed = memory.limit > memory.base && memory.limit.is_finite();
    found.range(element, "memory.limit", memory.limit, allowed, "more than the base, and finite");
    let allowed = memory.per_request > 0.0 && memory.per_request.is_finite();
    found.range(element, "memory.per_request", memory.per_request, allowed, "positive and finite");
    let back_off = memory.back_off;
    found.range(element, "memory.back_off", back_off, not_negative(back_off), "at least 0, and finite");
    let allowed = memory.max_back_off >= back_off && memory.max_back_off.is_finite();
    found.range(
        element,
        "memory.max_back_off",
        memory.max_back_off,
        allowed,
        "at least back_off, and finite",
    );
    if service.work_queue.is_some() || service.lock.is_some() || service.polling.is_some() {
        let message = "a memory limit of a work queue's workers, a lock or a thread that goes round: they have as many requests as threads";
        found.error(Code::FaultTarget, element, message);
    }
}

fn warm_pool(service: &Service, element: &str, found: &mut Findings) {
    let Some(pool) = &service.warm_pool else { return };
    found.range(element, "warm_pool.size", f64::from(pool.size), pool.size > 0, "at least 1");
    if service.autoscaler.is_none() {
        let message = "there is a warm_pool, and no autoscaler that would ask for its replicas";
        found.add(Code::UnusedWarmPool, Severity::Warning, element, message);
    }
}

/// As the kernel has it.
fn throttling(service: &Service, element: &str, found: &mut Findings) {
    let Some(Cfs { period, burst, slice }) = service.cfs else { return };
    found.range(element, "cfs.period", period, (0.001..=1.0).contains(&period), "0.001 to 1 s");
    if let Some(slice) = slice {
        found.range(element, "cfs.slice", slice, (1e-6..=1.0).contains(&slice), "0.000001 to 1 s");
    }
    let Some(limit) = service.cpu_limit else {
        return found.error(Code::OutOfRange, element, "cfs needs a cpu_limit to hold it to");
    };
    let quota = limit * period;
    let expected = format!("0 to {quota} s, the quota");
    found.range(element, "cfs.burst", burst, (0.0..=quota).contains(&burst), &expected);
}

/// Threads are handed out one request at a time, so they cannot be shared.
fn threads_can_be_ordered(service: &Service, element: &str, found: &mut Findings) {
    let shares = matches!(
        service.scheduling,
        Scheduling::Ps | Scheduling::PreemptiveLcfs | Scheduling::PreemptivePriority
    );
    if shares && !service.concurrency.is_infinite() {
        let message = format!(
            "scheduling \"{}\" is for hosts: a thread is taken by one request to its end",
            service.scheduling.name()
        );
        found.error(Code::OutOfRange, element, message);
    }
}

/// One thread can be at one operation only.
fn polling(service: &Service, element: &str, found: &mut Findings) {
    let Some(polling) = &service.polling else { return };
    if let PollingVisit::Limited(limit) = polling.visit {
        found.range(element, "polling limit", f64::from(limit), limit > 0, "at least 1");
    }
    let mut refuse = |has: bool, what: &str| {
        if has {
            found.error(Code::OutOfRange, element, format!("polling needs {what}"));
        }
    };
    refuse(service.concurrency != Multiplicity::Finite(1), "a concurrency of 1");
    refuse(service.replicas > 1, "a single replica");
    refuse(service.work_queue.is_some(), "lines of its own, not a work queue");
    refuse(service.lock.is_some(), "a service that is no lock");
}

fn belongs_to_group(names: &Names<'_>, service: &Service, element: &str, found: &mut Findings) {
    let Some(group) = &service.share_group else { return };
    let host = names.hosts.get(service.host.as_str());
    if host.is_some_and(|host| host.share_groups.iter().all(|other| other.name != *group)) {
        let message = format!("host \"{}\" has no share group \"{group}\"", service.host);
        found.error(Code::UnknownName, element, message);
    }
}

/// A priority where nothing looks at it is most likely a mistake.
fn priorities(names: &Names<'_>, service: &Service, element: &str, found: &mut Findings) {
    let host = names.hosts.get(service.host.as_str());
    let on_host = host.is_some_and(|host| host.scheduling.has_priorities());
    let called =
        service.operations.iter().flat_map(|operation| operation.activities()).flat_map(|a| &a.calls);
    let at_callees = called
        .filter_map(|call| names.services.get(call.to.service()))
        .any(|callee| callee.scheduling.has_priorities());
    if service.priority != 0 && !on_host && !at_callees {
        let message = "neither its host nor a service that it calls looks at priorities";
        found.add(Code::UnusedPriority, Severity::Warning, element, message);
    }
    let own = service.operations.iter().any(|operation| operation.priority != 0);
    if own && !service.scheduling.has_priorities() {
        let message = "its operations have priorities, but its scheduling does not look at them";
        found.add(Code::UnusedPriority, Severity::Warning, element, message);
    }
}

/// A semaphore has one operation to wait and one to signal, a read-write lock four; nothing else has any.
fn lock(service: &Service, element: &str, found: &mut Findings) {
    use LockAction::{ReadLock, ReadUnlock, Signal, Wait, WriteLock, WriteUnlock};
    let expected: &[LockAction] = match service.lock {
        None => &[],
        Some(Lock::Semaphore { .. }) => &[Wait, Signal],
        Some(Lock::ReadWrite) => &[ReadLock, ReadUnlock, WriteLock, WriteUnlock],
    };
    let actions: Vec<LockAction> = service.operations.iter().filter_map(|operation| operation.lock).collect();
    let right = expected.iter().all(|action| actions.iter().filter(|other| *other == action).count() == 1)
        && actions.len() == expected.len()
        && (expected.is_empty() || service.operations.len() == expected.len());
    if !right {
        let message = match service.lock {
            None => "an operation acts on a lock, but the service is none",
            Some(Lock::Semaphore { .. }) => "a semaphore needs exactly two operations: wait and signal",
            Some(Lock::ReadWrite) => {
                "a read-write lock needs exactly four operations: read_lock, read_unlock, write_lock, write_unlock"
            }
        };
        found.error(Code::LockActions, element, message);
    }
    if let Some(Lock::Semaphore { taken }) = service.lock
        && service.concurrency.finite().is_some_and(|tokens| taken > tokens)
    {
        let message = format!("{taken} tokens are taken at the start, more than there are");
        found.error(Code::LockActions, element, message);
    }
}
