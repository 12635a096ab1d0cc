//! Policies that change the number of a service's replicas while it runs.
//!
//! A policy is plain data ([`Autoscaler`], part of a [`Service`](crate::Service)) with a pure function
//! ([`Policy::decide`]): from what a control plane can see at an instant ([`Observation`]) and what it remembers
//! ([`Memory`]) to the number of replicas that it wants and why ([`Decision`]). There is no clock in here: whoever runs the
//! system calls the policy at the times that it names, measures what it asks for, and starts and stops replicas.
//!
//! ```text
//! let mut memory = autoscaler.start(phase);
//! at autoscaler.first_evaluation(phase), then each autoscaler.next_evaluation(time, &memory):
//!     measure autoscaler.signals()
//!     decision = autoscaler.decide(&observation, &mut memory)
//!     start or stop replicas until there are decision.replicas
//! ```
//!
//! The phase is the caller's choice, since a controller's clock has nothing to do with the load.
//!
//! To add a policy: a file with its settings, what it remembers and `impl Policy`, and its line in the list below.

pub mod alerts;
mod decision;
mod history;
mod hpa;
mod keda;
mod knative;
mod observation;
mod openfaas_ce;
mod openfaas_pro;
mod problems;
pub mod promql;
mod schedule;
mod signal;
mod step;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use alerts::{Alerts, AlertsMemory};
pub use decision::{Decision, Delay, DelayKind, Limit};
pub use history::History;
pub use hpa::{
    Behavior, Hpa, HpaMemory, HpaMetric, HpaTarget, RateKind, RatePolicy, ScalingRules, SelectPolicy,
};
pub use keda::{Fallback, Keda, KedaLoops, KedaMemory, Trigger, TriggerType};
pub use knative::{Knative, KnativeMemory, KnativeMetric};
pub use observation::{Observation, Reading, Replica, ReplicaState, Sample};
pub use openfaas_ce::{OpenfaasCe, OpenfaasCeMemory};
pub use openfaas_pro::{OpenfaasLoad, OpenfaasPro, OpenfaasProMemory};
pub use problems::Problems;
pub use schedule::{Schedule, ScheduleEntry, ScheduleMemory};
pub use signal::{Quantity, Scope, Signal};
pub use step::{AdjustmentType, StepAdjustment, StepAlarm, StepMemory, StepOut, StepScaling};

/// How a policy works; its settings are its fields.
pub trait Policy {
    /// What it remembers from one evaluation to the next: plain data.
    type Memory: Default + Clone + PartialEq + Serialize + for<'de> Deserialize<'de>;

    /// Seconds between two evaluations.
    fn interval(&self) -> f64;

    /// What it remembers at the start, where `phase` in [0, 1) tells where the controller's clock stands then: nothing, unless
    /// it has several clocks.
    fn start(&self, _phase: f64) -> Self::Memory {
        Self::Memory::default()
    }

    /// Clocks of its own, whose phases are dealt from the digits of one number; 0: it goes by the clock of the run.
    fn clocks(&self) -> usize {
        1
    }

    /// When it wants to be called first (s), with the same phase.
    fn first_evaluation(&self, phase: f64) -> f64 {
        phase * self.interval()
    }

    /// When it wants to be called next, after the evaluation at `time` (s); infinite for never.
    fn next_evaluation(&self, time: f64, _memory: &Self::Memory) -> f64 {
        time + self.interval()
    }

    /// What it wants measured before each evaluation.
    fn signals(&self) -> Vec<Signal>;

    /// The number of replicas that it wants.
    fn decide(&self, observation: &Observation, memory: &mut Self::Memory) -> Decision;

    /// Does it measure against the processor time that is set aside for a replica?
    fn needs_cpu_request(&self) -> bool {
        false
    }

    /// More replicas than this it never wants; `None` where there is no limit.
    fn most_replicas(&self) -> Option<u32>;

    /// Lists what is wrong with its settings. Metrics are checked by [`validate`](crate::validate()), which knows the system.
    fn check(&self, problems: &mut Problems);
}

