//! Circuit breakers: callers that stop calling for a while where calls fail, or call less.
//!
//! A breaker is plain data ([`CircuitBreaker`], part of a [`Resilience`](super::Resilience)) with pure functions of what it
//! remembers and of time. Whoever makes calls asks [`CircuitBreaker::admits`] before each attempt and tells
//! [`CircuitBreaker::record`] how each admitted one ended. There is no clock in here: what happens between two calls is made
//! up for at the next.
//!
//! Breakers count attempts, so retries are outside of them, as where each is a decorator of its own (resilience4j) or a
//! proxy does both.
//!
//! To add one: a file with its settings, what it remembers and `impl Breaker`, and its line in the list below.

mod adaptive_throttling;
mod admission_control;
mod consecutive;
mod hystrix;
mod resilience4j;
mod throttle;
mod time_open;

pub use adaptive_throttling::AdaptiveThrottling;
pub use admission_control::AdmissionControl;
pub use consecutive::{ConsecutiveFailures, ConsecutiveMemory};
pub use hystrix::{Hystrix, HystrixMemory};
pub use resilience4j::{Resilience4j, Resilience4jMemory, SlidingWindow};
pub use throttle::ThrottleMemory;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ranges;
use time_open::TimeOpen;

/// How an admitted attempt ended, as far as a breaker sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CallOutcome {
    /// Was it an error, or too late?
    pub failed: bool,
    /// Seconds from its start to its reply, or until it was given up.
    pub duration: f64,
    /// A number drawn evenly from [0, 1), for breakers that wait for random times ([`CircuitBreaker::is_random`]).
    pub chance: f64,
}

/// How a breaker works; its settings are its fields.
trait Breaker {
    /// What it remembers: plain data.
    type Memory: Default;

    /// Catches up with everything that happens by itself until `now` seconds.
    fn advance(&self, memory: &mut Self::Memory, now: f64);

    /// May an attempt begin?
    fn admits(&self, memory: &mut Self::Memory, now: f64, chance: f64) -> bool;

    /// An admitted attempt has ended.
    fn record(&self, memory: &mut Self::Memory, now: f64, outcome: CallOutcome);

    /// How long it was not closed.
    fn time_open<'a>(&self, memory: &'a Self::Memory) -> &'a TimeOpen;

    /// Are attempts that limits within the caller turn away failures to it?
    fn counts_rejections(&self) -> bool;

    /// Does it wait for random times?
    fn is_random(&self) -> bool {
        false
    }

    /// Does it decide at random whether an attempt may begin?
    fn admits_by_chance(&self) -> bool {
        false
    }

    /// Lists what is wrong with its settings.
    fn check(&self, ranges: &mut Ranges);
}

/// Makes an enum of all breakers, and one of what they remember.
macro_rules! breakers {
    ($($(#[$doc:meta])* $name:ident($settings:ty, $memory:ty)),* $(,)?) => {
        /// A caller that stops calling for a while where calls fail, or calls less.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum CircuitBreaker {
            $($(#[$doc])* $name($settings),)*
        }

        /// What a breaker remembers.
        #[derive(Clone, Debug, PartialEq)]
        pub enum BreakerMemory {
            $($(#[$doc])* $name($memory),)*
        }

        impl CircuitBreaker {
            /// What it remembers before the first call: nothing.
            pub fn memory(&self) -> BreakerMemory {
                match self {
                    $(Self::$name(_) => BreakerMemory::$name(Default::default()),)*
                }
            }

            /// May an attempt begin at `now` seconds? What another breaker remembers is forgotten. `chance` is a number drawn
            /// evenly from [0, 1), where it decides at random ([`CircuitBreaker::admits_by_chance`]).
            pub fn admits(&self, memory: &mut BreakerMemory, now: f64, chance: f64) -> bool {
                match (self, &mut *memory) {
                    $((Self::$name(breaker), BreakerMemory::$name(memory)) => {
                        breaker.advance(memory, now);
                        breaker.admits(memory, now, chance)
                    })*
                    _ => {
                        *memory = self.memory();
                        self.admits(memory, now, chance)
                    }
                }
            }

            /// An admitted attempt has ended at `now` seconds.
            pub fn record(&self, memory: &mut BreakerMemory, now: f64, outcome: CallOutcome) {
                match (self, &mut *memory) {
                    $((Self::$name(breaker), BreakerMemory::$name(memory)) => {
                        breaker.advance(memory, now);
                        breaker.record(memory, now, outcome);
                    })*
                    _ => {
                        *memory = self.memory();
                        self.record(memory, now, outcome);
                    }
                }
            }

            /// Is it open, half-open with trial calls, or a throttle that may turn calls away, at `now` seconds?
            pub fn is_open(&self, memory: &mut BreakerMemory, now: f64) -> bool {
                match (self, memory) {
                    $((Self::$name(breaker), BreakerMemory::$name(memory)) => {
                        breaker.advance(memory, now);
                        breaker.time_open(memory).is_open()
                    })*
                    _ => false,
                }
            }

            /// Seconds until `now` in which it was so.
            pub fn seconds_open(&self, memory: &BreakerMemory, now: f64) -> f64 {
                match (self, memory.clone()) {
                    $((Self::$name(breaker), BreakerMemory::$name(mut memory)) => {
                        breaker.advance(&mut memory, now);
                        breaker.time_open(&memory).seconds(now)
                    })*
                    _ => 0.0,
                }
            }

            /// Are attempts that limits within the caller turn away failures to it?
            pub fn counts_rejections(&self) -> bool {
                match self {
                    $(Self::$name(breaker) => breaker.counts_rejections(),)*
                }
            }

            /// Does it need [`CallOutcome::chance`]?
            pub fn is_random(&self) -> bool {
                match self {
                    $(Self::$name(breaker) => breaker.is_random(),)*
                }
            }

            /// Does it need a random number to decide whether an attempt may begin?
            pub fn admits_by_chance(&self) -> bool {
                match self {
                    $(Self::$name(breaker) => breaker.admits_by_chance(),)*
                }
            }

            /// Lists what is wrong with its settings.
            pub(crate) fn check(&self, ranges: &mut Ranges) {
                match self {
                    $(Self::$name(breaker) => breaker.check(ranges),)*
                }
            }
        }
    };
}

breakers! {
    /// Hystrix: the share of errors in a rolling window, looked at now and then.
    Hystrix(Hystrix, HystrixMemory),
    /// resilience4j: the shares of failures and of slow calls in a sliding window.
    Resilience4j(Resilience4j, Resilience4jMemory),
    /// Linkerd: failures one after the other.
    ConsecutiveFailures(ConsecutiveFailures, ConsecutiveMemory),
    /// Google's throttling by the client: some calls are turned away, the more the fewer are accepted.
    AdaptiveThrottling(AdaptiveThrottling, ThrottleMemory),
    /// Envoy's admission control: the same by the share of good calls.
    AdmissionControl(AdmissionControl, ThrottleMemory),
}
