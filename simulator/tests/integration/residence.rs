//! Where response times are spent, and what visits find when they arrive.

use tracecast_model::{
    Activity, Call, Completion, Distribution, EngineOptions, Fork, Load, Multiplicity, Operation,
    OperationRef, Prediction, Scheduling, Service, Shedding, Step, System, Workload, fixtures,
};

use crate::support::{
    assert_exact, assert_exactly, assert_mean, host, quick, response, simulate, twice, worker,
};
use crate::theory;

fn broken_down(system: &System, options: &EngineOptions) -> Prediction {
    let prediction = simulate(system, &EngineOptions { breakdown: true, ..options.clone() });
    for (name, workload) in &prediction.workloads {
        let sum: f64 = workload.residence.values().map(|residence| residence.total.mean).sum();
        // A mean over replications is one of quotients, of which every one sums.
        assert_exact(sum, response(&prediction, name).mean);
    }
    prediction
}

/// M/M/1: the wait ρS/(1 - ρ) is for the core where threads are many, for the thread where there is one.
#[test]
fn waiting_for_core_or_thread() {
    let (demand, load) = (0.1, 0.7);
    for threads in [Multiplicity::Infinite, Multiplicity::Finite(1)] {
        let mut system = fixtures::open_station(1, Distribution::exponential(demand), load / demand);
        system.services[0].concurrency = threads;
        let prediction = broken_down(&system, &quick());
        let residence = prediction.workloads["users"].residence["station/serve"];
        let (wait, other) = match threads {
            Multiplicity::Infinite => (residence.waiting_for_core, residence.waiting_for_thread),
            Multiplicity::Finite(_) => (residence.waiting_for_thread, residence.waiting_for_core),
        };
        assert_mean(wait.unwrap(), load * demand / (1.0 - load));
        assert_mean(residence.work.unwrap(), demand);
        assert_eq!((other, residence.network, residence.delay), (None, None, None));
        // Poisson arrivals see time averages (Wolff 1982).
        let found = prediction.operations["station/serve"].found_on_arrival.unwrap();
        assert_mean(found, load / (1.0 - load));
    }
}

/// A CPU limit of half a core makes work take twice its time: one half of that is waiting for the core.
#[test]
fn limits_are_waiting_for_the_core() {
    let load = Load::Closed { population: 1, think_time: Distribution::exponential(1.0) };
    let mut system = fixtures::station(1, Distribution::deterministic(0.2), Scheduling::Ps, load);
    system.services[0].cpu_limit = Some(0.5);
    let residence = broken_down(&system, &twice()).workloads["users"].residence["station/serve"];
    assert_exact(residence.work.unwrap().mean, 0.2);
    assert_exact(residence.waiting_for_core.unwrap().mean, 0.2);
}

/// Residence times and queues found in a closed product-form network, against exact mean value analysis: D(1 + Q(N - 1)),
/// and by the arrival theorem (Reiser and Lavenberg 1980; Sevcik and Mitrani 1981) those who arrive find Q(N - 1).
#[test]
fn closed_network() {
    let demands = [0.5, 0.3, 0.2];
    let prediction = broken_down(&fixtures::closed_network(8, 2.0, &demands), &quick());
    let (_, queues) = theory::exact_mva(7, 2.0, &demands);
    for (number, (demand, queue)) in demands.into_iter().zip(queues).enumerate() {
        let name = format!("station{number}/serve");
        let residence = prediction.workloads["users"].residence[&name];
        assert_mean(residence.total, demand * (1.0 + queue));
        assert_mean(residence.work.unwrap(), demand);
        assert_mean(prediction.operations[&name].found_on_arrival.unwrap(), queue);
    }
}

/// Two branches with exponential demands of rates a and b, and cores for all: the time is spent along the longer one,
/// E[A; A > B] = 1/a - a/(a + b)².
#[test]
fn the_longer_branch_counts() {
    let (a, b) = (1.0 / 0.2, 1.0 / 0.3);
    let serve = |name: &str, mean: f64| {
        let work = Activity::working(Distribution::exponential(mean));
        Service::new(name, name).with_operation(Operation::new("serve").with_activity(work))
    };
    let call = |to| vec![Step::Activity(Activity::calling(Call::new(OperationRef::new(to, "serve"))))];
    let fork = Step::Fork(Fork::new(vec![call("a"), call("b")]));
    let front = Operation { steps: vec![fork], ..Operation::new("serve") };
    let endless = |name: &str| host(name, 1).with_cores(Multiplicity::Infinite);
    let system = System {
        hosts: vec![endless("front"), endless("a"), endless("b")],
        services: vec![
            Service::new("front", "front").with_operation(front),
            serve("a", 1.0 / a),
            serve("b", 1.0 / b),
        ],
        workloads: vec![Workload::new(
            "users",
            OperationRef::new("front", "serve"),
            Load::Poisson { rate: 5.0 },
        )],
        ..System::default()
    };
    let prediction = broken_down(&system, &quick());
    let residence = &prediction.workloads["users"].residence;
    assert_mean(residence["a/serve"].work.unwrap(), 1.0 / a - a / (a + b).powi(2));
    assert_mean(residence["b/serve"].work.unwrap(), 1.0 / b - b / (a + b).powi(2));
    assert_eq!(residence.len(), 2);
}

