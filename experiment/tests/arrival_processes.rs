//! The arrivals of simulated systems are known, and found again in their traces.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use tracecast_experiment::{EngineChoice, TraceOptions, predict, record, traces};
use tracecast_importers::{ArrivalModel, ImportReport, assemble, extract};
use tracecast_model::{
    Activity, Distribution, EngineOptions, Host, Load, MarkovArrivals, Operation, RunControl, Service,
    System, Workload,
};

/// Requests recorded.
const REQUESTS: usize = 20_000;

/// One server that works 30 ms per request.
fn system(load: Load) -> System {
    let mut service = Service::new("shop", "machine");
    let work = Activity::working(Distribution::exponential(0.03));
    service.operations.push(Operation::new("buy").with_activity(work));
    System {
        hosts: vec![Host::new("machine")],
        services: vec![service],
        workloads: vec![Workload::new("users", "shop/buy".parse().unwrap(), load)],
        ..System::default()
    }
}

/// What the traces of a recording show.
fn imported(load: Load, seed: u64, model: ArrivalModel) -> (Load, ImportReport) {
    let system = system(load);
    let options = EngineOptions { seed, ..EngineOptions::default() };
    let what = TraceOptions { requests: REQUESTS };
    let recording = record(&system, &options, &what, &RunControl::none()).unwrap();
    let mut report = ImportReport::default();
    let traces = assemble(traces::spans(&system, &recording, seed), &mut report);
    let found = extract(&traces, model, &mut report).unwrap();
    (found.workloads[0].load.clone(), report)
}

fn fitted(load: Load) -> Load {
    imported(load, 1, ArrivalModel::Fitted).0
}

fn close(found: f64, expected: f64, tolerance: f64) {
    assert!((found / expected - 1.0).abs() < tolerance, "{found}, expected {expected}");
}

/// Refuted by chance once in a thousand recordings, ten of them hardly ever. Rates are known to 1/√20000 = 0.7 %.
#[test]
fn poisson() {
    for seed in 1..=10 {
        let (load, report) = imported(Load::Poisson { rate: 20.0 }, seed, ArrivalModel::Fitted);
        assert!(matches!(load, Load::Poisson { .. }), "seed {seed}: {load:?}");
        close(load.rate().unwrap(), 20.0, 0.03);
        let dispersion =
            report.parameters.iter().find(|parameter| parameter.path == "requests.dispersion").unwrap();
        assert!(dispersion.value < 3.0, "{dispersion:?}");
    }
}

/// Sampling errors of the squared coefficient of variation are some √((κ - 1) / n): 2 % of the even, 10 % of the uneven gaps.
#[test]
fn renewal() {
    for (scv, tolerance) in [(0.25, 0.06), (4.0, 0.25)] {
        let found = fitted(Load::Renewal { gap: Distribution::with_scv(0.05, scv).unwrap() });
        let Load::Renewal { gap } = &found else { panic!("{found:?}") };
        close(gap.mean(), 0.05, 0.05);
        close(gap.scv(), scv, tolerance);
    }
}

/// Busy for 2 s, quiet for 4 s in the mean: of such stretches there are some 200, so that their lengths are known to 7 %, and the
/// queue that they make, which is what counts, to some three times that.
#[test]
fn modulated() {
    let truth = MarkovArrivals::modulated(&[40.0, 5.0], &[vec![0.0, 0.5], vec![0.25, 0.0]]);
    let truth = Load::Markov(truth);
    let found = fitted(truth.clone());
    assert!(matches!(found, Load::Markov(_)), "{found:?}");
    close(found.rate().unwrap(), truth.rate().unwrap(), 0.1);
    let response_time = |load: Load| {
        let options = EngineOptions { precision: 0.02, ..EngineOptions::default() };
        let predicted =
            predict(&system(load), EngineChoice::Simulation, &options, &RunControl::none()).unwrap();
        predicted.workloads["users"].response_time.unwrap().mean
    };
    let expected = response_time(truth);
    close(response_time(found), expected, 0.25);
    // A Poisson process of that rate has 30 ms / (1 - 0.5) = 60 ms.
    assert!(expected > 0.3, "{expected}");
}

#[test]
fn what_is_asked_for() {
    let even = || Load::Renewal { gap: Distribution::deterministic(0.05) };
    let (load, _) = imported(even(), 1, ArrivalModel::Poisson);
    assert!(matches!(load, Load::Poisson { rate } if (rate - 20.0).abs() < 1e-3), "{load:?}");
    let (load, _) = imported(even(), 1, ArrivalModel::Replayed);
    let Load::Replay { at } = load else { panic!("{load:?}") };
    assert_eq!(at.len(), REQUESTS);
    assert!(at.windows(2).all(|pair| (pair[1] - pair[0] - 0.05).abs() < 1e-6));
}
