//! How fast an HPA may change the number of replicas, and how long it waits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::HpaMemory;
use crate::autoscaling::{Decision, History, Limit, Problems};
use crate::{Code, seconds};

/// How fast the number of replicas may change, and how long earlier recommendations hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Behavior {
    /// Up. By default at once, by four replicas or to twice as many in 15 s, whichever is more.
    pub scale_up: ScalingRules,
    /// Down. By default to the largest recommendation of the last five minutes.
    pub scale_down: ScalingRules,
}

/// Rules for one direction; what is absent is as by default.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScalingRules {
    /// For so many seconds recommendations hold: upwards the least of them counts, downwards the largest.
    #[serde(with = "seconds::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<seconds::Schematic>")]
    pub stabilization_window: Option<f64>,
    /// Which of the policies counts.
    pub select: SelectPolicy,
    /// How much may change in which time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<Vec<RatePolicy>>,
    /// Relative distance from the target within which nothing changes in this direction; that of the HPA where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
}

/// Which of several policies counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelectPolicy {
    /// The one that allows the largest change.
    #[default]
    Max,
    /// The one that allows the least change.
    Min,
    /// None: nothing changes in this direction.
    Disabled,
}

/// How much may change in a time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatePolicy {
    /// What `value` counts.
    #[serde(rename = "type")]
    pub kind: RateKind,
    /// So many replicas, or so many percent of those at the start of the period; at least 1.
    pub value: u32,
    /// The time in seconds; at most 1800, as in Kubernetes.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub period: f64,
}

/// What a [`RatePolicy`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RateKind {
    /// Replicas.
    Pods,
    /// Percent of the replicas at the start of the period.
    Percent,
}

/// Kubernetes' `--horizontal-pod-autoscaler-downscale-stabilization`.
pub(super) const DOWN_WINDOW: f64 = 300.0;

/// Both from pkg/apis/autoscaling/v2/defaults.go.
const UP: [RatePolicy; 2] = [
    RatePolicy { kind: RateKind::Pods, value: 4, period: 15.0 },
    RatePolicy { kind: RateKind::Percent, value: 100, period: 15.0 },
];
const DOWN: [RatePolicy; 1] = [RatePolicy { kind: RateKind::Percent, value: 100, period: 15.0 }];

impl Behavior {
    pub(super) fn up_policies(&self) -> &[RatePolicy] {
        self.scale_up.policies.as_deref().unwrap_or(&UP)
    }

    pub(super) fn down_policies(&self) -> &[RatePolicy] {
        self.scale_down.policies.as_deref().unwrap_or(&DOWN)
    }

    fn up_window(&self) -> f64 {
        self.scale_up.stabilization_window.unwrap_or(0.0)
    }

    fn down_window(&self) -> f64 {
        self.scale_down.stabilization_window.unwrap_or(DOWN_WINDOW)
    }

    /// How long recommendations are of use.
    pub(super) fn longest_window(&self) -> f64 {
        self.up_window().max(self.down_window())
    }

    /// How long changes are of use: those of either direction count for both.
    pub(super) fn longest_period(&self) -> f64 {
        let periods = self.up_policies().iter().chain(self.down_policies()).map(|policy| policy.period);
        periods.fold(0.0, f64::max)
    }

    /// Holds the number by recommendations of the past, then by the policies, then by the bounds
    /// (normalizeDesiredReplicasWithBehaviors in pkg/controller/podautoscaler/horizontal.go).
    pub(super) fn apply(
        &self,
        decision: &mut Decision,
        memory: &mut HpaMemory,
        time: f64,
        current: u32,
        (min, max): (u32, u32),
    ) {
        let desired = decision.replicas;
        let lowest = memory.recommendations.within(time, self.up_window()).fold(desired, u32::min);
        let highest = memory.recommendations.within(time, self.down_window()).fold(desired, u32::max);
        memory.recommendations.record(time, desired, self.longest_window());
        decision.change(current.max(lowest).min(highest), Limit::Stabilization);
        if decision.replicas > current {
            self.limit_up(decision, memory, time, current, max);
        } else if decision.replicas < current {
            self.limit_down(decision, memory, time, current, min);
        }
    }