/// Two calls over a network of 10 ms each after a delay of 0.3 s, and a message whose way and work count only where all
/// work does.
#[test]
fn networks_delays_and_messages() {
    let work = |seconds| Activity::working(Distribution::deterministic(seconds));
    let call = |to, mean, seconds| Call {
        latency: Distribution::deterministic(seconds),
        mean,
        ..Call::new(OperationRef::new(to, "serve"))
    };
    let delay = Activity { delay: Distribution::deterministic(0.3), ..Activity::default() };
    let front = Operation::new("serve")
        .with_activity(delay)
        .with_call(call("callee", 2.0, 0.01))
        .with_call(call("sink", 1.0, 0.02).asynchronous());
    let serving = |name: &str, seconds| {
        Service::new(name, "machine").with_operation(Operation::new("serve").with_activity(work(seconds)))
    };
    let think_time = Distribution::deterministic(10.0);
    let mut system = System {
        hosts: vec![host("machine", 1)],
        services: vec![
            Service::new("front", "machine").with_operation(front),
            serving("callee", 0.05),
            serving("sink", 0.1),
        ],
        workloads: vec![Workload::new(
            "users",
            OperationRef::new("front", "serve"),
            Load::Closed { population: 1, think_time },
        )],
        ..System::default()
    };
    let check = |system: &System, places: usize| {
        let residence = broken_down(system, &twice()).workloads["users"].residence.clone();
        assert_eq!(residence.len(), places);
        assert_exactly(residence["front/serve"].delay, 0.3);
        assert_exactly(residence["callee/serve"].network, 0.02);
        assert_exactly(residence["callee/serve"].work, 0.1);
        residence
    };
    check(&system, 2);
    system.workloads[0].completion = Completion::AllWork;
    let residence = check(&system, 3);
    assert_exactly(residence["sink/serve"].network, 0.02);
    assert_exactly(residence["sink/serve"].work, 0.1);
}

/// What waits and is dropped has waited for a thread, and the request, which counts until all its work is done and needs only the
/// other branch, for it: of three that come a quarter of a second apart for a second of work, the second one is dropped after
/// 0.75 s, the third one begins after half a second.
#[test]
fn dropped_requests_have_waited() {
    let mut front = worker("front", "machine", 0.0);
    front.concurrency = Multiplicity::Infinite;
    let call = Step::call(Call::new(OperationRef::new("back", "serve")));
    let nothing = Step::Activity(Activity::working(Distribution::zero()));
    let fork = Fork { quorum: Some(1), ..Fork::new(vec![vec![call], vec![nothing]]) };
    front.operations[0] = Operation { steps: vec![Step::Fork(fork)], ..Operation::new("serve") };
    let mut back = worker("back", "machine", 1.0);
    back.concurrency = Multiplicity::Finite(1);
    back.shedding = Some(Shedding { max_queue_delay: Some(0.5), abandoned: false, ..Shedding::default() });
    let load = Load::Replay { at: vec![0.0, 0.25, 0.5] };
    let mut users = Workload::new("users", OperationRef::new("front", "serve"), load);
    users.completion = Completion::AllWork;
    let system = System {
        hosts: vec![host("machine", 2)],
        services: vec![front, back],
        workloads: vec![users],
        ..System::default()
    };
    let prediction = broken_down(&system, &twice());
    assert_exact(response(&prediction, "users").mean, (1.0 + 0.75 + 1.5) / 3.0);
    let residence = prediction.workloads["users"].residence["back/serve"];
    assert_exact(residence.waiting_for_thread.unwrap().mean, (0.75 + 0.5) / 3.0);
    assert_exact(residence.work.unwrap().mean, 2.0 / 3.0);
}
