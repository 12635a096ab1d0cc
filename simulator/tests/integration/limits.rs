//! CPU limits: exact arithmetic.

use tracecast_model::{
    Engine, EngineOptions, Multiplicity, PredictError, RunControl, Scheduling, Service, System,
};
use tracecast_simulator::Simulation;

use crate::support::{assert_exactly, burst, host, simulate, twice, worker};

fn limited(seconds: f64, limit: f64) -> Service {
    let mut service = worker("crop", "machine", seconds);
    service.cpu_limit = Some(limit);
    service
}

fn alone(service: Service, cores: Multiplicity, scheduling: Scheduling, size: u32) -> System {
    System {
        hosts: vec![host("machine", 1).with_cores(cores).with_scheduling(scheduling)],
        services: vec![service],
        workloads: vec![burst("crop", size)],
        ..System::default()
    }
}

/// One thread gets at most a core and at most the limit; several share the limit.
#[test]
fn the_limit_caps_the_rate() {
    for cores in [Multiplicity::Finite(4), Multiplicity::Infinite] {
        for (limit, size, makespan) in
            [(0.5, 1, 2.0), (1.5, 1, 1.0), (1.5, 3, 2.0), (0.5, 4, 8.0), (3.0, 2, 1.0), (8.0, 3, 1.0)]
        {
            let system = alone(limited(1.0, limit), cores, Scheduling::Ps, size);
            let prediction = simulate(&system, &twice());
            assert_exactly(prediction.workloads["crop"].makespan, makespan);
            assert_exactly(prediction.hosts["machine"].utilization, f64::from(size) / makespan);
        }
    }
}

/// Each replica has the limit for itself.
#[test]
fn every_replica_has_its_own_limit() {
    let mut system = alone(limited(1.0, 0.5), Multiplicity::Finite(4), Scheduling::Ps, 4);
    system.services[0].replicas = 2;
    assert_exactly(simulate(&system, &twice()).workloads["crop"].makespan, 4.0);
    // Two cores are enough for four replicas of half a core, one is not.
    system.services[0].replicas = 4;
    for (cores, makespan) in [(2, 2.0), (1, 4.0)] {
        system.hosts[0].cores = Multiplicity::Finite(cores);
        assert_exactly(simulate(&system, &twice()).workloads["crop"].makespan, makespan);
    }
}

/// Where work holds a core, a limited replica holds one at its rate, or as many as the limit says.
#[test]
fn limits_where_work_holds_cores() {
    for (limit, size, makespan) in [(0.5, 1, 2.0), (0.5, 2, 4.0), (1.0, 3, 3.0), (2.0, 4, 2.0), (3.5, 4, 2.0)]
    {
        let cores = if limit == 3.5 { 2 } else { 4 };
        let system = alone(limited(1.0, limit), Multiplicity::Finite(cores), Scheduling::Fcfs, size);
        assert_exactly(simulate(&system, &twice()).workloads["crop"].makespan, makespan);
    }
    let system = alone(limited(1.0, 1.5), Multiplicity::Finite(4), Scheduling::Fcfs, 1);
    let refused = Simulation.predict(&system, &EngineOptions::default(), &RunControl::none());
    let Err(PredictError::Unsupported { element, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(element, "service \"crop\"");
}

/// Work that waits at the gate of its own container does not hold up another's.
#[test]
fn a_limit_does_not_block_others() {
    let mut system = alone(limited(1.0, 1.0), Multiplicity::Finite(2), Scheduling::Fcfs, 3);
    system.services.push(worker("other", "machine", 1.0));
    system.workloads.push(burst("other", 2));
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["other"].makespan, 2.0);
    assert_exactly(prediction.workloads["crop"].makespan, 3.0);
}

/// Three cores for a container of half a core with one piece of work and four unlimited pieces. At first the fair
/// share is 3/5, so the limit binds and the four get 2.5/4 each: a second of work ends at 1.6. The limited second ends
/// at 2.
#[test]
fn a_shared_host_gives_the_rest_to_the_others() {
    let mut system = alone(limited(1.0, 0.5), Multiplicity::Finite(3), Scheduling::Ps, 1);
    system.services.push(worker("other", "machine", 1.0));
    system.workloads.push(burst("other", 4));
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["other"].makespan, 1.6);
    assert_exactly(prediction.workloads["crop"].makespan, 2.0);
    // 3 cores until 1.6, half a core until 2.
    assert_exactly(prediction.hosts["machine"].utilization, 5.0 / 2.0);
}

/// One core for two pieces of work under a limit of 0.8 cores and one unlimited: a third each, since the limit does
/// not bind. The unlimited half second ends at 1.5; then the two share 0.8 cores, 0.5 done, 0.5 left of each, until
/// 1.5 + 0.5/0.4.
#[test]
fn a_limit_that_binds_later() {
    let mut system = alone(limited(1.0, 0.8), Multiplicity::Finite(1), Scheduling::Ps, 2);
    system.services.push(worker("other", "machine", 0.5));
    system.workloads.push(burst("other", 1));
    let prediction = simulate(&system, &twice());
    assert_exactly(prediction.workloads["other"].makespan, 1.5);
    assert_exactly(prediction.workloads["crop"].makespan, 1.5 + 1.25);
}
