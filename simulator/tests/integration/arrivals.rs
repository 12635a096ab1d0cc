//! Arrivals that are not Poisson.

use tracecast_model::{
    Branch, Distribution, Family, Load, MarkovArrivals, Prediction, Scheduling, Status, fixtures,
};

use crate::support::{assert_mean, quick, response, simulate};
use crate::theory::{self, markov, renewal};

fn simulated(load: Load, mean: f64) -> Prediction {
    let system = fixtures::station(1, Distribution::exponential(mean), Scheduling::Fcfs, load);
    simulate(&system, &quick())
}

/// The formula itself against three that have none of its parts: M/M/1; batches of geometric size with mean 2 (a gap is 0
/// with probability 1/2), where L = ρ(1 + E[N²]/E[N])/(2(1-ρ)) with E[N²]/E[N] = 3 (M^X/M/1: Gross and Harris 1998,
/// §3.1); and D/M/1, whose root at ρ = 0.5 is that of σ = exp(-2(1-σ)), 0.20319.
#[test]
fn the_root_equation_meets_what_is_known() {
    let batches = Family::HyperExponential {
        branches: [0.0, 5.0].map(|mean| Branch { probability: 0.5, mean }).to_vec(),
    };
    let batches = Distribution::new(batches).unwrap();
    let rho: f64 = 1.0 / 2.5;
    for (gap, theory) in [
        (Distribution::exponential(2.0), 2.0),
        (batches, (1.0 + 3.0) / (2.0 * (1.0 - rho))),
        (Distribution::deterministic(2.0), 1.0 / (1.0 - 0.203_188)),
    ] {
        let found = renewal::gm1_response(&gap, 1.0);
        assert!((found / theory - 1.0).abs() < 1e-6, "{gap:?}: {found}, theory {theory}");
    }
}

/// D/M/1, H₂/M/1 and M/M/1 by independent gaps.
#[test]
fn independent_gaps() {
    for (rate, scv) in [(0.7, 0.0), (0.6, 4.0), (0.7, 1.0)] {
        let gap = Distribution::with_scv(1.0 / rate, scv).unwrap();
        let prediction = simulated(Load::Renewal { gap: gap.clone() }, 1.0);
        println!("scv {scv}");
        assert_mean(response(&prediction, "users").metric(), renewal::gm1_response(&gap, 1.0));
        assert_mean(prediction.workloads["users"].throughput.unwrap(), rate);
    }
}

/// Sixteen times the rate in a quarter of the time, in states that last some services.
fn modulated() -> MarkovArrivals {
    MarkovArrivals::modulated(&[1.6, 0.1], &[vec![0.0, 0.3], vec![0.1, 0.0]])
}

/// Arrivals that change the state or do not, among three states.
fn correlated() -> MarkovArrivals {
    MarkovArrivals {
        d0: vec![vec![-2.0, 0.2, 0.0], vec![0.0, -0.5, 0.1], vec![0.3, 0.0, -1.0]],
        d1: vec![vec![1.7, 0.0, 0.1], vec![0.05, 0.25, 0.1], vec![0.4, 0.3, 0.0]],
    }
}

/// The matrices of exponential gaps are M/M/1, those of Erlang gaps E₂/M/1.
#[test]
fn the_matrix_geometric_solution_meets_the_root_equation() {
    let exponential = MarkovArrivals { d0: vec![vec![-0.7]], d1: vec![vec![0.7]] };
    let found = markov::map_m1_response(&exponential, 1.0);
    assert!((found / (1.0 / 0.3) - 1.0).abs() < 1e-12, "{found}");
    let erlang =
        MarkovArrivals { d0: vec![vec![-1.4, 1.4], vec![0.0, -1.4]], d1: vec![vec![0.0; 2], vec![1.4, 0.0]] };
    let found = markov::map_m1_response(&erlang, 1.0);
    assert!((found / theory::e2m1_response(0.7, 1.0) - 1.0).abs() < 1e-12, "{found}");
    let (mean, variance, covariances) = markov::gaps(&erlang, 3);
    assert!((mean - 1.0 / 0.7).abs() < 1e-12 && (variance / (mean * mean) - 0.5).abs() < 1e-12);
    assert!(covariances.iter().all(|covariance| covariance.abs() < 1e-12), "{covariances:?}");
}

#[test]
fn arrivals_with_a_hidden_state() {
    for (arrivals, mean) in [(modulated(), 1.0), (correlated(), 0.6)] {
        let theory = markov::map_m1_response(&arrivals, mean);
        let prediction = simulated(Load::Markov(arrivals.clone()), mean);
        assert_eq!(prediction.status, Status::Converged);
        assert_mean(response(&prediction, "users").metric(), theory);
        assert_mean(prediction.workloads["users"].throughput.unwrap(), arrivals.rate());
    }
}

#[test]
fn too_many_arrivals_saturate() {
    let arrivals = MarkovArrivals::modulated(&[2.0, 0.5], &[vec![0.0, 0.1], vec![0.1, 0.0]]);
    for load in [Load::Markov(arrivals), Load::Renewal { gap: Distribution::deterministic(0.8) }] {
        let prediction = simulated(load, 1.0);
        assert_eq!(prediction.status, Status::Saturated);
        assert_eq!(prediction.workloads["users"].response_time, None);
    }
}
