//! Replies before the end, and requests that are passed on.

use tracecast_model::{
    Activity, Burst, Call, Distribution, Family, Fork, Forward, Host, Load, Multiplicity, Operation,
    OperationRef, Reply, Service, Step, System, Workload,
};

use crate::support::{assert_exactly, assert_mean, burst, quick, response, simulate, twice};
use crate::theory;

fn work(demand: Distribution) -> Step {
    Step::Activity(Activity::working(demand))
}

fn reply() -> Step {
    Step::Reply(Reply::default())
}

fn forward(to: &str, probability: f64) -> Step {
    let to = OperationRef::new(to, "serve");
    Step::Reply(Reply { forward: vec![Forward { to, probability, latency: Distribution::zero() }] })
}

/// A single thread of one operation "serve" on a machine that never queues.
fn thread(name: &str, steps: Vec<Step>) -> Service {
    let operation = Operation { steps, ..Operation::new("serve") };
    Service::new(name, "machine").with_concurrency(1).with_operation(operation)
}

fn system(services: Vec<Service>, load: Load) -> System {
    let first = OperationRef::new(&services[0].name, "serve");
    System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services,
        workloads: vec![Workload::new("users", first, load)],
        ..System::default()
    }
}

/// A thread is held for S₁ + S₂, so requests wait as in M/G/1 with that service time, and then for S₁ only.
#[test]
fn the_second_phase_is_waited_for_by_others_only() {
    let half = Distribution::exponential(0.4);
    let service = thread("server", vec![work(half.clone()), reply(), work(half)]);
    let prediction = simulate(&system(vec![service], Load::Poisson { rate: 1.0 }), &quick());
    let both = Distribution::new(Family::Erlang { mean: 0.8, stages: 2 }).unwrap();
    let waiting = theory::mg1_waiting(1.0, both.mean(), both.second_moment());
    assert_mean(response(&prediction, "users").metric(), waiting + 0.4);
    let operation = &prediction.operations["server/serve"];
    assert_mean(operation.response_time.unwrap(), waiting + 0.4);
    assert_mean(operation.holding_time[0], 0.4);
    assert_mean(operation.holding_time[1], 0.4);
    assert_mean(prediction.services["server"].utilization.unwrap(), 0.8);
    // Little's law, over the whole stay.
    assert_mean(prediction.services["server"].queue_length.unwrap(), waiting + 0.8);
}

/// A user goes on at the reply: a cycle of 1 + 3 seconds, although the thread is held for two more.
#[test]
fn users_go_on_at_the_reply() {
    let fixed = |seconds| work(Distribution::deterministic(seconds));
    let service = thread("server", vec![fixed(1.0), reply(), fixed(2.0)]);
    let load = Load::Closed { population: 1, think_time: Distribution::deterministic(3.0) };
    let prediction = simulate(&system(vec![service.clone()], load), &quick());
    let users = &prediction.workloads["users"];
    assert_exactly(Some(users.response_time.unwrap().metric()), 1.0);
    // A thousand cycles and more: one more or less at the ends of a window.
    assert!((users.throughput.unwrap().mean - 0.25).abs() < 0.25e-2);
    // Without a pause, the thread is the bottleneck: the next request waits for the second phase of the last.
    let load = Load::Closed { population: 1, think_time: Distribution::deterministic(1e-9) };
    let prediction = simulate(&system(vec![service], load), &quick());
    assert!((prediction.workloads["users"].throughput.unwrap().mean * 3.0 - 1.0).abs() < 1e-2);
}

/// All work includes what is done after the reply.
#[test]
fn all_work_includes_the_second_phase() {
    let fixed = |seconds| work(Distribution::deterministic(seconds));
    let mut system =
        system(vec![thread("server", vec![fixed(1.0), reply(), fixed(2.0)])], Load::Poisson { rate: 1.0 });
    system.workloads = vec![burst("server", 1)];
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["server"].reply_time, 1.0);
    assert_exactly(Some(response(&prediction, "server").metric()), 3.0);
    assert_exactly(prediction.workloads["server"].makespan, 3.0);
}

