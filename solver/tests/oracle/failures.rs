//! Errors and retries, by probabilities alone: a callee with a second of work and nothing to wait for.

use tracecast_model::{
    Backoff, Call, CallCount, Distribution, Feature, Fork, Host, Jitter, Load, Loop, Multiplicity, OnFailure,
    Operation, OperationRef, PredictError, Prediction, Resilience, Retry, RunControl, Service, Step, System,
    Workload,
};
use tracecast_solver::Analytic;

use crate::{close, predict, response_time, throughput};

const RATE: f64 = 20.0;

fn back() -> Call {
    Call::new(OperationRef::new("back", "serve"))
}

/// A service "front" with these steps, and its callee "back", whose replies are errors with probability p.
fn front_and_back(steps: Vec<Step>, p: f64) -> System {
    let service = |name: &str, operation: Operation| {
        let mut service = Service::new(name, name);
        service.concurrency = Multiplicity::Infinite;
        service.operations = vec![operation];
        service
    };
    let work = tracecast_model::Activity::working(Distribution::deterministic(1.0));
    let mut serve = Operation::new("serve").with_activity(work);
    serve.error_rate = p;
    System {
        hosts: ["front", "back"].map(|name| Host::new(name).with_cores(Multiplicity::Infinite)).to_vec(),
        services: vec![
            service("front", Operation { steps, ..Operation::new("serve") }),
            service("back", serve),
        ],
        workloads: vec![Workload::new(
            "all",
            OperationRef::new("front", "serve"),
            Load::Poisson { rate: RATE },
        )],
        ..System::default()
    }
}

fn failed(prediction: &Prediction) -> f64 {
    prediction.workloads["all"].failed_share.unwrap().mean
}

/// Visits of the callee per request.
fn visits(prediction: &Prediction) -> f64 {
    prediction.services["back"].throughput.unwrap().mean / RATE
}

/// Of n calls one after the other those after the first error are not made: (1 - (1 - p)ⁿ)/p in the mean.
#[test]
fn an_error_ends_the_caller() {
    let p: f64 = 0.2;
    let twice = |steps| Step::Loop(Loop { mean: 2.0, count: CallCount::Fixed, steps });
    let in_turn = vec![Step::call(back()), Step::call(back()), Step::call(back())];
    for (steps, calls) in [
        (vec![Step::call(back().with_mean(3.0))], 3),
        (in_turn, 3),
        (vec![twice(vec![twice(vec![Step::call(back().with_mean(2.0))])])], 8),
    ] {
        let prediction = predict(&front_and_back(steps, p));
        let fails = 1.0 - (1.0 - p).powi(calls);
        close(failed(&prediction), fails, 1e-12);
        close(visits(&prediction), fails / p, 1e-9);
        close(response_time(&prediction), fails / p, 1e-9);
        close(throughput(&prediction), RATE * (1.0 - fails), 1e-9);
    }
}

/// A geometric number N of mean m, E[zᴺ] = 1/(1 + m(1 - z)): no error with z = 1 - p.
#[test]
fn a_number_of_calls_that_varies() {
    let (m, p) = (1.5, 0.2);
    let call = Call { count: CallCount::Geometric, ..back().with_mean(m) };
    let prediction = predict(&front_and_back(vec![Step::call(call)], p));
    let fails = 1.0 - 1.0 / (1.0 + m * p);
    close(failed(&prediction), fails, 1e-12);
    close(visits(&prediction), fails / p, 1e-9);
}

/// Two of three branches are enough; all of two have to be.
#[test]
fn a_quorum_bears_errors() {
    let p: f64 = 0.2;
    for (branches, quorum, fails) in
        [(3, Some(2), 3.0 * p * p * (1.0 - p) + p.powi(3)), (2, None, 1.0 - (1.0 - p).powi(2))]
    {
        let fork = Fork { branches: vec![vec![Step::call(back())]; branches], quorum };
        let prediction = predict(&front_and_back(vec![Step::Fork(fork)], p));
        close(failed(&prediction), fails, 1e-12);
        close(visits(&prediction), branches as f64, 1e-9);
    }
}

/// Up to three attempts: 1 + p + p² in the mean, each a second, with half a second before the second and one before the
/// third (jitter takes half of each); p³ of the calls fail for good, which a fallback of two seconds hides.
#[test]
fn what_fails_is_tried_again() {
    let p: f64 = 0.3;
    let backoff = Backoff::Exponential { first: 0.5, factor: 2.0, max: None };
    for (jitter, part) in [(Jitter::None, 1.0), (Jitter::Full, 0.5)] {
        let retry = Retry { backoff, jitter, ..Retry::new(3) };
        let mut policy = Resilience { retry: Some(retry), ..Resilience::default() };
        let with = |policy: &Resilience| {
            predict(&front_and_back(vec![Step::call(back().with_resilience(policy.clone()))], p))
        };
        let prediction = with(&policy);
        let attempts = 1.0 + p + p * p;
        let spent = attempts + part * (0.5 * p + p * p);
        close(visits(&prediction), attempts, 1e-9);
        close(failed(&prediction), p.powi(3), 1e-12);
        close(response_time(&prediction), spent, 1e-9);
        policy.on_failure = OnFailure::Fallback { demand: Distribution::deterministic(2.0) };
        let prediction = with(&policy);
        assert_eq!(failed(&prediction), 0.0);
        close(response_time(&prediction), spent + 2.0 * p.powi(3), 1e-9);
    }
}

/// The policy of a service is that of all who call it, and errors go up several layers.
#[test]
fn errors_go_up() {
    let (p, own) = (0.1, 0.05);
    let mut system = front_and_back(vec![Step::call(back())], p);
    system.services[0].operations[0].error_rate = own;
    let mut top = system.services[0].clone();
    top.name = "top".into();
    top.operations[0].steps = vec![Step::call(Call::new(OperationRef::new("front", "serve")))];
    top.operations[0].error_rate = 0.0;
    system.services.push(top);
    system.workloads[0].requests[0].operation = OperationRef::new("top", "serve");
    close(failed(&predict(&system)), 1.0 - (1.0 - p) * (1.0 - own), 1e-12);
    system.services[1].resilience = Some(Resilience { retry: Some(Retry::new(2)), ..Resilience::default() });
    close(failed(&predict(&system)), 1.0 - (1.0 - p * p) * (1.0 - own), 1e-12);
}

/// What depends on time is refused by name.
#[test]
fn timeouts_are_refused() {
    let call = back().with_resilience(Resilience::timeout(2.0));
    let system = front_and_back(vec![Step::call(call)], 0.1);
    let found =
        tracecast_model::Engine::predict(&Analytic, &system, &Default::default(), &RunControl::none());
    let refused = [Feature::Errors, Feature::Resilience].map(Feature::name);
    assert!(matches!(found, Err(PredictError::Unsupported { what, .. }) if refused.contains(&&*what)));
}
