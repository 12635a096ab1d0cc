//! The caller's hand on a run, and its eye.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Metric;

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Part done, 0 to 1.
    pub fraction: f64,
}

/// What a simulation has seen so far.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// What it is at.
    pub phase: Phase,
    /// Simulated seconds since the start, over all replications.
    pub simulated_time: f64,
    /// Those of the system, in their order.
    pub workloads: Vec<WorkloadSnapshot>,
}

/// What a simulation is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before the figures are taken.
    WarmUp,
    /// The figures are taken.
    Measuring,
}

/// A workload in a [`Snapshot`].
#[derive(Clone, Debug, PartialEq)]
pub struct WorkloadSnapshot {
    /// Its name.
    pub name: String,
    /// Requests done in this phase, over all replications.
    pub completed: u64,
    /// Requests in flight now, on average over the replications that are being played.
    pub in_flight: f64,
    /// Mean response time in this phase, in seconds, as far as it is known. It is no result: the interval of a run that is
    /// watched until it looks good covers too rarely.
    pub response_time: Option<Metric>,
}

/// Someone who looks at a run now and then. Both methods may be called from any thread.
pub trait Observer: Sync {
    /// Is it time for a look? The engine, which has no clock, asks many times per second and makes a snapshot only then.
    fn is_due(&self) -> bool;

    /// A look.
    fn observe(&self, snapshot: &Snapshot);
}

/// The caller's hand on a run: it can cancel it, end it in time, hear how far it is, and look at it.
#[derive(Clone, Copy, Default)]
pub struct RunControl<'a> {
    cancel: Option<&'a AtomicBool>,
    time_over: Option<&'a (dyn Fn() -> bool + Sync)>,
    progress: Option<&'a (dyn Fn(Progress) + Sync)>,
    observer: Option<&'a dyn Observer>,
}

impl<'a> RunControl<'a> {
    /// Neither cancels nor listens.
    pub fn none() -> Self {
        Self::default()
    }

    /// The same, cancelled as soon as the flag is set.
    pub fn with_cancel(mut self, cancel: &'a AtomicBool) -> Self {
        self.cancel = Some(cancel);
        self
    }

    /// The same, ended soon after the function says that the time is over, with what has been measured by then. It may
    /// be called from any thread. How much that is depends on the machine, so runs that it ends are not reproducible.
    pub fn with_time_limit(mut self, time_over: &'a (dyn Fn() -> bool + Sync)) -> Self {
        self.time_over = Some(time_over);
        self
    }

    /// The same, telling the listener how far it is. It may be called from any thread.
    pub fn with_progress(mut self, progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        self.progress = Some(progress);
        self
    }

    /// The same, with someone who looks at it; the result does not depend on it.
    pub fn with_observer(mut self, observer: &'a dyn Observer) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Should the run stop? Engines ask every few thousand steps.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed))
    }

    /// Should the run end with what it has?
    pub fn is_time_over(&self) -> bool {
        self.time_over.is_some_and(|time_over| time_over())
    }

    /// Does it have to stop now and then on its way, to be looked at or to end in time?
    pub fn is_watched(&self) -> bool {
        self.time_over.is_some() || self.observer.is_some()
    }

    /// Tells how far it is.
    pub fn report(&self, fraction: f64) {
        if let Some(progress) = self.progress {
            progress(Progress { fraction: fraction.clamp(0.0, 1.0) });
        }
    }

    /// Lets the observer look, if it wants to.
    pub fn show(&self, snapshot: impl FnOnce() -> Snapshot) {
        if let Some(observer) = self.observer.filter(|observer| observer.is_due()) {
            observer.observe(&snapshot());
        }
    }
}
