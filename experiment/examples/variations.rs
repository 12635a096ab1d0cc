//! Random variations of a corpus of LQN models by the analytic engine against the simulation, by family.
//!
//! A corpus shows how good a method is at its own models; a method that was looked at with them has to be looked at with
//! others. Each variation multiplies demands, numbers of calls and of threads, think times and rates at random.
//!
//! ```sh
//! cargo run --release -p tracecast-experiment --example variations -- ../shared/data/lqn 3 1   # three of each, seed 1
//! cargo run --release -p tracecast-experiment --example variations -- ../shared/data/lqn 3 1 prio
//! ```
//! The folder has `models/NAME.lqnx` and `reference.json`, which tells the family. Simulated means are known to 1 %, or as
//! far as 15 s allow. Errors are relative: of the throughput of each service, and of the holding time of each operation.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use rand::{RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;
use serde_json::Value;
use tracecast_model::{
    CallCount, Engine, EngineOptions, Load, Metric, Multiplicity, Prediction, RunControl, Status, System, lqn,
};
use tracecast_simulator::Simulation;
use tracecast_solver::Analytic;

type Failure = Box<dyn std::error::Error>;

/// Half widths of simulated figures up to which these count.
const KNOWN: f64 = 0.03;
/// For one simulation.
const MOST_TIME: Duration = Duration::from_secs(15);
/// The worst that are listed.
const LISTED: usize = 10;

fn main() -> Result<(), Failure> {
    let mut words = std::env::args().skip(1);
    let folder = words.next().unwrap_or_else(|| "../shared/data/lqn".to_owned());
    let each: u64 = words.next().map_or(Ok(1), |word| word.parse())?;
    let seed: u64 = words.next().map_or(Ok(1), |word| word.parse())?;
    let only: Vec<String> = words.collect();
    let folder = Path::new(&folder);
    let reference: Value = serde_json::from_str(&std::fs::read_to_string(folder.join("reference.json"))?)?;
    let mut variations = Vec::new();
    for (number, (name, truth)) in (0u64..).zip(reference.as_object().into_iter().flatten()) {
        let family = truth["family"].as_str().unwrap_or("?");
        if only.is_empty() || only.iter().any(|word| word == family || word == name) {
            let text = std::fs::read_to_string(folder.join("models").join(format!("{name}.lqnx")))?;
            let Ok(system) = lqn::read_xml(&text) else { continue };
            for k in 0..each {
                let mut random = Xoshiro256PlusPlus::seed_from_u64((seed << 32) + (number << 8) + k);
                variations.push((family, format!("{name}~{k}"), varied(system.clone(), &mut random)));
            }
        }
    }
    let compared = variations.into_par_iter();
    let compared: Vec<(&str, Outcome)> =
        compared.map(|(family, name, system)| (family, compare(&name, &system))).collect();
    let mut families: BTreeMap<&str, [Vec<Error>; 2]> = BTreeMap::new();
    for (family, outcome) in compared {
        match outcome {
            Outcome::Errors(errors) => {
                for group in [family, "~ all"] {
                    let sums = families.entry(group).or_default();
                    sums.iter_mut().zip(&errors).for_each(|(sum, more)| sum.extend_from_slice(more));
                }
            }
            Outcome::Told(text) => println!("{text}"),
            Outcome::Neither => {}
        }
    }
    println!("family      throughput: median, 90 %, 99 %, worst   holding time");
    for (family, errors) in &families {
        print!("{family:10}");
        for part in errors {
            print!(
                "  {:5.2} {:6.2} {:6.2} {:7.2} %",
                at(part, 0.5),
                at(part, 0.9),
                at(part, 0.99),
                at(part, 1.0)
            );
        }
        println!();
    }
    for mut errors in families.remove("~ all").into_iter().flatten() {
        errors.sort_by(|a, b| b.relative.total_cmp(&a.relative));
        println!();
        errors
            .iter()
            .take(LISTED)
            .for_each(|error| println!("{:7.1} %  {}", 100.0 * error.relative, error.of));
    }
    Ok(())
}

/// What comes of a variation.
enum Outcome {
    /// Of throughputs and holding times.
    Errors([Vec<Error>; 2]),
    /// Something else to be told.
    Told(String),
    /// Both engines find it saturated, or one of them cannot solve it.
    Neither,
}

