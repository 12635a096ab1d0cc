//! Replicas that come and go.

use super::{Equations, Work};

impl Equations<'_> {
    /// Replicas that take requests, of the services whose replicas come and go.
    pub(crate) fn ready(&self) -> Vec<f64> {
        self.ready.borrow().clone()
    }

    /// From now on so many replicas take requests, as if it had never been otherwise.
    pub(crate) fn assume_ready(&self, elastic: usize, replicas: f64) {
        self.ready.borrow_mut()[elastic] = replicas;
    }

    /// From now on so many replicas take requests. Those that stop finish what they have begun: all of them have equal parts
    /// of it. Where threads are unlimited, others go on with it.
    pub(crate) fn set_ready(&self, y: &mut [f64], elastic: usize, replicas: f64) {
        let before = self.ready.borrow()[elastic];
        let service = &self.network.system.services[self.network.elastic[elastic]];
        if replicas < before && !service.concurrency.is_infinite() {
            let place = self.layout.stopping(elastic);
            let with_work =
                self.busy_threads(y, self.network.elastic[elastic]) / service.concurrency.as_f64();
            let each = ((with_work - y[place]) / before).clamp(0.0, 1.0);
            y[place] += each * (before - replicas);
        }
        self.ready.borrow_mut()[elastic] = replicas;
    }

    /// Is there a service of which no replica works?
    pub(crate) fn is_stopped(&self, y: &[f64]) -> bool {
        /// Replicas that still finish something, on average, that do not count.
        const FEW: f64 = 0.01;
        let ready = self.ready.borrow();
        (0..ready.len()).any(|elastic| ready[elastic] == 0.0 && y[self.layout.stopping(elastic)] < FEW)
    }

    /// Requests at a service, waiting and in progress.
    pub(crate) fn present(&self, y: &[f64], service: usize) -> f64 {
        let operation = |number: usize| self.network.populations[number].operation;
        let of_it = |number: &usize| self.network.index.service_of(operation(*number)).0 == service;
        let populations = (0..self.network.populations.len()).filter(of_it);
        populations.map(|number| y[self.network.populations[number].variable].max(0.0)).sum()
    }

    /// Threads of a service that are at work or wait for replies; where they are unlimited, its requests.
    pub(crate) fn busy_threads(&self, y: &[f64], service: usize) -> f64 {
        let mut dy = vec![0.0; y.len()];
        self.evaluate(self.until.get(), y, &mut dy);
        let of_it = |number: &usize| {
            self.network.index.service_of(self.network.populations[*number].operation).0 == service
        };
        (0..self.network.populations.len()).filter(of_it).map(|number| dy[self.layout.busy(number)]).sum()
    }

    /// Replicas that stop have no other requests to begin, and are gone as what they do ends.
    pub(super) fn stops(&self, work: &Work, y: &[f64], dy: &mut [f64]) {
        for elastic in 0..self.layout.elastic {
            let of_it = |of: super::super::network::OfReplicas| of.elastic == elastic;
            let pool = self.network.stations.iter().find(|s| s.pool && s.of_replicas.is_some_and(of_it));
            let Some(pool) = pool else { continue };
            let left = y[self.layout.stopping(elastic)].max(0.0);
            let all = || pool.populations.iter();
            let threads: f64 = all()
                .flat_map(|&population| &self.network.populations[population].stages)
                .map(|&stage| work.counts[stage])
                .sum();
            let ended: f64 = all().map(|&population| dy[self.layout.ended(population)]).sum();
            if threads > 1e-9 {
                dy[self.layout.stopping(elastic)] = -left * ended / threads;
            }
        }
    }
}
