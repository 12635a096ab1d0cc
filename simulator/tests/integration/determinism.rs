//! Same system, options and seed: same bytes.

use tracecast_model::{
    Activity, Alternative, Call, CallCount, CallOrder, Choice, Distribution, EngineOptions, Fork, Forward,
    Loop, OperationRef, Prediction, Reply, Scheduling, ShareGroup, Step, System, fixtures,
};

use crate::support::simulate;

fn scenarios() -> Vec<(System, EngineOptions)> {
    let series = EngineOptions { series_bin: Some(5.0), precision: 0.05, ..EngineOptions::default() };
    let short = EngineOptions { until: Some(30.0), replications: Some(3), ..EngineOptions::default() };
    vec![
        (fixtures::three_tiers(50.0), series.clone()),
        (everything(), series.clone()),
        (fixtures::closed_network(20, 1.0, &[0.02, 0.03]), short),
        (fixtures::burst_queue(200, 4, Distribution::exponential(0.3)), series),
        (fixtures::open_station(1, Distribution::exponential(1.0), 1.3), EngineOptions::default()),
    ]
}

/// Three tiers with a choice, a loop, a quorum join, forwarding and steps after it, calls in random order, work that is
/// interrupted, requests that wait in random order or find no place, and shares.
fn everything() -> System {
    let mut system = fixtures::three_tiers(30.0);
    let work = || Step::Activity(Activity::working(Distribution::exponential(0.001)));
    let chance = |probability| Alternative { probability, steps: vec![work()] };
    let call = |to: &str| Call {
        count: CallCount::Geometric,
        ..Call::new(OperationRef::new(to, "handle")).with_mean(0.5)
    };
    let random = Activity {
        calls: vec![call("application"), call("database").asynchronous()],
        call_order: CallOrder::Random,
        ..Activity::working(Distribution::exponential(0.002))
    };
    let fork = Fork { quorum: Some(1), ..Fork::new(vec![vec![work()], vec![work(), work()]]) };
    let forward = Forward {
        to: OperationRef::new("database", "handle"),
        probability: 0.4,
        latency: Distribution::zero(),
    };
    system.services[0].operations[0].steps = vec![
        Step::Choice(Choice { branches: vec![chance(0.2), chance(0.8)] }),
        Step::Loop(Loop { mean: 1.5, count: CallCount::Geometric, steps: vec![Step::Fork(fork)] }),
        Step::Activity(random),
        Step::Reply(Reply { forward: vec![forward] }),
        work(),
    ];
    system.hosts[0].scheduling = Scheduling::PreemptivePriority;
    system.hosts[1].scheduling = Scheduling::Random;
    system.hosts[2].share_groups = vec![ShareGroup { name: "half".into(), share: 0.5, capped: true }];
    system.services[2].share_group = Some("half".into());
    system.services[2].queue_capacity = Some(2);
    system.services[1].scheduling = Scheduling::Random;
    system
}

fn on_threads(threads: usize, system: &System, options: &EngineOptions) -> Prediction {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| simulate(system, options))
}

fn bytes(prediction: &Prediction) -> String {
    serde_json::to_string(prediction).unwrap()
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    for (system, options) in scenarios() {
        let single = bytes(&on_threads(1, &system, &options));
        assert_eq!(single, bytes(&on_threads(2, &system, &options)));
        assert_eq!(single, bytes(&on_threads(3, &system, &options)));
    }
}

#[test]
fn another_seed_gives_other_figures() {
    for (system, options) in scenarios() {
        let other = EngineOptions { seed: 2, ..options.clone() };
        assert_ne!(bytes(&simulate(&system, &options)), bytes(&simulate(&system, &other)));
    }
}

/// Common random numbers: what an element draws does not depend on what else there is. A second workload on services
/// of its own leaves every figure of the first as it was.
#[test]
fn elements_draw_from_streams_of_their_own() {
    let options = EngineOptions { until: Some(500.0), warm_up: Some(50.0), ..EngineOptions::default() };
    let alone = fixtures::open_station(1, Distribution::exponential(1.0), 0.7);
    let mut together = fixtures::three_tiers(5.0);
    together.workloads[0].name = "others".into();
    together.hosts.extend(alone.hosts.clone());
    together.services.extend(alone.services.clone());
    together.workloads.extend(alone.workloads.clone());
    let (alone, together) = (simulate(&alone, &options), simulate(&together, &options));
    assert_eq!(alone.workloads["users"], together.workloads["users"]);
    assert_eq!(alone.services["station"], together.services["station"]);
}
