//! Servers that break down, go away or are stopped, against published formulas and global balance.

use tracecast_model::{
    Breakdowns, Distribution, EngineOptions, Family, Multiplicity, Polling, PollingVisit, Prediction, System,
    WorkQueue, fixtures,
};

use crate::support::{K, assert_mean, simulate};
use crate::theory::breakdowns;

/// M/M/c with a work queue, mean demand 1, and exponential times of each server up and down.
fn breaking(servers: u32, rate: f64, failure: f64, repair: f64) -> System {
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), rate);
    system.hosts[0].cores = Multiplicity::Infinite;
    let service = &mut system.services[0];
    service.concurrency = Multiplicity::Finite(1);
    service.replicas = servers;
    service.work_queue = Some(WorkQueue::new("tasks"));
    service.breakdowns = Some(Breakdowns {
        time_to_failure: Distribution::exponential(1.0 / failure),
        time_to_repair: Distribution::exponential(1.0 / repair),
    });
    system
}

/// Requests that a server had when it broke down are done again from the start, which with exponential demands is as good as
/// going on.
fn predicted(system: &System) -> Prediction {
    simulate(system, &EngineOptions { precision: 0.02, ..EngineOptions::default() })
}

#[test]
fn one_server() {
    for (rate, failure, repair) in [(0.5, 0.1, 0.9), (0.3, 1.0, 1.0), (0.6, 0.01, 0.2)] {
        let prediction = predicted(&breaking(1, rate, failure, repair));
        let station = &prediction.services["station"];
        assert_mean(station.queue_length.unwrap(), breakdowns::mm1_queue_length(rate, 1.0, failure, repair));
        let replicas = station.replicas.unwrap();
        // A mean without an interval: that of the response time is asked to be within 2 %, and this one varies less.
        assert!((replicas.mean - repair / (failure + repair)).abs() < 0.02, "{replicas:?}");
        assert_eq!((replicas.min, replicas.max), (0, 1));
    }
}

#[test]
fn several_servers() {
    for (servers, rate, failure, repair) in [(2, 1.0, 0.2, 0.8), (3, 2.0, 0.05, 0.4), (5, 2.5, 0.3, 0.7)] {
        let prediction = predicted(&breaking(servers, rate, failure, repair));
        let theory = breakdowns::mmc_queue_length(servers, rate, 1.0, failure, repair);
        assert_mean(prediction.services["station"].queue_length.unwrap(), theory);
    }
}

/// M/G/1 whose server goes away for a time whenever it finds nothing to do: a thread that goes round one line. It waits for
/// λE\[S²\]/(2(1-ρ)) + E\[V²\]/(2E\[V\]) (Levy and Yechiali 1975, "Utilization of idle time in an M/G/1 queueing system"; Doshi
/// 1986, "Queueing systems with vacations - a survey", §2).
#[test]
fn vacations() {
    // Second moments of mean 1: deterministic 1, Erlang-2 1.5, exponential 2.
    let erlang = Distribution::new(Family::Erlang { mean: 1.0, stages: 2 }).unwrap();
    for (rate, demand, demand_2, away, away_2) in [
        (0.5, Distribution::exponential(1.0), 2.0, Distribution::exponential(1.0), 2.0),
        (0.7, Distribution::deterministic(1.0), 1.0, Distribution::exponential(1.0), 2.0),
        (0.6, erlang.clone(), 1.5, Distribution::deterministic(1.0), 1.0),
        (0.3, Distribution::exponential(1.0), 2.0, erlang, 1.5),
    ] {
        let mut system = fixtures::open_station(1, demand, rate);
        let service = &mut system.services[0];
        service.concurrency = Multiplicity::Finite(1);
        service.polling = Some(Polling { visit: PollingVisit::Exhaustive, switch_over: away });
        let prediction = predicted(&system);
        let theory = rate * demand_2 / (2.0 * (1.0 - rate)) + away_2 / 2.0;
        let waiting = prediction.services["station"].waiting_time.unwrap();
        let allowed = K * waiting.half_width.unwrap();
        assert!((waiting.mean - theory).abs() <= allowed, "{rate}: {waiting:?}, theory {theory}");
    }
}
