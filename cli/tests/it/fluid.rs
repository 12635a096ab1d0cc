//! The fluid solution against simulation: bursts, two tiers, ramps, bursts beside other loads; and on the command line.
//!
//! What is asked for are 3 % for bursts of 200 and more, and 10 % at 20. Replications are as many as make the simulated
//! means known to a fraction of that.

use tracecast_model::{
    Activity, Burst, Call, Distribution, Engine, EngineOptions, Host, Load, Multiplicity, Operation,
    OperationRef, Prediction, RatePoint, RateProfile, RunControl, Service, System, Workload,
};
use tracecast_simulator::Simulation;
use tracecast_solver::methods::{Fluid, Method};

use crate::support::{close, file, tracecast};

fn bursts(bursts: &[(u32, f64)]) -> Load {
    Load::Burst { bursts: bursts.iter().map(|&(size, at)| Burst { size, at }).collect() }
}

fn tier(name: &str, threads: u32, activity: Activity) -> Service {
    Service::new(name, "machines")
        .with_concurrency(threads)
        .with_operation(Operation::new("serve").with_activity(activity))
}

fn system(services: Vec<Service>, load: Load) -> System {
    let entry = OperationRef::new(&services[0].name, "serve");
    System {
        hosts: vec![Host::new("machines").with_cores(Multiplicity::Infinite)],
        services,
        workloads: vec![Workload::new("users", entry, load)],
        ..System::default()
    }
}

fn workers(threads: u32, scv: f64, load: Load) -> System {
    let work = Activity::working(Distribution::with_scv(0.1, scv).unwrap());
    system(vec![tier("workers", threads, work)], load)
}

fn two_tiers(front: u32, back: u32, scv: f64, load: Load) -> System {
    let call = Call::new(OperationRef::new("back", "serve"));
    let asks = Activity { demand: Distribution::exponential(0.02), calls: vec![call], ..Activity::default() };
    let work = Activity::working(Distribution::with_scv(0.05, scv).unwrap());
    system(vec![tier("front", front, asks), tier("back", back, work)], load)
}

fn both(system: &System, bin: f64, replications: u32) -> [Prediction; 2] {
    let options =
        EngineOptions { series_bin: Some(bin), replications: Some(replications), ..EngineOptions::default() };
    let simulated = Simulation.predict(system, &options, &RunControl::none()).unwrap();
    [Fluid.predict(system, &options, &RunControl::none()).unwrap(), simulated]
}

fn makespan(prediction: &Prediction) -> f64 {
    prediction.workloads[0].makespan.unwrap().mean
}

fn peak(prediction: &Prediction, service: &str) -> f64 {
    let column = &prediction.series.as_ref().unwrap().columns[&format!("{service}.queue_length")];
    column.iter().flatten().copied().fold(0.0, f64::max)
}

/// Requests in a burst, with the error that is allowed.
const SIZES: [(u32, f64); 3] = [(20, 0.10), (200, 0.03), (500, 0.03)];

#[test]
fn bursts_drain_as_in_simulation() {
    for scv in [0.0, 1.0, 4.0] {
        for (size, limit) in SIZES {
            for threads in [1, 2, 5, 20] {
                let name = format!("{size} on {threads} of SCV {scv}");
                let system = workers(threads, scv, bursts(&[(size, 0.0)]));
                let [fluid, simulated] = both(&system, 0.1, 60_000 / size);
                close(&format!("{name}, makespan"), makespan(&fluid), makespan(&simulated), limit);
                close(&format!("{name}, peak"), peak(&fluid, "workers"), peak(&simulated, "workers"), limit);
                let response = |prediction: &Prediction| prediction.workloads[0].response_time.unwrap().mean;
                close(&format!("{name}, response"), response(&fluid), response(&simulated), 1.5 * limit);
            }
        }
    }
}

