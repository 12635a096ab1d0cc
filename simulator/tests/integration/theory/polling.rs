//! A server that goes round queues.

use tracecast_model::{Distribution, PollingVisit};

/// The pseudo-conservation law (Boxma and Groenendijk 1987, "Pseudo-conservation laws in cyclic-service systems"): Σ cᵢρᵢWᵢ = ρ Σ λᵢE[Sᵢ²]/2(1-ρ) + ρ s₂/2s + s/2(1-ρ) (ρ² - Σρᵢ²) + Σ mᵢ, with s
/// and s₂ the first two moments of all switch-over times of a cycle. cᵢ and mᵢ are 1 and 0 for exhaustive service, 1 and ρᵢ²s/(1-ρ)
/// for gated, 1-λᵢs/(1-ρ) and ρᵢ²s/(1-ρ) for one request at most. The answer is the right side and the factors cᵢρᵢ.
///
/// Each queue is (rate, service time).
pub(crate) fn conservation(
    queues: &[(f64, Distribution)],
    switch_over: &Distribution,
    visit: PollingVisit,
) -> (f64, Vec<f64>) {
    let loads: Vec<f64> = queues.iter().map(|(rate, service)| rate * service.mean()).collect();
    let (rho, squares) = (loads.iter().sum::<f64>(), loads.iter().map(|load| load * load).sum::<f64>());
    let count = queues.len() as f64;
    let s = count * switch_over.mean();
    let s2 = count * switch_over.variance() + s * s;
    let left: f64 = queues.iter().map(|(rate, service)| rate * service.second_moment()).sum();
    let cycle = s / (1.0 - rho);
    let switching = if s > 0.0 { rho * s2 / (2.0 * s) } else { 0.0 };
    let mut right = rho * left / (2.0 * (1.0 - rho)) + switching + 0.5 * cycle * (rho * rho - squares);
    let mut factors = loads.clone();
    match visit {
        PollingVisit::Exhaustive => {}
        PollingVisit::Gated => right += squares * cycle,
        PollingVisit::Limited(1) => {
            right += squares * cycle;
            factors.iter_mut().zip(queues).for_each(|(factor, (rate, _))| *factor *= 1.0 - rate * cycle);
        }
        PollingVisit::Limited(_) => panic!("no closed form"),
    }
    (right, factors)
}

/// Response time in a system of equal queues, where the law tells it.
pub(crate) fn symmetric_response(
    count: usize,
    rate: f64,
    service: &Distribution,
    switch_over: &Distribution,
    visit: PollingVisit,
) -> f64 {
    let queues = vec![(rate, service.clone()); count];
    let (right, factors) = conservation(&queues, switch_over, visit);
    service.mean() + right / factors.iter().sum::<f64>()
}
