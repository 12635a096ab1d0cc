//! Limits of callers against the queues that they are.

use tracecast_model::{
    Activity, Aimd, Backoff, Call, CallResult, ConcurrencyLimit, Distribution, EnvoyThresholds, Gradient2,
    Host, Load, Metric, Multiplicity, Operation, OperationRef, Prediction, RateLimit, Resilience, Retry,
    Semaphore, Step, System, ThreadPool, Vegas, Workload,
};

use crate::support::{assert_exact, assert_exactly, assert_mean, burst, quick, simulate, twice, worker};

/// A service "front" that calls "back" with this policy, where work of mean 1 or exactly 1 waits for nothing.
fn system(policy: Resilience, exponential: bool, load: Load) -> System {
    let mut front = worker("front", "machine", 0.0);
    let call = Call::new(OperationRef::new("back", "serve")).with_resilience(policy);
    front.operations[0] = Operation { steps: vec![Step::call(call)], ..Operation::new("serve") };
    let mut back = worker("back", "machine", 1.0);
    if exponential {
        let work = Activity::working(Distribution::exponential(1.0));
        back.operations[0] = Operation::new("serve").with_activity(work);
    }
    System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![front, back],
        workloads: vec![Workload::new("front", OperationRef::new("front", "serve"), load)],
        ..System::default()
    }
}

fn limited(limit: ConcurrencyLimit) -> Resilience {
    Resilience { concurrency_limit: Some(limit), ..Resilience::default() }
}

fn call_of(prediction: &Prediction) -> &CallResult {
    &prediction.calls["front/serve -> back/serve"]
}

fn response(prediction: &Prediction) -> Metric {
    prediction.workloads["front"].response_time.unwrap().metric()
}

/// M/M/c/K: the probabilities of n calls present, with load a (Gross et al. 2008, *Fundamentals of Queueing Theory*, section
/// 2.5).
fn probabilities(a: f64, c: u32, k: u32) -> Vec<f64> {
    let mut p = vec![1.0];
    for n in 1..=k {
        p.push(p[n as usize - 1] * a / f64::from(n.min(c)));
    }
    let sum: f64 = p.iter().sum();
    p.into_iter().map(|p| p / sum).collect()
}

/// Bulkheads with c places and q that wait are M/M/c/(c + q): loss, and response times by Little's law.
#[test]
fn bulkheads_are_loss_systems() {
    let semaphore = Semaphore { max_concurrent_calls: 3, max_wait_duration: 0.0 };
    let pool = ThreadPool { core_size: 2, max_queue_size: Some(3), queue_size_rejection_threshold: 5 };
    let envoy = EnvoyThresholds { max_connections: 2, max_pending_requests: 1, ..EnvoyThresholds::default() };
    let shared = EnvoyThresholds { max_requests: 4, multiplexed: true, ..EnvoyThresholds::default() };
    for (limit, c, k) in [
        (ConcurrencyLimit::Semaphore(semaphore), 3, 3),
        (ConcurrencyLimit::ThreadPool(pool), 2, 5),
        (ConcurrencyLimit::Envoy(envoy), 2, 3),
        (ConcurrencyLimit::Envoy(shared), 4, 4),
    ] {
        let rate = 1.6;
        let prediction = simulate(&system(limited(limit), true, Load::Poisson { rate }), &quick());
        let p = probabilities(rate, c, k);
        let lost = p[k as usize];
        assert_mean(call_of(&prediction).rejected_share.unwrap(), lost);
        assert_mean(prediction.workloads["front"].failed_share.unwrap(), lost);
        let present: f64 = (0..).zip(&p).map(|(n, p)| f64::from(n) * p).sum();
        assert_mean(response(&prediction), present / (rate * (1.0 - lost)));
    }
}

/// A limit that adapts itself between bounds that are the same is that limit: M/M/c/c.
#[test]
fn limits_that_cannot_adapt_are_loss_systems() {
    let gradient = Gradient2 { initial_limit: 3, min_limit: 3, max_concurrency: 3, ..Gradient2::default() };
    let aimd = Aimd { initial_limit: 2, min_limit: 2, max_limit: 2, ..Aimd::default() };
    let vegas = Vegas { initial_limit: 1, max_concurrency: 1, ..Vegas::default() };
    for (limit, c) in [
        (ConcurrencyLimit::Gradient2(gradient), 3),
        (ConcurrencyLimit::Aimd(aimd), 2),
        (ConcurrencyLimit::Vegas(vegas), 1),
    ] {
        let rate = 1.6;
        let prediction = simulate(&system(limited(limit), true, Load::Poisson { rate }), &quick());
        assert_mean(call_of(&prediction).rejected_share.unwrap(), probabilities(rate, c, c)[c as usize]);
    }
}

/// What Vegas is for (Brakmo and Peterson 1995): behind one server with work of exactly 1 it keeps 3 to 6 requests waiting,
/// whatever the load and wherever it begins. A limit L that is used up makes L - 1 wait, so that response times are of 4 to 7; with
/// three times the load one server can do, it is idle for less than a percent of the time.
#[test]
fn vegas_keeps_a_short_queue() {
    for initial_limit in [1, 20, 60] {
        let vegas = Vegas { initial_limit, probe_multiplier: 1e9, ..Vegas::default() };
        let mut system = system(limited(ConcurrencyLimit::Vegas(vegas)), false, Load::Poisson { rate: 3.0 });
        system.services[1].concurrency = Multiplicity::Finite(1);
        let prediction = simulate(&system, &quick());
        let response = response(&prediction).mean;
        assert!((3.5..=7.05).contains(&response), "from {initial_limit}: {response}");
        assert!(prediction.workloads["front"].throughput.unwrap().mean > 0.99);
    }
}

