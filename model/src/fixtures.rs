//! Small systems with known solutions, for the tests of all crates (feature `fixtures`).

use std::path::PathBuf;

use crate::{
    Activity, Call, Distribution, Host, Load, Multiplicity, Operation, OperationRef, Scheduling, Service,
    System, Workload,
};

/// A place in the reference data beside the checkout (or in the folder that `TRACECAST_SHARED` names); `None`, with a
/// message, where that is not there.
///
/// # Panics
/// Where it is not there although `TRACECAST_NO_SKIP` is set.
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
pub fn shared(path: &str) -> Option<PathBuf> {
    let beside = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    let place = std::env::var_os("TRACECAST_SHARED").map_or_else(beside, PathBuf::from).join(path);
    if place.exists() {
        return Some(place);
    }
    assert!(std::env::var_os("TRACECAST_NO_SKIP").is_none(), "{} is missing", place.display());
    eprintln!("skipped: there is no {}", place.display());
    None
}

/// One FCFS station with `servers` cores and the given demand, under Poisson arrivals: M/G/c.
pub fn open_station(servers: u32, demand: Distribution, rate: f64) -> System {
    station(servers, demand, Scheduling::Fcfs, Load::Poisson { rate })
}

/// One station under any load and with any scheduling: service "station", operation "serve", workload "users".
pub fn station(servers: u32, demand: Distribution, scheduling: Scheduling, load: Load) -> System {
    System {
        hosts: vec![
            Host::new("machine").with_cores(Multiplicity::Finite(servers)).with_scheduling(scheduling),
        ],
        services: vec![
            Service::new("station", "machine")
                .with_operation(Operation::new("serve").with_activity(Activity::working(demand))),
        ],
        workloads: vec![Workload::new("users", OperationRef::new("station", "serve"), load)],
        ..System::default()
    }
}

/// A closed central-server network: a service "terminal" on a delay host calls `stations` (demands in seconds, one
/// visit each, exponential) in turn, each a single-server processor-sharing host. Product form.
pub fn closed_network(population: u32, think_time: f64, stations: &[f64]) -> System {
    let mut terminal = Operation::new("session");
    let mut system =
        System { hosts: vec![Host::new("users").with_cores(Multiplicity::Infinite)], ..System::default() };
    for (k, &demand) in stations.iter().enumerate() {
        let name = format!("station{k}");
        terminal = terminal.with_call(Call::new(OperationRef::new(&name, "serve")));
        system.hosts.push(Host::new(&name));
        let serve =
            Operation::new("serve").with_activity(Activity::working(Distribution::exponential(demand)));
        system.services.push(Service::new(&name, &name).with_operation(serve));
    }
    system.services.insert(0, Service::new("terminal", "users").with_operation(terminal));
    system.workloads.push(Workload::new(
        "users",
        OperationRef::new("terminal", "session"),
        Load::Closed { population, think_time: Distribution::exponential(think_time) },
    ));
    system
}

/// Web → application (2 calls) → database (3 calls), a host each, thread pools of 20, 10 and 5, Poisson arrivals.
/// Demands 5, 4 and 2 ms; the database is the bottleneck (12 ms per request).
pub fn three_tiers(rate: f64) -> System {
    let tier = |name: &str, demand: f64, threads: u32, call: Option<(&str, f64)>| {
        let mut activity = Activity::working(Distribution::exponential(demand));
        if let Some((to, mean)) = call {
            activity.calls.push(Call::new(OperationRef::new(to, "handle")).with_mean(mean));
        }
        Service::new(name, name)
            .with_concurrency(threads)
            .with_operation(Operation::new("handle").with_activity(activity))
    };
    System {
        hosts: ["web", "application", "database"].map(Host::new).to_vec(),
        services: vec![
            tier("web", 0.005, 20, Some(("application", 2.0))),
            tier("application", 0.004, 10, Some(("database", 3.0))),
            tier("database", 0.002, 5, None),
        ],
        workloads: vec![Workload::new("users", OperationRef::new("web", "handle"), Load::Poisson { rate })],
        ..System::default()
    }
}

/// A gateway that puts one message per request into a work queue, which `workers` replicas of one thread work off;
/// each fetches from and stores to a storage in the course of its task. Workload "burst" of `size` requests, done
/// when all work is done.
pub fn burst_queue(size: u32, workers: u32, task: Distribution) -> System {
    let storage = OperationRef::new("storage", "transfer");
    let worker = Operation::new("process")
        .with_call(Call::new(storage.clone()))
        .with_activity(Activity::working(task))
        .with_call(Call::new(storage));
    let mut workers =
        Service::new("worker", "pool").with_concurrency(1).with_replicas(workers).with_operation(worker);
    workers.work_queue = Some(crate::WorkQueue::new("tasks"));
    let post = Operation::new("post")
        .with_activity(Activity::working(Distribution::deterministic(0.001)))
        .with_call(Call::new(OperationRef::new("worker", "process")).asynchronous());
    let transfer =
        Operation::new("transfer").with_activity(Activity::working(Distribution::deterministic(0.01)));
    System {
        hosts: vec![
            Host::new("front"),
            Host::new("pool").with_cores(Multiplicity::Finite(64)),
            Host::new("disk"),
        ],
        services: vec![
            Service::new("gateway", "front").with_operation(post),
            workers,
            Service::new("storage", "disk").with_operation(transfer),
        ],
        workloads: vec![
            Workload::new(
                "burst",
                OperationRef::new("gateway", "post"),
                Load::Burst { bursts: vec![crate::Burst { size, at: 0.0 }] },
            )
            .until_all_work_is_done(),
        ],
        ..System::default()
    }
}