#[derive(Clone)]
struct Error {
    relative: f64,
    of: String,
}

/// Multiplies by 2 to the power of a random number up to that.
fn factor(random: &mut Xoshiro256PlusPlus, most: f64) -> f64 {
    2f64.powf(most * random.random_range(-1.0..1.0))
}

fn varied(mut system: System, random: &mut Xoshiro256PlusPlus) -> System {
    let number = |random: &mut Xoshiro256PlusPlus, number: u32| {
        (f64::from(number) * factor(random, 1.0)).round().max(1.0) as u32
    };
    for host in &mut system.hosts {
        if let Multiplicity::Finite(cores) = &mut host.cores {
            *cores = number(random, *cores);
        }
    }
    for service in &mut system.services {
        if let Multiplicity::Finite(threads) = &mut service.concurrency {
            *threads = number(random, *threads);
        }
        for operation in &mut service.operations {
            operation.for_each_activity_mut(&mut |activity| {
                activity.demand = activity.demand.scaled(factor(random, 1.3));
                for call in &mut activity.calls {
                    if call.count == CallCount::Geometric {
                        call.mean *= factor(random, 0.7);
                    }
                }
            });
        }
    }
    for workload in &mut system.workloads {
        match &mut workload.load {
            Load::Closed { population, think_time } => {
                *population = number(random, *population);
                *think_time = think_time.scaled(factor(random, 1.0));
            }
            // Less load, since most corpora have it near saturation.
            Load::Poisson { rate } => *rate *= 2f64.powf(random.random_range(-1.5..-0.2)),
            _ => {}
        }
    }
    system
}

fn compare(name: &str, system: &System) -> Outcome {
    let control = RunControl::none();
    let Ok(ours) = Analytic.predict(system, &EngineOptions::default(), &control) else {
        return Outcome::Neither;
    };
    let options = EngineOptions { precision: 0.01, max_events: 4_000_000_000, ..EngineOptions::default() };
    let begin = Instant::now();
    let is_over = || begin.elapsed() > MOST_TIME;
    let control = control.with_time_limit(&is_over);
    let Ok(simulated) = Simulation.predict(system, &options, &control) else { return Outcome::Neither };
    match (ours.status == Status::Saturated, simulated.status == Status::Saturated) {
        (true, true) => Outcome::Neither,
        (false, false) => Outcome::Errors([
            errors(&throughputs(&ours), &throughputs(&simulated), name),
            errors(&holding_times(&ours), &holding_times(&simulated), name),
        ]),
        _ => Outcome::Told(format!("{name}: {:?}, simulated {:?}", ours.status, simulated.status)),
    }
}

/// By name, with the half width.
type Figures = BTreeMap<String, (f64, f64)>;

fn throughputs(prediction: &Prediction) -> Figures {
    let services = prediction.services.iter();
    services.filter_map(|(name, service)| Some((name.clone(), known(&[service.throughput?])))).collect()
}

fn holding_times(prediction: &Prediction) -> Figures {
    prediction
        .operations
        .iter()
        .map(|(name, operation)| (name.clone(), known(&operation.holding_time)))
        .collect()
}

fn known(parts: &[Metric]) -> (f64, f64) {
    let mean = parts.iter().map(|part| part.mean).sum();
    (mean, parts.iter().map(|part| part.half_width.unwrap_or(0.0)).sum())
}

fn errors(ours: &Figures, simulated: &Figures, model: &str) -> Vec<Error> {
    let pairs = simulated.iter().filter_map(|(name, &(truth, half_width))| {
        let &(figure, _) = ours.get(name)?;
        (truth > 0.0 && half_width < KNOWN * truth).then(|| Error {
            relative: (figure / truth - 1.0).abs(),
            of: format!("{model} {name}: {figure:.4}, simulated {truth:.4}"),
        })
    });
    pairs.collect()
}

/// A quantile of errors, in percent.
fn at(errors: &[Error], part: f64) -> f64 {
    let mut sorted: Vec<f64> = errors.iter().map(|error| error.relative).collect();
    sorted.sort_by(f64::total_cmp);
    let place = ((sorted.len() as f64 * part) as usize).min(sorted.len().saturating_sub(1));
    sorted.get(place).map_or(f64::NAN, |error| 100.0 * error)
}
