//! Figures over time.

use tracecast_model::{Burst, Distribution, EngineOptions, Load, Series, System, fixtures};

use crate::support::{assert_exact, assert_mean, burst, host, simulate, worker};

#[track_caller]
fn assert_column(series: &Series, name: &str, expected: &[f64]) {
    let column = &series.columns[name];
    assert_eq!(column.len(), expected.len(), "{name}: {column:?}");
    for (found, &expected) in column.iter().zip(expected) {
        assert_exact(found.unwrap(), expected);
    }
}

/// One worker, two tasks of 1.5 s at 0 and one at 5: present 2 until 1.5, 1 until 3, 1 from 5 to 6.5.
#[test]
fn bins_of_a_deterministic_run() {
    let mut system = System {
        hosts: vec![host("machine", 1)],
        services: vec![worker("crop", "machine", 1.5).with_concurrency(1)],
        workloads: vec![burst("crop", 1)],
        ..System::default()
    };
    system.workloads[0].name = "client".into();
    system.workloads[0].load =
        Load::Burst { bursts: vec![Burst { size: 2, at: 0.0 }, Burst { size: 1, at: 5.0 }] };
    let options = EngineOptions { series_bin: Some(2.0), replications: Some(3), ..EngineOptions::default() };
    let series = simulate(&system, &options).series.unwrap();
    assert_eq!(series.time, [0.0, 2.0, 4.0, 6.0]);
    assert_column(&series, "crop.queue_length", &[3.5 / 2.0, 0.5, 0.5, 0.25]);
    assert_column(&series, "crop.utilization", &[1.0, 0.5, 0.5, 0.25]);
    assert_column(&series, "client.in_flight", &[3.5 / 2.0, 0.5, 0.5, 0.25]);
    assert_column(&series, "client.throughput", &[0.5, 0.5, 0.0, 0.5]);
    let response = &series.columns["client.response_time"];
    assert_eq!(response, &[Some(1.5), Some(3.0), None, Some(1.5)]);
}

/// The series of a random burst accounts for every request, and ends with the longest replication.
#[test]
fn bins_account_for_everything() {
    let system = fixtures::burst_queue(50, 2, Distribution::exponential(1.0));
    let options = EngineOptions { series_bin: Some(0.7), ..EngineOptions::default() };
    let prediction = simulate(&system, &options);
    let series = prediction.series.as_ref().unwrap();
    let done: f64 = series.columns["burst.throughput"].iter().flatten().sum();
    assert_exact(done * 0.7, 50.0);
    let end = series.time.last().unwrap() + 0.7;
    assert!(end > prediction.workloads["burst"].makespan.unwrap().mean);
    assert!(series.columns["burst.throughput"].last().unwrap().unwrap() > 0.0);
}

/// In a steady state the mean over the bins is the mean over all time.
#[test]
fn bins_of_a_steady_state() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.6);
    let options = EngineOptions { series_bin: Some(50.0), until: Some(5000.0), ..EngineOptions::default() };
    let prediction = simulate(&system, &options);
    let series = prediction.series.unwrap();
    let mean = |name: &str| {
        let column = &series.columns[name];
        column.iter().flatten().sum::<f64>() / column.len() as f64
    };
    let utilization = prediction.services["station"].utilization.unwrap();
    assert_mean(utilization, mean("station.utilization"));
    assert_mean(prediction.workloads["users"].throughput.unwrap(), mean("users.throughput"));
}
