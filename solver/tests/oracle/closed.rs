//! Closed networks.

use tracecast_model::{
    Distribution, Load, Scheduling,
    fixtures::{closed_network, station},
};
use tracecast_solver::bounds;

use crate::{close, predict, response_time, throughput};

/// Normalization constants G(0..=n) of a closed network of single servers and a delay (Buzen 1973).
pub(crate) fn convolution(demands: &[f64], think_time: f64, population: usize) -> Vec<f64> {
    let mut constants = vec![1.0];
    for n in 1..=population {
        constants.push(constants[n - 1] * think_time / n as f64);
    }
    for demand in demands {
        for n in 1..=population {
            constants[n] += demand * constants[n - 1];
        }
    }
    constants
}

fn by_convolution(demands: &[f64], think_time: f64, population: usize) -> f64 {
    let constants = convolution(demands, think_time, population);
    constants[population - 1] / constants[population]
}

/// Lazowska et al. 1984, §6.4: CPU 0.605 s, disks 2.1 s and 1.35 s, think time 15 s. For N = 3 the text prints
/// X = 0.152 and R = 4.74 (three digits).
#[test]
fn interactive_system_of_lazowska() {
    let demands = [0.605, 2.1, 1.35];
    let prediction = predict(&closed_network(3, 15.0, &demands));
    close(throughput(&prediction), by_convolution(&demands, 15.0, 3), 1e-9);
    close(throughput(&prediction), 0.152, 0.5e-3 / 0.152);
    for population in [1, 2, 10, 50, 200] {
        let prediction = predict(&closed_network(population, 15.0, &demands));
        let exact = by_convolution(&demands, 15.0, population as usize);
        close(throughput(&prediction), exact, 1e-9);
        close(response_time(&prediction), f64::from(population) / exact - 15.0, 1e-8);
        let limits = bounds::balanced_job(&demands, population, 15.0);
        assert!(limits.low <= exact * (1.0 + 1e-12) && exact <= limits.high * (1.0 + 1e-12));
    }
}

/// Machine repair, M/M/c//N: p(n) ∝ binomial(N, n)·aⁿ up to c, then with n!/(c!c^{n-c}) (Kleinrock 1975, §3.8).
#[test]
fn machine_repair() {
    for (servers, population, think_time) in [(1, 5, 4.0), (2, 6, 3.0), (4, 30, 5.0), (8, 8, 1.0)] {
        let mut weights = vec![1.0_f64];
        for n in 1..=population {
            let arrivals = f64::from(population - n + 1) / think_time;
            weights.push(weights[n as usize - 1] * arrivals / f64::from(n.min(servers)));
        }
        let total: f64 = weights.iter().sum();
        let busy: f64 = weights.iter().enumerate().map(|(n, w)| (n as f64).min(f64::from(servers)) * w).sum();
        let think = Distribution::exponential(think_time);
        let load = Load::Closed { population, think_time: think };
        let system = station(servers, Distribution::exponential(1.0), Scheduling::Fcfs, load);
        close(throughput(&predict(&system)), busy / total, 1e-9);
    }
}
