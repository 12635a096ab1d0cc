//! How often do the simulator's 95 % intervals cover the truth?
//!
//! ```sh
//! cargo run --release -p tracecast-simulator --example coverage -- 400
//! cargo run --release -p tracecast-simulator --example coverage -- 2000 default M/M/3
//! ```
//! After the number of seeds come the name of a scheme (`5%` where there is none) and words that select cases.
//!
//! Every case of `tests/integration/theory/cases.rs` has a figure with a closed form. Each is simulated with that many
//! seeds. A right scheme covers in 95 % of all seeds, up to a binomial error (one standard deviation is ±1.1 % for 400
//! seeds, so that about one case in 20 is outside of 93 to 97 %).

use rayon::prelude::*;
use tracecast_model::{Engine, EngineOptions, RunControl};
use tracecast_simulator::Simulation;

#[path = "../tests/integration/theory/mod.rs"]
#[expect(
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    reason = "the tests use more of it, and fail by panicking"
)]
mod theory;

use theory::cases::{self, Case};

/// The default precision, a loose one, and a given end of time with the default replications and with only one.
fn schemes() -> [(&'static str, EngineOptions); 4] {
    let default = EngineOptions::default;
    [
        ("default", default()),
        ("5%", EngineOptions { precision: 0.05, ..default() }),
        ("until", EngineOptions { until: Some(2000.0), ..default() }),
        ("single", EngineOptions { until: Some(2e4), replications: Some(1), ..default() }),
    ]
}

fn main() {
    let mut words = std::env::args().skip(1);
    let seeds: u64 = words.next().and_then(|text| text.parse().ok()).unwrap_or(400);
    let mut words: Vec<String> = words.collect();
    let named = words.first().and_then(|word| schemes().into_iter().find(|(name, _)| name == word));
    if named.is_some() {
        words.remove(0);
    }
    let (scheme, options) = named.unwrap_or_else(|| schemes()[1].clone());
    write(&format!("{seeds} seeds, scheme {scheme}"));
    let (mut covered, mut trials, mut outside) = (0, 0, Vec::new());
    let cases = cases::all();
    let chosen = |(_, case): &(usize, &Case)| words.iter().all(|word| case.name.contains(word));
    for (number, case) in cases.iter().enumerate().filter(chosen) {
        let seed = |n| Case::seed(number, n);
        let runs: Vec<_> = (1..=seeds).into_par_iter().filter_map(|n| run(case, &options, seed(n))).collect();
        let hits = runs.iter().filter(|(mean, half)| (mean - case.theory).abs() <= *half).count();
        let n = runs.len() as f64;
        let relative = |sum: f64| 100.0 * sum / n / case.theory;
        let part = 100.0 * hits as f64 / n;
        let bias = relative(runs.iter().map(|(mean, _)| mean - case.theory).sum());
        let width = relative(runs.iter().map(|(_, half)| half).sum());
        let missing = seeds as usize - runs.len();
        let note = if missing > 0 { format!("   {missing} without the figure") } else { String::new() };
        write(&format!(
            "{:48} coverage {part:5.1} %   bias {bias:+.2} %   half width {width:.2} %{note}",
            case.name
        ));
        covered += hits;
        trials += runs.len();
        if !(93.0..=97.0).contains(&part) {
            outside.push(format!("{} ({part:.1} %)", case.name));
        }
    }
    let part = covered as f64 / trials as f64;
    write(&format!("all: {covered} of {trials}, {:.2} %", 100.0 * part));
    write(&format!("outside of 93 to 97 %: {} {}", outside.len(), outside.join(", ")));
}

/// Mean and half width of the case's figure.
fn run(case: &Case, options: &EngineOptions, seed: u64) -> Option<(f64, f64)> {
    let options = EngineOptions { seed, ..options.clone() };
    let prediction = Simulation.predict(&case.system, &options, &RunControl::none()).ok()?;
    let metric = case.figure.of(&prediction)?;
    Some((metric.mean, metric.half_width?))
}

fn write(line: &str) {
    use std::io::Write;
    // Nobody reads on: nothing left to do.
    let _ = writeln!(std::io::stdout(), "{line}");
}
