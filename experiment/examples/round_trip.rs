//! Random systems are simulated and traced, the traces are imported, and what comes of it is simulated at the same load.
//!
//! ```sh
//! cargo run -p tracecast-experiment --example round_trip            # systems 1 to 20
//! cargo run -p tracecast-experiment --example round_trip -- 7 12    # these
//! cargo run -p tracecast-experiment --example round_trip -- -v 7    # with both models
//! ```

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "an example prints its results")]

#[path = "../tests/round_trip/generator.rs"]
mod generator;
#[path = "../tests/round_trip/trip.rs"]
mod trip;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let is_verbose = words.iter().any(|word| word == "-v");
    let mut numbers: Vec<u64> = words.iter().filter_map(|word| word.parse().ok()).collect();
    if numbers.is_empty() {
        numbers = (1..=20).collect();
    }
    println!("system services visits  spans   workload    mean (s)   error     p95 (s)   error");
    for number in numbers {
        let (system, visits) = generator::system(number);
        if is_verbose {
            println!("{}", tracecast_model::native::write(&system));
        }
        let trip = trip::trip(&system, visits);
        if is_verbose {
            println!("{}", tracecast_model::native::write(&trip.extracted));
        }
        for row in &trip.compared {
            println!(
                "{number:6} {:8} {visits:6.1} {:6} {:>10} {:11.5} {:+6.1} % {:11.5} {:+6.1} %",
                system.services.len(),
                trip.spans,
                row.workload,
                row.mean.0,
                100.0 * row.mean_error(),
                row.p95.0,
                100.0 * row.p95_error(),
            );
        }
    }
}
