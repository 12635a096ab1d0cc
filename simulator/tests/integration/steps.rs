//! Choices, loops, and calls in random order.

use tracecast_model::{
    Activity, Alternative, Call, CallCount, CallOrder, Choice, Distribution, EngineOptions, Host, Load, Loop,
    Multiplicity, Operation, OperationRef, Prediction, Service, Step, System, Workload,
};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker};
use crate::theory;

fn work(demand: Distribution) -> Step {
    Step::Activity(Activity::working(demand))
}

fn fixed(seconds: f64) -> Step {
    work(Distribution::deterministic(seconds))
}

fn choice(branches: Vec<(f64, Vec<Step>)>) -> Step {
    let branches = branches.into_iter().map(|(probability, steps)| Alternative { probability, steps });
    Step::Choice(Choice { branches: branches.collect() })
}

fn rounds(mean: f64, count: CallCount, steps: Vec<Step>) -> Step {
    Step::Loop(Loop { mean, count, steps })
}

/// One thread that does these steps, under Poisson arrivals, on cores that never queue: M/G/1.
fn single_thread(steps: Vec<Step>, rate: f64) -> Prediction {
    let operation = Operation { steps, ..Operation::new("serve") };
    let system = System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![Service::new("thread", "machine").with_concurrency(1).with_operation(operation)],
        workloads: vec![Workload::new("users", OperationRef::new("thread", "serve"), Load::Poisson { rate })],
        ..System::default()
    };
    simulate(&system, &quick())
}

/// A choice between exponentials is a hyper-exponential: mean and second moment by conditioning, the latter seen in
/// the waiting time.
#[test]
fn a_choice_is_a_mixture() {
    let branch = |mean| vec![work(Distribution::exponential(mean))];
    let prediction = single_thread(vec![choice(vec![(0.3, branch(2.0)), (0.7, branch(0.5))])], 0.7);
    let (mean, second) = (0.3 * 2.0 + 0.7 * 0.5, 0.3 * 8.0 + 0.7 * 0.5);
    assert_mean(prediction.operations["thread/serve"].holding_time[0], mean);
    assert_mean(response(&prediction, "users").metric(), mean + theory::mg1_waiting(0.7, mean, second));
}

/// A branch without steps, and what comes after the choice: 1 + (nothing or 2) + 3.
#[test]
fn ways_meet_after_a_choice() {
    let prediction = single_thread(
        vec![fixed(1.0), choice(vec![(0.25, vec![]), (0.75, vec![fixed(2.0)])]), fixed(3.0)],
        0.1,
    );
    assert_mean(prediction.operations["thread/serve"].holding_time[0], 5.5);
}

/// N rounds of exponential work of mean s: mean mN·s and variance mN·s² + Var N·s², with Var N = m(1+m) for a geometric
/// number and f(1-f) for a fixed one with fraction f.
#[test]
fn a_loop_is_a_random_sum() {
    for (mean, count, variance) in [(3.0, CallCount::Geometric, 12.0), (2.5, CallCount::Fixed, 0.25)] {
        let s = 0.2;
        let steps = vec![rounds(mean, count, vec![work(Distribution::exponential(s))])];
        let prediction = single_thread(steps, 1.0);
        let (sum, second) = (mean * s, (mean + variance + mean * mean) * s * s);
        assert_mean(prediction.operations["thread/serve"].holding_time[0], sum);
        assert_mean(response(&prediction, "users").metric(), sum + theory::mg1_waiting(1.0, sum, second));
    }
}

/// Loops in loops, with calls that repeat inside: 2·(1 + 3·(0.5 + 2·0.25) + 1) + 1.
#[test]
fn loops_count_for_themselves() {
    let call = Call::new(OperationRef::new("back", "serve")).with_mean(2.0);
    let inner = vec![fixed(0.5), Step::call(call)];
    let outer = vec![fixed(1.0), rounds(3.0, CallCount::Fixed, inner), fixed(1.0)];
    let mut front = worker("front", "one", 1.0);
    front.operations[0].steps = vec![rounds(2.0, CallCount::Fixed, outer), fixed(1.0)];
    let system = System {
        hosts: vec![host("one", 1), host("two", 1)],
        services: vec![front, worker("back", "two", 0.25)],
        workloads: vec![burst("front", 1)],
        ..System::default()
    };
    assert_exactly(simulate(&system, &twice()).workloads["front"].makespan, 11.0);
}

/// Two callees with means 1.5 and 0.5, called in random order.
fn at_random(demand: Distribution) -> System {
    let call = |to: &str, mean| Call {
        count: CallCount::Geometric,
        ..Call::new(OperationRef::new(to, "serve")).with_mean(mean)
    };
    let activity = Activity {
        calls: vec![call("often", 1.5), call("seldom", 0.5)],
        call_order: CallOrder::Random,
        ..Activity::working(demand)
    };
    let mut front = worker("front", "one", 1.0);
    front.operations[0] = Operation::new("serve").with_activity(activity);
    System {
        hosts: ["one", "two"].map(|name| Host::new(name).with_cores(Multiplicity::Infinite)).to_vec(),
        services: vec![front, worker("often", "two", 1.0), worker("seldom", "two", 1.0)],
        workloads: vec![burst("front", 5000)],
        ..System::default()
    }
}

/// The number of all calls is geometric with mean 2, seen in the response time at one second a call:
/// P(N ≤ n) = 1 - (2/3)^(n+1) is 0.556 for 1, 0.868 for 4 and 0.912 for 5. Counts drawn for each kind alone would make
/// their sum less variable, with 6 % of requests above 6 instead of 8.8 %.
#[test]
fn calls_in_random_order_are_geometric_in_number() {
    let prediction = simulate(&at_random(Distribution::zero()), &EngineOptions::default());
    let found = response(&prediction, "front");
    assert_mean(found.metric(), 2.0);
    for (found, expected) in [(found.p50, 1.0), (found.p90, 5.0)] {
        // Percentiles are known to 1 %.
        assert!((found.unwrap() - expected).abs() < 0.01 * expected, "{found:?}, expected {expected}");
    }
    let ratio = prediction.services["often"].throughput.unwrap().mean
        / prediction.services["seldom"].throughput.unwrap().mean;
    // Some 25 000 calls of the rarer kind: its part of a quarter is known to 0.6 %, four times that are allowed.
    assert!((ratio / 3.0 - 1.0).abs() < 0.03, "{ratio}");
}

/// With slices of a second, N calls of a second each go with N + 1 slices: mean (Y+1) + Y, and the demand is three
/// seconds.
#[test]
fn calls_in_random_order_cut_work_into_slices() {
    let prediction = simulate(&at_random(Distribution::deterministic(3.0)), &EngineOptions::default());
    assert_mean(response(&prediction, "front").metric(), 5.0);
    let requests = prediction.services["front"].throughput.unwrap().mean;
    let work = prediction.hosts["one"].utilization.unwrap().mean / requests;
    // 50 000 requests with a standard deviation of √6 slices: 0.011, four times that are allowed.
    assert!((work - 3.0).abs() < 0.044, "{work}");
}
