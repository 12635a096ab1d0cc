//! The phases of controllers' clocks, which have nothing to do with the load.

use tracecast_model::System;

/// Runs over which means are taken where phases matter.
const RUNS: usize = 16;

/// Multipliers that deal the runs to further services in other orders, so that their phases are those of the first in
/// no run but by chance (a Latin hypercube).
const ORDERS: [usize; 8] = [1, 5, 11, 7, 3, 13, 9, 15];

/// Where the clocks of each service's policy stand at the start, in each run.
pub(crate) struct Phases {
    /// Clocks of each service's policy.
    clocks: Vec<usize>,
}

impl Phases {
    pub(crate) fn of_system(system: &System) -> Self {
        let policies = system.services.iter().filter_map(|service| service.autoscaler.as_ref());
        Self { clocks: policies.map(tracecast_model::Autoscaler::clocks).collect() }
    }

    /// Runs that differ.
    pub(crate) fn runs(&self) -> usize {
        if self.clocks.iter().all(|&clocks| clocks == 0) { 1 } else { RUNS }
    }

    /// In [0, 1), for a policy in a run. The first four binary digits number the runs; those that follow place every clock in
    /// the middle of what its own digits leave open, so that means over the runs are those of the midpoint rule.
    pub(crate) fn of(&self, place: usize, run: usize) -> f64 {
        let run = run * ORDERS[place % ORDERS.len()] % RUNS;
        let middle = 1.0 - 0.5_f64.powi(self.clocks[place].min(40) as i32);
        (run as f64 + middle) / RUNS as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_clock_has_the_midpoints_and_several_clocks_a_grid() {
        let phases = Phases { clocks: vec![1, 1, 3] };
        let mut second: Vec<f64> = (0..RUNS).map(|run| phases.of(1, run)).collect();
        second.sort_by(f64::total_cmp);
        for (run, phase) in second.into_iter().enumerate() {
            assert_eq!(phases.of(0, run), (run as f64 + 0.5) / 16.0);
            assert_eq!(phase, phases.of(0, run));
        }
        // Digits 1, 4, 7 … are the first clock's: two of the run's, and the middle.
        assert_eq!(phases.of(2, 0), 7.0 / 8.0 / 16.0);
    }
}
