//! Clients who give up and try again in the fluid solution, against closed forms.

use serde_json::{Value, json};
use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, System};
use tracecast_solver::methods::{Fluid, Method};

use crate::close;

/// Tasks of a second, mean, on so many threads, for clients with that policy.
fn shop(threads: &Value, scv: f64, load: &Value, resilience: &Value) -> Value {
    json!({
        "hosts": [{"name": "machine", "cores": "infinite"}],
        "services": [
            {"name": "shop", "host": "machine", "concurrency": threads,
             "operations": [{"name": "buy", "steps": [{"activity": {"demand": {"mean": 1, "scv": scv}}}]}]}
        ],
        "workloads": [{"name": "client", "requests": [{"operation": "shop/buy"}], "load": load,
                       "resilience": resilience}]
    })
}

fn steady(rate: f64, end: f64) -> Value {
    json!({"profile": {"points": [{"at": 0, "rate": rate}, {"at": end, "rate": rate}]}})
}

fn read(system: Value) -> System {
    serde_json::from_value(system).unwrap()
}

fn try_follow(system: &System) -> Result<Prediction, PredictError> {
    let options = EngineOptions { series_bin: Some(1.0), ..EngineOptions::default() };
    Fluid.predict(system, &options, &RunControl::none())
}

/// Where nobody waits for others, each attempt is in time with 1 - q, q = exp(-T): calls fail with qⁿ, take (1 - qⁿ)/(1 - q)
/// attempts, and who succeeds at the j-th one has waited (j - 1)·T before. Steps are a 32nd of the timeout: within them q is
/// known to 1 %, and a retry begins half a step late, by 1.6 % of the timeout.
#[test]
fn independent_attempts() {
    for (timeout, attempts) in [(1.0, 1), (1.5, 2), (2.0, 4)] {
        let policy = json!({"timeout": timeout, "retry": {"attempts": attempts}});
        let prediction =
            try_follow(&read(shop(&json!("infinite"), 1.0, &steady(10.0, 2000.0), &policy))).unwrap();
        let (call, client) = (&prediction.calls["client -> shop/buy"], &prediction.workloads["client"]);
        let q = f64::exp(-timeout);
        let all = q.powi(attempts);
        close(call.failed_share.unwrap().mean, all, 0.01 * f64::from(attempts));
        close(call.timeout_share.unwrap().mean, q, 0.01);
        close(call.attempts.unwrap().mean, (1.0 - all) / (1.0 - q), 0.002);
        let in_time = (1.0 - q * (1.0 + timeout)) / (1.0 - q);
        let waited =
            (1..=attempts).map(|j| (1.0 - q) * q.powi(j - 1) * f64::from(j - 1) * timeout).sum::<f64>();
        close(client.response_time.unwrap().mean, in_time + waited / (1.0 - all), 0.02);
        close(client.throughput.unwrap().mean, 10.0 * (1.0 - all), 0.01);
        let fates = client.fates.as_ref().unwrap();
        close(fates.served.unwrap().mean, 1.0 - q, 0.01);
    }
}

/// M/M/1: P(response > T) = exp(-(μ - λ)·T), and who gives up still is served. What is left of the way to the steady state is
/// half a percent of the time; the closure has its mean to 1 %, in the exponent.
#[test]
fn impatience_at_a_single_server() {
    for (rate, timeout) in [(0.3, 2.0), (0.5, 3.0), (0.7, 4.0)] {
        let load = steady(rate, 5000.0);
        let prediction =
            try_follow(&read(shop(&json!(1), 1.0, &load, &json!({"timeout": timeout})))).unwrap();
        let expected = f64::exp(-(1.0 - rate) * timeout);
        close(prediction.workloads["client"].failed_share.unwrap().mean, expected, 0.03);
    }
}

