//! Limits, cancellation, progress and refusals.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tracecast_model::{
    Distribution, Engine, EngineOptions, Load, Observer, Phase, PredictError, Prediction, RunControl,
    Scheduling, Snapshot, Status, System, fixtures,
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

/// A clock that counts how often it is looked at: so tests do not depend on real time.
fn after(looks: u64) -> impl Fn() -> bool {
    let seen = std::sync::atomic::AtomicU64::new(0);
    move || seen.fetch_add(1, Ordering::Relaxed) >= looks
}

fn within(system: &System, options: &EngineOptions, looks: u64) -> Prediction {
    let time_over = after(looks);
    let control = RunControl::none().with_time_limit(&time_over);
    Simulation.predict(system, options, &control).unwrap()
}

/// The time is over in the measurement (each look is one at 8192 events, and 3000 are more than the warm-up needs): what was measured by then is given, with intervals.
#[test]
fn a_time_limit_leaves_what_was_measured() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let options = EngineOptions { precision: 0.0005, ..EngineOptions::default() };
    let prediction = within(&system, &options, 3000);
    assert_eq!(prediction.status, Status::EventLimit);
    assert_eq!(prediction.warnings[0].code, "time-limit");
    let found = crate::support::response(&prediction, "users");
    crate::support::assert_mean(found.metric(), 2.0);
    assert!(found.half_width.unwrap() < 0.05, "{found:?}");
    assert!(prediction.events.unwrap() < 3100 * 8192);
    // At once, so that there is nothing to tell, and far off, so that there is no limit.
    let prediction = within(&system, &options, 0);
    assert_eq!((prediction.status, prediction.warnings[0].code.as_str()), (Status::EventLimit, "time-limit"));
    let options = EngineOptions::default();
    assert_eq!(within(&system, &options, u64::MAX), simulate(&system, &options));
}

/// Bursts that are over by then are kept whole.
#[test]
fn a_time_limit_leaves_whole_replications() {
    let system = fixtures::burst_queue(20_000, 1, Distribution::exponential(1.0));
    let options = EngineOptions { replications: Some(50), ..EngineOptions::default() };
    // A replication has 2 + 3 · 20 000 events or so, and a look at each 8192.
    let prediction = within(&system, &options, 200);
    assert_eq!(prediction.status, Status::EventLimit);
    assert_eq!(prediction.warnings[0].code, "time-limit");
    let replications = prediction.replications.unwrap();
    assert!((5..45).contains(&replications), "{replications}");
    let burst = &prediction.workloads["burst"];
    assert_eq!((burst.started, burst.completed), (Some(20_000), Some(20_000)));
    crate::support::assert_mean(burst.makespan.unwrap(), 20_000.0 * 1.02);
    // Before the first is over, there is no makespan.
    let prediction = within(&system, &options, 3);
    assert_eq!(prediction.workloads["burst"].makespan, None);
    assert!(prediction.workloads["burst"].completed.unwrap() < 20_000);
}

/// Looks as often as it can.
struct Eye(Mutex<Vec<Snapshot>>);

impl Observer for Eye {
    fn is_due(&self) -> bool {
        true
    }

    fn observe(&self, snapshot: &Snapshot) {
        self.0.lock().unwrap().push(snapshot.clone());
    }
}

/// An observer sees the run come nearer to its result, and changes nothing in it, whatever the load, the number of
/// replications and the end.
#[test]
fn an_observer_sees_and_does_not_disturb() {
    let station = |rate| fixtures::open_station(1, Distribution::exponential(1.0), rate);
    let default = EngineOptions::default();
    for (system, options) in [
        (station(0.5), EngineOptions { precision: 0.005, ..default.clone() }),
        (station(0.5), EngineOptions { replications: Some(2), max_events: 3_000_000, ..endless() }),
        (station(0.5), EngineOptions { until: Some(1e5), series_bin: Some(1e3), ..default.clone() }),
        (station(1.5), default.clone()),
        (fixtures::closed_network(50, 1.0, &[0.1]), EngineOptions { antithetic: true, ..default.clone() }),
        (fixtures::burst_queue(50_000, 2, Distribution::exponential(1.0)), default.clone()),
    ] {
        let eye = Eye(Mutex::new(Vec::new()));
        let control = RunControl::none().with_observer(&eye);
        let watched = Simulation.predict(&system, &options, &control).unwrap();
        assert_eq!(watched, simulate(&system, &options));
        let seen = eye.0.into_inner().unwrap();
        assert!(!seen.is_empty());
        if watched.status == Status::Saturated {
            continue;
        }
        let last = seen.last().unwrap();
        assert_eq!(last.phase, Phase::Measuring);
        let name = &system.workloads[0].name;
        assert_eq!(&last.workloads[0].name, name);
        let mean = watched.workloads[name].response_time.unwrap().mean;
        let seen_mean = last.workloads[0].response_time.unwrap().mean;
        // Not all has been seen at the last look.
        assert!((seen_mean / mean - 1.0).abs() < 0.1, "{seen_mean}, in the end {mean}");
        let times: Vec<f64> = seen.iter().map(|snapshot| snapshot.simulated_time).collect();
        assert!(times.is_sorted(), "{times:?}");
        assert!(seen.iter().any(|snapshot| snapshot.workloads[0].in_flight > 0.0));
    }
}

/// More in progress than allowed: an error in the load of a burst or in the bound, but not beyond capacity.
#[test]
fn what_is_in_progress_is_bounded() {
    let options = EngineOptions { max_in_progress: Some(1000), ..EngineOptions::default() };
    for system in [
        fixtures::burst_queue(50_000, 1, Distribution::exponential(1.0)),
        fixtures::closed_network(5000, 1.0, &[0.1]),
    ] {
        let prediction = simulate(&system, &options);
        assert_eq!(prediction.status, Status::EventLimit);
        let warning = &prediction.warnings[0];
        assert_eq!(warning.code, "in-progress-limit");
        assert!(warning.message.contains("1000 visits"), "{}", warning.message);
    }
    let open = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    assert_eq!(simulate(&open, &options), simulate(&open, &EngineOptions::default()));
    let beyond = fixtures::open_station(1, Distribution::exponential(1.0), 1.5);
    assert_eq!(simulate(&beyond, &options).status, Status::Saturated);
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
