//! The models of the benchmark.

use tracecast_model::{
    Activity, Distribution, Engine, EngineOptions, Forward, Host, Load, Multiplicity, Operation,
    OperationRef, PredictError, Prediction, Reply, RunControl, Scheduling, Service, Step, System, Workload,
    fixtures,
};
use tracecast_simulator::Simulation;

/// Load of every queueing station.
pub(crate) const LOAD: f64 = 0.8;
/// Stations of the tandem, and cores of each.
pub(crate) const STATIONS: usize = 10;
pub(crate) const CORES: usize = 2;
/// Users of the closed network, their think time and their demands at its stations.
pub(crate) const USERS: u32 = 50;
pub(crate) const THINK_TIME: f64 = 1.0;
pub(crate) const DEMANDS: [f64; 3] = [0.016, 0.010, 0.004];

/// One station with that many cores.
pub(crate) fn station(cores: u32) -> System {
    fixtures::open_station(cores, Distribution::exponential(1.0), LOAD * f64::from(cores))
}

/// One core shared by all.
pub(crate) fn sharing() -> System {
    let load = Load::Poisson { rate: LOAD };
    fixtures::station(1, Distribution::exponential(1.0), Scheduling::Ps, load)
}

/// Stations in a row: each works and passes the request on.
pub(crate) fn tandem() -> System {
    let mut system = System::default();
    for number in 0..STATIONS {
        let name = format!("station{number}");
        let mut operation =
            Operation::new("serve").with_activity(Activity::working(Distribution::exponential(1.0)));
        if number + 1 < STATIONS {
            let to = OperationRef::new(format!("station{}", number + 1), "serve");
            let forward = Forward { to, probability: 1.0, latency: Distribution::zero() };
            operation.steps.push(Step::Reply(Reply { forward: vec![forward] }));
        }
        let cores = Multiplicity::Finite(CORES as u32);
        system.hosts.push(Host::new(&name).with_cores(cores).with_scheduling(Scheduling::Fcfs));
        system.services.push(Service::new(&name, &name).with_operation(operation));
    }
    let load = Load::Poisson { rate: LOAD * CORES as f64 };
    system.workloads.push(Workload::new("users", OperationRef::new("station0", "serve"), load));
    system
}

/// Users who think and visit some stations in turn, again and again.
pub(crate) fn closed() -> System {
    let mut system = fixtures::closed_network(USERS, THINK_TIME, &DEMANDS);
    for host in &mut system.hosts[1..] {
        host.scheduling = Scheduling::Fcfs;
    }
    system
}

/// Simulates until so many events have happened, in one replication and so on one core.
///
/// # Errors
/// Those of the engine.
pub(crate) fn simulate(system: &System, events: u64) -> Result<Prediction, PredictError> {
    let options = EngineOptions {
        precision: 1e-9,
        replications: Some(1),
        max_events: events,
        ..EngineOptions::default()
    };
    Simulation.predict(system, &options, &RunControl::none())
}
