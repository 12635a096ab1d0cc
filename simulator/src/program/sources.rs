//! Workloads as sources of requests.

use tracecast_model::{Completion, Index, Load, MarkovArrivals, PredictError, System, Workload};

use super::{LoadPlan, MarkovPlan, NOBODY, Program, SourcePlan, bounded, transition, unsupported};
use crate::sampler::Sampler;

/// Most changes of state for one arrival: they are played within one event.
const MOST_TRANSITIONS: f64 = 1e6;

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
            let guard = workload.resilience.as_ref().map(|policy| {
                let asked = match workload.requests.as_slice() {
                    [only] => only.operation.to_string(),
                    _ => "*".into(),
                };
                self.add_guard(policy, format!("{} -> {asked}", workload.name), (0, 1), None)
            });
            let guard = guard.unwrap_or(NOBODY);
            let name = workload.name.clone();
            self.sources.push(SourcePlan { name, mix, choice, load, all_work, guard });
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
                if !(1.0 / rate).is_finite() {
                    return Err(unsupported("an arrival rate this small", element));
                }
                let gap = self.variate(format!("gap of {name}"), Sampler::Exponential(1.0 / rate));
                LoadPlan::Renewal { first: gap, gap }
            }
            Load::Renewal { gap } => {
                let gap =
                    Sampler::new(gap, 1.0).map_err(|_| unsupported("gaps without a finite mean", element))?;
                let first = self.variate(format!("first gap of {name}"), gap.clone().residual());
                LoadPlan::Renewal { first, gap: self.variate(format!("gap of {name}"), gap) }
            }
            Load::Markov(arrivals) => LoadPlan::Markov(self.markov(arrivals, name, element)?),
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
    fn markov(
        &mut self,
        arrivals: &MarkovArrivals,
        name: &str,
        element: &str,
    ) -> Result<MarkovPlan, PredictError> {
        if arrivals.transition_rate() > MOST_TRANSITIONS * arrivals.rate() {
            let what = format!("more than {MOST_TRANSITIONS} changes of state for each arrival");
            return Err(unsupported(what, element));
        }
        let states = (0..arrivals.states()).map(|state| {
            let exit = arrivals.exit_rate(state);
            let out = [(&arrivals.d0[state], false), (&arrivals.d1[state], true)];
            let moves: Vec<(u32, f64)> = out
                .into_iter()
                .flat_map(|(row, arrives)| row.iter().enumerate().map(move |(to, rate)| (to, arrives, *rate)))
                .filter(|&(to, arrives, rate)| rate > 0.0 && (arrives || to != state))
                .map(|(to, arrives, rate)| (transition(to, arrives), rate / exit))
                .collect();
            (1.0 / exit, self.add_targets(&moves))
        });
        let states = states.collect();
        let start: Vec<(u32, f64)> =
            (0..).zip(arrivals.stationary()).filter(|&(_, probability)| probability > 0.0).collect();
        let first = self.add_targets(&start);
        let time = self.variate(format!("gap of {name}"), Sampler::Exponential(1.0));
        let choice = self.variate(format!("state of {name}"), Sampler::unit());
        Ok(MarkovPlan { states, first, time, choice })
    }

    /// Adds a list of targets with their probabilities; the number of its first.
    fn add_targets(&mut self, targets: &[(u32, f64)]) -> u32 {
        let first = self.add_alternatives(targets.iter().map(|&(_, probability)| probability));
        for (alternative, &(target, _)) in self.alternatives[first..].iter_mut().zip(targets) {
            alternative.target = target;
        }
        first as u32
    }
}