/// A caller of three single threads that pass each request on: a tandem of M/M/1 queues (Burke 1956), whose response
/// times add up in what the caller sees.
#[test]
fn forwarding_is_a_tandem() {
    let exponential = |mean| work(Distribution::exponential(mean));
    let mut gateway = thread("gateway", vec![Step::call(Call::new(OperationRef::new("first", "serve")))]);
    gateway.concurrency = Multiplicity::Infinite;
    let services = vec![
        gateway,
        thread("first", vec![exponential(0.5), forward("second", 1.0)]),
        thread("second", vec![exponential(0.7), forward("third", 1.0)]),
        thread("third", vec![exponential(0.3)]),
    ];
    let prediction = simulate(&system(services, Load::Poisson { rate: 1.0 }), &quick());
    let mut sum = 0.0;
    for (name, mean) in [("first", 0.5), ("second", 0.7), ("third", 0.3)] {
        let stay = mean / (1.0 - mean);
        sum += stay;
        assert_mean(prediction.operations[&format!("{name}/serve")].response_time.unwrap(), stay);
        assert_mean(prediction.services[name].utilization.unwrap(), mean);
    }
    assert_mean(prediction.operations["gateway/serve"].response_time.unwrap(), sum);
    assert_mean(response(&prediction, "users").metric(), sum);
}

/// A request from outside that is passed on with probability 0.3, and replied to otherwise, with work after either:
/// 1 + 0.3·2 seconds on average, 0.3 visits to the second service.
#[test]
fn forwarding_by_chance() {
    let fixed = |seconds| work(Distribution::deterministic(seconds));
    let mut services = vec![
        thread("first", vec![fixed(1.0), forward("second", 0.3), fixed(0.5)]),
        thread("second", vec![fixed(2.0)]),
    ];
    services.iter_mut().for_each(|service| service.concurrency = Multiplicity::Infinite);
    let prediction = simulate(&system(services, Load::Poisson { rate: 1.0 }), &quick());
    assert_mean(response(&prediction, "users").metric(), 1.6);
    assert_mean(prediction.services["second"].throughput.unwrap(), 0.3);
    assert_exactly(Some(prediction.operations["first/serve"].holding_time[0]), 1.0);
    assert_exactly(Some(prediction.operations["first/serve"].holding_time[1]), 0.5);
}

/// One second, then a branch that replies after another and works three more, beside one of five; half a second after the
/// join. The caller waits 2 s, the thread is held for 6.5 s, and so long the second request waits.
#[test]
fn a_branch_replies_while_others_run() {
    let fixed = |seconds| work(Distribution::deterministic(seconds));
    let fork = Step::Fork(Fork::new(vec![vec![fixed(1.0), reply(), fixed(3.0)], vec![fixed(5.0)]]));
    let server = thread("server", vec![fixed(1.0), fork, fixed(0.5)]);
    let load = Load::Burst { bursts: vec![Burst { size: 2, at: 0.0 }] };
    let prediction = simulate(&system(vec![server], load), &twice());
    assert_exactly(Some(response(&prediction, "users").metric()), (2.0 + 8.5) / 2.0);
    assert_exactly(prediction.workloads["users"].makespan, 13.0);
    let operation = &prediction.operations["server/serve"];
    assert_exactly(Some(operation.holding_time[0]), 2.0);
    assert_exactly(Some(operation.holding_time[1]), 4.5);
    assert_exactly(prediction.services["server"].utilization, 1.0);
}

/// A join that does not wait for the branch that replies, so that all else is done before the reply.
#[test]
fn a_branch_that_nobody_waits_for_replies() {
    let fixed = |seconds| work(Distribution::deterministic(seconds));
    let branches = vec![vec![fixed(1.0)], vec![fixed(3.0), reply()]];
    let server = thread("server", vec![Step::Fork(Fork { branches, quorum: Some(1) }), fixed(0.5)]);
    let load = Load::Burst { bursts: vec![Burst { size: 2, at: 0.0 }] };
    let prediction = simulate(&system(vec![server], load), &twice());
    assert_exactly(Some(response(&prediction, "users").metric()), (3.0 + 6.0) / 2.0);
    assert_eq!(prediction.workloads["users"].completed, Some(2));
}

/// Requests wait as in M/G/1 for the longer of two exponentials a and b, and then for a only:
/// E[max] = a + b - c and E[max²] = 2(a² + b² - c²) with 1/c = 1/a + 1/b.
#[test]
fn others_wait_for_all_branches() {
    let (a, b) = (0.3, 0.5);
    let exponential = |mean| work(Distribution::exponential(mean));
    let fork = Step::Fork(Fork::new(vec![vec![exponential(a), reply()], vec![exponential(b)]]));
    let server = thread("server", vec![fork]);
    let prediction = simulate(&system(vec![server], Load::Poisson { rate: 1.0 }), &quick());
    let c = 1.0 / (1.0 / a + 1.0 / b);
    let (mean, second) = (a + b - c, 2.0 * (a * a + b * b - c * c));
    assert_mean(response(&prediction, "users").metric(), theory::mg1_waiting(1.0, mean, second) + a);
    assert_mean(prediction.services["server"].utilization.unwrap(), mean);
}
