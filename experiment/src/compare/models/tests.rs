use tracecast_model::{Distribution, EngineOptions, RunControl, fixtures};

use super::*;
use crate::{EngineChoice, predict};

fn compared(base: &System, candidate: &System) -> ModelComparison {
    let solve = |system: &System| {
        predict(system, EngineChoice::Analytic, &EngineOptions::default(), &RunControl::none()).unwrap()
    };
    compare_models(Pair { base, candidate }, Pair { base: &solve(base), candidate: &solve(candidate) })
}

/// M/M/1 at 8/s: R = D/(1-λD) is 0.5 s for D = 0.1 s and 0.05/0.6 s for half of it; the capacity is 1/D.
#[test]
fn half_the_demand() {
    let station = |demand: f64| fixtures::open_station(1, Distribution::exponential(demand), 8.0);
    let (slow, fast) = (station(0.1), station(0.05));
    let found = compared(&slow, &fast);
    let mean = found.figures.iter().find(|figure| figure.name == "users.mean").unwrap();
    assert!((mean.relative.unwrap() - (0.05 / 0.6 / 0.5 - 1.0)).abs() < 1e-3, "{mean:?}");
    assert!(!mean.within_uncertainty);
    assert_eq!(found.limits[0].capacity, Pair { base: Some(10.0), candidate: Some(20.0) });
    let [change] = found.changes.as_slice() else { panic!("{:?}", found.changes) };
    assert_eq!(change.element, "operation \"station/serve\"");
    assert!(found.regressions(0.0).is_empty());
    assert_eq!(compared(&fast, &slow).regressions(0.05), ["users"]);
}

#[test]
fn a_model_beside_itself() {
    let system = fixtures::three_tiers(1.0);
    let found = compared(&system, &system);
    assert!(found.changes.is_empty() && !found.figures.is_empty());
    assert!(found.figures.iter().all(|figure| figure.within_uncertainty));
}
