//! A solution does not depend on where it begins.

use proptest::prelude::*;
use tracecast_model::{
    Activity, Call, Distribution, EngineOptions, Host, Load, Operation, OperationRef, Prediction, RunControl,
    Service, Status, System, Workload,
};
use tracecast_solver::Analytic;

use crate::systems::{system, tiers};

proptest! {
    /// What-ifs from the solution before the change, and from nothing. Tolerance: both end within that of the iteration,
    /// 1e-6, amplified near saturation and by what is neglected of threads that are hardly ever all busy. Where messages
    /// leave next to nothing of a capacity, it may be none from one of the two.
    #[test]
    fn a_what_if_is_the_same_from_a_start(tiers in tiers(), population in 1u32..30, factor in 0.7f64..1.5) {
        let load = Load::Closed { population, think_time: Distribution::exponential(0.1) };
        let base = system(&tiers, vec![load]);
        let mut changed = base.clone();
        changed.services[0].operations[0]
            .for_each_activity_mut(&mut |activity| activity.demand = activity.demand.scaled(factor));
        let (options, control) = (EngineOptions::default(), RunControl::none());
        let solve = |start, system| Analytic.predict_from(start, system, &options, &control).unwrap();
        let (before, start) = solve(None, &base);
        let ((cold, _), (warm, _)) = (solve(None, &changed), solve(start.as_ref(), &changed));
        if cold.status != warm.status {
            let solved = if cold.status == Status::Saturated { &warm } else { &cold };
            let highest = highest_load(&changed, solved);
            prop_assert!(highest > 0.99, "{:?} {:?}, load {highest}", cold.status, warm.status);
            return Ok(());
        }
        if cold.status == Status::Saturated || before.status == Status::Saturated {
            return Ok(());
        }
        let mean = |p: &Prediction| p.workloads[0].throughput.unwrap().mean;
        prop_assert!((mean(&warm) / mean(&cold) - 1.0).abs() < 1e-4, "{} {}", mean(&warm), mean(&cold));
        for (name, result) in &cold.services {
            let (x, y) = (result.queue_length.unwrap().mean, warm.services[name].queue_length.unwrap().mean);
            prop_assert!((x - y).abs() < 1e-3 * (1.0 + x), "{name}: {x} {y}");
        }
    }
}

/// Users send messages, wait for none of them, and ask for more than twice what the one thread there can do: each holds it for
/// 15 ms and 1.5 calls of 18 ms, while users who only wait for the first service send some 60 a second.
#[test]
fn messages_that_nothing_holds_back_flood_a_service_from_any_start() {
    let with_population = |population| {
        let think_time = Distribution::exponential(0.1);
        let operation = |name: &str| OperationRef::new(name, "handle");
        let service = |name: &str, demand: f64, calls: Vec<Call>| {
            let activity = Activity::working(Distribution::exponential(demand));
            let operation = Operation::new("handle").with_activity(activity);
            let operation = calls.into_iter().fold(operation, Operation::with_call);
            Service::new(name, name).with_operation(operation)
        };
        let message = Call::new(operation("worker")).with_mean(0.7).asynchronous();
        let call = Call::new(operation("storage")).with_mean(1.5);
        System {
            services: vec![
                service("front", 0.01, vec![message]),
                service("worker", 0.015, vec![call]).with_concurrency(1),
                service("storage", 0.018, Vec::new()),
            ],
            hosts: ["front", "worker", "storage"].map(Host::new).to_vec(),
            workloads: vec![Workload::new(
                "users",
                operation("front"),
                Load::Closed { population, think_time },
            )],
            ..System::default()
        }
    };
    let solve = |start, population| {
        let options = EngineOptions::default();
        Analytic.predict_from(start, &with_population(population), &options, &RunControl::none()).unwrap()
    };
    // 2 users send 12 messages a second, of 24 that can be worked off.
    let (few, start) = solve(None, 2);
    assert_eq!(few.status, Status::Converged);
    assert!(start.is_some());
    for start in [None, start.as_ref()] {
        assert_eq!(solve(start, 20).0.status, Status::Saturated);
    }
}

/// That of the busiest host or the busiest threads.
fn highest_load(system: &System, prediction: &Prediction) -> f64 {
    let threads = system.services.iter().map(|service| {
        prediction.services[&service.name].utilization.unwrap().mean / service.total_threads().as_f64()
    });
    let hosts = system.hosts.iter().map(|host| {
        prediction.hosts[&host.name].utilization.unwrap().mean
            / (host.cores.as_f64() * f64::from(host.replicas))
    });
    threads.chain(hosts).fold(0.0, f64::max)
}
