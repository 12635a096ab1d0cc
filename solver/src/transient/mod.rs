//! Exact transient distributions of single stations, by uniformization.
//!
//! A chain with generator Q and no rate above Λ jumps like a chain with transition matrix P = I + Q/Λ at the events of a
//! Poisson process of rate Λ, so p(t) = Σ_n e^{-Λt}(Λt)^n/n! · p(0)Pⁿ (Jensen 1953; Grassmann 1977, *Computers &
//! Operations Research* 4). All terms are positive, so nothing cancels; the weights are those of [`PoissonWeights`].
//! Rates that change over time are taken as constant over steps, each at its middle, and the steps are halved until the
//! distribution no longer changes (for the time-dependent process itself: van Dijk 1992, *Stochastic Processes and their
//! Applications* 40); as the exponential midpoint rule the error falls with the square of the step.
//!
//! It is what approximations of transients are held against, and can be used by itself:
//!
//! ```
//! use tracecast_solver::transient::Station;
//! // A burst of 200 on 5 workers of 0.1 s each: are they through after 5 s?
//! let station = Station { servers: 5, service_rate: 10.0, capacity: 200 };
//! let after = station.after(&station.holding(200), 5.0, |_| 0.0);
//! assert!(after[0] > 0.9);
//! ```

mod poisson;

pub use poisson::PoissonWeights;

/// Equal exponential servers behind one queue: M(t)/M/c/K.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// Servers; at least 1. As many as the capacity make it M/M/∞.
    pub servers: usize,
    /// Requests that one busy server finishes per second; > 0.
    pub service_rate: f64,
    /// Requests waiting and in service at most. Arrivals that find so many are lost, so choose it far above what is
    /// ever reached: [`Station::after`] costs time in proportion to it.
    pub capacity: usize,
}

impl Station {
    /// The distribution of exactly so many requests; at most the capacity.
    pub fn holding(&self, requests: usize) -> Vec<f64> {
        let mut distribution = vec![0.0; self.capacity + 1];
        distribution[requests.min(self.capacity)] = 1.0;
        distribution
    }

    /// The distribution of the number of requests, `seconds` after it was `start`, with so many arrivals per second at
    /// each time since. Exact to about 1e-9 where the rate is smooth.
    pub fn after(&self, start: &[f64], seconds: f64, arrival_rate: impl Fn(f64) -> f64) -> Vec<f64> {
        /// Change of the distribution (sum of absolute differences) at which steps are small enough.
        const CHANGE: f64 = 1e-9;
        let is_constant = (0..=16).map(|i| arrival_rate(seconds * f64::from(i) / 16.0));
        let is_constant = is_constant.collect::<Vec<_>>().windows(2).all(|pair| pair[0] == pair[1]);
        if is_constant {
            return self.after_steps(start, seconds, 1, &arrival_rate);
        }
        let mut steps = 16;
        let mut before = self.after_steps(start, seconds, steps, &arrival_rate);
        loop {
            steps *= 2;
            let now = self.after_steps(start, seconds, steps, &arrival_rate);
            let change: f64 = now.iter().zip(&before).map(|(a, b)| (a - b).abs()).sum();
            // The error is a third of the last change (Richardson).
            if change < 3.0 * CHANGE || steps >= 1 << 16 {
                return now;
            }
            before = now;
        }
    }

    fn after_steps(
        &self,
        start: &[f64],
        seconds: f64,
        steps: usize,
        arrival_rate: &impl Fn(f64) -> f64,
    ) -> Vec<f64> {
        let step = seconds / steps as f64;
        let middle = |number: usize| arrival_rate((number as f64 + 0.5) * step);
        (0..steps).fold(start.to_vec(), |now, number| self.step(&now, step, middle(number)))
    }

    /// Uniformization with constant rates.
    fn step(&self, start: &[f64], seconds: f64, arrival_rate: f64) -> Vec<f64> {
        let served = |n: usize| self.service_rate * n.min(self.servers) as f64;
        let fastest = arrival_rate + served(self.capacity);
        if fastest * seconds == 0.0 {
            return start.to_vec();
        }
        let weights = PoissonWeights::new(fastest * seconds);
        let up = arrival_rate / fastest;
        let mut now = start.to_vec();
        let mut next = vec![0.0; now.len()];
        let mut sum = vec![0.0; now.len()];
        for event in 0..weights.first + weights.probabilities.len() {
            if let Some(weight) = event.checked_sub(weights.first).map(|place| weights.probabilities[place]) {
                sum.iter_mut().zip(&now).for_each(|(sum, p)| *sum += weight * p);
            }
            for (n, place) in next.iter_mut().enumerate() {
                let down = |n: usize| served(n) / fastest;
                let leaves = down(n) + if n < self.capacity { up } else { 0.0 };
                let from_below = if n > 0 { up * now[n - 1] } else { 0.0 };
                let from_above = now.get(n + 1).map_or(0.0, |p| p * down(n + 1));
                *place = (1.0 - leaves) * now[n] + from_below + from_above;
            }
            std::mem::swap(&mut now, &mut next);
        }
        sum
    }

    /// Mean number of requests of a distribution.
    pub fn mean(distribution: &[f64]) -> f64 {
        distribution.iter().enumerate().map(|(n, p)| n as f64 * p).sum()
    }

    /// Variance of the number of requests of a distribution.
    pub fn variance(distribution: &[f64]) -> f64 {
        let mean = Self::mean(distribution);
        distribution.iter().enumerate().map(|(n, p)| (n as f64 - mean).powi(2) * p).sum()
    }
}
