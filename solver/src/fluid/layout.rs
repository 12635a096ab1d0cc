//! What is where in the vector of the equations.

/// Numbers of requests, aged phases, covariances, and sums over time, in this order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout {
    pub(crate) variables: usize,
    pub(crate) aged: usize,
    pub(crate) covariances: usize,
    pub(crate) classes: usize,
    pub(crate) populations: usize,
    pub(crate) hosts: usize,
    /// Services whose replicas come and go; their numbers are among the aged phases, the last of them.
    pub(crate) elastic: usize,
    /// All services where processor time is measured, else 0.
    pub(crate) services: usize,
}

impl Layout {
    pub(crate) fn len(&self) -> usize {
        self.cpu(self.services)
    }

    /// Replicas of a service that stop as soon as the requests at them are done.
    pub(crate) fn stopping(&self, elastic: usize) -> usize {
        self.variables + self.aged - self.elastic + elastic
    }

    /// Covariance of two variables.
    pub(crate) fn covariance(&self, a: usize, b: usize) -> usize {
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        self.variables + self.aged + high * (high + 1) / 2 + low
    }

    /// Replies so far.
    pub(crate) fn replies(&self, class: usize) -> usize {
        self.variables + self.aged + self.covariances + class
    }

    /// Integral of the requests whose clients wait.
    pub(crate) fn in_flight(&self, class: usize) -> usize {
        self.replies(self.classes) + class
    }

    /// Requests that have left a population.
    pub(crate) fn ended(&self, population: usize) -> usize {
        self.in_flight(self.classes) + population
    }

    /// Integral of the number in a population.
    pub(crate) fn present(&self, population: usize) -> usize {
        self.ended(self.populations) + population
    }

    /// Integral of its number before the reply.
    pub(crate) fn unanswered(&self, population: usize) -> usize {
        self.present(self.populations) + population
    }

    /// Integral of its busy threads.
    pub(crate) fn busy(&self, population: usize) -> usize {
        self.unanswered(self.populations) + population
    }

    fn hosts_from(&self) -> usize {
        self.busy(self.populations)
    }

    /// Integral of busy cores.
    pub(crate) fn cores(&self, host: usize) -> usize {
        self.hosts_from() + host
    }

    /// Processor time of a service.
    pub(crate) fn cpu(&self, service: usize) -> usize {
        self.hosts_from() + self.hosts + service
    }
}
