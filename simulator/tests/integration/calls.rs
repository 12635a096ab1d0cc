//! Calls: synchronous and asynchronous, their number, their latency, and the slices of work between them.

use tracecast_model::{
    Activity, Call, CallCount, Distribution, EngineOptions, Load, Multiplicity, Operation, OperationRef,
    System, fixtures,
};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker};
use crate::theory;

/// A service "front" of one operation of that activity, and its callee "back" with a second of work.
fn front_and_back(activity: Activity) -> System {
    let mut front = worker("front", "one", 1.0);
    front.operations[0] = Operation::new("serve").with_activity(activity);
    System {
        hosts: vec![host("one", 1), host("two", 1)],
        services: vec![front, worker("back", "two", 1.0)],
        workloads: vec![burst("front", 1)],
        ..System::default()
    }
}

fn call() -> Call {
    Call::new(OperationRef::new("back", "serve"))
}

fn working(seconds: f64, calls: Vec<Call>) -> Activity {
    Activity { calls, ..Activity::working(Distribution::deterministic(seconds)) }
}

/// A synchronous call takes its time, with its latency; the caller's delay and demand come on top.
#[test]
fn a_synchronous_call_waits() {
    let call = Call { latency: Distribution::deterministic(0.25), ..call() };
    let activity = Activity { delay: Distribution::deterministic(0.5), ..working(2.0, vec![call]) };
    let prediction = simulate(&front_and_back(activity), &twice());
    assert_exactly(prediction.workloads["front"].makespan, 0.5 + 2.0 + 0.25 + 1.0);
    assert_exactly(Some(response(&prediction, "front").metric()), 3.75);
    assert_exactly(prediction.operations["back/serve"].response_time, 1.0);
    assert_exactly(Some(prediction.operations["front/serve"].holding_time[0]), 3.75);
    assert_exactly(prediction.hosts["one"].utilization, 2.0 / 3.75);
}

/// An asynchronous call does not: the reply goes out after the caller's own work, all is done after the callee's.
#[test]
fn an_asynchronous_call_does_not_wait() {
    let call = Call { latency: Distribution::deterministic(0.25), ..call() }.asynchronous();
    let prediction = simulate(&front_and_back(working(2.0, vec![call])), &twice());
    let front = &prediction.workloads["front"];
    // The message leaves after the first of two slices.
    assert_exactly(front.makespan, 1.0 + 0.25 + 1.0);
    assert_exactly(front.reply_time, 2.0);
    assert_exactly(Some(response(&prediction, "front").metric()), 2.25);
}

/// Three calls cut two seconds of work into four slices: the callee is asked at 0.5, 2, 3.5, and the last slice ends
/// at 5.
#[test]
fn calls_cut_work_into_slices() {
    let system = front_and_back(working(2.0, vec![call().with_mean(3.0)]));
    assert_exactly(simulate(&system, &twice()).workloads["front"].makespan, 5.0);
    // With asynchronous calls one sees when they are made: the callee works from 0.5 to 3.5 without a gap.
    let system = front_and_back(working(2.0, vec![call().with_mean(3.0).asynchronous()]));
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["front"].makespan, 3.5);
    assert_exactly(prediction.workloads["front"].reply_time, 2.0);
}

/// Two requests at once on one core that is not shared: sending a message does not give the core up, so that one ends
/// at 2 and the other at 4; waiting for a call does, so that they take turns: 0 to 1, 1 to 2, then from 2 and 3 on.
#[test]
fn a_core_is_kept_over_messages() {
    let scheduled = |call| {
        let mut system = front_and_back(working(2.0, vec![call]));
        system.hosts[0].scheduling = tracecast_model::Scheduling::Fcfs;
        system.workloads = vec![burst("front", 2)];
        simulate(&system, &twice())
    };
    let with_messages = scheduled(call().asynchronous());
    assert_exactly(with_messages.operations["front/serve"].response_time, (2.0 + 4.0) / 2.0);
    assert_exactly(with_messages.workloads["front"].makespan, 4.0);
    let with_calls = scheduled(call());
    assert_exactly(with_calls.operations["front/serve"].response_time, (3.0 + 4.0) / 2.0);
}

