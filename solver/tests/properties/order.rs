//! The order in which a model lists its elements means nothing.

use proptest::prelude::*;
use tracecast_model::{Distribution, Engine, EngineOptions, Load, RunControl, Status};
use tracecast_solver::Analytic;

use crate::systems::{system, tiers};

proptest! {
    /// Tolerance: both runs end within that of the iteration, 1e-8, amplified near saturation.
    #[test]
    fn results_do_not_depend_on_it(tiers in tiers(), population in 1u32..30) {
        let load = Load::Closed { population, think_time: Distribution::exponential(0.1) };
        let first = system(&tiers, vec![load]);
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
        let (a, b) = (predict(&first), predict(&second));
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
    }
}
