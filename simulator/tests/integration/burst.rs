//! Loads that end by themselves.

use tracecast_model::{Distribution, EngineOptions, fixtures};

use crate::support::{assert_exact, simulate};

#[test]
fn burst_of_one() {
    let system = fixtures::burst_queue(1, 1, Distribution::deterministic(0.5));
    let prediction = simulate(&system, &EngineOptions::default());
    println!("{prediction:#?}");
    let makespan = prediction.workloads["burst"].makespan.unwrap();
    assert_exact(makespan.mean, 0.001 + 0.01 + 0.5 + 0.01);
}
