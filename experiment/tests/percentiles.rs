//! The percentiles of one engine against those of the other.

use tracecast_model::{Engine, EngineOptions, ResponseTime, RunControl, fixtures, lqn};
use tracecast_simulator::Simulation;
use tracecast_solver::Analytic;

/// The closed models of the corpus: half of their requests are much shorter than the others, which shows in the medians.
/// Within 10 % at the median of the models is what the analytic engine is to hold.
#[test]
fn of_closed_models_are_those_of_the_simulation() -> Result<(), Box<dyn std::error::Error>> {
    let Some(folder) = fixtures::shared("data/lqn/models") else { return Ok(()) };
    let mut errors: [Vec<f64>; 4] = Default::default();
    for name in ["closed-01", "closed-04", "closed-05", "closed-06", "closed-08", "closed-10"] {
        let system = lqn::read_xml(&std::fs::read_to_string(folder.join(format!("{name}.lqnx")))?)?;
        let of = |engine: &dyn Engine, precision: f64| {
            let options = EngineOptions { precision, ..EngineOptions::default() };
            let prediction = engine.predict(&system, &options, &RunControl::none()).ok()?;
            prediction.workloads.first()?.1.response_time.map(percentiles)
        };
        let (ours, simulated) = (of(&Analytic, 0.02), of(&Simulation, 0.02));
        let pairs = ours.ok_or(name)?.into_iter().zip(simulated.ok_or(name)?);
        for (errors, (ours, simulated)) in errors.iter_mut().zip(pairs) {
            errors.push((ours.ok_or(name)? / simulated.ok_or(name)? - 1.0).abs());
        }
    }
    for (errors, percentile) in errors.iter_mut().zip([50, 90, 95, 99]) {
        errors.sort_by(f64::total_cmp);
        assert!(errors[errors.len() / 2] < 0.1, "p{percentile}: {errors:.3?}");
    }
    Ok(())
}

fn percentiles(response: ResponseTime) -> [Option<f64>; 4] {
    [response.p50, response.p90, response.p95, response.p99]
}
