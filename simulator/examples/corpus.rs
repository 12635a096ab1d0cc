//! The simulator against the reference solutions of a corpus of layered queueing networks, made by another simulator.
//!
//! ```sh
//! cargo run --release -p tracecast-simulator --example corpus -- ../shared/data/lqn
//! cargo run --release -p tracecast-simulator --example corpus -- ../shared/data/lqn prio own-quorum-2of3   # figure by figure
//! ```
//! The folder has `models/NAME.lqnx` and `reference.json`. Per family: median, 90th percentile and greatest of the
//! relative errors of all task throughputs, entry holding times by phase and processor utilizations, and the part of the
//! figures whose 99 % intervals, the reference's and ours, overlap. Figures whose intervals do not are named.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use tracecast_model::{Engine, EngineOptions, Metric, Prediction, RunControl, System, lqn};
use tracecast_simulator::Simulation;

type Failure = Box<dyn std::error::Error>;

/// Relative half width of the response times.
const PRECISION: f64 = 0.01;

/// Figures below this count as zero and are left out.
const NEARLY_ZERO: f64 = 1e-6;

/// Of a mean of three values in terms of their range: half the width of its 99 % interval (Lord 1947, "The use of range in
/// place of standard deviation in the t-test", Biometrika 34, table 9).
const HALF_WIDTH_BY_RANGE: f64 = 3.008;

/// From 95 to 99 %: quantiles of Student's distribution with 19 degrees of freedom, for twenty replications.
const WIDER: f64 = 2.861 / 2.093;

/// The reference has six digits.
const ROUNDING: f64 = 1e-5;

/// What is compared.
const KINDS: [&str; 3] = ["throughput", "holding time", "utilization"];

struct Figure {
    kind: usize,
    place: String,
    found: Metric,
    expected: f64,
    /// (Largest - smallest) / mean over the reference's seeds.
    spread: f64,
}

impl Figure {
    fn error(&self) -> f64 {
        self.found.mean / self.expected - 1.0
    }

    /// Half the widths of the 99 % intervals, ours and the reference's, relative to the reference.
    fn half_widths(&self) -> (f64, f64) {
        (WIDER * self.found.half_width.unwrap_or(0.0) / self.expected, HALF_WIDTH_BY_RANGE * self.spread)
    }

    fn is_off(&self) -> bool {
        let (own, reference) = self.half_widths();
        self.error().abs() > own + reference + ROUNDING
    }
}

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().unwrap_or_else(|| "../shared/data/lqn".to_owned());
    let only: Vec<String> = words.collect();
    let folder = Path::new(&folder);
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("reference.json"))?)?;
    let mut families: BTreeMap<String, [Vec<f64>; 3]> = BTreeMap::new();
    let (mut all, mut off) = (0, 0);
    let start = Instant::now();
    for (name, truth) in reference.as_object().into_iter().flatten() {
        let family = truth["family"].as_str().unwrap_or("?").to_owned();
        if !only.is_empty() && !only.iter().any(|word| family == *word || name == word) {
            continue;
        }
        let text = std::fs::read_to_string(folder.join("models").join(format!("{name}.lqnx")))?;
        let began = Instant::now();
        let figures = match compare(&text, truth) {
            Ok(figures) => figures,
            Err(error) => {
                println!("{name:24} {error}");
                continue;
            }
        };
        let mean = |kind: usize| {
            let errors: Vec<f64> = errors(&figures, kind).collect();
            100.0 * errors.iter().sum::<f64>() / errors.len().max(1) as f64
        };
        let time = began.elapsed().as_secs_f64();
        println!("{name:24} {:6.2} {:6.2} {:6.2} %   {time:6.2} s", mean(0), mean(1), mean(2));
        for figure in figures.iter().filter(|figure| !only.is_empty() || figure.is_off()) {
            println!(
                "    {:44} {:12.6} ±{:5.1} %   reference {:12.6} ±{:5.1} %   {:+6.1} %",
                figure.place,
                figure.found.mean,
                100.0 * figure.half_widths().0,
                figure.expected,
                100.0 * figure.half_widths().1,
                100.0 * figure.error()
            );
        }
        all += figures.iter().filter(|figure| figure.kind < 2).count();
        off += figures.iter().filter(|figure| figure.kind < 2 && figure.is_off()).count();
        for family in [family, "~ all".to_owned()] {
            let lists = families.entry(family).or_default();
            (0..3).for_each(|kind| lists[kind].extend(errors(&figures, kind)));
        }
    }
    println!(
        "\nfamily       {}",
        KINDS.map(|kind| format!("{:32}", format!("{kind} median/p90/max"))).concat()
    );
    for (family, lists) in families {
        println!("{family:12} {}", lists.map(summary).concat());
    }
    let share = 100.0 * (all - off) as f64 / f64::from(all.max(1) as u32);
    println!("{share:.2} % of {all} throughputs and holding times agree within the 99 % intervals");
    println!("{:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn compare(text: &str, truth: &Value) -> Result<Vec<Figure>, Failure> {
    let system = lqn::read_xml(text)?;
    let options = EngineOptions { precision: PRECISION, ..EngineOptions::default() };
    let prediction = Simulation.predict(&system, &options, &RunControl::none())?;
    if !prediction.is_converged() {
        println!("    {}: {:?}", prediction.status.name(), prediction.warnings);
    }
    Ok(figures(&system, &prediction, truth))
}

