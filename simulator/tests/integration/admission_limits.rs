//! Limits of replicas to what is in progress there, against loss systems and the fixed point of their formula.

use tracecast_model::{
    Activity, AdmissionLimit, Aimd, Call, ConcurrencyLimit, Distribution, EngineOptions, Gradient2,
    GradientController, Load, LoadBalancing, Multiplicity, Operation, OperationRef, Prediction, Resilience,
    Step, System, Workload,
};

use crate::support::{assert_exact, assert_mean, host, quick, response, simulate, twice, worker};

/// A service of `threads` threads in each replica with a core for each, with work of mean 1 or exactly 1.
fn station(threads: u32, exponential: bool, load: Load) -> System {
    let mut server = worker("server", "machine", 1.0).with_concurrency(threads);
    if exponential {
        let work = Activity::working(Distribution::exponential(1.0));
        server.operations[0] = Operation::new("serve").with_activity(work);
    }
    System {
        hosts: vec![host("machine", 1).with_cores(Multiplicity::Infinite)],
        services: vec![server],
        workloads: vec![Workload::new("users", OperationRef::new("server", "serve"), load)],
        ..System::default()
    }
}

/// One whose bounds leave it nothing to adapt.
fn gradient(limit: u32) -> AdmissionLimit {
    AdmissionLimit::GradientController(GradientController {
        min_concurrency: limit,
        max_concurrency_limit: limit,
        ..GradientController::new(1.0, 60.0)
    })
}

fn aimd(limit: u32) -> AdmissionLimit {
    let (min_limit, max_limit) = (limit, limit);
    AdmissionLimit::Aimd(Aimd { initial_limit: limit, min_limit, max_limit, ..Aimd::default() })
}

fn loss(prediction: &Prediction) -> f64 {
    prediction.services["server"].loss_share.unwrap().mean
}

/// Equal bounds make an M/M/c/K of each replica (Gross et al. 2008, *Fundamentals of Queueing Theory*, section 2.5), with K = c
/// Erlang's loss system. A random choice splits a Poisson stream evenly.
#[test]
fn equal_bounds_are_loss_systems() {
    for (limit, threads, k, replicas) in
        [(gradient(3), 3, 3, 1), (gradient(5), 2, 5, 1), (aimd(4), 4, 4, 1), (gradient(3), 2, 3, 2)]
    {
        let a = 1.8;
        let mut system = station(threads, true, Load::Poisson { rate: a * f64::from(replicas) });
        system.services[0].replicas = replicas;
        system.services[0].load_balancing = LoadBalancing::Random;
        system.services[0].admission_limit = Some(limit);
        let mut p = vec![1.0];
        for n in 1..=k {
            p.push(p[n as usize - 1] * a / f64::from(n.min(threads)));
        }
        let sum: f64 = p.iter().sum();
        let lost = p[k as usize] / sum;
        let present: f64 = (0..).zip(&p).map(|(n, p)| f64::from(n) * p / sum).sum();
        let prediction = simulate(&system, &quick());
        assert_mean(prediction.services["server"].loss_share.unwrap(), lost);
        // Little's law.
        assert_mean(response(&prediction, "users").metric(), present / (a * (1.0 - lost)));
    }
}