/// A semaphore with one place where calls wait for T at most is M/M/1 with impatient customers: an arrival is lost when the
/// virtual wait V is above T. For load ρ and service rate 1, V has an atom p at 0 and the density pρ·exp((ρ - 1)v) up to T, then
/// pρ·exp(ρT - v) (Gnedenko and Kovalenko 1989, *Introduction to Queueing Theory*, section 1.7).
#[test]
fn a_bounded_wait_is_impatience() {
    let (rho, t): (f64, f64) = (0.8, 1.5);
    let semaphore = Semaphore { max_concurrent_calls: 1, max_wait_duration: t };
    let limit = limited(ConcurrencyLimit::Semaphore(semaphore));
    let prediction = simulate(&system(limit, true, Load::Poisson { rate: rho }), &quick());
    let below = rho * (1.0 - (-(1.0 - rho) * t).exp()) / (1.0 - rho);
    let above = rho * (-(1.0 - rho) * t).exp();
    assert_mean(call_of(&prediction).rejected_share.unwrap(), above / (1.0 + below + above));
}

/// A place is given back with the reply, not before and not after: of 7 at once with 2 places and calls of 1 s, the last begins
/// after 3 s.
#[test]
fn places_are_taken_in_turn() {
    let envoy = EnvoyThresholds { max_connections: 2, ..EnvoyThresholds::default() };
    let mut system = system(limited(ConcurrencyLimit::Envoy(envoy)), false, Load::Poisson { rate: 1.0 });
    system.workloads = vec![burst("front", 7)];
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["front"].makespan, 4.0);
    assert_exactly(Some(response(&prediction)), (2.0 * (1.0 + 2.0 + 3.0) + 4.0) / 7.0);
}

/// The timeout goes on while a call waits for its place, and who has given up gives its place back: 3 calls with one place
/// and a timeout of 1.5 s, of which the first is answered at 1 s; the two others give up at 1.5 s, one of them unsent.
#[test]
fn waiting_is_part_of_the_timeout() {
    let pool = ThreadPool { core_size: 1, max_queue_size: Some(9), queue_size_rejection_threshold: 9 };
    let policy = Resilience { timeout: Some(1.5), ..limited(ConcurrencyLimit::ThreadPool(pool)) };
    let mut system = system(policy, false, Load::Poisson { rate: 1.0 });
    system.workloads = vec![burst("front", 3)];
    let prediction = simulate(&system, &twice());
    assert_eq!(prediction.workloads["front"].failed, Some(2));
    assert_exact(call_of(&prediction).timeout_share.unwrap().mean, 2.0 / 3.0);
    // Two were sent, and the second is worked off for nobody.
    assert_exactly(prediction.workloads["front"].makespan, 2.0);
    assert_exact(prediction.services["back"].throughput.unwrap().mean, 1.0);
}

/// Five calls fail at once, and three retries are allowed at the same time; the wait before a retry counts.
#[test]
fn retries_are_limited() {
    let limit = ConcurrencyLimit::Envoy(EnvoyThresholds::default());
    let retry = Retry { backoff: Backoff::Fixed { delay: 1.0 }, ..Retry::new(2) };
    let mut system = system(limited(limit).with_retry(retry), false, Load::Poisson { rate: 1.0 });
    system.services[1].operations[0].error_rate = 1.0;
    system.workloads = vec![burst("front", 5)];
    let prediction = simulate(&system, &twice());
    assert_exact(call_of(&prediction).attempts.unwrap().mean, 8.0 / 5.0);
}

/// Calls that wait for tokens of a bucket with a burst of 1 begin like services of M/D/1: they wait for ρ/(2μ(1 - ρ)).
#[test]
fn a_bucket_that_lets_wait_is_a_queue() {
    let (rate, tokens) = (1.4, 2.0);
    let limit = RateLimit { rate: tokens, burst: 1, max_wait: 1e6 };
    let policy = Resilience { rate_limit: Some(limit), ..Resilience::default() };
    let prediction = simulate(&system(policy, false, Load::Poisson { rate }), &quick());
    let rho = rate / tokens;
    assert_mean(response(&prediction), 1.0 + rho / (2.0 * tokens * (1.0 - rho)));
}

/// A bucket with a burst of K that turns away what finds no token is M/D/1/K, whose queue is the tokens that are missing: by the
/// chain at departures 1 - 1/(π₀ + ρ) are lost, where π₀ is 1 for K = 1, e^-ρ for K = 2, and for K = 3
/// e^-2ρ/(1 - ρe^-ρ) (Gross et al. 2008, section 5.1.8).
#[test]
fn a_bucket_that_turns_away_is_a_loss_system() {
    let (rate, tokens) = (1.8, 2.0);
    let rho: f64 = rate / tokens;
    let none = (-rho).exp();
    for (burst, empty) in [(1, 1.0), (2, none), (3, none * none / (1.0 - rho * none))] {
        let limit = RateLimit { rate: tokens, burst, max_wait: 0.0 };
        let policy = Resilience { rate_limit: Some(limit), ..Resilience::default() };
        let prediction = simulate(&system(policy, false, Load::Poisson { rate }), &quick());
        assert_mean(call_of(&prediction).rejected_share.unwrap(), 1.0 - 1.0 / (empty + rho));
    }
}

/// 20 calls at once, of which 5 find tokens: the last of the others has its own after 15 tokens of 0.1 s.
#[test]
fn a_burst_passes_at_the_rate_of_the_tokens() {
    let limit = RateLimit { rate: 10.0, burst: 5, max_wait: 100.0 };
    let policy = Resilience { rate_limit: Some(limit), ..Resilience::default() };
    let mut system = system(policy, false, Load::Poisson { rate: 1.0 });
    system.workloads = vec![burst("front", 20)];
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["front"].makespan, 1.0 + 1.5);
}
