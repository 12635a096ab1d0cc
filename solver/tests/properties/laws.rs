//! Operational laws (Denning and Buzen 1978) in every prediction.

use proptest::prelude::*;
use tracecast_model::{
    Distribution, Engine, EngineOptions, Load, Prediction, RunControl, Status, System, visits,
};
use tracecast_solver::{Analytic, bounds};

use crate::systems::{system, tiers};

/// What the iteration leaves, with some room.
const ITERATION: f64 = 1e-5;

fn predict(system: &System) -> Prediction {
    Analytic.predict(system, &EngineOptions::default(), &RunControl::none()).unwrap()
}

fn closed(population: u32, think_time: f64) -> Load {
    Load::Closed { population, think_time: Distribution::exponential(think_time) }
}

/// A Poisson load at a part of what the system can bear without any contention.
fn open(tiers: &[crate::systems::Tier], load: f64) -> Load {
    let system = system(tiers, vec![Load::Poisson { rate: 1.0 }]);
    Load::Poisson { rate: load * bounds::bounds(&system).unwrap()[0].capacity.unwrap() }
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() <= ITERATION * (1.0 + a.abs().max(b.abs()))
}

fn check(system: &System, prediction: &Prediction) -> Result<(), TestCaseError> {
    prop_assert!(
        matches!(prediction.status, Status::Converged | Status::ConvergedLoosely),
        "{:?} after {:?}",
        prediction.status,
        prediction.iterations
    );
    let index = system.index().unwrap();
    let edges = visits::edges(system, &index).unwrap();
    let mut arrivals = Vec::new();
    for workload in &system.workloads {
        let result = &prediction.workloads[&workload.name];
        let (throughput, response) = (result.throughput.unwrap().mean, result.response_time.unwrap().mean);
        prop_assert!(throughput.is_finite() && throughput > 0.0 && response.is_finite() && response > 0.0);
        match &workload.load {
            Load::Closed { population, think_time } => {
                // Interactive response time law.
                let cycle = think_time.mean() + response;
                prop_assert!(near(throughput * cycle, f64::from(*population)), "{throughput} {response}");
            }
            Load::Poisson { rate } => prop_assert!(near(throughput, *rate)),
            _ => {}
        }
        arrivals.push((index.operation(&workload.requests[0].operation).unwrap(), throughput));
    }
    // Forced flow law.
    let expected = visits::visits(&edges, index.operation_count(), &arrivals).unwrap();
    for ((name, _), expected) in system.operations().zip(&expected) {
        let result = &prediction.operations[&name.to_string()];
        prop_assert!(near(result.throughput.unwrap().mean, *expected));
        if let (Some(response), [holding]) = (result.response_time, result.holding_time.as_slice()) {
            prop_assert!(response.mean >= holding.mean - 1e-12 && holding.mean >= 0.0);
            // Utilization law for threads.
            prop_assert!(near(result.utilization.unwrap().mean, expected * holding.mean));
        }
    }
    for service in &system.services {
        let result = &prediction.services[&service.name];
        let (busy, present) = (result.utilization.unwrap().mean, result.queue_length.unwrap().mean);
        prop_assert!(busy <= service.total_threads().as_f64() * (1.0 + 1e-3), "{} busy {busy}", service.name);
        prop_assert!(present >= busy - 1e-9);
        // Little's law, per operation and summed.
        let little: f64 = service
            .operations
            .iter()
            .map(|operation| {
                let result = &prediction.operations[&format!("{}/{}", service.name, operation.name)];
                result.throughput.unwrap().mean * result.response_time.map_or(0.0, |time| time.mean)
            })
            .sum();
        prop_assert!(near(little, present));
    }
    // Utilization law for cores.
    for host in &system.hosts {
        let work: f64 = system
            .operations()
            .zip(&expected)
            .filter(|((name, _), _)| system.service(name.service()).unwrap().host == host.name)
            .map(|((_, operation), rate)| rate * operation.demand())
            .sum();
        let busy = prediction.hosts[&host.name].utilization.unwrap().mean;
        prop_assert!(near(busy, work));
        let cores = host.cores.as_f64() * f64::from(host.replicas);
        prop_assert!(busy <= cores * (1.0 + 1e-3), "host {} busy {busy}", host.name);
    }
    Ok(())
}

proptest! {
    #[test]
    fn closed_loads(tiers in tiers(), population in 1u32..60, think_time in 0.0f64..0.5) {
        let system = system(&tiers, vec![closed(population, think_time)]);
        let prediction = predict(&system);
        // Users that do not wait for the work that they cause can cause too much of it.
        if prediction.status != Status::Saturated {
            check(&system, &prediction)?;
        }
    }

    #[test]
    fn open_loads(tiers in tiers(), load in 0.05f64..0.9) {
        let system = system(&tiers, vec![open(&tiers, load)]);
        let prediction = predict(&system);
        // Threads held longer under contention may saturate before the bounds say so.
        if prediction.status != Status::Saturated {
            check(&system, &prediction)?;
        }
    }

    #[test]
    fn mixed_loads(tiers in tiers(), population in 1u32..20, think_time in 0.01f64..0.5, load in 0.05f64..0.6) {
        let system = system(&tiers, vec![open(&tiers, load), closed(population, think_time), closed(3, 0.1)]);
        let prediction = predict(&system);
        if prediction.status != Status::Saturated {
            check(&system, &prediction)?;
        }
    }

    /// One user meets nobody: the response time is the sum of the demands on its way. Asynchronous work, which it
    /// could meet, is left out.
    #[test]
    fn one_user_never_waits(tiers in tiers(), think_time in 0.0f64..0.5) {
        let mut system = system(&tiers, vec![closed(1, think_time)]);
        for service in &mut system.services {
            for operation in &mut service.operations {
                operation.for_each_activity_mut(&mut |activity| {
                    for call in &mut activity.calls {
                        call.kind = tracecast_model::CallKind::Synchronous;
                    }
                });
            }
        }
        let alone = bounds::bounds(&system).unwrap()[0].response_time;
        prop_assert!(near(predict(&system).workloads[0].response_time.unwrap().mean, alone));
    }
}