    fn limit_up(&self, decision: &mut Decision, memory: &HpaMemory, time: f64, current: u32, max: u32) {
        let proposals = self.up_policies().iter().map(|policy| {
            let start = memory.replicas_before(time, policy.period, current);
            match policy.kind {
                RateKind::Pods => start + i64::from(policy.value),
                // Rounded up, since else a single replica would never become more.
                RateKind::Percent => (start as f64 * (1.0 + f64::from(policy.value) / 100.0)).ceil() as i64,
            }
        });
        let limit = match self.scale_up.select {
            SelectPolicy::Max => proposals.max(),
            SelectPolicy::Min => proposals.min(),
            SelectPolicy::Disabled => None,
        };
        let limit = replicas(limit.unwrap_or(0)).max(current);
        if limit < max {
            decision.change(decision.replicas.min(limit), self.scale_up.limit());
        } else {
            decision.change(decision.replicas.min(max), Limit::MaxReplicas);
        }
    }

    fn limit_down(&self, decision: &mut Decision, memory: &HpaMemory, time: f64, current: u32, min: u32) {
        let proposals = self.down_policies().iter().map(|policy| {
            let start = memory.replicas_before(time, policy.period, current);
            match policy.kind {
                RateKind::Pods => start - i64::from(policy.value),
                RateKind::Percent => (start as f64 * (1.0 - f64::from(policy.value) / 100.0)) as i64,
            }
        });
        let limit = match self.scale_down.select {
            SelectPolicy::Max => proposals.min(),
            SelectPolicy::Min => proposals.max(),
            SelectPolicy::Disabled => None,
        };
        let limit = limit.map_or(current, replicas).min(current);
        if limit > min {
            decision.change(decision.replicas.max(limit), self.scale_down.limit());
        } else {
            decision.change(decision.replicas.max(min), Limit::MinReplicas);
        }
    }

    pub(in crate::autoscaling) fn check(&self, problems: &mut Problems) {
        for (direction, rules) in [("scale_up", &self.scale_up), ("scale_down", &self.scale_down)] {
            if let Some(window) = rules.stabilization_window {
                problems.duration(&format!("{direction} stabilization_window"), window);
                if window > 3600.0 {
                    let message =
                        format!("{direction} stabilization_window is {window} s but at most one hour");
                    problems.add(Code::ScalingTime, message);
                }
            }
            if let Some(tolerance) = rules.tolerance {
                problems.range(
                    &format!("{direction} tolerance"),
                    tolerance,
                    (0.0..1.0).contains(&tolerance),
                    "in [0, 1)",
                );
            }
            let Some(policies) = &rules.policies else { continue };
            if policies.is_empty() {
                problems.add(
                    Code::ScalingSteps,
                    format!("{direction} has no policy; leave the list out for the usual"),
                );
            }
            for policy in policies {
                problems.range(
                    &format!("{direction} policy value"),
                    f64::from(policy.value),
                    policy.value > 0,
                    "at least 1",
                );
                problems.positive(&format!("{direction} policy period"), policy.period);
                if policy.period > 1800.0 {
                    let message =
                        format!("{direction} policy period is {} s but at most 1800 s", policy.period);
                    problems.add(Code::ScalingTime, message);
                }
            }
        }
    }
}

impl ScalingRules {
    fn limit(&self) -> Limit {
        match self.select {
            SelectPolicy::Disabled => Limit::DirectionDisabled,
            SelectPolicy::Max | SelectPolicy::Min => Limit::Rate,
        }
    }
}

impl HpaMemory {
    /// How many replicas there were when a period began.
    fn replicas_before(&self, time: f64, period: f64, current: u32) -> i64 {
        let sum = |history: &History| history.within(time, period).map(i64::from).sum::<i64>();
        i64::from(current) - sum(&self.added) + sum(&self.removed)
    }
}

fn replicas(number: i64) -> u32 {
    u32::try_from(number.max(0)).unwrap_or(u32::MAX)
}
