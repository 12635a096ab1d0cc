//! Single stations under Poisson arrivals.

use tracecast_model::{Distribution, EngineOptions, Status, fixtures};

use crate::support::{assert_mean, quick, response, simulate};

/// M/M/1: R = 1/(μ-λ) (Kleinrock 1975, *Queueing Systems* I, eq. 3.26), and its distribution is exponential.
#[test]
fn mm1() {
    for rho in [0.5, 0.8] {
        let system = fixtures::open_station(1, Distribution::exponential(1.0), rho);
        let prediction = simulate(&system, &quick());
        println!("{prediction:#?}");
        assert_eq!(prediction.status, Status::Converged);
        assert_mean(response(&prediction, "users").metric(), 1.0 / (1.0 - rho));
    }
}

#[test]
fn default_precision_is_reached() {
    let system = fixtures::open_station(1, Distribution::exponential(1.0), 0.7);
    let prediction = simulate(&system, &EngineOptions::default());
    let response = response(&prediction, "users");
    assert!(response.half_width.unwrap() <= 0.02 * response.mean);
}