/// A burst of 20 constant tasks on one thread: the first five are done within 5.5 s. Mean numbers know no whole tasks: half a
/// task more or less.
#[test]
fn a_burst_that_waits_too_long() {
    let load = json!({"burst": {"bursts": [{"size": 20, "at": 1}]}});
    let prediction = try_follow(&read(shop(&json!(1), 0.0, &load, &json!({"timeout": 5.5})))).unwrap();
    let client = &prediction.workloads["client"];
    assert!((20.0 * client.failed_share.unwrap().mean - 15.0).abs() <= 0.55, "{client:?}");
    assert_eq!((client.started, client.completed.unwrap() + client.failed.unwrap()), (Some(20), 20));
    // All are worked off, whether anybody waits or not.
    close(client.makespan.unwrap().mean, 20.0, 0.01);
}

/// Where no attempt is ever answered, there are as many retries as the budget allows: a fifth of the calls.
#[test]
fn a_budget_limits_retries() {
    let budget = json!({"ratio": {"ratio": 0.2, "min_per_second": 0}});
    let backoff = json!({"fixed": {"delay": 0.1}});
    let policy = json!({"timeout": 0.5, "retry": {"attempts": 4, "backoff": backoff, "budget": budget}});
    let mut system = shop(&json!(1), 1.0, &steady(10.0, 300.0), &policy);
    system["faults"] =
        json!([{"at": 0, "duration": 1000, "effect": {"slow": {"service": "shop", "factor": 1e9}}}]);
    let options = EngineOptions { until: Some(300.0), ..EngineOptions::default() };
    let prediction = Fluid.predict(&read(system), &options, &RunControl::none()).unwrap();
    close(prediction.calls["client -> shop/buy"].attempts.unwrap().mean, 1.2, 0.01);
}

/// M/G/∞ with work that takes three times as long for a while: λ·3 requests are there, and λ before and after. Within 1 % of
/// what is left after eight and more times the mean.
#[test]
fn slow_services() {
    let mut system = shop(&json!("infinite"), 1.0, &steady(10.0, 100.0), &json!({}));
    system["faults"] =
        json!([{"at": 20, "duration": 30, "effect": {"slow": {"service": "shop", "factor": 3}}}]);
    let prediction = try_follow(&read(system)).unwrap();
    let present = &prediction.series.as_ref().unwrap().columns["shop.queue_length"];
    for (time, expected) in [(15, 10.0), (48, 30.0), (90, 10.0)] {
        close(present[time].unwrap(), expected, 0.01);
    }
}

/// What is not followed is refused by name.
#[test]
fn refused() {
    let timeout = json!({"timeout": 1});
    let slow = |system: &mut Value, effect: Value| {
        system["faults"] = json!([{"at": 1, "duration": 1, "effect": effect}]);
    };
    let plain = || shop(&json!(1), 1.0, &steady(0.5, 10.0), &timeout);
    type Change<'c> = &'c dyn Fn(&mut Value);
    let cases: [(Change<'_>, &str); 6] = [
        (&|system| slow(system, json!({"crash": {"service": "shop"}})), "a crash (fault 1)"),
        (
            &|system| slow(system, json!({"errors": {"service": "shop", "rate": 0.5}})),
            "replies that are errors",
        ),
        (
            &|system| slow(system, json!({"slow": {"service": "shop", "replica": 0, "factor": 2}})),
            "single replica",
        ),
        (&|system| system["services"][0]["resilience"] = json!({"timeout": 1}), "calls to a service"),
        (
            &|system| system["workloads"][0]["load"] = json!({"closed": {"population": 3, "think_time": 1}}),
            "think again",
        ),
        (&|system| system["workloads"][0]["completion"] = json!("all_work"), "until all their work is done"),
    ];
    for (change, expected) in cases {
        let mut system = plain();
        change(&mut system);
        let options = EngineOptions { until: Some(10.0), ..EngineOptions::default() };
        let error = Fluid.predict(&read(system), &options, &RunControl::none()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
