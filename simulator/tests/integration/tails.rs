//! Percentiles and their intervals where the distribution is known.

use rayon::prelude::*;
use tracecast_model::{Distribution, EngineOptions, fixtures};

use crate::support::{response, simulate};

/// Response times of M/M/1 are exponential with the rate μ - λ. Of 60 runs of 20 replications, an interval of 95 % misses
/// more than 9 once in a thousand times (binomial); there are five percentiles.
#[test]
fn intervals_of_percentiles_cover_the_truth() {
    let load = 0.5;
    let system = fixtures::open_station(1, Distribution::exponential(1.0), load);
    let runs: Vec<_> = (1..=60)
        .into_par_iter()
        .map(|seed| {
            let options =
                EngineOptions { seed, until: Some(4e4), warm_up: Some(500.0), ..EngineOptions::default() };
            response(&simulate(&system, &options), "users")
        })
        .collect();
    for (name, q) in [("p50", 0.5), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p999", 0.999)] {
        let truth = -f64::ln(1.0 - q) / (1.0 - load);
        let misses = runs.iter().filter(|run| {
            let found = run.percentile(name).unwrap();
            (found.mean - truth).abs() > found.half_width.unwrap()
        });
        let misses = misses.count();
        assert!(misses <= 9, "{name}: {misses} of 60");
    }
}

/// What lies beyond is too little to tell: no far percentile of a hundred requests, no interval from two replications.
#[test]
fn what_cannot_be_known_is_absent() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let options = EngineOptions {
        until: Some(200.0),
        replications: Some(2),
        warm_up: Some(0.0),
        ..EngineOptions::default()
    };
    let found = response(&simulate(&system, &options), "users");
    assert!(found.p99.is_some() && found.p999.is_none() && found.p9999.is_none());
    assert_eq!(found.half_widths, None);
}
