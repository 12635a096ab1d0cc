//! Hedged requests against closed forms: work of exponential length with mean 1 that waits for nothing.

use tracecast_model::{
    Activity, Call, CallResult, ConcurrencyLimit, Distribution, Hedging, Host, Load, Multiplicity, Operation,
    OperationRef, Prediction, RateLimit, Resilience, RetryBudget, Semaphore, Shedding, Step, System,
    Workload,
};

use crate::support::{
    assert_exact, assert_exactly, assert_mean, burst, host, quick, simulate, twice, worker,
};

const RATE: f64 = 20.0;

/// A service "front" that calls "back" with this policy.
fn system(policy: Resilience) -> System {
    let mut front = worker("front", "machine", 0.0);
    let call = Call::new(OperationRef::new("back", "serve")).with_resilience(policy);
    front.operations[0] = Operation { steps: vec![Step::call(call)], ..Operation::new("serve") };
    let mut back = worker("back", "machine", 1.0);
    let work = Activity::working(Distribution::exponential(1.0));
    back.operations[0] = Operation::new("serve").with_activity(work);
    System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![front, back],
        workloads: vec![Workload::new(
            "front",
            OperationRef::new("front", "serve"),
            Load::Poisson { rate: RATE },
        )],
        ..System::default()
    }
}

fn hedged(hedging: Hedging) -> Resilience {
    Resilience::default().with_hedging(hedging)
}

fn call_of(prediction: &Prediction) -> &CallResult {
    &prediction.calls["front/serve -> back/serve"]
}

/// The answer is the first of those of up to n attempts, begun at 0, d, 2d, …: with k of them open the remaining time has rate k,
/// so that it is longer than t with probability exp(-∫ k), and the k-th is made if there is none until then.
#[test]
fn the_first_answer_counts() {
    for (attempts, delay) in [(2, 0.5), (3, 0.25), (4, 0.0), (2, 2.0)] {
        let prediction = simulate(&system(hedged(Hedging { attempts, delay, budget: None })), &quick());
        let (mut mean, mut made, mut open) = (0.0, 0.0, 1.0);
        for k in 1..=attempts {
            let (k, is_last) = (f64::from(k), k == attempts);
            made += open;
            let during = if is_last { 1.0 } else { 1.0 - (-k * delay).exp() };
            mean += open * during / k;
            open *= 1.0 - during;
        }
        assert_mean(prediction.workloads["front"].response_time.unwrap().metric(), mean);
        assert_mean(call_of(&prediction).attempts.unwrap(), made);
        // Those whose answers nobody wants work on.
        assert_mean(prediction.services["back"].throughput.unwrap(), RATE * made);
        assert_mean(prediction.services["back"].utilization.unwrap(), RATE * made);
    }
}

/// After an error the next attempt is made at once, and the call fails where all do: with probability p².
#[test]
fn errors_are_followed_at_once() {
    let (p, delay): (f64, f64) = (0.3, 0.5);
    let mut system = system(hedged(Hedging::after(delay)));
    system.services[1].operations[0].error_rate = p;
    let prediction = simulate(&system, &quick());
    assert_mean(prediction.workloads["front"].failed_share.unwrap(), p * p);
    // The second is made after the delay, or after an error before.
    let lasts = (-delay).exp();
    assert_mean(call_of(&prediction).attempts.unwrap(), 1.0 + lasts + p * (1.0 - lasts));
    assert!(call_of(&prediction).timeout_share.is_some_and(|share| share.mean == 0.0));
    // All that were served were so without a retry.
    let fates = prediction.workloads["front"].fates.clone().unwrap();
    assert_mean(fates.served.unwrap(), 1.0 - p * p);
}

/// Tokens run out where half of the attempts are errors, and then there is one attempt (gRPC throttles hedging, too): p.
#[test]
fn a_budget_forbids_further_attempts() {
    let budget = Some(RetryBudget::Throttle { max_tokens: 10.0, token_ratio: 0.001 });
    let mut system = system(hedged(Hedging { budget, ..Hedging::after(0.5) }));
    system.services[1].operations[0].error_rate = 0.5;
    let prediction = simulate(&system, &quick());
    assert_mean(prediction.workloads["front"].failed_share.unwrap(), 0.5);
    assert_exactly(call_of(&prediction).attempts, 1.0);
    assert!(call_of(&prediction).refused_retries.unwrap().mean > 0.0);
}

/// With one place for attempts in progress, which the first one has, no other is ever let through, and the call goes on with the first:
/// M/M/1/1, of which the share a/(1 + a) is lost.
#[test]
fn a_limit_counts_all_attempts() {
    let limit = Semaphore { max_concurrent_calls: 1, max_wait_duration: 0.0 };
    let policy = Resilience {
        concurrency_limit: Some(ConcurrencyLimit::Semaphore(limit)),
        ..hedged(Hedging::after(0.5))
    };
    let prediction = simulate(&system(policy), &quick());
    assert_mean(call_of(&prediction).attempts.unwrap(), 1.0 / (1.0 + RATE));
    assert_mean(prediction.workloads["front"].failed_share.unwrap(), RATE / (1.0 + RATE));
    assert_mean(prediction.workloads["front"].response_time.unwrap().metric(), 1.0);
}

/// A hedge that waits for its token when the answer comes is not made.
#[test]
fn a_call_may_end_while_it_waits_for_a_token() {
    let rate_limit = Some(RateLimit { rate: 0.1, burst: 1, max_wait: 100.0 });
    let mut system = system(Resilience { rate_limit, ..hedged(Hedging::after(0.25)) });
    system.services[1].operations[0] =
        Operation::new("serve").with_activity(Activity::working(Distribution::deterministic(1.0)));
    system.workloads = vec![burst("front", 1)];
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["front"].makespan, 1.0);
    assert_exactly(call_of(&prediction).attempts, 1.0);
}

/// Of three attempts made together two wait behind the first. The second gets the thread in the moment in which the first
/// answers, and the third is dropped when its turn comes.
#[test]
fn what_lost_the_race_is_dropped_in_line() {
    let mut system = system(hedged(Hedging { attempts: 3, ..Hedging::after(0.0) }));
    system.hosts[0] = host("machine", 1);
    system.services[1].concurrency = Multiplicity::Finite(1);
    system.services[1].operations[0] =
        Operation::new("serve").with_activity(Activity::working(Distribution::deterministic(1.0)));
    system.workloads = vec![burst("front", 1)];
    system.services[1].shedding = Some(Shedding { abandoned: true, ..Shedding::default() });
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["front"].makespan, 2.0);
    assert_eq!(prediction.workloads["front"].failed, Some(0));
    assert_exact(prediction.services["back"].loss_share.unwrap().mean, 1.0 / 3.0);
}
