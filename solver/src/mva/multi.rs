//! Exact mean value analysis of several classes.

/// A closed network with several classes. Stations are single servers (processor sharing, or first come first served
/// with equal exponential demands) or delays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Network {
    /// Per class.
    pub classes: Vec<Class>,
    /// Per station: is it a delay, where nobody waits?
    pub delays: Vec<bool>,
}

/// A class of customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Class {
    /// Customers.
    pub population: u32,
    /// Time outside of all stations (s).
    pub think_time: f64,
    /// Per station: demand per request over all visits (s).
    pub demands: Vec<f64>,
}

/// Solution of a network.
#[derive(Clone, Debug, PartialEq)]
pub struct Solution {
    /// Per class: requests per second.
    pub throughputs: Vec<f64>,
    /// Per class and station: mean time per request over all visits (s).
    pub residence_times: Vec<Vec<f64>>,
    /// Per class and station: mean number waiting and in service.
    pub queue_lengths: Vec<Vec<f64>>,
    /// Iterations of an approximation; 1 for an exact solution.
    pub iterations: u32,
    /// Did it reach its tolerance?
    pub converged: bool,
}

impl Network {
    /// Number of multiplications of the exact solution: population vectors × classes × stations.
    pub fn exact_cost(&self) -> f64 {
        let vectors: f64 = self.classes.iter().map(|class| f64::from(class.population) + 1.0).product();
        vectors * self.classes.len() as f64 * self.delays.len().max(1) as f64
    }

    /// Exact mean value analysis (Reiser and Lavenberg 1980; Lazowska et al. 1984, §7.4.1): for every population
    /// vector, R_ck(n) = D_ck(1 + Q_k(n - 1_c)).
    ///
    /// Ask [`exact_cost`](Self::exact_cost) first: it holds one number per population vector and station.
    pub fn solve_exact(&self) -> Solution {
        let classes = self.classes.len();
        let stations = self.delays.len();
        // Mixed radix: position of a population vector, and the step that takes one customer of a class away.
        let mut strides = vec![1usize; classes];
        for c in 1..classes {
            strides[c] = strides[c - 1] * (self.classes[c - 1].population as usize + 1);
        }
        let vectors = self.classes.iter().map(|class| class.population as usize + 1).product();
        let mut totals = vec![0.0; vectors * stations];
        let mut vector = vec![0u32; classes];
        let mut last = Solution {
            throughputs: vec![0.0; classes],
            residence_times: vec![vec![0.0; stations]; classes],
            queue_lengths: vec![vec![0.0; stations]; classes],
            iterations: 1,
            converged: true,
        };
        for position in 1..vectors {
            count_up(&mut vector, &self.classes);
            for c in 0..classes {
                if vector[c] == 0 {
                    last.throughputs[c] = 0.0;
                    continue;
                }
                let before = &totals[(position - strides[c]) * stations..][..stations];
                let class = &self.classes[c];
                let mut cycle = class.think_time;
                for (k, &present) in before.iter().enumerate() {
                    let seen = if self.delays[k] { 0.0 } else { present };
                    last.residence_times[c][k] = class.demands[k] * (1.0 + seen);
                    cycle += last.residence_times[c][k];
                }
                last.throughputs[c] = if cycle > 0.0 { f64::from(vector[c]) / cycle } else { 0.0 };
            }
            for k in 0..stations {
                totals[position * stations + k] = (0..classes)
                    .filter(|&c| vector[c] > 0)
                    .map(|c| last.throughputs[c] * last.residence_times[c][k])
                    .sum();
            }
        }
        for c in 0..classes {
            for k in 0..stations {
                last.queue_lengths[c][k] = last.throughputs[c] * last.residence_times[c][k];
            }
        }
        last
    }
}

fn count_up(vector: &mut [u32], classes: &[Class]) {
    for (digit, class) in vector.iter_mut().zip(classes) {
        if *digit < class.population {
            *digit += 1;
            return;
        }
        *digit = 0;
    }
}
