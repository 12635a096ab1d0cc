//! A system with a network as one that engines know: latencies of calls, work of services, and shared links as services.

use std::borrow::Cow;

use super::{Link, Network, Payload, Proxy};
use crate::{
    Activity, Call, CallKind, Distribution, Host, Multiplicity, Operation, OperationRef, Service, Step,
    System,
};

/// What the names of hosts and services begin with that shared links become.
pub(crate) const LINK_PREFIX: &str = "link ";

/// The service and the host that a shared link becomes.
fn link_service(link: &str) -> String {
    format!("{LINK_PREFIX}{link}")
}

impl System {
    /// The same system with its network as part of calls, operations and services:
    ///
    /// * the latency of a call grows by that of its link, there and, for a synchronous call, back, and by that of the proxies at
    ///   both ends; the sum of independent times is fitted by mean and variance. So does it by its bytes over the bandwidth of a
    ///   link that messages do not share;
    /// * an operation first works for what the proxies of its service cost for the request and the reply, and an activity with
    ///   calls for what they cost its own service, so often as it calls on average;
    /// * a link that messages share is a service on a host that shares one core, with an operation for every operation called
    ///   over it; the caller visits it before each call, with the bytes of request and reply.
    ///
    /// Calls within a service, and requests from outside, take no link; the latter do pass the proxies of their service.
    pub fn on_network(&self) -> Cow<'_, Self> {
        let Some(network) = &self.network else { return Cow::Borrowed(self) };
        let mut system = self.clone();
        system.network = None;
        for service in &mut system.services {
            for operation in &mut service.operations {
                put_on(network, self, &service.name, operation);
            }
        }
        for link in network.links.iter().filter(|link| shares(link)) {
            add_service(link, self, network, &mut system);
        }
        Cow::Owned(system)
    }
}

fn shares(link: &Link) -> bool {
    link.shared && link.effective_bandwidth().is_some()
}

fn payload(system: &System, operation: &OperationRef) -> Payload {
    let service = system.service(operation.service());
    let found = service.and_then(|service| {
        service.operations.iter().find(|other| other.name == operation.operation()).and_then(|op| op.payload)
    });
    found.unwrap_or_default()
}

/// Work and latency of an operation and of its calls.
fn put_on(network: &Network, system: &System, service: &str, operation: &mut Operation) {
    operation.steps = std::mem::take(&mut operation.steps)
        .into_iter()
        .flat_map(|step| expanded(network, system, service, step))
        .collect();
    let sizes = operation.payload.unwrap_or_default();
    let own = network.proxies_at(service);
    let cpu: f64 = own.map(|proxy| proxy.cpu_of(sizes.request) + proxy.cpu_of(sizes.reply)).sum();
    if cpu > 0.0 && operation.lock.is_none() {
        let work = Activity::working(Distribution::deterministic(cpu));
        operation.steps.insert(0, Step::Activity(work));
    }
}

/// A step with what the network makes of it before it.
fn expanded(network: &Network, system: &System, service: &str, mut step: Step) -> Vec<Step> {
    let Step::Activity(activity) = &mut step else {
        let lists: Vec<&mut Vec<Step>> = match &mut step {
            Step::Fork(fork) => fork.branches.iter_mut().collect(),
            Step::Choice(choice) => choice.branches.iter_mut().map(|branch| &mut branch.steps).collect(),
            Step::Loop(repeated) => vec![&mut repeated.steps],
            Step::Activity(_) | Step::Reply(_) => Vec::new(),
        };
        for steps in lists {
            *steps = std::mem::take(steps)
                .into_iter()
                .flat_map(|step| expanded(network, system, service, step))
                .collect();
        }
        return vec![step];
    };
    let mut before = Activity::default();
    let mut cpu = 0.0;
    for call in activity.calls.iter_mut().filter(|call| call.to.service() != service) {
        cpu += call.mean * f64::from(call.fan_out) * delayed(network, system, service, call);
        if let Some(link) = network.link(service, call.to.service()).filter(|link| shares(link)) {
            let to = OperationRef::new(link_service(&link.name), call.to.to_string());
            before.calls.push(Call { mean: call.mean, count: call.count, ..Call::new(to) });
        }
    }
    before.demand = Distribution::deterministic(cpu);
    if cpu > 0.0 && !before.calls.is_empty() {
        // The demand of an activity is cut by its calls; here it stands apart.
        let work = Activity::working(std::mem::take(&mut before.demand));
        return vec![Step::Activity(work), Step::Activity(before), step];
    }
    if cpu > 0.0 || !before.calls.is_empty() {
        return vec![Step::Activity(before), step];
    }
    vec![step]
}

/// Makes a call as long as its way; the processor time that its proxies take at the caller.
fn delayed(network: &Network, system: &System, service: &str, call: &mut Call) -> f64 {
    let waits = call.kind == CallKind::Synchronous;
    let sizes = payload(system, &call.to).sent_by(call.kind);
    let ways = if waits { 2.0 } else { 1.0 };
    let at = |name: &str| -> f64 { network.proxies_at(name).map(Proxy::effective_latency).sum() };
    let mut mean = ways * (at(service) + at(call.to.service()));
    let mut variance = 0.0;
    if let Some(link) = network.link(service, call.to.service()) {
        let latency = link.effective_latency();
        mean += ways * latency.mean();
        variance += ways * latency.variance();
        if let Some(bandwidth) = link.effective_bandwidth().filter(|_| !link.shared) {
            mean += sizes.bytes() / bandwidth;
        }
    }
    call.latency = sum(&call.latency, mean, variance);
    let own = network.proxies_at(service);
    own.map(|proxy| proxy.cpu_of(sizes.request) + if waits { proxy.cpu_of(sizes.reply) } else { 0.0 }).sum()
}

/// A time and an independent one of that mean and variance, fitted by its first two moments.
fn sum(time: &Distribution, mean: f64, variance: f64) -> Distribution {
    if mean == 0.0 {
        return time.clone();
    }
    let (mean, variance) = (time.mean() + mean, time.variance() + variance);
    Distribution::with_scv(mean, variance / (mean * mean))
        .unwrap_or_else(|_| Distribution::deterministic(mean))
}

/// The service that a shared link is, with what is called over it.
fn add_service(link: &Link, system: &System, network: &Network, into: &mut System) {
    let Some(bandwidth) = link.effective_bandwidth() else { return };
    let name = link_service(&link.name);
    let mut service = Service::new(&name, &name);
    for (caller, operation) in system.operations() {
        for call in operation.activities().into_iter().flat_map(|activity| &activity.calls) {
            let (from, to) = (caller.service(), call.to.service());
            let taken = network.link(from, to);
            let is_new = service.operations.iter().all(|known| known.name != call.to.to_string());
            if from != to && is_new && taken.is_some_and(|taken| taken.name == link.name) {
                let bytes = payload(system, &call.to).sent_by(call.kind).bytes();
                let work = Activity::working(Distribution::deterministic(bytes / bandwidth));
                service.operations.push(Operation::new(call.to.to_string()).with_activity(work));
            }
        }
    }
    if !service.operations.is_empty() {
        service.concurrency = Multiplicity::Infinite;
        into.hosts.push(Host::new(&name));
        into.services.push(service);
    }
}
