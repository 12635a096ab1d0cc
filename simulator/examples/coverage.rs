//! How often do the simulator's 95 % intervals cover the truth?
//!
//! ```sh
//! cargo run --release -p tracecast-simulator --example coverage -- 400
//! cargo run --release -p tracecast-simulator --example coverage -- 2000 5% M/M/3 polling
//! ```
//! After the number of seeds come the name of a scheme (`default`; `5%`, that precision; `until`, 2000 s; `single`, 20 000 s in
//! one replication; `antithetic`, 2000 s in 10 pairs of replications) and words that select cases.
//!
//! Every case of `tests/integration/theory/cases.rs` has a figure with a closed form. Each is simulated with that many
//! seeds. A right scheme covers in 95 % of all seeds, up to a binomial error (one standard deviation is ±1.1 % for 400
//! seeds, so that about one case in 20 is outside of 93 to 97 %).

use rayon::prelude::*;
use tracecast_model::{Engine, EngineOptions, Prediction, RunControl};
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

/// A precision, or the default one, or a given end of time with the default replications or with only one.
fn scheme(name: &str) -> Option<EngineOptions> {
    let default = EngineOptions::default();
    Some(match name {
        "default" => default,
        "until" => EngineOptions { until: Some(2000.0), ..default },
        "antithetic" => {
            EngineOptions { until: Some(2000.0), antithetic: true, replications: Some(20), ..default }
        }
        "single" => EngineOptions { until: Some(2e4), replications: Some(1), ..default },
        _ => EngineOptions { precision: name.strip_suffix('%')?.parse::<f64>().ok()? / 100.0, ..default },
    })
}

fn main() {
    let mut words = std::env::args().skip(1);
    let seeds: u64 = words.next().and_then(|text| text.parse().ok()).unwrap_or(400);
    let mut words: Vec<String> = words.collect();
    let named = words.first().and_then(|word| scheme(word));
    let name = if named.is_some() { words.remove(0) } else { "default".into() };
    let options = named.unwrap_or_default();
    write(&format!("{seeds} seeds, scheme {name}"));
    let (mut covered, mut trials, mut outside) = (0, 0, Vec::new());
    let cases: Vec<(usize, Case)> = cases::all().into_iter().enumerate().collect();
    let chosen = |case: &Case| words.is_empty() || words.iter().any(|word| case.name.contains(word));
    // Figures of one system stand together and are taken from the same runs.
    for group in cases.chunk_by(|(_, a), (_, b)| a.system == b.system) {
        let figures: Vec<&Case> = group.iter().map(|(_, case)| case).filter(|case| chosen(case)).collect();
        let [(number, Case { system, .. }), ..] = group else { continue };
        if figures.is_empty() {
            continue;
        }
        let runs: Vec<_> = (1..=seeds)
            .into_par_iter()
            .filter_map(|n| {
                let options = EngineOptions { seed: Case::seed(*number, n), ..options.clone() };
                let prediction = Simulation.predict(system, &options, &RunControl::none()).ok()?;
                Some(figures.iter().map(|case| interval(case, &prediction)).collect::<Vec<_>>())
            })
            .collect();
        for (place, case) in figures.into_iter().enumerate() {
            let found: Vec<(f64, f64)> = runs.iter().filter_map(|run| run[place]).collect();
            let hits = found.iter().filter(|(mean, half)| (mean - case.theory).abs() <= *half).count();
            let n = found.len() as f64;
            let relative = |sum: f64| 100.0 * sum / n / case.theory;
            let part = 100.0 * hits as f64 / n;
            let bias = relative(found.iter().map(|(mean, _)| mean - case.theory).sum());
            let width = relative(found.iter().map(|(_, half)| half).sum());
            let missing = seeds as usize - found.len();
            let note = if missing > 0 { format!("   {missing} without the figure") } else { String::new() };
            write(&format!(
                "{:48} coverage {part:5.1} %   bias {bias:+.2} %   half width {width:.2} %{note}",
                case.name
            ));
            covered += hits;
            trials += found.len();
            if !(93.0..=97.0).contains(&part) {
                outside.push(format!("{} ({part:.1} %)", case.name));
            }
        }
    }
    let part = covered as f64 / trials as f64;
    write(&format!("all: {covered} of {trials}, {:.2} %", 100.0 * part));
    write(&format!("outside of 93 to 97 %: {} {}", outside.len(), outside.join(", ")));
}

/// Mean and half width of the case's figure.
fn interval(case: &Case, prediction: &Prediction) -> Option<(f64, f64)> {
    let metric = case.figure.of(prediction)?;
    Some((metric.mean, metric.half_width?))
}

fn write(line: &str) {
    use std::io::Write;
    // Nobody reads on: nothing left to do.
    let _ = writeln!(std::io::stdout(), "{line}");
}
