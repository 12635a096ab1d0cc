//! Start-up in parts, and replicas that are slower at first, against exact schedules and the utilization law.

use tracecast_model::autoscaling::DelayKind;
use tracecast_model::{
    Distribution, EngineOptions, Fault, FaultEffect, Load, Multiplicity, StartUp, StartUpParts, System,
    WarmUp, WarmUpOver,
};

use crate::scaling::{scaled, with_queue};
use crate::support::{assert_exact, assert_exactly, assert_mean, simulate, twice};

/// 0.25 s until a node is chosen, 3 s for the image, 0.5 s for the container and 1.25 s until it is found ready.
fn in_parts(mut system: System) -> System {
    let part = Distribution::deterministic;
    system.services[0].start_up = StartUp::Parts(StartUpParts {
        placement: part(0.25),
        image_pull: part(3.0),
        container_start: part(0.5),
        readiness_delay: part(1.25),
    });
    system
}

fn warming(mut system: System, factor: f64, over: WarmUpOver) -> System {
    system.services[0].warm_up = Some(WarmUp { factor, over });
    system
}

/// The first replica is asked for at 2 and takes requests at 7; one second of work each.
#[test]
fn parts_of_a_start_up_are_told_and_sum_up() {
    let prediction = simulate(&in_parts(scaled(0, &[(2.0, 1)], 0.0, &[(0.0, 3)])), &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 10.0);
    let told: Vec<(DelayKind, f64)> =
        prediction.scaling[0].delays.iter().map(|delay| (delay.kind, delay.seconds)).collect();
    let expected = [
        (DelayKind::Placement, 0.25),
        (DelayKind::ImagePull, 3.0),
        (DelayKind::ContainerStart, 0.5),
        (DelayKind::ReadinessDelay, 1.25),
    ];
    assert_eq!(told, expected);
}

/// The one replica is gone from 0.5 to 1.5, and then starts up where it was: 0.5 s and 1.25 s, not the whole. Its message is
/// worked on anew from 3.25 on.
#[test]
fn what_was_gone_starts_up_with_its_image() {
    let mut system = in_parts(with_queue(scaled(1, &[(0.0, 1)], 0.0, &[(0.0, 1)])));
    let effect = FaultEffect::Crash { service: "crop".into(), replicas: None };
    system.faults = vec![Fault { at: 0.5, duration: 1.0, effect }];
    assert_exactly(simulate(&system, &twice()).workloads["crop"].makespan, 4.25);
}

/// With factor 3 over four requests a new replica takes 3, 2.5, 2, 1.5, 1 and 1 s, one after the other, from 2 on.
#[test]
fn the_first_requests_are_slower() {
    let system = scaled(0, &[(2.0, 1)], 0.0, &[(0.0, 6)]);
    let prediction = simulate(&warming(system, 3.0, WarmUpOver::Requests(4)), &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 2.0 + 3.0 + 2.5 + 2.0 + 1.5 + 1.0 + 1.0);
}

/// The same 11 s for six seconds of work, in a series with one bin.
#[test]
fn slowdown_is_told_over_time() {
    let system = warming(scaled(0, &[(2.0, 1)], 0.0, &[(0.0, 6)]), 3.0, WarmUpOver::Requests(4));
    let prediction = simulate(&system, &EngineOptions { series_bin: Some(20.0), ..twice() });
    let column = |name: &str| prediction.series.as_ref().unwrap().columns[name][0].unwrap();
    assert_exact(column("crop.slowdown"), 11.0 / 6.0);
    assert_exact(column("crop.work"), 6.0 / 20.0);
}

/// With factor 3 over eight seconds: work that begins s seconds after the start takes 3 − s/4, so it begins at 0, 3, 5.25 and
/// 6.9375, and the fifth piece after 8 s takes one second.
#[test]
fn work_is_slower_for_a_time() {
    let system = scaled(0, &[(2.0, 1)], 0.0, &[(0.0, 5)]);
    let prediction = simulate(&warming(system, 3.0, WarmUpOver::Time(8.0)), &twice());
    let mut end = 0.0_f64;
    for _ in 0..5 {
        end += (3.0 - end / 4.0).max(1.0);
    }
    assert_exactly(prediction.workloads["crop"].makespan, 2.0 + end);
}

/// Replicas of the start are warm; one that was gone is cold again. The first request takes 1 s, the replica is gone from 2 to
/// 3, and the two requests at 4 take 2 and 1.5 s.
#[test]
fn what_was_gone_is_cold_again() {
    let mut system = scaled(1, &[(0.0, 1)], 0.0, &[(0.0, 1), (4.0, 2)]);
    let effect = FaultEffect::Crash { service: "crop".into(), replicas: None };
    system.faults = vec![Fault { at: 2.0, duration: 1.0, effect }];
    let prediction = simulate(&warming(system, 2.0, WarmUpOver::Requests(2)), &twice());
    assert_exactly(prediction.workloads["crop"].makespan, 4.0 + 2.0 + 1.5);
}

/// The utilization law (Denning and Buzen 1978): busy time is throughput times demand. Replicas start over and over, each with
/// one request before it stops, so every request takes twice its demand of one second.
#[test]
fn cold_replicas_have_twice_the_utilization() {
    // One replica from 10·k + 1 to 10·k + 9, and one request at 10·k: it waits for the replica.
    let changes: Vec<(f64, u32)> =
        (0..5).flat_map(|k| [(10.0 * f64::from(k) + 1.0, 1), (10.0 * f64::from(k) + 9.0, 0)]).collect();
    let bursts: Vec<(f64, u32)> = (0..5).map(|k| (10.0 * f64::from(k), 1)).collect();
    let system = scaled(0, &changes, 0.0, &bursts);
    let cold = simulate(&warming(system.clone(), 2.0, WarmUpOver::Requests(1)), &twice());
    let warm = simulate(&system, &twice());
    assert_exactly(cold.workloads["crop"].makespan, 43.0);
    assert_exactly(warm.workloads["crop"].makespan, 42.0);
    for (prediction, work, end) in [(cold, 10.0, 43.0), (warm, 5.0, 42.0)] {
        assert_exact(prediction.services["crop"].utilization.unwrap().mean, work / end);
    }
}

/// Many threads on a host without a limit of cores are M/G/∞ (Kleinrock 1975, sec. 3.4, for exponential times): a warm-up that
/// takes longer than the run keeps every replica at its factor, so that the mean number in service is λ·factor·D.
#[test]
fn a_long_warm_up_is_a_longer_demand() {
    let mut system = scaled(0, &[(0.0, 2)], 0.0, &[]);
    system.hosts[0].cores = Multiplicity::Infinite;
    system.services[0].concurrency = Multiplicity::Infinite;
    system.workloads[0].load = Load::Poisson { rate: 4.0 };
    let system = warming(system, 1.5, WarmUpOver::Time(1e12));
    let prediction = simulate(&system, &EngineOptions { precision: 0.02, ..EngineOptions::default() });
    assert_mean(prediction.services["crop"].queue_length.unwrap(), 4.0 * 1.5);
}
