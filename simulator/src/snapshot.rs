//! What an observer is shown.

use tracecast_model::{Metric, Phase, Snapshot, System, WorkloadSnapshot};

use crate::statistics::interval::Estimate;
use crate::statistics::totals::Totals;

/// The state of several replications.
pub(crate) struct View {
    /// What each did in this phase, of those that count for the mean response time.
    pub(crate) samples: Vec<Totals>,
    /// The same of others, which are at different stages.
    pub(crate) others: Vec<Totals>,
    /// Of each that is being played: requests in flight, by workload.
    pub(crate) in_flight: Vec<Vec<f64>>,
    /// Do samples depend on each other in pairs, so that there is no simple interval?
    pub(crate) has_pairs: bool,
    /// Seconds, over all replications.
    pub(crate) simulated_time: f64,
}

impl View {
    pub(crate) fn snapshot(&self, system: &System, phase: Phase) -> Snapshot {
        let workloads = system.workloads.iter().enumerate();
        Snapshot {
            phase,
            simulated_time: self.simulated_time,
            workloads: workloads.map(|(number, workload)| self.workload(&workload.name, number)).collect(),
        }
    }

    fn workload(&self, name: &str, number: usize) -> WorkloadSnapshot {
        let means = self.samples.iter().filter_map(|sample| sample.workloads[number].mean_response());
        let response_time = Estimate::new(means).map(|estimate| {
            let metric = estimate.metric();
            if self.has_pairs { Metric { half_width: None, ..metric } } else { metric }
        });
        let all = self.samples.iter().chain(&self.others);
        let played = self.in_flight.len().max(1) as f64;
        WorkloadSnapshot {
            name: name.to_owned(),
            completed: all.map(|sample| sample.workloads[number].completed).sum::<f64>() as u64,
            in_flight: self.in_flight.iter().map(|all| all[number]).sum::<f64>() / played,
            response_time,
        }
    }
}
