//! The lives of replicas.

use tracecast_model::Replicas;
use tracecast_model::autoscaling::ReplicaState;

/// One replica that is to stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Life {
    pub(super) started_at: f64,
    /// When it takes requests, from then on (s).
    pub(super) opens_at: f64,
    pub(super) is_ready: bool,
}

/// How many replicas there are from a time on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Numbers {
    pub(super) time: f64,
    pub(super) ready: u32,
    /// Those that take requests, and those that start.
    pub(super) staying: u32,
}

/// The replicas of a service, and their numbers so far.
#[derive(Clone, Debug)]
pub(super) struct Lives {
    all: Vec<Life>,
    counts: Vec<Numbers>,
}

impl Life {
    pub(super) fn state(&self) -> ReplicaState {
        if self.is_ready { ReplicaState::Ready } else { ReplicaState::Starting }
    }

    /// When it last became what it is (s).
    pub(super) fn changed_at(&self) -> f64 {
        if self.is_ready { self.opens_at } else { self.started_at }
    }
}

impl Lives {
    /// Ready from the start of the run on.
    pub(super) fn new(replicas: u32) -> Self {
        let life = Life { started_at: 0.0, opens_at: 0.0, is_ready: true };
        let start = Numbers { time: 0.0, ready: replicas, staying: replicas };
        Self { all: vec![life; replicas as usize], counts: vec![start] }
    }

    pub(super) fn all(&self) -> &[Life] {
        &self.all
    }

    pub(super) fn ready(&self) -> u32 {
        self.all.iter().filter(|life| life.is_ready).count() as u32
    }

    pub(super) fn next_opening(&self) -> f64 {
        let starting = self.all.iter().filter(|life| !life.is_ready);
        starting.map(|life| life.opens_at).fold(f64::INFINITY, f64::min)
    }

    /// Those whose time has come take requests from now on.
    pub(super) fn open(&mut self, time: f64) {
        for life in self.all.iter_mut().filter(|life| life.opens_at <= time) {
            life.is_ready = true;
        }
    }

    /// Starts or stops replicas until there are as many as are wanted: of those that do not take requests yet, and then of the
    /// others, the youngest stops first. How many start.
    pub(super) fn adjust(&mut self, wanted: u32, time: f64, start_up: f64) -> u32 {
        let wanted = wanted as usize;
        let starts = wanted.saturating_sub(self.all.len());
        let opens_at = time + start_up;
        let new = Life { started_at: time, opens_at, is_ready: opens_at <= time };
        self.all.extend(std::iter::repeat_n(new, starts));
        while self.all.len() > wanted {
            let starting = self.all.iter().rposition(|life| !life.is_ready);
            self.all.remove(starting.unwrap_or(self.all.len() - 1));
        }
        starts as u32
    }

    /// Notes how many there are.
    pub(super) fn note(&mut self, time: f64) {
        let now = Numbers { time, ready: self.ready(), staying: self.all.len() as u32 };
        let last = self.counts.last().copied();
        if last.is_none_or(|last| (last.ready, last.staying) != (now.ready, now.staying)) {
            self.counts.push(now);
        }
    }

    pub(super) fn counts(&self) -> &[Numbers] {
        &self.counts
    }

    /// Integrals until a time (s): of those that take requests, and of those that stay.
    pub(super) fn areas(&self, time: f64) -> (f64, f64) {
        let ends = self.counts.iter().skip(1).map(|count| count.time).chain([f64::INFINITY]);
        let mut areas = (0.0, 0.0);
        for (count, end) in self.counts.iter().zip(ends) {
            let seconds = (end.min(time) - count.time).max(0.0);
            areas.0 += seconds * f64::from(count.ready);
            areas.1 += seconds * f64::from(count.staying);
        }
        areas
    }

    /// Means, the least and the largest number over a time from the start (s).
    pub(super) fn over(&self, time: f64) -> Replicas {
        let (ready, staying) = self.areas(time);
        let numbers = || self.counts.iter().filter(|count| count.time <= time).map(|count| count.ready);
        let (mean, existing) = (ready / time, staying / time);
        Replicas {
            mean,
            existing: (existing != mean).then_some(existing),
            min: numbers().min().unwrap_or(0),
            max: numbers().max().unwrap_or(0),
        }
    }
}
