//! Messages per second of processor time on layered queueing networks read from files, with processor-sharing and with
//! FCFS processors.
//!
//! ```sh
//! python3 ../shared/data/lqn/scale/generate.py 10 10 0 2 /tmp/scale-10-10
//! cargo run --release -p tracecast-simulator --example scale -- /tmp/scale-10-10.lqnx
//! cargo run --release -p tracecast-simulator --example scale -- 5000000 /tmp/scale-10-10.lqnx    # events
//! ```
//! A message is a visit to a task by a call, so the reference tasks' own are not counted. One replication, the best of
//! several rounds.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use tracecast_model::{Engine, EngineOptions, RunControl, Scheduling, System, lqn};
use tracecast_simulator::Simulation;

#[path = "../benches/common/clock.rs"]
mod clock;

type Failure = Box<dyn std::error::Error>;

const ROUNDS: u32 = 5;

fn main() -> Result<(), Failure> {
    let mut events = 2_000_000.0;
    println!("scheduling   messages/s     events/s   messages   events   model");
    for word in std::env::args().skip(1) {
        if let Ok(number) = word.parse() {
            events = number;
            continue;
        }
        let mut system = lqn::read_xml(&std::fs::read_to_string(&word)?)?;
        for scheduling in [Scheduling::Ps, Scheduling::Fcfs] {
            for host in system.hosts.iter_mut().filter(|host| !host.cores.is_infinite()) {
                host.scheduling = scheduling;
            }
            measure(&system, scheduling.name(), events, &word)?;
        }
    }
    Ok(())
}

fn measure(system: &System, scheduling: &str, events: f64, name: &str) -> Result<(), Failure> {
    let short = 1000.0;
    let (_, in_short, _) = simulate(system, short)?;
    let length = short * events / in_short;
    let (mut best, mut all) = (f64::INFINITY, (0.0, 0.0));
    for _ in 0..ROUNDS {
        let (messages, events, seconds) = simulate(system, length)?;
        best = best.min(seconds);
        all = (messages, events);
    }
    let (messages, events) = all;
    println!(
        "{scheduling:10} {:10.0} k {:10.2} M {messages:10.0} {events:8.0}   {name}",
        messages / best / 1e3,
        events / best / 1e6
    );
    Ok(())
}

/// Messages, events and seconds of so much simulated time.
fn simulate(system: &System, length: f64) -> Result<(f64, f64, f64), Failure> {
    let options = EngineOptions {
        until: Some(length),
        warm_up: Some(0.001 * length),
        replications: Some(1),
        max_events: u64::MAX,
        ..EngineOptions::default()
    };
    let (prediction, seconds) = clock::timed(|| Simulation.predict(system, &options, &RunControl::none()));
    let prediction = prediction?;
    let is_reference =
        |name: &str| system.workloads.iter().any(|workload| workload.requests[0].operation.service() == name);
    let called = prediction.services.iter().filter(|(name, _)| !is_reference(name));
    let rate: f64 = called.filter_map(|(_, service)| service.throughput).map(|metric| metric.mean).sum();
    let time = prediction.simulated_time.unwrap_or(0.0);
    Ok((rate * time, prediction.events.unwrap_or(0) as f64, seconds))
}