/// Makes an enum of all policies, and one of what they remember.
macro_rules! policies {
    ($($(#[$doc:meta])* $name:ident($settings:ty)),* $(,)?) => {
        /// A policy that changes the number of replicas.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Autoscaler {
            $($(#[$doc])* $name($settings),)*
        }

        /// What a policy remembers from one evaluation to the next.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum Memory {
            $($(#[$doc])* $name(<$settings as Policy>::Memory),)*
        }

        impl Autoscaler {
            /// What it remembers before the first evaluation: nothing.
            pub fn memory(&self) -> Memory {
                match self {
                    $(Self::$name(_) => Memory::$name(Default::default()),)*
                }
            }

            /// The same where `phase` in [0, 1) tells where the controller's clocks stand at the start.
            pub fn start(&self, phase: f64) -> Memory {
                match self {
                    $(Self::$name(policy) => Memory::$name(policy.start(phase)),)*
                }
            }

            /// Seconds between two evaluations, where they are evenly spaced.
            pub fn interval(&self) -> f64 {
                match self {
                    $(Self::$name(policy) => policy.interval(),)*
                }
            }

            /// Clocks of its own, whose phases are dealt from the digits of one number, the first to the first clock and so on
            /// in turns; 0: it goes by the clock of the run.
            pub fn clocks(&self) -> usize {
                match self {
                    $(Self::$name(policy) => policy.clocks(),)*
                }
            }

            /// When it wants to be called first (s), with the same phase.
            pub fn first_evaluation(&self, phase: f64) -> f64 {
                match self {
                    $(Self::$name(policy) => policy.first_evaluation(phase),)*
                }
            }

            /// When it wants to be called next, after the evaluation at `time` (s); infinite for never.
            pub fn next_evaluation(&self, time: f64, memory: &Memory) -> f64 {
                match (self, memory) {
                    $((Self::$name(policy), Memory::$name(memory)) => policy.next_evaluation(time, memory),)*
                    _ => time + self.interval(),
                }
            }

            /// What it wants measured before each evaluation.
            pub fn signals(&self) -> Vec<Signal> {
                match self {
                    $(Self::$name(policy) => policy.signals(),)*
                }
            }

            /// The number of replicas that it wants. What another policy remembers is of no use to it, and forgotten.
            pub fn decide(&self, observation: &Observation, memory: &mut Memory) -> Decision {
                match (self, &mut *memory) {
                    $((Self::$name(policy), Memory::$name(memory)) => policy.decide(observation, memory),)*
                    _ => {
                        *memory = self.memory();
                        self.decide(observation, memory)
                    }
                }
            }

            /// Does it measure against the processor time that is set aside for a replica?
            pub fn needs_cpu_request(&self) -> bool {
                match self {
                    $(Self::$name(policy) => policy.needs_cpu_request(),)*
                }
            }

            /// More replicas than this it never wants; `None` where there is no limit.
            pub fn most_replicas(&self) -> Option<u32> {
                match self {
                    $(Self::$name(policy) => policy.most_replicas(),)*
                }
            }

            /// Lists what is wrong with its settings.
            pub fn check(&self, problems: &mut Problems) {
                match self {
                    $(Self::$name(policy) => policy.check(problems),)*
                }
            }
        }
    };
}

policies! {
    /// Alerting rules of Prometheus, sent by its Alertmanager.
    Alerts(Alerts),
    /// Kubernetes' Horizontal Pod Autoscaler (version 2).
    Hpa(Hpa),
    /// KEDA's ScaledObject.
    Keda(Keda),
    /// Knative's pod autoscaler.
    Knative(Knative),
    /// Alerts of OpenFaaS' Community Edition.
    OpenfaasCe(OpenfaasCe),
    /// The autoscaler of OpenFaaS Pro.
    OpenfaasPro(OpenfaasPro),
    /// Numbers of replicas by the clock.
    Schedule(Schedule),
    /// Steps by how far a metric is beyond a threshold, as of AWS.
    Step(StepScaling),
}

/// Rounds up to a whole number of replicas.
fn whole(replicas: f64) -> u32 {
    // A cast of a number that is too large gives the largest one, and 0 for none.
    replicas.ceil() as u32
}
