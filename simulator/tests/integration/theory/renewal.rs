//! Queues with independent gaps between arrivals.

use tracecast_model::{Distribution, Family};

/// Response time of G/M/1 (Kleinrock 1975, *Queueing Systems* I, §6.4): R = 1/(μ(1-σ)), where σ is the root below 1 of
/// σ = A*(μ-μσ), with A* the Laplace transform of the gap.
pub(crate) fn gm1_response(gap: &Distribution, mean: f64) -> f64 {
    let mu = 1.0 / mean;
    let mut sigma = 0.0;
    // The fixed-point iteration from 0 rises to the smallest root.
    loop {
        let next = transform(gap, mu - mu * sigma);
        if next - sigma < 1e-15 {
            return 1.0 / (mu * (1.0 - next));
        }
        sigma = next;
    }
}

/// Response time of E₂/M/1.
pub(crate) fn e2m1_response(rate: f64, mean: f64) -> f64 {
    let gap = Distribution::new(Family::Erlang { mean: 1.0 / rate, stages: 2 }).unwrap();
    gm1_response(&gap, mean)
}

/// E[exp(-s X)] for the families that have it in closed form.
fn transform(gap: &Distribution, s: f64) -> f64 {
    match gap.family() {
        Family::Deterministic { value } => (-s * value).exp(),
        Family::Exponential { mean } => 1.0 / (1.0 + s * mean),
        Family::Erlang { mean, stages } => {
            let stages = f64::from(*stages);
            (1.0 + s * mean / stages).powf(-stages)
        }
        Family::Gamma { mean, scv } => (1.0 + s * mean * scv).powf(-1.0 / scv),
        Family::HyperExponential { branches } => {
            branches.iter().map(|branch| branch.probability / (1.0 + s * branch.mean)).sum()
        }
        Family::Uniform { low, high } => ((-s * low).exp() - (-s * high).exp()) / (s * (high - low)),
        Family::Empirical { values } => {
            values.iter().map(|value| (-s * value).exp()).sum::<f64>() / values.len() as f64
        }
        other => panic!("no closed form for {other:?}"),
    }
}
