//! A caller with a clock that is set by hand.

use tracecast_model::{BreakerMemory, CallOutcome, CircuitBreaker};

pub(crate) struct Caller {
    breaker: CircuitBreaker,
    memory: BreakerMemory,
    pub(crate) now: f64,
    /// The random number of all calls and outcomes.
    pub(crate) chance: f64,
}

impl Caller {
    pub(crate) fn new(breaker: CircuitBreaker) -> Self {
        Self { memory: breaker.memory(), breaker, now: 0.0, chance: 0.0 }
    }

    pub(crate) fn wait(&mut self, seconds: f64) {
        self.now += seconds;
    }

    pub(crate) fn may_call(&mut self) -> bool {
        self.breaker.admits(&mut self.memory, self.now, self.chance)
    }

    /// A call that is admitted took so long and ends now.
    pub(crate) fn ends_after(&mut self, duration: f64, failed: bool) {
        let outcome = CallOutcome { failed, duration, chance: self.chance };
        self.breaker.record(&mut self.memory, self.now, outcome);
    }

    pub(crate) fn succeeds(&mut self) {
        self.ends_after(0.0, false);
    }

    pub(crate) fn fails(&mut self) {
        self.ends_after(0.0, true);
    }

    /// Calls that are made and end at once; `F` fails, anything else does not.
    #[track_caller]
    pub(crate) fn call(&mut self, results: &str) {
        for result in results.chars() {
            assert!(self.may_call(), "a call of {results}");
            self.ends_after(0.0, result == 'F');
        }
    }

    pub(crate) fn is_open(&mut self) -> bool {
        self.breaker.is_open(&mut self.memory, self.now)
    }

    pub(crate) fn seconds_open(&self) -> f64 {
        self.breaker.seconds_open(&self.memory, self.now)
    }
}
