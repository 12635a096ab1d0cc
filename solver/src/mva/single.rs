//! Exact mean value analysis of one class.

/// A station of a closed network with one class of customers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// Mean demand per request over all visits (s).
    pub demand: f64,
    /// Equal servers sharing one queue, at least 1; infinite for a delay.
    pub servers: Servers,
    /// Stations like this one, each with that demand, of which only one is computed; at least 1.
    pub copies: u32,
}

impl Station {
    /// A single one.
    pub fn new(demand: f64, servers: Servers) -> Self {
        Self { demand, servers, copies: 1 }
    }
}

/// Servers of a station.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Servers {
    /// So many, one queue.
    Finite(u32),
    /// Nobody waits.
    Infinite,
}

/// Solution for one population.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Requests per second.
    pub throughput: f64,
    /// Per station: mean time per request over all visits to one copy, waiting included (s).
    pub residence_times: Vec<f64>,
    /// Per station: mean number waiting and in service at one copy.
    pub queue_lengths: Vec<f64>,
    /// Mean time of a request at all stations, think time left out (s).
    pub response_time: f64,
}

/// Exact mean value analysis: Reiser and Lavenberg (1980); residence time at a single server by the arrival theorem,
/// R(n) = D(1 + Q(n-1)); at several servers by the marginal probabilities,
/// p(j, n) = D·X(n)/min(j, c)·p(j-1, n-1) (Lazowska et al. 1984, §8.1 and ch. 20, load-dependent centers).
///
/// The empty probability is computed as 1 - (ΣD-weighted) sums as by Reiser (1981), limited to [0, 1]: for many
/// servers close to saturation the differences cancel, and limiting keeps the error below the digits lost.
///
/// A population of 0 has throughput 0. Cost: population × Σ min(servers, population), whatever the number of copies.
pub fn solve(stations: &[Station], population: u32, think_time: f64) -> Solution {
    let mut recursion = Recursion::new(stations, think_time);
    for _ in 0..population {
        recursion.step();
    }
    recursion.solution
}

/// The solutions for all populations from 1 to `population`, in this order: throughputs only.
pub fn throughputs(stations: &[Station], population: u32, think_time: f64) -> Vec<f64> {
    let mut recursion = Recursion::new(stations, think_time);
    (0..population)
        .map(|_| {
            recursion.step();
            recursion.solution.throughput
        })
        .collect()
}

struct Recursion<'a> {
    stations: &'a [Station],
    think_time: f64,
    population: u32,
    solution: Solution,
    /// Per multi-server station: P(j customers present), j < servers.
    marginals: Vec<Vec<f64>>,
}

impl<'a> Recursion<'a> {
    fn new(stations: &'a [Station], think_time: f64) -> Self {
        let marginals = stations
            .iter()
            .map(|station| match station.servers {
                Servers::Finite(servers) if servers > 1 => {
                    let mut start = vec![0.0; servers as usize];
                    start[0] = 1.0;
                    start
                }
                _ => Vec::new(),
            })
            .collect();
        let solution = Solution {
            throughput: 0.0,
            residence_times: stations.iter().map(|_| 0.0).collect(),
            queue_lengths: vec![0.0; stations.len()],
            response_time: 0.0,
        };
        Self { stations, think_time, population: 0, solution, marginals }
    }

    /// Adds one customer.
    fn step(&mut self) {
        self.population += 1;
        let n = f64::from(self.population);
        for (k, station) in self.stations.iter().enumerate() {
            self.solution.residence_times[k] = match station.servers {
                Servers::Infinite => station.demand,
                Servers::Finite(1) => station.demand * (1.0 + self.solution.queue_lengths[k]),
                Servers::Finite(servers) => {
                    multi_server(station.demand, servers, self.solution.queue_lengths[k], &self.marginals[k])
                }
            };
        }
        let times = self.stations.iter().zip(&self.solution.residence_times);
        self.solution.response_time = times.map(|(station, time)| f64::from(station.copies) * time).sum();
        let cycle = self.think_time + self.solution.response_time;
        // Nothing to wait for: the limit of ever shorter cycles has no throughput to report.
        let throughput = if cycle > 0.0 { n / cycle } else { 0.0 };
        self.solution.throughput = throughput;
        for (k, station) in self.stations.iter().enumerate() {
            self.solution.queue_lengths[k] = throughput * self.solution.residence_times[k];
            advance_marginals(&mut self.marginals[k], throughput * station.demand);
        }
    }
}

/// R = D/c·(1 + Q + Σ_{j<c-1} (c-1-j)·p(j)), all at one customer less.
fn multi_server(demand: f64, servers: u32, queue_length: f64, marginals: &[f64]) -> f64 {
    let c = f64::from(servers);
    let idle: f64 = marginals.iter().enumerate().map(|(j, p)| (c - 1.0 - j as f64) * p).sum();
    demand / c * (1.0 + queue_length + idle)
}

/// p(j, n) = U/j·p(j-1, n-1) for j < c; p(0, n) from the mean number of idle servers, c - U = Σ_{j<c} (c-j)·p(j).
fn advance_marginals(marginals: &mut [f64], utilization: f64) {
    if marginals.is_empty() {
        return;
    }
    let c = marginals.len() as f64;
    for j in (1..marginals.len()).rev() {
        marginals[j] = utilization / j as f64 * marginals[j - 1];
    }
    let others: f64 = marginals.iter().enumerate().skip(1).map(|(j, p)| (c - j as f64) * p).sum();
    marginals[0] = ((c - utilization - others) / c).clamp(0.0, 1.0);
}
