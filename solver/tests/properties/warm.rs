//! A solution does not depend on where it begins.

use proptest::prelude::*;
use tracecast_model::{Distribution, EngineOptions, Load, RunControl, Status};
use tracecast_solver::Analytic;

use crate::systems::{system, tiers};

proptest! {
    /// What-ifs from the solution before the change, and from nothing. Tolerance: both end within that of the iteration,
    /// 1e-6, amplified near saturation and by what is neglected of threads that are hardly ever all busy.
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
        prop_assert_eq!(cold.status, warm.status);
        if cold.status == Status::Saturated || before.status == Status::Saturated {
            return Ok(());
        }
        let mean = |p: &tracecast_model::Prediction| p.workloads[0].throughput.unwrap().mean;
        prop_assert!((mean(&warm) / mean(&cold) - 1.0).abs() < 1e-4, "{} {}", mean(&warm), mean(&cold));
        for (name, result) in &cold.services {
            let (x, y) = (result.queue_length.unwrap().mean, warm.services[name].queue_length.unwrap().mean);
            prop_assert!((x - y).abs() < 1e-3 * (1.0 + x), "{name}: {x} {y}");
        }
    }
}
