//! Limits of callers where services have them.

use super::{Admit, Served};
use crate::resilience::Ranges;
use crate::resilience::concurrency::{Adapted, Limit, Sample};

/// A request is worked on for its reply, so none is too late for its caller, but errors tell nothing of the load, as in
/// `ConcurrencyLimitServletFilter.java` of Netflix' concurrency-limits.
impl<L: Limit> Admit for L {
    type Memory = Option<Adapted>;

    fn start(&self) -> Self::Memory {
        Limit::start(self)
    }

    fn limit(&self, memory: &mut Self::Memory, _now: f64) -> u32 {
        memory.map_or(0, |adapted| adapted.limit())
    }

    fn served(&self, memory: &mut Self::Memory, now: f64, served: Served, chance: &mut dyn FnMut() -> f64) {
        let duration = now - served.since;
        if let Some(adapted) = memory
            && !served.failed
            && duration > 0.0
        {
            let chance = if self.is_random() { chance() } else { 0.0 };
            self.learn(adapted, Sample { duration, in_progress: served.among, dropped: false, chance });
        }
    }

    /// It is a part of the service, which works on.
    fn forgets_abandoned(&self) -> bool {
        false
    }

    fn check(&self, ranges: &mut Ranges) {
        Limit::check(self, ranges);
    }
}
