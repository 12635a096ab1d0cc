//! Closed loads.

use tracecast_model::{Distribution, Load, Scheduling, fixtures};

use crate::support::{assert_mean, quick, response, simulate};
use crate::theory;

/// The machine repairman model, with FCFS and with PS, which have the same means for exponential demands (BCMP).
#[test]
fn machine_repairman() {
    let theory = theory::repairman_response(10, 8.0, 1.0);
    for scheduling in [Scheduling::Fcfs, Scheduling::Ps] {
        let think_time = Distribution::exponential(8.0);
        let load = Load::Closed { population: 10, think_time };
        let system = fixtures::station(1, Distribution::exponential(1.0), scheduling, load);
        let prediction = simulate(&system, &quick());
        assert_mean(response(&prediction, "users").metric(), theory);
        assert_mean(prediction.workloads["users"].throughput.unwrap(), 10.0 / (8.0 + theory));
    }
}

/// A network of three stations, against exact mean value analysis.
#[test]
fn central_server() {
    let demands = [0.5, 0.3, 0.2];
    let prediction = simulate(&fixtures::closed_network(8, 2.0, &demands), &quick());
    let (throughput, queues) = theory::exact_mva(8, 2.0, &demands);
    assert_mean(prediction.workloads["users"].throughput.unwrap(), throughput);
    assert_mean(response(&prediction, "users").metric(), 8.0 / throughput - 2.0);
    for (number, queue) in queues.into_iter().enumerate() {
        let name = format!("station{number}");
        assert_mean(prediction.services[&name].queue_length.unwrap(), queue);
        assert_mean(prediction.hosts[&name].utilization.unwrap(), throughput * demands[number]);
    }
}

/// One user without chance: a cycle of think time and demand.
#[test]
fn one_user_without_chance() {
    let think_time = Distribution::deterministic(3.0);
    let load = Load::Closed { population: 1, think_time };
    let system = fixtures::station(1, Distribution::deterministic(1.0), Scheduling::Fcfs, load);
    let prediction = simulate(&system, &quick());
    assert_mean(response(&prediction, "users").metric(), 1.0);
    assert_mean(prediction.workloads["users"].throughput.unwrap(), 0.25);
}

/// Insensitivity of the think time, and users whose think times are constant do not come all at once.
#[test]
fn constant_think_times() {
    let think_time = Distribution::deterministic(80.0);
    let load = Load::Closed { population: 100, think_time };
    let system = fixtures::station(1, Distribution::exponential(0.5), Scheduling::Ps, load);
    let prediction = simulate(&system, &quick());
    assert_mean(response(&prediction, "users").metric(), theory::repairman_response(100, 80.0, 0.5));
}
