//! The layered method against simulated references, beside another solver of the field.
//!
//! ```sh
//! cargo run --release -p tracecast-solver --example accuracy -- ../shared/data/lqn
//! cargo run --release -p tracecast-solver --example accuracy -- ../shared/data/lqn deep   # one family, every model
//! ```
//! The folder has `models/NAME.lqnx`, `reference.json` and `lqns.csv`. The error of a model is the mean of the absolute
//! relative errors of its task throughputs, of its entry holding times (by phase), and of its processor utilizations; a
//! family is summed up by the median, the 90th percentile and the greatest of its models.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use tracecast_model::{Engine, EngineOptions, Prediction, RunControl, Status, System, lqn};
use tracecast_solver::Analytic;

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().unwrap_or_else(|| "../shared/data/lqn".to_owned());
    let only: Vec<String> = words.collect();
    let folder = Path::new(&folder);
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("reference.json"))?)?;
    let table = std::fs::read_to_string(folder.join("lqns.csv"))?;
    let peers = peers(&table);
    let mut families: BTreeMap<String, Vec<[Option<f64>; 6]>> = BTreeMap::new();
    let mut elapsed = 0.0;
    for (name, truth) in reference.as_object().into_iter().flatten() {
        let family = truth["family"].as_str().unwrap_or("?").to_owned();
        if !only.is_empty() && !only.iter().any(|word| family == *word || name == word) {
            continue;
        }
        let text = std::fs::read_to_string(folder.join("models").join(format!("{name}.lqnx")))?;
        let peer = peers.get(name.as_str()).copied().unwrap_or_default();
        let system = match lqn::read_xml(&text) {
            Ok(system) => system,
            Err(error) => {
                println!("{name:24} not read: {error}");
                continue;
            }
        };
        let start = Instant::now();
        let prediction = Analytic.predict(&system, &EngineOptions::default(), &RunControl::none());
        let time = start.elapsed().as_secs_f64();
        elapsed += time;
        let prediction = match prediction {
            Ok(prediction) => prediction,
            Err(error) => {
                println!("{name:24} refused: {error}");
                continue;
            }
        };
        let errors = errors(&system, &prediction, truth, !only.is_empty());
        let own = [errors.throughput.mean(), errors.holding.mean(), errors.utilization.mean()];
        let iterations = prediction.iterations.unwrap_or(0);
        let remark = if prediction.status == Status::Converged {
            String::new()
        } else {
            format!("{:?}", prediction.status)
        };
        println!(
            "{name:24} {} {} {}   lqns {} {} {}   {iterations:4} rounds {:8.3} ms {remark}",
            percent(own[0]),
            percent(own[1]),
            percent(own[2]),
            percent(peer[0]),
            percent(peer[1]),
            percent(peer[2]),
            1e3 * time
        );
        let row = [own[0], peer[0], own[1], peer[1], own[2], peer[2]];
        families.entry(family).or_default().push(row);
        families.entry("~ all".to_owned()).or_default().push(row);
    }
    println!(
        "\nfamily (models)     throughput median/p90/max       lqns     holding time median/p90/max      lqns"
    );
    for (family, rows) in &families {
        let column = |k: usize| summary(rows.iter().filter_map(|row| row[k]).collect());
        println!(
            "{family:10} ({:3})  {}  {}  {}  {}",
            rows.len(),
            column(0),
            column(1),
            column(2),
            column(3)
        );
    }
    println!("{:.1} ms in all", 1e3 * elapsed);
    Ok(())
}

#[derive(Default)]
struct Mean(Vec<f64>);

impl Mean {
    fn mean(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.iter().sum::<f64>() / self.0.len() as f64)
    }
}

#[derive(Default)]
struct Errors {
    throughput: Mean,
    holding: Mean,
    utilization: Mean,
}

/// Figures below this count as zero and are left out.
const NEARLY_ZERO: f64 = 1e-6;

fn errors(system: &System, prediction: &Prediction, truth: &Value, detail: bool) -> Errors {
    let mut errors = Errors::default();
    let mut compare = |place: &str, list: fn(&mut Errors) -> &mut Mean, found: f64, expected: &Value| {
        let expected = expected.as_f64().unwrap_or(0.0);
        if expected > NEARLY_ZERO {
            list(&mut errors).0.push((found / expected - 1.0).abs());
            if detail {
                println!(
                    "    {place:40} {found:12.5} {expected:12.5} {:+7.1} %",
                    100.0 * (found / expected - 1.0)
                );
            }
        }
    };
    for (task, figures) in truth["tasks"].as_object().into_iter().flatten() {
        let found = prediction.services.get(task).and_then(|service| service.throughput);
        compare(
            &format!("task {task}"),
            |e| &mut e.throughput,
            found.map_or(0.0, |m| m.mean),
            &figures["throughput"],
        );
    }
    let names: HashMap<String, String> =
        system.operations().map(|(name, _)| (name.operation().to_owned(), name.to_string())).collect();
    for (entry, figures) in truth["entries"].as_object().into_iter().flatten() {
        let result = names.get(entry).and_then(|name| prediction.operations.get(name));
        for (phase, expected) in figures["service_time"].as_array().into_iter().flatten().enumerate() {
            let found = result.and_then(|result| result.holding_time.get(phase)).map_or(0.0, |m| m.mean);
            compare(&format!("entry {entry} phase {}", phase + 1), |e| &mut e.holding, found, expected);
        }
    }
    for (processor, figures) in truth["processors"].as_object().into_iter().flatten() {
        let found = prediction.hosts.get(processor).and_then(|host| host.utilization);
        let place = format!("processor {processor}");
        compare(&place, |e| &mut e.utilization, found.map_or(0.0, |m| m.mean), &figures["utilization"]);
    }
    errors
}

/// The better of lqns' settings: errors in throughput, service time and utilization as fractions.
fn peers(table: &str) -> HashMap<&str, [Option<f64>; 3]> {
    let mut lines = table.lines();
    let header: Vec<&str> = lines.next().unwrap_or("").split(',').collect();
    let column = |name: &str| header.iter().position(|title| *title == name).unwrap_or(usize::MAX);
    let columns = ["default_err_thr_mean", "default_err_svc_mean", "default_err_util_mean"].map(column);
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let value = |k: usize| cells.get(k).and_then(|text| text.parse::<f64>().ok()).map(|x| x / 100.0);
            (cells[0], columns.map(value))
        })
        .collect()
}

fn summary(mut values: Vec<f64>) -> String {
    if values.is_empty() {
        return "      -               ".to_owned();
    }
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let median = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
    let p90 = values[((0.9 * n as f64).ceil() as usize).clamp(1, n) - 1];
    format!("{:6.2} {:6.2} {:6.2} %", 100.0 * median, 100.0 * p90, 100.0 * values[n - 1])
}

fn percent(value: Option<f64>) -> String {
    value.map_or("    -  ".to_owned(), |value| format!("{:6.2} %", 100.0 * value))
}
