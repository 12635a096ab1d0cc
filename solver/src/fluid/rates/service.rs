//! Work: how fast every stage goes on, from what its stations have for it.

use std::cmp::Ordering;

use super::{At, Equations, Spread, Work};
use crate::fluid::network::Stage;
use crate::fluid::shape;
use crate::moments::Moments;

impl Equations<'_> {
    /// How fast every stage works, and what that does to its phases.
    pub(super) fn service(&self, work: &mut Work, y: &[f64], dy: &mut [f64]) {
        let n = self.slopes();
        let network = self.network;
        let aged = |stage: usize| -> f64 {
            let description = &network.stages[stage];
            let phases = description.shape.as_ref().map_or(1, shape::Shape::phases);
            self.phases(y, description).take(phases - 1).sum()
        };
        for (number, station) in network.stations.iter().enumerate().filter(|(_, station)| !station.pool) {
            let mean: f64 = station.stages.iter().map(|&stage| work.counts[stage]).sum();
            let mut slopes = std::mem::take(&mut work.stations[number].slopes);
            let mut variance = if self.spread == Spread::Poisson { mean } else { 0.0 };
            if n > 0 {
                slopes.fill(0.0);
                for &stage in &station.stages {
                    for (sum, slope) in slopes.iter_mut().zip(&work.count_slopes[stage * n..]) {
                        *sum += slope;
                    }
                }
                for a in (0..n).filter(|&a| slopes[a] != 0.0) {
                    let row: f64 = slopes.iter().zip(&work.covariance[a * n..]).map(|(s, c)| s * c).sum();
                    variance += slopes[a] * row;
                }
            }
            let busy = self.serve(Moments::new(mean, variance.max(0.0)), work.sizes[number]);
            work.stations[number] = At { present: mean, busy, slopes };
        }
        for (number, stage) in network.stages.iter().enumerate() {
            let Some(shape) = &stage.shape else { continue };
            let count = work.counts[number];
            let part = |station: usize, work: &Work| {
                let at = &work.stations[station];
                if at.present > 1e-9 { (at.busy.mean / at.present).min(1.0) } else { at.busy.slope.min(1.0) }
            };
            let older = aged(number);
            let mut speed = stage.limit.map_or(1.0, |limit| part(limit, work));
            let mut slowest = stage.limit;
            let mut fresh = (count - older).max(0.0);
            if let Some(host) = stage.host {
                let share = part(host, work);
                if share <= speed || slowest.is_none() {
                    slowest = Some(host);
                }
                if network.stations[host].sharing {
                    speed = speed.min(share);
                } else {
                    // Cores that begin something: first for those who came earlier.
                    let own = self.generation_of(number);
                    let mut free = work.stations[host].busy.mean;
                    let mut same = 0.0;
                    for &other in &network.stations[host].stages {
                        let older = aged(other);
                        free -= older;
                        let waiting = (work.counts[other] - older).max(0.0);
                        match self.generation_of(other).cmp(&own) {
                            Ordering::Less => free -= waiting,
                            Ordering::Equal => same += waiting,
                            Ordering::Greater => {}
                        }
                    }
                    fresh *= (free.max(0.0) / same.max(1e-12)).min(1.0);
                }
            }
            work.speeds[number] = speed;
            work.in_first_phase[number] = fresh;
            let pace = self.pace_of(number);
            let mut before = fresh;
            let mut ends = 0.0;
            for (phase, (rate, onward)) in shape.rates.iter().zip(&shape.onward).enumerate() {
                let flow = pace * speed * rate * before;
                ends += flow * (1.0 - onward);
                if phase + 1 < shape.phases() {
                    let next = self.layout.variables + stage.aged + phase;
                    dy[next] += flow * onward;
                    before = y[next].max(0.0);
                }
                if phase > 0 {
                    dy[self.layout.variables + stage.aged + phase - 1] -= flow;
                }
            }
            work.rates[number] = ends;
            let station = slowest.map(|station| &work.stations[station]);
            let share = slowest.map_or(1.0, |station| part(station, work));
            let pool = stage.population.and_then(|population| network.populations[population].pool);
            let crowded = station.map_or(0.0, |at| at.busy.all);
            let crowded = crowded.max(pool.map_or(0.0, |pool| work.stations[pool].busy.all));
            work.dispersions[number] = 1.0 + (shape.scv - 1.0) * crowded;
            if let Some(host) = stage.works_on {
                let cores = match stage.host {
                    Some(station) if !network.stations[station].sharing => {
                        count * part(station, work) * speed
                    }
                    _ => count * speed,
                };
                dy[self.layout.cores(host)] += cores;
                if let (true, Some(population)) = (self.layout.services > 0, stage.population) {
                    let operation = network.populations[population].operation;
                    dy[self.layout.cpu(network.index.service_of(operation).0)] += cores;
                }
            }
            if n == 0 || count == 0.0 {
                continue;
            }
            let serving = share * count;
            let each = if serving > 1e-9 { ends / serving } else { pace * shape.mean_rate() };
            let slopes = &mut work.rate_slopes[number * n..(number + 1) * n];
            for (slope, count_slope) in slopes.iter_mut().zip(&work.count_slopes[number * n..]) {
                *slope = each * share * count_slope;
            }
            if let Some(at) = station.filter(|at| at.present > 1e-9) {
                let by = each * count / at.present * (at.busy.slope - share);
                for (slope, station_slope) in slopes.iter_mut().zip(&at.slopes) {
                    *slope += by * station_slope;
                }
            }
        }
    }

    /// How many times as fast as usual the work of a stage is; delays always take as long.
    pub(super) fn pace_of(&self, stage: usize) -> f64 {
        let stage = &self.network.stages[stage];
        let Some(population) = stage.population.filter(|_| stage.works_on.is_some()) else { return 1.0 };
        let operation = self.network.populations[population].operation;
        self.pace.borrow()[self.network.index.service_of(operation).0]
    }

    /// Numbers in the second and later phases of a stage.
    fn phases<'y>(&self, y: &'y [f64], stage: &Stage) -> impl Iterator<Item = f64> + 'y {
        let from = self.layout.variables + stage.aged;
        let end = self.layout.variables + self.layout.aged;
        y[from..end].iter().map(|number| number.max(0.0))
    }
}