/// The mean number of calls is as asked, and so is the total work: forced flow and utilization law.
#[test]
fn call_counts_have_their_means() {
    for (mean, count) in [(0.4, CallCount::Fixed), (2.5, CallCount::Fixed), (2.5, CallCount::Geometric)] {
        let mut system = front_and_back(working(0.01, vec![Call { count, ..call().with_mean(mean) }]));
        system.services[1] = worker("back", "two", 0.005);
        system.workloads[0].load = Load::Poisson { rate: 20.0 };
        let prediction = simulate(&system, &quick());
        assert_mean(prediction.services["back"].throughput.unwrap(), 20.0 * mean);
        assert_mean(prediction.hosts["one"].utilization.unwrap(), 0.2);
    }
}

/// A geometric number from 0 with mean m is 0 with probability 1/(1+m), a fixed one of mean 2.5 is 2 or 3. Seen as the
/// variance of the number of calls of one request: response times of calls that take a second each, no work else.
#[test]
fn call_counts_have_their_shapes() {
    for (count, zero, quantile) in [(CallCount::Geometric, true, 7.0), (CallCount::Fixed, false, 3.0)] {
        let mut system = front_and_back(Activity::calling(Call { count, ..call().with_mean(2.5) }));
        system.hosts[1].cores = Multiplicity::Infinite;
        system.workloads = vec![burst("front", 5000)];
        let found = response(&simulate(&system, &EngineOptions::default()), "front");
        // Geometric: P(N ≤ 6) = 1 - (5/7)⁷ = 0.905, P(N ≤ 5) = 0.867, so the 90th percentile is 6; the median is 2
        // (P(N ≤ 1) = 0.49, P(N ≤ 2) = 0.64).
        let expected = if zero { quantile - 1.0 } else { quantile };
        assert!((found.p90.unwrap() / expected - 1.0).abs() < 0.01, "{count:?}: {found:?}");
        assert!((found.p50.unwrap() - if zero { 2.0 } else { 2.5 }).abs() < 0.52, "{count:?}: {found:?}");
        assert_mean(found.metric(), 2.5);
    }
}

/// A single thread that works for an exponential time and then waits for a callee's exponential time, alone with it:
/// M/G/1 whose service time is the sum of both.
#[test]
fn a_thread_is_held_during_calls() {
    let mut system = front_and_back(Activity::working(Distribution::exponential(0.4)));
    system.services[0].operations[0] = system.services[0].operations[0].clone().with_call(call());
    system.services[0].concurrency = Multiplicity::Finite(1);
    let back = Activity::working(Distribution::exponential(0.4));
    system.services[1].operations[0] = Operation::new("serve").with_activity(back);
    system.workloads[0].load = Load::Poisson { rate: 0.9 };
    let prediction = simulate(&system, &quick());
    // Two exponential stages of 0.4 are Erlang with mean 0.8.
    let both = tracecast_model::Family::Erlang { mean: 0.8, stages: 2 };
    let theory = theory::mg1_response(0.9, &Distribution::new(both).unwrap());
    assert_mean(response(&prediction, "front").metric(), theory);
    assert_mean(prediction.services["front"].utilization.unwrap(), 0.72);
    assert_mean(prediction.operations["front/serve"].holding_time[0], 0.8);
    assert_mean(prediction.operations["back/serve"].response_time.unwrap(), 0.4);
}

/// Without thread limits nested calls are a product-form network: R is the sum over the stations of V·D/(1-ρ).
#[test]
fn nested_calls_without_thread_limits() {
    let mut system = fixtures::three_tiers(50.0);
    for service in &mut system.services {
        service.concurrency = Multiplicity::Infinite;
    }
    let prediction = simulate(&system, &quick());
    let station = |visits: f64, demand: f64| visits * demand / (1.0 - 50.0 * visits * demand);
    let theory = station(1.0, 0.005) + station(2.0, 0.004) + station(6.0, 0.002);
    assert_mean(response(&prediction, "users").metric(), theory);
}