/// Overload of one thread: L in progress take L times the work S, and m of them without load m·S. With gradient m·(1 + b)/L the next
/// limit is m·(1 + b) + √(m·(1 + b)) whatever L is, in whole numbers: 35.48 for m = 20 and b = 0.5, 5.69 for m = 3 and b = 0.25. Of
/// response times two digits are kept, which for these S makes less than 0.3 of a request. A place is free for 1/λ, which the next
/// request does not wait.
#[test]
fn overload_brings_the_gradient_to_its_fixed_point() {
    for (m, buffer, work, limit) in [(20, 50.0, 2.85e-3, 35.0), (3, 25.0, 19e-3, 5.0)] {
        let lambda = 50.0 / work;
        let mut system = station(1, false, Load::Poisson { rate: lambda });
        let working = Activity::working(Distribution::deterministic(work));
        system.services[0].operations[0] = Operation::new("serve").with_activity(working);
        let settings = GradientController {
            min_concurrency: m,
            min_rtt_buffer: buffer,
            min_rtt_request_count: 200,
            ..GradientController::new(0.5, 60.0)
        };
        system.services[0].admission_limit = Some(AdmissionLimit::GradientController(settings));
        let options = EngineOptions {
            until: Some(30.0),
            warm_up: Some(8.0),
            replications: Some(2),
            ..EngineOptions::default()
        };
        let prediction = simulate(&system, &options);
        let mean = response(&prediction, "users").metric().mean;
        let expected = limit * work - 1.0 / lambda;
        // Of some thousand gaps of 1/λ, 0.02 of the work each.
        assert!((mean - expected).abs() < 0.002 * work, "{mean}, {expected}");
        // One of 50 is let in, up to four standard deviations of a Poisson number of arrivals and the requests at both ends.
        let arrivals: f64 = 2.0 * 22.0 * lambda;
        let allowed = 0.02 * (4.0 / arrivals.sqrt() + 2.0 * work / 22.0);
        assert!((loss(&prediction) - 0.98).abs() < allowed, "{}", loss(&prediction));
    }
}

/// A limit before the only caller of a service and the same one at the service turn the same requests away.
#[test]
fn limits_of_a_caller_and_of_a_service_are_the_same() {
    let vary = Aimd { initial_limit: 2, min_limit: 1, max_limit: 8, timeout: 3.0, ..Aimd::default() };
    let slow = Gradient2 { initial_limit: 2, min_limit: 1, max_concurrency: 8, ..Gradient2::default() };
    for (of_caller, of_service) in [
        (ConcurrencyLimit::Aimd(vary), AdmissionLimit::Aimd(vary)),
        (ConcurrencyLimit::Gradient2(slow), AdmissionLimit::Gradient2(slow)),
    ] {
        let mut system = station(1, true, Load::Poisson { rate: 1.5 });
        let mut front = worker("front", "machine", 0.0);
        let call = |policy: Option<Resilience>| {
            let call =
                Call { resilience: policy.map(Box::new), ..Call::new(OperationRef::new("server", "serve")) };
            Operation { steps: vec![Step::call(call)], ..Operation::new("serve") }
        };
        let limited = Resilience { concurrency_limit: Some(of_caller), ..Resilience::default() };
        front.operations[0] = call(Some(limited));
        system.services.insert(0, front);
        system.workloads[0].requests[0].operation = OperationRef::new("front", "serve");
        let options = EngineOptions { until: Some(500.0), ..twice() };
        let caller = simulate(&system, &options);
        system.services[0].operations[0] = call(None);
        system.services[1].admission_limit = Some(of_service);
        let service = simulate(&system, &options);
        let failed = |prediction: &Prediction| prediction.workloads["users"].failed_share.unwrap().mean;
        assert!(failed(&caller) > 0.2);
        assert_exact(failed(&service), failed(&caller));
        let mean = |prediction: &Prediction| response(prediction, "users").metric().mean;
        assert_exact(mean(&service), mean(&caller));
    }
}

/// A request of 10 s whose client gives up after 1 s: its stream is reset at Envoy, so that the next is let in after 2 s; a limit within
/// the service sees it until its end.
#[test]
fn envoy_forgets_requests_that_nobody_waits_for() {
    for (limit, expected) in [(gradient(1), 0.0), (aimd(1), 0.5)] {
        let mut system = station(2, false, Load::Replay { at: vec![0.0, 2.0] });
        let work = Activity::working(Distribution::deterministic(10.0));
        system.services[0].operations[0] = Operation::new("serve").with_activity(work);
        system.services[0].admission_limit = Some(limit);
        system.workloads[0].resilience = Some(Resilience::timeout(1.0));
        assert_exact(loss(&simulate(&system, &twice())), expected);
    }
}
