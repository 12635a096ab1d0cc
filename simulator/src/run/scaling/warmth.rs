//! Replicas that are slower at first.

use std::ops::Range;

use tracecast_model::WarmUp;

use crate::program::Program;

/// What cold replicas have behind them, by replica over all services; empty where none is ever cold.
#[derive(Debug)]
pub(in crate::run) struct Warmth(Vec<Warming>);

#[derive(Clone, Copy, Debug, Default)]
struct Warming {
    /// None: it is as fast as it can be from the start on.
    warm_up: Option<WarmUp>,
    opened_at: f64,
    done: u32,
    /// Core-seconds begun so far, as long as they take a warm replica and as long as they take.
    begun: (f64, f64),
}

impl Warmth {
    /// The replicas of the start, which are warm.
    pub(super) fn new(program: &Program) -> Self {
        if program.elastic.iter().all(|plan| plan.warm_up.is_none()) {
            return Self(Vec::new());
        }
        let mut all = vec![Warming::default(); program.containers.len()];
        for plan in &program.elastic {
            let service = &program.services[plan.service as usize];
            let first = service.first_replica as usize;
            all[first..first + service.replicas as usize].fill(Warming {
                warm_up: plan.warm_up,
                opened_at: f64::NEG_INFINITY,
                done: u32::MAX,
                begun: (0.0, 0.0),
            });
        }
        Self(all)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A replica takes requests from now on.
    pub(super) fn opens(&mut self, replica: u32, now: f64) {
        if let Some(warming) = self.0.get_mut(replica as usize) {
            (warming.opened_at, warming.done) = (now, 0);
        }
    }

    /// A replica has done another request.
    pub(in crate::run) fn request_done(&mut self, replica: u32) {
        if let Some(warming) = self.0.get_mut(replica as usize) {
            warming.done = warming.done.saturating_add(1);
        }
    }

    /// How long work takes that begins now and takes a warm replica so long.
    pub(in crate::run) fn slowed(&mut self, replica: u32, now: f64, amount: f64) -> f64 {
        let Some(warming) = self.0.get_mut(replica as usize) else { return amount };
        let Some(warm_up) = warming.warm_up else { return amount };
        let slowed = amount * warm_up.at(warming.done, now - warming.opened_at);
        warming.begun.0 += amount;
        warming.begun.1 += slowed;
        slowed
    }

    /// Core-seconds that some replicas have begun so far, as long as they take warm ones and as long as they take.
    pub(in crate::run) fn begun(&self, replicas: Range<usize>) -> (f64, f64) {
        let those = self.0[replicas].iter().map(|warming| warming.begun);
        those.fold((0.0, 0.0), |sum, begun| (sum.0 + begun.0, sum.1 + begun.1))
    }
}
