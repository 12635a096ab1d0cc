//! Percentiles of response times by the analytic engine against the simulation, by family of a corpus of LQN models.
//!
//! ```sh
//! cargo run --release -p tracecast-experiment --example percentiles -- ../shared/data/lqn
//! cargo run --release -p tracecast-experiment --example percentiles -- ../shared/data/lqn 0.002 closed   # one family
//! ```
//! The number is the relative precision of the simulated means (0.02). The folder has `models/NAME.lqnx` and
//! `reference.json`, which tells the family. Errors are relative, as medians over the response times of a family.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::collections::BTreeMap;
use std::path::Path;

use rayon::prelude::*;
use serde_json::Value;
use tracecast_model::{Engine, EngineOptions, ResponseTime, RunControl, lqn};
use tracecast_simulator::Simulation;
use tracecast_solver::Analytic;

type Failure = Box<dyn std::error::Error>;

/// Errors of p50, p90, p95 and p99.
type Errors = [Option<f64>; 4];

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().unwrap_or_else(|| "../shared/data/lqn".to_owned());
    let precision: f64 = words.next().map_or(Ok(0.02), |word| word.parse())?;
    let only: Vec<String> = words.collect();
    let folder = Path::new(&folder);
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("reference.json"))?)?;
    let family = |truth: &Value| truth["family"].as_str().unwrap_or("?").to_owned();
    let models: Vec<(String, String)> = reference
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, truth)| (name.clone(), family(truth)))
        .filter(|(name, family)| only.is_empty() || only.contains(name) || only.contains(family))
        .collect();
    let results: Vec<(String, String, Vec<Row>)> = models
        .into_par_iter()
        .filter_map(|(name, family)| {
            let text = std::fs::read_to_string(folder.join("models").join(format!("{name}.lqnx"))).ok()?;
            Some((name, family, compare(&text, precision)?))
        })
        .collect();
    let mut families: BTreeMap<String, Vec<Errors>> = BTreeMap::new();
    for (name, family, rows) in results {
        for Row { workload, ours, simulated } in rows {
            let (ours, simulated) = (percentiles(&ours), percentiles(&simulated));
            let pairs: [_; 4] = std::array::from_fn(|k| (ours[k], simulated[k]));
            if !only.is_empty() {
                print!("{name:12} {workload:12}");
                for (ours, simulated) in pairs {
                    print!("  {:9.4} {:9.4}", ours.unwrap_or(f64::NAN), simulated.unwrap_or(f64::NAN));
                }
                println!();
            }
            let errors = pairs.map(|(ours, simulated)| Some((ours? / simulated? - 1.0).abs()));
            families.entry(family.clone()).or_default().push(errors);
            families.entry("~ all".to_owned()).or_default().push(errors);
        }
    }
    println!("\nfamily      times     p50     p90     p95     p99   |error|, median");
    for (family, rows) in &families {
        print!("{family:10} {:6}", rows.len());
        for k in 0..4 {
            print!("  {:5.1} %", 100.0 * median(rows.iter().filter_map(|row| row[k]).collect()));
        }
        println!();
    }
    Ok(())
}

/// One workload in both engines.
struct Row {
    workload: String,
    ours: ResponseTime,
    simulated: ResponseTime,
}

fn compare(text: &str, precision: f64) -> Option<Vec<Row>> {
    let system = lqn::read_xml(text).ok()?;
    let control = RunControl::none();
    let ours = Analytic.predict(&system, &EngineOptions::default(), &control).ok()?;
    let options = EngineOptions { precision, max_events: 4_000_000_000, ..EngineOptions::default() };
    let simulated = Simulation.predict(&system, &options, &control).ok()?;
    let rows = ours.workloads.into_iter().filter_map(|(workload, result)| {
        let simulated = simulated.workloads.get(&workload)?.response_time?;
        Some(Row { workload, ours: result.response_time?, simulated })
    });
    Some(rows.collect())
}

fn percentiles(response: &ResponseTime) -> Errors {
    [response.p50, response.p90, response.p95, response.p99]
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
