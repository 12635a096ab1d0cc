//! Closed forms. λ is the arrival rate, μ the service rate, ρ the load of a server.

pub(crate) mod markov;
pub(crate) mod renewal;

use tracecast_model::{Distribution, Family};

/// M/M/c response time: Erlang's C formula (Kleinrock 1975, *Queueing Systems* I, §3.5; Allen 1990, table 5 of
/// appendix C).
pub(crate) fn mmc_response(servers: u32, rate: f64, mean: f64) -> f64 {
    let offered = rate * mean;
    let c = f64::from(servers);
    // Erlang B by its recursion, then C from B.
    let b = (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b));
    let rho = offered / c;
    let waits = b / (1.0 - rho * (1.0 - b));
    mean + waits * mean / (c * (1.0 - rho))
}

/// M/G/1 response time: Pollaczek and Khinchine (Kleinrock 1975, eq. 5.113).
pub(crate) fn mg1_response(rate: f64, demand: &Distribution) -> f64 {
    demand.mean() + mg1_waiting(rate, demand.mean(), demand.second_moment())
}

/// M/G/1 waiting time for a service time of these first two moments: Pollaczek and Khinchine.
pub(crate) fn mg1_waiting(rate: f64, mean: f64, second_moment: f64) -> f64 {
    rate * second_moment / (2.0 * (1.0 - rate * mean))
}

/// Response time of the machine repairman model M/M/1//N, by exact mean value analysis (Reiser and Lavenberg 1980).
pub(crate) fn repairman_response(users: u32, think: f64, mean: f64) -> f64 {
    let mut queue = 0.0;
    let mut response = mean;
    for n in 1..=users {
        response = mean * (1.0 + queue);
        queue = f64::from(n) * response / (think + response);
    }
    response
}

/// Throughput and queue lengths of a closed network of single queueing stations with product form, by exact mean
/// value analysis (Reiser and Lavenberg 1980, *J. ACM* 27(2)).
pub(crate) fn exact_mva(users: u32, think: f64, demands: &[f64]) -> (f64, Vec<f64>) {
    let mut queues = vec![0.0; demands.len()];
    let mut throughput = 0.0;
    for n in 1..=users {
        let residence: Vec<f64> =
            demands.iter().zip(&queues).map(|(demand, queue)| demand * (1.0 + queue)).collect();
        throughput = f64::from(n) / (think + residence.iter().sum::<f64>());
        queues = residence.iter().map(|residence| throughput * residence).collect();
    }
    (throughput, queues)
}

/// Response time of E₂/M/1.
pub(crate) fn e2m1_response(rate: f64, mean: f64) -> f64 {
    let gap = Distribution::new(Family::Erlang { mean: 1.0 / rate, stages: 2 }).unwrap();
    renewal::gm1_response(&gap, mean)
}
