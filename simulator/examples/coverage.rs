//! How often do the simulator's 95 % intervals cover the truth?
//!
//! ```sh
//! cargo run --release -p tracecast-simulator --example coverage -- 400
//! cargo run --release -p tracecast-simulator --example coverage -- 2000 M/M/3 default
//! ```
//! The words after the number of seeds select models and ways.
//!
//! Every model has a closed form for its mean response time. Each is simulated with that many seeds in four ways:
//! to the default precision and to a loose one, to a given end of time with the default replications, and so with only one.
//! A right scheme covers in 95 % of all seeds, up to a binomial error (±1.1 % for 400).

use rayon::prelude::*;
use tracecast_model::{Distribution, Engine, EngineOptions, Load, RunControl, Scheduling, System, fixtures};
use tracecast_simulator::Simulation;

#[path = "../tests/integration/theory/mod.rs"]
#[expect(dead_code, clippy::unwrap_used, reason = "the tests use more of it, and fail by panicking")]
mod theory;

struct Case {
    name: &'static str,
    system: System,
    response_time: f64,
}

fn cases() -> Vec<Case> {
    let exponential = Distribution::exponential(1.0);
    let open =
        |servers, rho: f64| fixtures::open_station(servers, exponential.clone(), rho * f64::from(servers));
    let sharing = fixtures::station(1, exponential.clone(), Scheduling::Ps, Load::Poisson { rate: 0.7 });
    let closed = fixtures::closed_network(10, 8.0, &[1.0]);
    vec![
        Case { name: "M/M/1 at 0.5", system: open(1, 0.5), response_time: 2.0 },
        Case { name: "M/M/1 at 0.8", system: open(1, 0.8), response_time: 5.0 },
        Case { name: "M/M/3 at 0.7", system: open(3, 0.7), response_time: theory::mmc_response(3, 2.1, 1.0) },
        Case {
            name: "M/D/1 at 0.7",
            system: fixtures::open_station(1, Distribution::deterministic(1.0), 0.7),
            response_time: theory::mg1_response(0.7, &Distribution::deterministic(1.0)),
        },
        Case { name: "M/M/1-PS at 0.7", system: sharing, response_time: 1.0 / 0.3 },
        Case {
            name: "closed, 10 users",
            system: closed,
            response_time: theory::repairman_response(10, 8.0, 1.0),
        },
    ]
}

fn main() {
    let seeds: u64 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(400);
    let schemes = [
        ("default", EngineOptions::default()),
        ("precision 5 %", EngineOptions { precision: 0.05, ..EngineOptions::default() }),
        ("until 2000", EngineOptions { until: Some(2000.0), ..EngineOptions::default() }),
        (
            "1 x until 20000",
            EngineOptions { until: Some(2e4), replications: Some(1), ..EngineOptions::default() },
        ),
    ];
    let words: Vec<String> = std::env::args().skip(2).collect();
    for case in cases() {
        for (scheme, options) in &schemes {
            let title = format!("{:18} {scheme:16}", case.name);
            if !words.iter().all(|word| title.contains(word.as_str())) {
                continue;
            }
            let runs: Vec<_> =
                (1..=seeds).into_par_iter().map(|seed| run(&case.system, options, seed)).collect();
            let covered =
                runs.iter().filter(|(mean, half)| (mean - case.response_time).abs() <= *half).count() as f64;
            let n = seeds as f64;
            let bias = runs.iter().map(|(mean, _)| mean).sum::<f64>() / n / case.response_time - 1.0;
            let width = runs.iter().map(|(_, half)| half).sum::<f64>() / n / case.response_time;
            let line = format!(
                "{title} coverage {:5.1} %   bias {:+.2} %   half width {:.2} %",
                100.0 * covered / n,
                100.0 * bias,
                100.0 * width
            );
            write(&line);
        }
    }
}

fn run(system: &System, options: &EngineOptions, seed: u64) -> (f64, f64) {
    let options = EngineOptions { seed, ..options.clone() };
    let prediction = Simulation.predict(system, &options, &RunControl::none());
    let response =
        prediction.ok().and_then(|p| p.workloads.get("users").and_then(|users| users.response_time));
    response.map_or((f64::NAN, f64::NAN), |r| (r.mean, r.half_width.unwrap_or(f64::NAN)))
}

fn write(line: &str) {
    use std::io::Write;
    // Nobody reads on: nothing left to do.
    let _ = writeln!(std::io::stdout(), "{line}");
}
