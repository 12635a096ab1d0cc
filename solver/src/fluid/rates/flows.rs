//! Moves: what arrivals and ends of stages do to all numbers.

use tracecast_model::Load;

use super::{Equations, Work};
use crate::fluid::network::{Cause, Path, Share};

impl Equations<'_> {
    /// Follows every path.
    pub(super) fn flows(&self, work: &mut Work, time: f64, y: &[f64], dy: &mut [f64]) {
        let n = self.slopes();
        let generation = self.generation.get();
        let active = |path: &&Path| path.generation.is_none_or(|its| its == generation);
        let stages = self.network.stages.len();
        let mut relative = std::mem::take(&mut work.relative);
        for path in self.network.paths.iter().filter(active) {
            let (rate, dispersion) = match path.cause {
                Cause::Stage(stage) => (work.rates[stage], work.dispersions[stage]),
                Cause::Arrival { class } => (self.arrivals(class, time), 1.0),
            };
            relative.clear();
            let parts = path.shares.iter().map(|&share| self.share(work, y, share, &mut relative));
            let weight = path.probability * parts.product::<f64>();
            let rate = rate * weight;
            for &(variable, change) in &path.changes {
                dy[variable] += change * rate;
                if n > 0 {
                    if let Cause::Stage(stage) = path.cause {
                        work.weights[variable * stages + stage] += change * weight;
                    }
                    for &(of, slope) in &relative {
                        work.jacobian[variable * n + of] += change * rate * slope;
                    }
                    for &(other, other_change) in &path.changes {
                        work.noise[variable * n + other] += change * other_change * rate * dispersion;
                    }
                }
            }
            path.replies.iter().for_each(|&class| dy[self.layout.replies(class)] += rate);
            path.ended.iter().for_each(|&population| dy[self.layout.ended(population)] += rate);
        }
        work.relative = relative;
        for variable in 0..n {
            let target = &mut work.jacobian[variable * n..(variable + 1) * n];
            let weights = &work.weights[variable * stages..(variable + 1) * stages];
            for (stage, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight != 0.0) {
                let slopes = &work.rate_slopes[stage * n..(stage + 1) * n];
                target.iter_mut().zip(slopes).for_each(|(sum, slope)| *sum += weight * slope);
            }
        }
        for class in 0..self.layout.classes {
            dy[self.layout.in_flight(class)] += self.clients(y, class);
        }
        for (number, population) in self.network.populations.iter().enumerate() {
            let all = y[population.variable].max(0.0);
            let late: f64 = population.late.iter().map(|&stage| work.counts[stage]).sum();
            dy[self.layout.present(number)] += all;
            dy[self.layout.unanswered(number)] += all - late;
            let threads: f64 = population.stages.iter().map(|&stage| work.counts[stage]).sum();
            dy[self.layout.busy(number)] += if population.pool.is_some() { threads } else { all };
        }
        self.stops(work, y, dy);
    }

    /// The part of those who wait that these are; and its relative change with variables.
    fn share(&self, work: &Work, y: &[f64], share: Share, relative: &mut Vec<(usize, f64)>) -> f64 {
        let (Share::Caller { population, .. } | Share::Nobody { population }) = share;
        let description = &self.network.populations[population];
        let late: f64 = description.late.iter().map(|&stage| work.counts[stage]).sum();
        let all = (y[description.variable].max(0.0) - late).max(0.0);
        let waiting: f64 = description.callers.iter().map(|&stage| work.counts[stage]).sum();
        let all = all.max(waiting);
        if all < 1e-9 {
            let places = description.callers.len() + usize::from(description.messages);
            return 1.0 / places as f64;
        }
        let some = match share {
            Share::Caller { stage, .. } => work.counts[stage],
            Share::Nobody { .. } => all - waiting,
        };
        if some <= 0.0 || self.slopes() == 0 {
            return some.max(0.0) / all;
        }
        // d ln(some/all) = d(some)/some - d(all)/all
        let mut add = |variable: Option<usize>, by: f64| {
            relative.extend(variable.map(|variable| (variable, by)));
        };
        let of_all = match share {
            Share::Caller { stage, .. } => {
                add(self.variable(stage), 1.0 / some);
                -1.0 / all
            }
            Share::Nobody { .. } => {
                description.callers.iter().for_each(|&stage| add(self.variable(stage), -1.0 / some));
                1.0 / some - 1.0 / all
            }
        };
        add(Some(description.variable), of_all);
        description.late.iter().for_each(|&stage| add(self.variable(stage), -of_all));
        some / all
    }

    /// Arrivals per second.
    fn arrivals(&self, class: usize, time: f64) -> f64 {
        let first = match &self.network.system.workloads[self.network.classes[class].workload].load {
            Load::Poisson { rate } => *rate,
            // At the end of a stretch the rate before a jump counts.
            Load::Profile(profile) => profile.rate(time.min(self.until.get())),
            Load::Closed { .. }
            | Load::Renewal { .. }
            | Load::Markov(_)
            | Load::Burst { .. }
            | Load::Replay { .. }
            | Load::SerialClient(_) => 0.0,
        };
        first + self.retries.borrow()[class]
    }
}
