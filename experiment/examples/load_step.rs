//! Models extracted from traces are simulated at the arrivals that were recorded, and their response times compared with
//! those in the traces.
//!
//! ```sh
//! cargo run --release -p tracecast-experiment --example load_step -- FILE... [-- FILE...]   # one system per group
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints its results")]

#[path = "../tests/load_step/step.rs"]
mod step;

use std::path::PathBuf;

/// Relative 95 % half width of the simulated means.
const PRECISION: f64 = 0.01;

fn main() {
    println!(
        "operation                                     requests   mean measured   error   p95 measured   error"
    );
    let words: Vec<String> = std::env::args().skip(1).collect();
    for files in words.split(|word| word == "--").filter(|files| !files.is_empty()) {
        println!("{}", files[0]);
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        for step::Step { requests, times } in step::compare(&files, PRECISION) {
            println!(
                "  {:42} {:9} {:15.5} {:+6.1} % {:14.5} {:+6.1} %",
                times.workload,
                requests,
                times.mean.0,
                100.0 * times.mean_error(),
                times.p95.0,
                100.0 * times.p95_error(),
            );
        }
    }
}
