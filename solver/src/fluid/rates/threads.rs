//! Threads: how many requests hold one, and are at the beginning of their operation.

use super::{Equations, Work, some};
use crate::fluid::closure::Busy;

impl Equations<'_> {
    /// Threads that are in the first stage of their operation.
    pub(super) fn first_stages(&self, work: &mut Work, y: &[f64]) {
        let n = self.slopes();
        let network = self.network;
        // Per population: those in other stages, and those in the first or waiting for a thread.
        let elsewhere = |work: &Work, population: usize| -> f64 {
            let description = &network.populations[population];
            let others = description.stages.iter().filter(|&&stage| Some(stage) != description.first);
            others.map(|&stage| work.counts[stage]).sum()
        };
        for (number, station) in network.stations.iter().enumerate().filter(|(_, station)| station.pool) {
            let own = |work: &Work, p: usize| some(y[network.populations[p].variable] - elsewhere(work, p));
            let present = self.sum(y, &station.variables(network, usize::MAX));
            let busy = self.serve(present, work.sizes[number]);
            work.stations[number].present = present.mean;
            work.stations[number].busy = busy;
            let outside: f64 = station.populations.iter().map(|&p| elsewhere(work, p)).sum();
            let all_free = (busy.mean - outside).max(0.0);
            // Who came earlier is served as if nobody came later.
            let mut taken = 0.0;
            let mut before: Option<(usize, Busy)> = None;
            for generation in station.generations(network) {
                let until = if station.is_last(network, generation) {
                    busy
                } else {
                    self.serve(self.sum(y, &station.variables(network, generation)), work.sizes[number])
                };
                let earlier =
                    station.populations.iter().filter(|&&p| network.populations[p].generation <= generation);
                let held: f64 = earlier.map(|&p| elsewhere(work, p)).sum();
                let free = ((until.mean - held).min(all_free) - taken).max(0.0);
                taken += free;
                let of_it = || {
                    let all = station.populations.iter().copied();
                    all.filter(|&p| network.populations[p].generation == generation)
                };
                let total: f64 = of_it().map(|p| own(work, p)).sum();
                let part = if total > 1e-12 { (free / total).min(1.0) } else { 0.0 };
                for population in of_it() {
                    let description = &network.populations[population];
                    let Some(first) = description.first else { continue };
                    let here = own(work, population);
                    work.counts[first] = part * here;
                    if n == 0 || free == 0.0 || total <= 1e-12 {
                        continue;
                    }
                    // part·own + own/total·d(free) - own/total·part·d(total)
                    let share = here / total;
                    let mut add = |other: usize, number: f64, threads: f64| {
                        let other = &network.populations[other];
                        let slopes = &mut work.count_slopes[first * n..(first + 1) * n];
                        slopes[other.variable] += number;
                        for variable in other.stages.iter().filter_map(|&stage| self.variable(stage)) {
                            slopes[variable] += threads;
                        }
                    };
                    add(population, part, -part);
                    for &other in &station.populations {
                        let its = network.populations[other].generation;
                        if its <= generation {
                            add(other, share * until.slope, -share);
                        }
                        if let Some((_, busy)) = before.filter(|&(earlier, _)| its <= earlier) {
                            add(other, -share * busy.slope, share);
                        }
                        if its == generation {
                            add(other, -share * part, share * part);
                        }
                    }
                }
                before = Some((generation, until));
            }
        }
        for (number, description) in network.populations.iter().enumerate() {
            let (None, Some(first)) = (description.pool, description.first) else { continue };
            work.counts[first] = some(y[description.variable] - elsewhere(work, number));
            if n > 0 {
                work.count_slopes[first * n + description.variable] += 1.0;
                for &stage in &description.stages {
                    if let Some(variable) = self.variable(stage) {
                        work.count_slopes[first * n + variable] -= 1.0;
                    }
                }
            }
        }
    }
}
