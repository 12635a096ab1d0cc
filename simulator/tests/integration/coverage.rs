//! Do the 95 % intervals cover the truth in 95 % of all runs?
//!
//! `cargo run --release -p tracecast-simulator --example coverage` asks the same of more models and longer runs.

use tracecast_model::{Distribution, EngineOptions, fixtures};

use crate::support::{response, simulate};
use crate::theory;

const RUNS: u64 = 300;

/// M/M/1 and a closed network over a short, fixed time. The number of runs that cover is binomial; 3 standard
/// deviations of it are ±3.8 %, plus 1 % below for the skewness of short runs, which the t-interval does not know.
#[test]
fn intervals_keep_their_level() {
    let open = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let closed = fixtures::closed_network(10, 8.0, &[1.0]);
    for (system, until, truth) in
        [(open, 1000.0, 2.0), (closed, 1000.0, theory::repairman_response(10, 8.0, 1.0))]
    {
        let covers = |seed: &u64| {
            let options = EngineOptions { seed: *seed, until: Some(until), ..EngineOptions::default() };
            let found = response(&simulate(&system, &options), "users");
            (found.mean - truth).abs() <= found.half_width.unwrap()
        };
        let part = (1..=RUNS).filter(covers).count() as f64 / RUNS as f64;
        println!("covered {part}");
        assert!((0.902..=0.988).contains(&part), "covered {part}");
    }
}
