//! Systems that have closed forms.

use tracecast_model::{
    Activity, Alternative, Call, CallCount, Choice, Distribution, Family, Fork, Host, Load, Multiplicity,
    Operation, OperationRef, Polling, PollingVisit, Scheduling, Service, Step, System, Workload, fixtures,
};

pub(crate) fn exponential(mean: f64) -> Distribution {
    Distribution::exponential(mean)
}

/// Of that mean and squared coefficient of variation.
pub(crate) fn with_scv(mean: f64, scv: f64) -> Distribution {
    Distribution::with_scv(mean, scv).unwrap()
}

pub(crate) fn family(family: Family) -> Distribution {
    Distribution::new(family).unwrap()
}

/// One station of so many cores under Poisson arrivals.
pub(crate) fn open(cores: u32, demand: Distribution, scheduling: Scheduling, rate: f64) -> System {
    fixtures::station(cores, demand, scheduling, Load::Poisson { rate })
}

/// One core first come, first served, with exponential work under that load.
pub(crate) fn exponential_server(mean: f64, load: Load) -> System {
    fixtures::station(1, exponential(mean), Scheduling::Fcfs, load)
}

/// As many threads as servers before cores without limit, and no more than `places` requests in all.
pub(crate) fn limited(servers: u32, places: u32, demand: Distribution, rate: f64) -> System {
    let mut system = open(1, demand, Scheduling::Fcfs, rate);
    system.hosts[0].cores = Multiplicity::Infinite;
    system.services[0].concurrency = Multiplicity::Finite(servers);
    system.services[0].queue_capacity = Some(places - servers);
    system
}

/// A class of requests with a service and a workload of its own, both of that name.
pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) demand: Distribution,
    pub(crate) load: Load,
    pub(crate) priority: i32,
    pub(crate) weight: f64,
}

impl Class {
    /// Under Poisson arrivals.
    pub(crate) fn new(name: &'static str, rate: f64, demand: Distribution) -> Self {
        Self { name, demand, load: Load::Poisson { rate }, priority: 0, weight: 1.0 }
    }
}

/// Classes on one machine.
pub(crate) fn classes(host: Host, classes: Vec<Class>) -> System {
    let mut system = System { hosts: vec![host], ..System::default() };
    for class in classes {
        let serve = Operation::new("serve").with_activity(Activity::working(class.demand));
        let mut service = Service::new(class.name, &system.hosts[0].name).with_operation(serve);
        (service.priority, service.weight) = (class.priority, class.weight);
        system.services.push(service);
        let operation = OperationRef::new(class.name, "serve");
        system.workloads.push(Workload::new(class.name, operation, class.load));
    }
    system
}

/// One core of that scheduling.
pub(crate) fn core(scheduling: Scheduling) -> Host {
    Host::new("machine").with_scheduling(scheduling)
}

/// A service "polled" of one thread on cores without limit that goes round the operations q0, q1, … with a Poisson
/// workload of the same name for each.
pub(crate) fn polled(
    queues: &[(f64, Distribution)],
    switch_over: &Distribution,
    visit: PollingVisit,
) -> System {
    let mut service = Service::new("polled", "machine").with_concurrency(1);
    service.polling = Some(Polling { visit, switch_over: switch_over.clone() });
    let mut system = System::default();
    for (number, (rate, demand)) in queues.iter().enumerate() {
        let name = format!("q{number}");
        let work = Activity::working(demand.clone());
        service = service.with_operation(Operation::new(&name).with_activity(work));
        let operation = OperationRef::new("polled", &name);
        system.workloads.push(Workload::new(name, operation, Load::Poisson { rate: *rate }));
    }
    system.hosts.push(Host::new("machine").with_cores(Multiplicity::Infinite));
    system.services.push(service);
    system
}

/// Stations of one core in the way of a session that has a thread and a core of its own; `way` makes its steps of a
/// call to each station. The workload is called "users".
pub(crate) fn network(
    stations: &[(Distribution, Scheduling)],
    load: Load,
    way: impl Fn(Vec<Call>) -> Vec<Step>,
) -> System {
    let mut system =
        System { hosts: vec![Host::new("users").with_cores(Multiplicity::Infinite)], ..System::default() };
    let mut calls = Vec::new();
    for (number, (demand, scheduling)) in stations.iter().enumerate() {
        let name = format!("station{number}");
        system.hosts.push(Host::new(&name).with_scheduling(*scheduling));
        let serve = Operation::new("serve").with_activity(Activity::working(demand.clone()));
        system.services.push(Service::new(&name, &name).with_operation(serve));
        calls.push(Call::new(OperationRef::new(&name, "serve")));
    }
    let session = Operation { steps: way(calls), ..Operation::new("session") };
    system.services.push(Service::new("terminal", "users").with_operation(session));
    system.workloads.push(Workload::new("users", OperationRef::new("terminal", "session"), load));
    system
}

/// One call after the other.
pub(crate) fn in_turn(calls: Vec<Call>) -> Vec<Step> {
    calls.into_iter().map(Step::call).collect()
}

/// A number of calls to the first station that is geometric from 0 with that mean.
pub(crate) fn again(mean: f64) -> impl Fn(Vec<Call>) -> Vec<Step> {
    move |calls| {
        let calls = calls.into_iter().map(|call| Call { mean, count: CallCount::Geometric, ..call });
        calls.map(Step::call).collect()
    }
}

/// One of the calls, by these probabilities.
pub(crate) fn one_of<const N: usize>(probabilities: [f64; N]) -> impl Fn(Vec<Call>) -> Vec<Step> {
    move |calls| {
        let branch =
            |(call, probability): (Call, f64)| Alternative { probability, steps: vec![Step::call(call)] };
        vec![Step::Choice(Choice { branches: calls.into_iter().zip(probabilities).map(branch).collect() })]
    }
}

/// All calls at once.
pub(crate) fn at_once(calls: Vec<Call>) -> Vec<Step> {
    vec![Step::Fork(Fork::new(calls.into_iter().map(|call| vec![Step::call(call)]).collect()))]
}
