//! Workloads as sources of requests.

use tracecast_model::{Completion, Distribution, Index, Load, PredictError, System, Workload};

use super::{LoadPlan, Program, SourcePlan, bounded, unsupported};
use crate::sampler::Sampler;

impl Program {
    /// Adds all workloads.
    pub(super) fn add_sources(&mut self, system: &System, index: &Index) -> Result<(), PredictError> {
        for workload in &system.workloads {
            let element = format!("workload \"{}\"", workload.name);
            let load = self.load(workload, &element)?;
            let mut end = 0.0;
            let mut mix = Vec::with_capacity(workload.requests.len());
            for (operation, share) in workload.shares() {
                let operation = index
                    .operation(operation)
                    .ok_or_else(|| unsupported("an unknown operation", &element))?;
                end += share;
                mix.push((end, operation.0 as u32));
            }
            let choice = self.variate(format!("kind of {}", workload.name), Sampler::unit());
            let all_work = workload.completion == Completion::AllWork;
            self.sources.push(SourcePlan { mix, choice, load, all_work });
        }
        Ok(())
    }

    fn load(&mut self, workload: &Workload, element: &str) -> Result<LoadPlan, PredictError> {
        let name = &workload.name;
        Ok(match &workload.load {
            Load::Closed { population, think_time } => {
                bounded(u64::from(*population), "users", element)?;
                let think = Sampler::new(think_time, 1.0)
                    .map_err(|_| unsupported("a think time without a finite mean", element))?;
                let first = self.variate(format!("first think time of {name}"), think.clone().residual());
                let think = self.variate(format!("think time of {name}"), think);
                LoadPlan::Closed { population: *population, think, first_think: first }
            }
            Load::Poisson { rate } => {
                let gap = Sampler::new(&Distribution::exponential(1.0 / rate), 1.0)
                    .map_err(|_| unsupported("an arrival rate this small", element))?;
                LoadPlan::Poisson { gap: self.variate(format!("gap of {name}"), gap) }
            }
            Load::Burst { bursts } => {
                let mut bursts: Vec<_> = bursts.iter().map(|burst| (burst.at, burst.size)).collect();
                bursts.sort_by(|a, b| a.0.total_cmp(&b.0));
                bounded(bursts.iter().map(|&(_, size)| u64::from(size)).sum(), "requests", element)?;
                LoadPlan::Listed { arrivals: bursts }
            }
            Load::Profile(profile) => {
                let gap = self.variate(format!("gap of {name}"), Sampler::Exponential(1.0));
                LoadPlan::Profile { profile: profile.clone(), gap }
            }
            Load::Replay { at } => {
                bounded(at.len() as u64, "requests", element)?;
                LoadPlan::Listed { arrivals: at.iter().map(|&at| (at, 1)).collect() }
            }
            Load::SerialClient(client) => LoadPlan::Serial(*client),
        })
    }
}
