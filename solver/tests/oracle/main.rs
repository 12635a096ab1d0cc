//! Solutions known from theory. Every expected number has its source; tolerances are those of rounding unless said.

#![allow(clippy::unwrap_used)] // helpers of tests are outside of test functions

mod attempts;
mod autoscaling;
mod burst;
mod closed;
mod elements;
mod failures;
mod fluid;
mod layers;
mod open;
mod replicas;
mod tables;
mod transient;

use tracecast_model::{Engine, EngineOptions, Prediction, RunControl, System};
use tracecast_solver::Analytic;

pub(crate) fn predict(system: &System) -> Prediction {
    Analytic.predict(system, &EngineOptions::default(), &RunControl::none()).unwrap()
}

pub(crate) fn response_time(prediction: &Prediction) -> f64 {
    prediction.workloads[0].response_time.unwrap().mean
}

pub(crate) fn throughput(prediction: &Prediction) -> f64 {
    prediction.workloads[0].throughput.unwrap().mean
}

#[track_caller]
pub(crate) fn close(found: f64, expected: f64, relative: f64) {
    let error = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(
        error <= relative,
        "found {found}, expected {expected}, off by {error:.2e} (allowed {relative:.1e})"
    );
}
