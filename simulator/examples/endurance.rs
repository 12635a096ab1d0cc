//! Long and large runs: a burst of a million requests, an hour of the image system at a thousand requests per second, and
//! one replication beside two at the same time.
//!
//! ```sh
//! python3 ../shared/data/lqn/scale/generate.py 10 10 0 2 /tmp/scale-10-10
//! cargo run --release -p tracecast-simulator --example endurance -- /tmp/scale-10-10.lqnx
//! ```
//! The burst goes to the reference task of the network in the file. Seconds are by the clock, except where they are said
//! to be of the processor; the memory is the most that the process had until then (on Linux).

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::time::Instant;

use tracecast_model::{
    Burst, Engine, EngineOptions, Load, Multiplicity, Prediction, RunControl, System, lqn, native,
};
use tracecast_simulator::Simulation;

#[path = "../benches/common/clock.rs"]
mod clock;

type Failure = Box<dyn std::error::Error>;

const REQUESTS: u32 = 1_000_000;
const RATE: f64 = 1000.0;
const HOUR: f64 = 3600.0;
const ROUNDS: u32 = 5;

fn main() -> Result<(), Failure> {
    if let Some(file) = std::env::args().nth(1) {
        let mut system = lqn::read_xml(&std::fs::read_to_string(&file)?)?;
        burst(system.clone(), &file)?;
        system.workloads[0].load = Load::Poisson { rate: 1.0 };
        parallel(&system)?;
    }
    image_system()
}

fn burst(mut system: System, file: &str) -> Result<(), Failure> {
    system.workloads[0].load = Load::Burst { bursts: vec![Burst { at: 0.0, size: REQUESTS }] };
    let options = EngineOptions { replications: Some(1), ..EngineOptions::default() };
    report(&format!("{REQUESTS} requests at once, {file}"), &system, &options)
}

/// With as many cores and crop workers as that many requests need.
fn image_system() -> Result<(), Failure> {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/image-system/model.json");
    let mut system = native::read(&std::fs::read_to_string(place)?)?;
    for host in system.hosts.iter_mut().filter(|host| host.name == "swarm") {
        host.cores = Multiplicity::Finite(200);
    }
    for service in system.services.iter_mut().filter(|service| service.name == "crop") {
        service.replicas = 400;
    }
    system.workloads[0].load = Load::Poisson { rate: RATE };
    let options = EngineOptions {
        until: Some(HOUR),
        warm_up: Some(1.0),
        replications: Some(1),
        max_events: u64::MAX,
        ..EngineOptions::default()
    };
    report(&format!("{HOUR} s of the image system at {RATE} requests per second"), &system, &options)
}

/// Events per second of the clock with one and with two replications, the best of some rounds that take turns; and per
/// second of the processor, which tells whether two disturb each other where other processes keep the cores busy.
fn parallel(system: &System) -> Result<(), Failure> {
    let mut best = [(0.0_f64, 0.0_f64); 2];
    for _ in 0..ROUNDS {
        for (place, replications) in [1, 2].into_iter().enumerate() {
            let options = EngineOptions {
                precision: 1e-9,
                replications: Some(replications),
                max_events: 4_000_000 * u64::from(replications),
                ..EngineOptions::default()
            };
            let start = Instant::now();
            let (prediction, seconds) = clock::timed(|| predict(system, &options));
            let events = prediction?.events.unwrap_or(0) as f64 / 1e6;
            let (by_clock, by_processor) = best[place];
            best[place] =
                (by_clock.max(events / start.elapsed().as_secs_f64()), by_processor.max(events / seconds));
        }
    }
    let [one, two] = best;
    println!("one replication: {:.2} M events/s, {:.2} M per second of the processor", one.0, one.1);
    println!("two replications: {:.2} M events/s, {:.2} M per second of the processor", two.0, two.1);
    println!("so two make {:.2} times the events of one", two.0 / one.0);
    Ok(())
}

fn report(title: &str, system: &System, options: &EngineOptions) -> Result<(), Failure> {
    let start = Instant::now();
    let (prediction, seconds) = clock::timed(|| predict(system, options));
    let prediction = prediction?;
    println!(
        "{title}: {} after {} events in {:.2} s, {seconds:.2} s of the processor; {}",
        prediction.status.name(),
        prediction.events.unwrap_or(0),
        start.elapsed().as_secs_f64(),
        most_memory().unwrap_or_default()
    );
    Ok(())
}

fn predict(system: &System, options: &EngineOptions) -> Result<Prediction, Failure> {
    Ok(Simulation.predict(system, options, &RunControl::none())?)
}

fn most_memory() -> Option<String> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(format!("memory {}", line.trim()))
}
