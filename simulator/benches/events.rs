//! Events per second on one core. `cargo bench -p tracecast-simulator`
//!
//! Every bench simulates two million events, so 3 million events per second are 0.67 s.

use divan::counter::ItemsCount;
use tracecast_model::{Distribution, Engine, EngineOptions, Load, RunControl, Scheduling, System, fixtures};
use tracecast_simulator::Simulation;

const EVENTS: u64 = 2_000_000;

fn main() {
    divan::main();
}

/// Simulates until the events run out, in one replication and so on one core.
fn simulate(bencher: divan::Bencher<'_, '_>, system: &System) {
    let options = EngineOptions {
        precision: 1e-9,
        replications: Some(1),
        max_events: EVENTS,
        ..EngineOptions::default()
    };
    bencher
        .counter(ItemsCount::new(EVENTS))
        .bench(|| Simulation.predict(system, &options, &RunControl::none()));
}

#[divan::bench(sample_count = 5)]
fn mm1_fcfs(bencher: divan::Bencher<'_, '_>) {
    simulate(bencher, &fixtures::open_station(1, Distribution::exponential(1.0), 0.8));
}

#[divan::bench(sample_count = 5)]
fn mm1_ps(bencher: divan::Bencher<'_, '_>) {
    let load = Load::Poisson { rate: 0.8 };
    simulate(bencher, &fixtures::station(1, Distribution::exponential(1.0), Scheduling::Ps, load));
}

#[divan::bench(sample_count = 5)]
fn closed_network_of_a_thousand_users(bencher: divan::Bencher<'_, '_>) {
    simulate(bencher, &fixtures::closed_network(1000, 10.0, &[0.008, 0.005, 0.002]));
}

#[divan::bench(sample_count = 5)]
fn three_tiers(bencher: divan::Bencher<'_, '_>) {
    simulate(bencher, &fixtures::three_tiers(60.0));
}

/// Eight services with a CPU limit each on a host that is short of cores, so that water-filling works.
#[divan::bench(sample_count = 5)]
fn limited_containers(bencher: divan::Bencher<'_, '_>) {
    let mut system = fixtures::closed_network(100, 1.0, &[0.01; 8]);
    for service in &mut system.services[1..] {
        service.host = "station0".into();
        service.cpu_limit = Some(0.5);
    }
    system.hosts[1].cores = tracecast_model::Multiplicity::Finite(2);
    simulate(bencher, &system);
}
