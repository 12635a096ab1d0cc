//! What a what-if takes: every operation's demand a tenth longer, from nothing and from the solution without that.
//!
//! `cargo run --release -p tracecast-solver --example what_if -- MODEL.lqnx`

#![allow(clippy::print_stdout)]

use std::time::{Duration, Instant};

use tracecast_model::{EngineOptions, Prediction, RunControl, lqn};
use tracecast_solver::Analytic;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("which model?")?;
    let system =
        lqn::Format::of_file(&path).ok_or("not an LQN file")?.read(&std::fs::read_to_string(&path)?)?.system;
    let (options, control) = (EngineOptions::default(), RunControl::none());
    let (_, start) = Analytic.predict_from(None, &system, &options, &control)?;
    let throughput = |answer: &Prediction| -> f64 {
        answer.workloads.values().filter_map(|workload| Some(workload.throughput?.mean)).sum()
    };
    let (mut cold, mut warm) = (Cost::default(), Cost::default());
    let mut apart = 0.0_f64;
    for service in 0..system.services.len() {
        let mut changed = system.clone();
        changed.services[service].operations[0]
            .for_each_activity_mut(&mut |activity| activity.demand = activity.demand.scaled(1.1));
        let begin = Instant::now();
        let (plain, _) = Analytic.predict_from(None, &changed, &options, &control)?;
        let middle = Instant::now();
        let (near, _) = Analytic.predict_from(start.as_ref(), &changed, &options, &control)?;
        cold.add(middle - begin, &plain);
        warm.add(middle.elapsed(), &near);
        apart = apart.max((throughput(&near) / throughput(&plain) - 1.0).abs());
    }
    println!(
        "{} what-ifs; throughputs from both starts differ by at most {apart:.1e}",
        system.services.len()
    );
    println!("from nothing       {}", cold.mean());
    println!("from the solution  {}", warm.mean());
    Ok(())
}

#[derive(Default)]
struct Cost {
    times: Vec<Duration>,
    rounds: u64,
}

impl Cost {
    fn add(&mut self, time: Duration, answer: &Prediction) {
        self.times.push(time);
        self.rounds += answer.iterations.unwrap_or(0);
    }

    fn mean(mut self) -> String {
        self.times.sort();
        let count = self.times.len();
        let rounds = self.rounds as f64 / count as f64;
        format!("median {:.2?}, fastest {:.2?}, {rounds:.1} rounds", self.times[count / 2], self.times[0])
    }
}
