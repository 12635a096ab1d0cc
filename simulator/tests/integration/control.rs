//! Limits, cancellation, progress and refusals.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tracecast_model::{
    Distribution, Engine, EngineOptions, Load, PredictError, RunControl, Scheduling, Status, fixtures,
};
use tracecast_simulator::Simulation;

use crate::support::simulate;

fn endless() -> EngineOptions {
    EngineOptions { precision: 1e-6, ..EngineOptions::default() }
}

/// A flag that is set before the start, and one that is set in the middle.
#[test]
fn cancel_stops_soon() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let cancelled = AtomicBool::new(true);
    let control = RunControl::none().with_cancel(&cancelled);
    let prediction = Simulation.predict(&system, &endless(), &control).unwrap();
    assert_eq!(prediction.status, Status::Cancelled);
    assert!(prediction.workloads.is_empty() && prediction.events.unwrap() < 100_000);

    let cancel = AtomicBool::new(false);
    let at_a_tenth = |progress: tracecast_model::Progress| {
        if progress.fraction > 0.01 {
            cancel.store(true, Ordering::Relaxed);
        }
    };
    let control = RunControl::none().with_cancel(&cancel).with_progress(&at_a_tenth);
    let prediction = Simulation.predict(&system, &endless(), &control).unwrap();
    assert_eq!(prediction.status, Status::Cancelled);
    assert!(prediction.events.unwrap() < 100_000_000);
}

#[test]
fn cancel_stops_a_burst() {
    let system = fixtures::burst_queue(100_000, 1, Distribution::exponential(1.0));
    let cancelled = AtomicBool::new(true);
    let control = RunControl::none().with_cancel(&cancelled);
    let prediction = Simulation.predict(&system, &EngineOptions::default(), &control).unwrap();
    assert_eq!(prediction.status, Status::Cancelled);
    assert!(prediction.workloads.is_empty());
}

#[test]
fn progress_is_told() {
    let heard = Mutex::new(Vec::new());
    let listen = |progress: tracecast_model::Progress| heard.lock().unwrap().push(progress.fraction);
    let control = RunControl::none().with_progress(&listen);
    for system in [
        fixtures::burst_queue(20, 1, Distribution::exponential(1.0)),
        fixtures::open_station(1, Distribution::exponential(1.0), 0.8),
    ] {
        heard.lock().unwrap().clear();
        Simulation.predict(&system, &EngineOptions::default(), &control).unwrap();
        let heard = heard.lock().unwrap();
        assert!(heard.len() >= 10 && heard.iter().all(|fraction| (0.0..=1.0).contains(fraction)));
        assert!(heard.iter().any(|&fraction| fraction > 0.9));
    }
}

#[test]
fn events_are_bounded() {
    let options = EngineOptions { max_events: 200_000, ..endless() };
    for system in [
        fixtures::open_station(1, Distribution::exponential(1.0), 0.8),
        fixtures::burst_queue(100_000, 1, Distribution::exponential(1.0)),
        fixtures::closed_network(1000, 1e6, &[1.0]),
    ] {
        let prediction = simulate(&system, &options);
        assert_eq!(prediction.status, Status::EventLimit);
        assert!(prediction.events.unwrap() <= 200_000);
        assert_eq!(prediction.warnings[0].code, "event-limit");
    }
}

/// What is given after the events ran out is still a measurement.
#[test]
fn figures_at_the_event_limit() {
    let options = EngineOptions { max_events: 1_000_000, ..endless() };
    let prediction = simulate(&fixtures::open_station(1, Distribution::exponential(1.0), 0.5), &options);
    let found = crate::support::response(&prediction, "users");
    crate::support::assert_mean(found.metric(), 2.0);
    // Most of the events went into the figures: 0.5 requests a second, two events each.
    assert!(prediction.simulated_time.unwrap() > 600_000.0);
}

#[test]
fn time_is_bounded() {
    let system = fixtures::burst_queue(100, 1, Distribution::deterministic(1.0));
    let options = EngineOptions { until: Some(10.0), ..EngineOptions::default() };
    let prediction = simulate(&system, &options);
    let burst = &prediction.workloads["burst"];
    assert_eq!((burst.started, burst.makespan), (Some(100), None));
    // A task and its transfers take 1.02 s, so nine are done.
    assert_eq!(burst.completed, Some(9));
    assert!(prediction.warnings.iter().any(|warning| warning.code == "unfinished"));

    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let options = EngineOptions { until: Some(1000.0), warm_up: Some(100.0), ..EngineOptions::default() };
    crate::support::assert_exact(simulate(&system, &options).simulated_time.unwrap(), 20.0 * 900.0);
    let options = EngineOptions { warm_up: Some(1000.0), ..options };
    let refused = Simulation.predict(&system, &options, &RunControl::none());
    assert!(matches!(refused, Err(PredictError::Options(_))), "{refused:?}");
}

/// No think time and no demand: an endless number of requests at the first instant, and no endless loop.
#[test]
fn no_time_passes() {
    let load = Load::Closed { population: 1, think_time: Distribution::zero() };
    let system = fixtures::station(1, Distribution::zero(), Scheduling::Fcfs, load);
    for until in [None, Some(1.0)] {
        let options = EngineOptions { max_events: 1_000_000, until, ..EngineOptions::default() };
        assert_eq!(simulate(&system, &options).status, Status::EventLimit);
    }
}

#[test]
fn invalid_systems_are_refused() {
    let mut system = fixtures::three_tiers(1.0);
    system.services[0].host = "nowhere".into();
    let refused = Simulation.predict(&system, &EngineOptions::default(), &RunControl::none());
    assert!(matches!(refused, Err(PredictError::Invalid(_))), "{refused:?}");
    system = fixtures::three_tiers(1.0);
    system.workloads.clear();
    let refused = Simulation.predict(&system, &EngineOptions::default(), &RunControl::none());
    assert_eq!(refused, Err(PredictError::NoWorkload));
}

#[test]
fn what_would_not_fit_is_refused() {
    let mut system = fixtures::closed_network(u32::MAX, 1.0, &[1.0]);
    let refused = Simulation.predict(&system, &EngineOptions::default(), &RunControl::none());
    assert!(matches!(refused, Err(PredictError::Unsupported { .. })), "{refused:?}");
    system = fixtures::three_tiers(1.0);
    system.services[1].replicas = u32::MAX;
    let refused = Simulation.predict(&system, &EngineOptions::default(), &RunControl::none());
    assert!(matches!(refused, Err(PredictError::Unsupported { .. })), "{refused:?}");
}
