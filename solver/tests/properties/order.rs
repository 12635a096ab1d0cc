//! The order in which a model lists its elements means nothing.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use tracecast_model::{
    Activity, Call, Distribution, Engine, EngineOptions, Host, Load, Multiplicity, Operation, OperationRef,
    RunControl, Service, Status, System, Workload,
};
use tracecast_solver::Analytic;

use crate::systems::{system, tiers};

proptest! {
    /// Tolerance: both runs end within that of the iteration, 1e-8, amplified near saturation.
    #[test]
    fn results_do_not_depend_on_it(tiers in tiers(), population in 1u32..30) {
        let load = Load::Closed { population, think_time: Distribution::exponential(0.1) };
        the_same_from_behind(&system(&tiers, vec![load]))?;
    }
}

fn the_same_from_behind(first: &System) -> TestCaseResult {
    let mut second = first.clone();
    second.services.reverse();
    second.hosts.reverse();
    for service in &mut second.services {
        for operation in &mut service.operations {
            // Calls are steps of their own here; their order changes nothing but who is called first.
            let calls = operation.steps.split_off(1);
            operation.steps.extend(calls.into_iter().rev());
        }
    }
    let options = EngineOptions { tolerance: 1e-8, ..EngineOptions::default() };
    let predict = |system| Analytic.predict(system, &options, &RunControl::none()).unwrap();
    let (a, b) = (predict(first), predict(&second));
    prop_assert_eq!(a.status, b.status);
    if a.status == Status::Saturated {
        return Ok(());
    }
    let mean = |p: &tracecast_model::Prediction| p.workloads[0].throughput.unwrap().mean;
    prop_assert!((mean(&a) / mean(&b) - 1.0).abs() < 1e-5, "{} {}", mean(&a), mean(&b));
    for (name, result) in &a.services {
        let (x, y) = (result.queue_length.unwrap().mean, b.services[name].queue_length.unwrap().mean);
        prop_assert!((x - y).abs() < 1e-4 * (1.0 + x), "{name}: {x} {y}");
    }
    Ok(())
}

/// A pool's group has what it does at services with unlimited threads, which may come late in the order of operations;
/// still the pools that it calls come first.
#[test]
fn nor_where_services_between_have_no_limit_of_threads() {
    let service = |name: &str, replicas, demand, calls: &[&str]| {
        let mut operation =
            Operation::new("handle").with_activity(Activity::working(Distribution::deterministic(demand)));
        for to in calls {
            operation = operation.with_call(Call::new(OperationRef::new(*to, "handle")).with_mean(0.1));
        }
        Service::new(name, name).with_concurrency(1).with_replicas(replicas).with_operation(operation)
    };
    let mut front = service("front", 2, 0.001, &["between", "back"]);
    front.concurrency = Multiplicity::Finite(5);
    let mut between = service("between", 1, 0.001, &[]);
    between.concurrency = Multiplicity::Infinite;
    let load = Load::Closed { population: 6, think_time: Distribution::exponential(0.1) };
    let system = System {
        hosts: ["front", "between", "back"].map(Host::new).to_vec(),
        services: vec![front, between, service("back", 2, 0.01, &[])],
        workloads: vec![Workload::new("users", OperationRef::new("front", "handle"), load)],
        ..System::default()
    };
    the_same_from_behind(&system).unwrap();
}
