//! Limits to the requests in progress at a replica of a service that adapt themselves to how long those take.
//!
//! A limit is plain data ([`AdmissionLimit`], part of a [`Service`](crate::Service)) with pure functions of what is in progress, of
//! what it remembers ([`AdmissionMemory`]) and of time. Whoever runs a service asks [`AdmissionLimit::admits`] where a request comes to
//! a replica, keeps the count, and tells [`AdmissionLimit::served`] of every reply. There is no clock in here: what happens between
//! two requests is made up for at the next.
//!
//! To add one: a file with its settings, what it remembers and `impl Admit`, and its line in the list below. Limits of callers that
//! adapt themselves need the line only.

mod gradient_controller;
mod latencies;
mod of_callers;

pub use gradient_controller::{GradientController, GradientMemory};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ranges;
use super::concurrency::{Adapted, Aimd, Gradient2, Vegas};

/// A request of a limited replica that is over.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Served {
    /// When it was let in, in seconds.
    pub since: f64,
    /// Requests in progress at the replica then, itself included.
    pub among: u32,
    /// Was the reply an error?
    pub failed: bool,
}

/// How a limit works; its settings are its fields.
trait Admit {
    /// What it remembers of one replica: plain data.
    type Memory;

    /// What it remembers of a replica that has just started.
    fn start(&self) -> Self::Memory;

    /// Requests that may be in progress at `now` seconds.
    fn limit(&self, memory: &mut Self::Memory, now: f64) -> u32;

    /// A reply has gone out. `chance` draws a number evenly from [0, 1).
    fn served(&self, memory: &mut Self::Memory, now: f64, served: Served, chance: &mut dyn FnMut() -> f64);

    /// Is a request over for it as soon as nobody waits for the reply any more?
    fn forgets_abandoned(&self) -> bool;

    /// Lists what is wrong with its settings.
    fn check(&self, ranges: &mut Ranges);
}

/// Makes an enum of all limits, and one of what they remember.
macro_rules! admission_limits {
    ($($(#[$doc:meta])* $name:ident($settings:ty, $memory:ty)),* $(,)?) => {
        /// A limit to the requests in progress at a replica, which adapts itself.
        #[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum AdmissionLimit {
            $($(#[$doc])* $name($settings),)*
        }

        /// What a limit remembers of one replica.
        #[derive(Clone, Debug, PartialEq)]
        pub enum AdmissionMemory {
            $($(#[$doc])* $name($memory),)*
        }

        impl AdmissionLimit {
            /// What it remembers of a replica that has just started.
            pub fn memory(&self) -> AdmissionMemory {
                match self {
                    $(Self::$name(limit) => AdmissionMemory::$name(Admit::start(limit)),)*
                }
            }

            /// Requests that may be in progress at `now` seconds. What another limit remembers is forgotten.
            pub fn limit(&self, memory: &mut AdmissionMemory, now: f64) -> u32 {
                match (self, &mut *memory) {
                    $((Self::$name(limit), AdmissionMemory::$name(memory)) => limit.limit(memory, now),)*
                    _ => {
                        *memory = self.memory();
                        self.limit(memory, now)
                    }
                }
            }

            /// Is one more let in at `now` seconds, where so many are in progress?
            pub fn admits(&self, memory: &mut AdmissionMemory, now: f64, in_progress: u32) -> bool {
                in_progress < self.limit(memory, now)
            }

            /// A reply goes out at `now` seconds. `chance` draws a number evenly from [0, 1), where one is needed.
            pub fn served(
                &self,
                memory: &mut AdmissionMemory,
                now: f64,
                served: Served,
                chance: &mut dyn FnMut() -> f64,
            ) {
                match (self, memory) {
                    $((Self::$name(limit), AdmissionMemory::$name(memory)) => {
                        limit.served(memory, now, served, chance);
                    })*
                    (_, memory) => *memory = self.memory(),
                }
            }

            /// Is a request over for it as soon as its caller has given up, although the service works on?
            pub fn forgets_abandoned(&self) -> bool {
                match self {
                    $(Self::$name(limit) => limit.forgets_abandoned(),)*
                }
            }

            /// Lists what is wrong with its settings.
            pub(crate) fn check(&self, ranges: &mut Ranges) {
                match self {
                    $(Self::$name(limit) => Admit::check(limit, ranges),)*
                }
            }
        }
    };
}

admission_limits! {
    /// Envoy's filter `adaptive_concurrency`: as much as makes response times a little longer than they are without load.
    GradientController(GradientController, GradientMemory),
    /// Netflix' `VegasLimit`: as much as makes a short queue.
    Vegas(Vegas, Option<Adapted>),
    /// Netflix' `Gradient2Limit`: as much as does not make response times longer than usual.
    Gradient2(Gradient2, Option<Adapted>),
    /// Netflix' `AIMDLimit`: more and more until requests take too long.
    Aimd(Aimd, Option<Adapted>),
}
