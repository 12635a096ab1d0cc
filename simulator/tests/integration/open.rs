//! Single stations under Poisson arrivals.

use tracecast_model::{Distribution, EngineOptions, Family, Load, Scheduling, Status, fixtures};

use crate::support::{assert_mean, quick, response, simulate};
use crate::theory;

/// M/M/1: R = 1/(μ-λ) and L = ρ/(1-ρ) (Kleinrock 1975, *Queueing Systems* I, eqs. 3.26 and 3.24).
#[test]
fn mm1() {
    for rho in [0.5, 0.8] {
        let system = fixtures::open_station(1, Distribution::exponential(1.0), rho);
        let prediction = simulate(&system, &quick());
        assert_eq!(prediction.status, Status::Converged);
        assert_mean(response(&prediction, "users").metric(), 1.0 / (1.0 - rho));
        assert_mean(prediction.workloads["users"].throughput.unwrap(), rho);
        assert_mean(prediction.services["station"].queue_length.unwrap(), rho / (1.0 - rho));
        assert_mean(prediction.hosts["machine"].utilization.unwrap(), rho);
    }
}

/// The response time of M/M/1 is exponential: its q-quantile is R ln(1/(1-q)) (Kleinrock 1975, eq. 5.119 with the
/// memoryless demand). Allowed: the sketch's 0.8 %, and 2 % for the run, twice the precision asked of the mean; the
/// 99th percentile rests on a hundredth of the requests, so it gets twice that.
#[test]
fn percentiles_of_mm1() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.5);
    let options = EngineOptions { precision: 0.01, ..EngineOptions::default() };
    let found = response(&simulate(&system, &options), "users");
    for (quantile, q, allowed) in
        [(found.p50, 0.5, 0.028), (found.p90, 0.9, 0.028), (found.p95, 0.95, 0.028), (found.p99, 0.99, 0.048)]
    {
        let theory = 2.0 * (1.0_f64 / (1.0 - q)).ln();
        assert!((quantile.unwrap() / theory - 1.0).abs() < allowed, "{q}: {quantile:?}, theory {theory}");
    }
}

#[test]
fn default_precision_is_reached() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.7);
    let response = response(&simulate(&system, &EngineOptions::default()), "users");
    assert!(response.half_width.unwrap() <= 0.02 * response.mean);
}

#[test]
fn mmc() {
    for (servers, rho) in [(2, 0.7), (8, 0.8)] {
        let rate = rho * f64::from(servers);
        let system = fixtures::open_station(servers, Distribution::exponential(1.0), rate);
        let prediction = simulate(&system, &quick());
        assert_mean(response(&prediction, "users").metric(), theory::mmc_response(servers, rate, 1.0));
    }
}

/// One distribution of every family, with mean 1.
fn every_family() -> Vec<Distribution> {
    let mut every: Vec<_> = [
        Family::Deterministic { value: 1.0 },
        Family::Exponential { mean: 1.0 },
        Family::Erlang { mean: 1.0, stages: 3 },
        Family::LogNormal { mean: 1.0, scv: 1.5 },
        Family::Gamma { mean: 1.0, scv: 0.4 },
        Family::Weibull { shape: 2.0, scale: 2.0 / std::f64::consts::PI.sqrt() },
        Family::Uniform { low: 0.5, high: 1.5 },
        Family::Empirical { values: vec![0.2, 0.3, 0.5, 3.0] },
    ]
    .into_iter()
    .map(|family| Distribution::new(family).unwrap())
    .collect();
    let hyper_exponential = Distribution::with_scv(1.0, 2.0).unwrap();
    assert!(matches!(hyper_exponential.family(), Family::HyperExponential { .. }));
    every.push(hyper_exponential);
    every
}

/// M/G/1 with every family: Pollaczek and Khinchine.
#[test]
fn mg1() {
    for demand in every_family() {
        assert!((demand.mean() - 1.0).abs() < 1e-12);
        let prediction = simulate(&fixtures::open_station(1, demand.clone(), 0.6), &quick());
        println!("{demand:?}");
        assert_mean(response(&prediction, "users").metric(), theory::mg1_response(0.6, &demand));
    }
}

/// Processor sharing is insensitive: R = D/(1-ρ) whatever the distribution (Kleinrock 1976, *Queueing Systems* II,
/// eq. 4.17).
#[test]
fn sharing_depends_on_the_mean_only() {
    for scv in [0.0, 1.0, 4.0] {
        let demand = Distribution::with_scv(1.0, scv).unwrap();
        let system = fixtures::station(1, demand, Scheduling::Ps, Load::Poisson { rate: 0.7 });
        let prediction = simulate(&system, &quick());
        println!("scv {scv}");
        assert_mean(response(&prediction, "users").metric(), 1.0 / 0.3);
        assert_mean(prediction.hosts["machine"].utilization.unwrap(), 0.7);
    }
}

/// With several cores, sharing with at most a core each has the queue lengths of M/M/c.
#[test]
fn sharing_of_several_cores() {
    let demand = Distribution::exponential(1.0);
    let system = fixtures::station(4, demand, Scheduling::Ps, Load::Poisson { rate: 3.0 });
    let prediction = simulate(&system, &quick());
    assert_mean(response(&prediction, "users").metric(), theory::mmc_response(4, 3.0, 1.0));
}

/// Faster cores are shorter demands.
#[test]
fn speed_scales_demands() {
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), 1.2);
    system.hosts[0].speed = 2.0;
    let prediction = simulate(&system, &quick());
    assert_mean(response(&prediction, "users").metric(), 1.0 / (2.0 - 1.2));
    assert_mean(prediction.hosts["machine"].utilization.unwrap(), 0.6);
}

/// Requests of two kinds in the ratio 3 : 1, each on a station of its own.
#[test]
fn requests_are_mixed_by_weight() {
    let mut system = fixtures::closed_network(1, 1.0, &[1.0, 1.0]);
    let operation = |name: &str| tracecast_model::OperationRef::new(name, "serve");
    let mut workload =
        tracecast_model::Workload::new("mix", operation("station0"), Load::Poisson { rate: 0.8 });
    workload.requests[0].weight = 3.0;
    workload.requests.push(tracecast_model::Request { operation: operation("station1"), weight: 1.0 });
    system.workloads = vec![workload];
    let prediction = simulate(&system, &quick());
    assert_mean(prediction.services["station0"].throughput.unwrap(), 0.6);
    assert_mean(prediction.services["station1"].throughput.unwrap(), 0.2);
    assert_mean(prediction.operations["station0/serve"].response_time.unwrap(), 1.0 / 0.4);
    assert_mean(prediction.operations["station1/serve"].response_time.unwrap(), 1.0 / 0.8);
}
