//! Measurements beside traces: small made-up files for each feature, and every file of the shared data.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

#[path = "../common/mod.rs"]
mod common;

mod fixtures;
mod shared;
mod uses;

use tracecast_importers::metrics::{self, Measurements, Series, Summary};

/// What is in these bytes.
fn measured(bytes: &[u8]) -> Measurements {
    let mut into = Measurements::new();
    metrics::read(bytes, &mut into).unwrap();
    into
}

/// What is in a fixture.
fn fixture(name: &str) -> Measurements {
    measured(&common::bytes(&format!("metrics/{name}")))
}

/// The series of that title.
fn series<'a>(measured: &'a Measurements, title: &str) -> &'a Series {
    let found = measured.series.iter().find(|series| series.title() == title);
    found.unwrap_or_else(|| {
        panic!("no {title} in {:?}", measured.series.iter().map(Series::title).collect::<Vec<_>>())
    })
}

/// The values of a series.
fn values(series: &Series) -> Vec<f64> {
    series.points.iter().map(|point| point.value).collect()
}

/// The figures of all requests.
fn whole(measured: &Measurements) -> Summary {
    measured.latencies().into_iter().find(|summary| summary.operation.is_none()).unwrap()
}

#[track_caller]
fn close(found: Option<f64>, expected: f64, tolerance: f64) {
    let found = found.expect("a figure");
    assert!((found - expected).abs() <= tolerance, "{found} instead of {expected}");
}
