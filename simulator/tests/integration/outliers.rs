//! Outlier ejection against schedules that can be worked out by hand.

use tracecast_model::{
    ConcurrencyLimit, EngineOptions, EnvoyThresholds, Fault, FaultEffect, Host, Load, Multiplicity,
    OperationRef, OutlierDetection, Prediction, Resilience, Series, System, Workload,
};

use crate::support::{assert_exact, simulate, worker};

/// Five replicas that answer in 0.1 s and get a request every 0.1 s in turn, from 0.05 s on, the first of which is so slow that
/// its callers, who wait for 0.42 s, give up.
fn one_is_slow(seconds: u32) -> System {
    let mut service = worker("serve", "machine", 0.1).with_replicas(5);
    service.outlier_detection = Some(OutlierDetection::default());
    let at = (0..10 * seconds).map(|number| 0.05 + f64::from(number) / 10.0).collect();
    System {
        hosts: vec![Host::new("machine").with_cores(Multiplicity::Infinite)],
        services: vec![service],
        workloads: vec![Workload {
            resilience: Some(Resilience { timeout: Some(0.42), ..Resilience::default() }),
            ..Workload::new("users", OperationRef::new("serve", "serve"), Load::Replay { at })
        }],
        faults: vec![Fault {
            at: 0.0,
            duration: 1e4,
            effect: FaultEffect::Slow { service: "serve".into(), replica: Some(0), factor: 100.0 },
        }],
        ..System::default()
    }
}

fn predicted(system: &System) -> Prediction {
    let options = EngineOptions { replications: Some(1), series_bin: Some(1.0), ..EngineOptions::default() };
    simulate(system, &options)
}

/// The first second of each stretch in which a replica is left out, and of each in which none is.
fn changes(series: &Series) -> Vec<(f64, bool)> {
    let column = series.columns["serve.ejected"].iter().flatten();
    let mut changes: Vec<(f64, bool)> = Vec::new();
    for (&time, &ejected) in series.time.iter().zip(column) {
        let is_out = ejected > 0.5;
        if changes.last().map_or(is_out, |last| last.1 != is_out) {
            changes.push((time, is_out));
        }
    }
    changes
}

/// The first replica gets the requests of 0.05, 0.55, … 2.05 s; the fifth of its callers gives up at 2.47 s. After 30 s, at the look
/// at 40 s, it is back. The other four have had turns of their own since 2.55 s, so that it gets the request of 40.15 s first; the
/// fifth is late at 42.57 s, and now it is out for 60 s, until the look at 110 s.
#[test]
fn a_slow_replica_is_out_for_longer_each_time() {
    let prediction = predicted(&one_is_slow(105));
    let service = &prediction.services["serve"];
    let failed = prediction.workloads["users"].failed.unwrap();
    assert_eq!(failed, 10);
    let series = prediction.series.as_ref().unwrap();
    assert_eq!(changes(series), [(2.0, true), (40.0, false), (43.0, true)]);
    assert_exact(series.columns["serve.ejected"][2].unwrap(), 0.53);
    assert_exact(series.columns["serve.ejected"][42].unwrap(), 0.43);
    let time = prediction.simulated_time.unwrap();
    assert_exact(service.ejections.unwrap().mean * time, 2.0);
}

/// Where all are slow one is ejected, a fifth of them being more than a tenth already.
#[test]
fn not_all_are_ejected() {
    let mut system = one_is_slow(30);
    system.faults[0].effect = FaultEffect::Slow { service: "serve".into(), replica: None, factor: 100.0 };
    let prediction = predicted(&system);
    let time = prediction.simulated_time.unwrap();
    assert_exact(prediction.services["serve"].ejections.unwrap().mean * time, 1.0);
}

/// A replica without a place to wait works on its first request for 10 s, and turns those of 0.55, 1.05, … 2.55 s away: the fifth error in
/// a row. The look at 40 s lets it in again, when it has been idle for long.
#[test]
fn a_full_queue_is_an_error_of_its_replica() {
    let mut system = one_is_slow(30);
    (system.services[0].concurrency, system.services[0].queue_capacity) = (Multiplicity::Finite(1), Some(0));
    system.workloads[0].resilience = None;
    let prediction = predicted(&system);
    let series = prediction.series.as_ref().unwrap();
    assert_eq!(changes(series), [(3.0, true)]);
    assert_exact(series.columns["serve.ejected"][2].unwrap(), 0.45);
    assert_exact(
        prediction.services["serve"].ejections.unwrap().mean * prediction.simulated_time.unwrap(),
        1.0,
    );
}

/// Envoy's own thresholds turn requests away before they are at any replica.
#[test]
fn what_the_caller_turns_away_is_nobodys_error() {
    let mut system = one_is_slow(30);
    let thresholds = EnvoyThresholds { max_requests: 1, multiplexed: true, ..EnvoyThresholds::default() };
    let limit = Some(ConcurrencyLimit::Envoy(thresholds));
    system.workloads[0].resilience = Some(Resilience { concurrency_limit: limit, ..Resilience::default() });
    let prediction = predicted(&system);
    assert!(prediction.workloads["users"].failed.unwrap() > 50);
    assert_exact(prediction.services["serve"].ejections.unwrap().mean, 0.0);
}
