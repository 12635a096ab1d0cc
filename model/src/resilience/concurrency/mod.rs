//! Limits to the calls that a caller has in progress at once: bulkheads, thresholds of proxies, and limits that adapt themselves.
//!
//! A limit is plain data ([`ConcurrencyLimit`], part of a [`Resilience`](super::Resilience)) with pure functions of what is in
//! progress and what waits ([`Occupancy`]), and where it adapts itself, of what it remembers ([`Adapted`]). Whoever makes calls
//! keeps the count and the line, first come, first served.
//!
//! To add one: a file with its settings and `impl Limit`, and its line in the list below.

mod adaptive;
mod aimd;
mod envoy;
mod gradient2;
mod semaphore;
mod thread_pool;
mod vegas;

pub use adaptive::{Adapted, Sample};
pub use aimd::Aimd;
pub use envoy::EnvoyThresholds;
pub use gradient2::Gradient2;
pub use semaphore::Semaphore;
pub use thread_pool::ThreadPool;
pub use vegas::Vegas;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ranges;

/// What a caller has begun under a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Occupancy {
    /// Attempts in progress.
    pub in_progress: u32,
    /// Attempts that wait to begin.
    pub waiting: u32,
    /// Retries that were decided upon and have not ended.
    pub retries: u32,
    /// The present limit of one that adapts itself.
    pub adapted: u32,
}

/// What becomes of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// It begins.
    Begins,
    /// It waits for one in progress to end.
    Waits,
    /// It fails at once.
    Rejected,
}

/// How a limit works; its settings are its fields.
pub(super) trait Limit {
    /// Is there a place for one more in progress? As many as it has adapted itself to, unless it does not.
    fn has_room(&self, occupancy: Occupancy) -> bool {
        occupancy.in_progress < occupancy.adapted
    }

    /// Where there is none: may one more wait?
    fn may_wait(&self, _occupancy: Occupancy) -> bool {
        false
    }

    /// The longest time that one waits, in seconds; none where there is no limit.
    fn max_wait(&self) -> Option<f64> {
        None
    }

    /// May there be one more retry?
    fn allows_retry(&self, _occupancy: Occupancy) -> bool {
        true
    }

    /// What it remembers before the first call, if it adapts itself.
    fn start(&self) -> Option<Adapted> {
        None
    }

    /// Takes note of a call that has ended.
    fn learn(&self, _adapted: &mut Adapted, _sample: Sample) {}

    /// Does it need [`Sample::chance`]?
    fn is_random(&self) -> bool {
        false
    }

    /// Lists what is wrong with its settings.
    fn check(&self, ranges: &mut Ranges);
}

/// Makes an enum of all limits.
macro_rules! limits {
    ($($(#[$doc:meta])* $name:ident($settings:ty)),* $(,)?) => {
        /// A limit to the calls in progress at once.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum ConcurrencyLimit {
            $($(#[$doc])* $name($settings),)*
        }

        impl ConcurrencyLimit {
            /// What becomes of an attempt that comes now. Nobody gets past those who wait.
            pub fn admits(&self, occupancy: Occupancy) -> Admission {
                match self {
                    $(Self::$name(limit) => {
                        if occupancy.waiting == 0 && limit.has_room(occupancy) {
                            Admission::Begins
                        } else if limit.may_wait(occupancy) {
                            Admission::Waits
                        } else {
                            Admission::Rejected
                        }
                    })*
                }
            }

            /// May the first of those who wait begin?
            pub fn lets_in(&self, occupancy: Occupancy) -> bool {
                match self {
                    $(Self::$name(limit) => occupancy.waiting > 0 && limit.has_room(occupancy),)*
                }
            }

            /// The longest time that one waits, in seconds; none where there is no limit.
            pub fn max_wait(&self) -> Option<f64> {
                match self {
                    $(Self::$name(limit) => limit.max_wait(),)*
                }
            }

            /// May there be one more retry?
            pub fn allows_retry(&self, occupancy: Occupancy) -> bool {
                match self {
                    $(Self::$name(limit) => limit.allows_retry(occupancy),)*
                }
            }

            /// What it remembers before the first call, if it adapts itself.
            pub fn start(&self) -> Option<Adapted> {
                match self {
                    $(Self::$name(limit) => limit.start(),)*
                }
            }

            /// Takes note of a call that has ended.
            pub fn learn(&self, adapted: &mut Adapted, sample: Sample) {
                match self {
                    $(Self::$name(limit) => limit.learn(adapted, sample),)*
                }
            }

            /// Does it need [`Sample::chance`]?
            pub fn is_random(&self) -> bool {
                match self {
                    $(Self::$name(limit) => limit.is_random(),)*
                }
            }

            /// Lists what is wrong with its settings.
            pub(crate) fn check(&self, ranges: &mut Ranges) {
                match self {
                    $(Self::$name(limit) => limit.check(ranges),)*
                }
            }
        }
    };
}

limits! {
    /// resilience4j's bulkhead: so many calls, and a bounded wait for one of them to end.
    Semaphore(Semaphore),
    /// A pool of threads that make the calls, with a queue (Hystrix, resilience4j).
    ThreadPool(ThreadPool),
    /// The thresholds of Envoy's circuit breakers.
    Envoy(EnvoyThresholds),
    /// Netflix' `VegasLimit`: as much as makes a short queue.
    Vegas(Vegas),
    /// Netflix' `Gradient2Limit`: as much as does not make response times longer than usual.
    Gradient2(Gradient2),
    /// Netflix' `AIMDLimit`: more and more until calls are too late.
    Aimd(Aimd),
}