fn figures(system: &System, prediction: &Prediction, truth: &Value) -> Vec<Figure> {
    let mut found = Vec::new();
    let mut add = |kind, place: String, metric: Option<Metric>, expected: &Value, spread: &Value| {
        let expected = expected.as_f64().unwrap_or(0.0);
        if expected > NEARLY_ZERO {
            let metric = metric.unwrap_or(Metric::exact(0.0));
            let spread = spread.as_f64().unwrap_or(0.0);
            found.push(Figure { kind, place, found: metric, expected, spread });
        }
    };
    for (task, figures) in truth["tasks"].as_object().into_iter().flatten() {
        let metric = prediction.services.get(task).and_then(|service| service.throughput);
        add(0, format!("task {task}"), metric, &figures["throughput"], &figures["throughput_spread"]);
    }
    let names: HashMap<String, String> =
        system.operations().map(|(name, _)| (name.operation().to_owned(), name.to_string())).collect();
    for (entry, figures) in truth["entries"].as_object().into_iter().flatten() {
        let result = names.get(entry).and_then(|name| prediction.operations.get(name));
        for (phase, expected) in figures["service_time"].as_array().into_iter().flatten().enumerate() {
            let metric = result.and_then(|result| result.holding_time.get(phase).copied());
            let spread = &figures["service_time_spread"][phase];
            add(1, format!("entry {entry} phase {}", phase + 1), metric, expected, spread);
        }
    }
    for (processor, figures) in truth["processors"].as_object().into_iter().flatten() {
        let metric = prediction.hosts.get(processor).and_then(|host| host.utilization);
        let spread = &figures["utilization_spread"];
        add(2, format!("processor {processor}"), metric, &figures["utilization"], spread);
    }
    found
}

fn errors(figures: &[Figure], kind: usize) -> impl Iterator<Item = f64> {
    figures.iter().filter(move |figure| figure.kind == kind).map(|figure| figure.error().abs())
}

fn summary(mut values: Vec<f64>) -> String {
    if values.is_empty() {
        return format!("{:32}", "-");
    }
    values.sort_by(f64::total_cmp);
    let n = values.len();
    let median = 0.5 * (values[(n - 1) / 2] + values[n / 2]);
    let p90 = values[((0.9 * n as f64).ceil() as usize).clamp(1, n) - 1];
    format!("{:32}", format!("{:.2} {:.2} {:.2} %", 100.0 * median, 100.0 * p90, 100.0 * values[n - 1]))
}