/// Threads of the front are held while the back works.
#[test]
fn bursts_drain_through_two_tiers() {
    for scv in [0.0, 1.0, 4.0] {
        for (size, limit) in SIZES {
            for (front, back) in [(20, 4), (4, 20), (5, 5), (20, 1)] {
                let name = format!("{size} on {front} and {back} of SCV {scv}");
                let system = two_tiers(front, back, scv, bursts(&[(size, 0.0)]));
                // About a tenth of it all, so that the greatest of many bins is not that of their noise.
                let bin = 0.005 * f64::from(size) / f64::from(front.min(back));
                let [fluid, simulated] = both(&system, bin, 60_000 / size);
                close(&format!("{name}, makespan"), makespan(&fluid), makespan(&simulated), limit);
                for tier in ["front", "back"] {
                    close(&format!("{name}, {tier}"), peak(&fluid, tier), peak(&simulated, tier), limit);
                }
            }
        }
    }
}

/// Two bursts that overlap and two that do not, and a burst into users that were there before and after it: first come,
/// first served, the burst does not see those that come later.
#[test]
fn bursts_beside_other_loads() {
    for threads in [1, 5, 20] {
        let c = f64::from(threads);
        let mut systems = vec![
            workers(threads, 1.0, bursts(&[(200, 0.0), (100, 10.0 / c)])),
            workers(threads, 1.0, bursts(&[(200, 0.0), (100, 30.0 / c)])),
        ];
        let others = [
            Load::Poisson { rate: 5.0 * c },
            Load::Closed { population: 10 * threads, think_time: Distribution::exponential(1.0) },
        ];
        for load in others {
            let mut system = workers(threads, 1.0, bursts(&[(200, 2.0)]));
            system.workloads.push(Workload::new("others", OperationRef::new("workers", "serve"), load));
            systems.push(system);
        }
        for (number, system) in systems.iter().enumerate() {
            let [fluid, simulated] = both(system, 0.1, 300);
            let name = format!("load {number} on {threads}");
            close(&format!("{name}, makespan"), makespan(&fluid), makespan(&simulated), 0.03);
            close(&format!("{name}, peak"), peak(&fluid, "workers"), peak(&simulated, "workers"), 0.03);
        }
    }
}

/// A ramp to one and a half times the capacity and back.
#[test]
fn a_ramp_through_overload() {
    for threads in [1, 5, 20] {
        let capacity = 10.0 * f64::from(threads);
        let points = [(0.0, 0.2), (20.0, 1.5), (40.0, 0.2), (60.0, 0.2)];
        let point = |(at, part)| RatePoint { at, rate: part * capacity };
        let load = Load::Profile(RateProfile::new(points.map(point).to_vec()));
        let [fluid, simulated] = both(&workers(threads, 1.0, load), 0.5, 400);
        close("makespan", makespan(&fluid), makespan(&simulated), 0.03);
        close("peak", peak(&fluid, "workers"), peak(&simulated, "workers"), 0.03);
    }
}

/// On the command line: a series with its spread, and the same makespan as in simulation.
#[test]
fn two_bursts_on_the_command_line() {
    let model = r#"{
      "hosts": [{"name": "machine", "cores": 4}],
      "services": [{"name": "web", "host": "machine", "concurrency": 8,
                    "operations": [{"name": "get", "steps": [{"activity": {"demand": "20ms"}}]}]}]
    }"#;
    let (folder, path) = file("model.json", model);
    let series = folder.path().join("series.csv");
    let load = ["--load", "burst:200", "--load", "burst:100@2s"];
    let run = |engine: &str, more: &[&str]| {
        let arguments = ["predict", path.to_str().unwrap(), "--engine", engine, "--json"];
        tracecast(arguments.iter().chain(&load).chain(more)).json()
    };
    let fluid = run("analytic", &["--series", series.to_str().unwrap(), "--bin", "100ms"]);
    assert_eq!(fluid["method"], "fluid");
    let simulated = run("simulation", &["--replications", "200"]);
    let makespan = |prediction: &serde_json::Value| {
        prediction.pointer("/workloads/users/makespan/mean").and_then(serde_json::Value::as_f64).unwrap()
    };
    close("makespan", makespan(&fluid), makespan(&simulated), 0.03);
    let text = std::fs::read_to_string(series).unwrap();
    let header = text.lines().next().unwrap();
    for column in ["users.throughput", "web.queue_length", "web.queue_length_deviation"] {
        assert!(header.split(',').any(|name| name == column), "{header}");
    }
    assert!(text.lines().count() > 20, "{text}");
}
