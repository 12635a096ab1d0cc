//! Replicas by the analytic engine, against simulation.
//!
//! ```sh
//! cargo run --release -p tracecast-experiment --example replication
//! cargo run --release -p tracecast-experiment --example replication -- random   # one way of balancing
//! ```
//! Every line is one system: throughput (closed) or response time (open) by both engines, and the difference.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use tracecast_model::{
    Activity, Call, Distribution, Engine, EngineOptions, Host, Load, LoadBalancing, Operation, OperationRef,
    PredictError, RunControl, Scheduling, Service, System, Workload,
};

const REPLICAS: u32 = 4;

/// How the front calls the back.
#[derive(Clone, Copy, Debug)]
enum Link {
    Free,
    All,
    Fixed,
}

fn system(balancing: LoadBalancing, link: Link, scheduling: Scheduling, shared: bool, load: Load) -> System {
    let service = |name: &str, host: &str, demand: f64, threads: u32| {
        let work = Activity::working(Distribution::exponential(demand));
        let mut service = Service::new(name, host)
            .with_replicas(REPLICAS)
            .with_concurrency(threads)
            .with_operation(Operation::new("serve").with_activity(work));
        service.load_balancing = balancing;
        service
    };
    let host = |name: &str| Host { replicas: REPLICAS, ..Host::new(name).with_scheduling(scheduling) };
    let (fan_out, fan_in) = match link {
        Link::Free => (1, None),
        Link::All => (REPLICAS, None),
        Link::Fixed => (1, Some(1)),
    };
    let call = Call { fan_out, fan_in, ..Call::new(OperationRef::new("back", "serve")) };
    let mut front = service("front", "one", 1.0, 4);
    front.operations[0] = front.operations[0].clone().with_call(call);
    let back = service("back", if shared { "one" } else { "two" }, 1.0 / f64::from(fan_out), 2);
    let workload = Workload::new("users", OperationRef::new("front", "serve"), load);
    let hosts = if shared { vec![host("one")] } else { vec![host("one"), host("two")] };
    System { hosts, services: vec![front, back], workloads: vec![workload], ..System::default() }
}

fn main() -> Result<(), PredictError> {
    let only = std::env::args().nth(1);
    let simulation = EngineOptions { until: Some(20_000.0), ..EngineOptions::default() };
    for scheduling in [Scheduling::Fcfs, Scheduling::Ps] {
        for balancing in [LoadBalancing::Random, LoadBalancing::RoundRobin, LoadBalancing::LeastRequests] {
            if only.as_ref().is_some_and(|only| only != balancing.name()) {
                continue;
            }
            for link in [Link::Free, Link::All, Link::Fixed] {
                for shared in [false, true] {
                    let think_time = Distribution::exponential(4.0);
                    let most = if shared { 0.5 } else { 1.0 };
                    for load in [
                        Load::Closed { population: 16, think_time: think_time.clone() },
                        Load::Closed { population: 40, think_time: think_time.clone() },
                        Load::Poisson { rate: 0.4 * most * f64::from(REPLICAS) },
                        Load::Poisson { rate: 0.7 * most * f64::from(REPLICAS) },
                    ] {
                        let system = system(balancing, link, scheduling, shared, load.clone());
                        let analytic = tracecast_solver::Analytic.predict(
                            &system,
                            &EngineOptions::default(),
                            &RunControl::none(),
                        )?;
                        let simulated = tracecast_simulator::Simulation.predict(
                            &system,
                            &simulation,
                            &RunControl::none(),
                        )?;
                        let figure = |prediction: &tracecast_model::Prediction| match load {
                            Load::Closed { .. } => {
                                prediction.workloads["users"].throughput.map_or(f64::NAN, |value| value.mean)
                            }
                            _ => prediction.workloads["users"]
                                .response_time
                                .map_or(f64::NAN, |value| value.mean),
                        };
                        let (a, s) = (figure(&analytic), figure(&simulated));
                        println!(
                            "{:5} {:15} {link:6?} shared {shared:5} {:30} {a:9.4} {s:9.4} {:7.2} %",
                            scheduling.name(),
                            balancing.name(),
                            match load {
                                Load::Closed { population, .. } => format!("{population} users: throughput"),
                                Load::Poisson { rate } => format!("{rate} per second: response"),
                                _ => String::new(),
                            },
                            100.0 * (a / s - 1.0)
                        );
                    }
                }
            }
        }
    }
    Ok(())
}
