//! What a policy decides, and why.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The number of replicas that a policy wants, with its reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Decision {
    /// How many replicas there should be.
    pub replicas: u32,
    /// How many the metrics alone call for, before anything limits it.
    pub recommended: u32,
    /// The metric that called for it; none where nothing was measured, or a time was reached.
    pub metric: Option<String>,
    /// What held the number back, or changed it, in the order in which it did.
    pub limits: Vec<Limit>,
    /// Where the time since the cause went, in the order in which it did, as far as the policy knows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delays: Vec<Delay>,
}

/// A part of the time between a cause and the change of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Delay {
    /// What for.
    pub kind: DelayKind,
    /// How long.
    pub seconds: f64,
}

/// What time was spent on between a cause and the change of replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DelayKind {
    /// Since the evaluation before, at which it was not so yet: at most so long, where nothing more is known.
    Interval,
    /// Until a scrape showed it: since the scrape before, so that it may have been less.
    Scrape,
    /// From the scrape until an evaluation found it.
    Evaluation,
    /// Until it had been so for long enough to fire.
    For,
    /// Until it had been over for long enough to be resolved.
    KeepFiringFor,
    /// In a group of alerts, until it was sent.
    Grouping,
    /// On the way to who changes replicas.
    Webhook,
    /// From the change until the last of the replicas that it started took requests.
    StartUp,
    /// The same, where they came from the warm pool.
    Activation,
    /// Before that, where machines are chosen by what is on them: until one had room; where nothing follows, none had until the end, or until it was not wanted
    /// any more.
    Pending,
    /// Of that, where its parts are known: until a node was chosen.
    Placement,
    /// Until the image was there.
    ImagePull,
    /// Until the container ran.
    ContainerStart,
    /// Until the replica was found ready.
    ReadinessDelay,
}

impl DelayKind {
    /// For messages.
    pub fn text(self) -> &'static str {
        match self {
            Self::Interval => "evaluation interval",
            Self::Scrape => "scrape",
            Self::Evaluation => "evaluation",
            Self::For => "for",
            Self::KeepFiringFor => "keep firing for",
            Self::Grouping => "grouping",
            Self::Webhook => "webhook",
            Self::StartUp => "start-up",
            Self::Activation => "activation",
            Self::Pending => "pending",
            Self::Placement => "placement",
            Self::ImagePull => "image pull",
            Self::ContainerStart => "container start",
            Self::ReadinessDelay => "readiness delay",
        }
    }
}

/// Something that kept a number of replicas from being what the metric called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The metric is near enough to its target.
    Tolerance,
    /// Replicas that are not ready were counted as idle.
    UnreadyReplicas,
    /// Replicas without samples were counted as idle when scaling up, as busy when scaling down.
    MissingSamples,
    /// With unready replicas and missing samples counted, the direction would have changed.
    Direction,
    /// A metric could not be read, so the number does not go down, or not change.
    FailedMetric,
    /// There are no replicas, which turns the policy off until somebody starts one.
    AtZero,
    /// A recommendation of the last stabilization window holds.
    Stabilization,
    /// The policies of scaling do not allow a faster change.
    Rate,
    /// Scaling in this direction is turned off.
    DirectionDisabled,
    /// The least number of replicas.
    MinReplicas,
    /// The largest number of replicas.
    MaxReplicas,
    /// The last change is too recent.
    Cooldown,
    /// In panic, the number does not go down.
    Panic,
    /// The last replicas stay until requests find another way.
    GracePeriod,
    /// A number was put in place of a metric that cannot be read.
    Fallback,
    /// The metric is above or at its activation threshold: from zero or back.
    Activation,
}

impl Limit {
    /// For messages.
    pub fn text(self) -> &'static str {
        match self {
            Self::Tolerance => "within the tolerance",
            Self::UnreadyReplicas => "unready replicas count as idle",
            Self::MissingSamples => "replicas without samples",
            Self::Direction => "the direction would change",
            Self::FailedMetric => "a metric could not be read",
            Self::AtZero => "off while there are no replicas",
            Self::Stabilization => "stabilization",
            Self::Rate => "scaling policies",
            Self::DirectionDisabled => "scaling in this direction is off",
            Self::MinReplicas => "the least number of replicas",
            Self::MaxReplicas => "the largest number of replicas",
            Self::Cooldown => "cooldown",
            Self::Panic => "panic",
            Self::GracePeriod => "grace period",
            Self::Fallback => "fallback",
            Self::Activation => "activation",
        }
    }
}

impl Decision {
    /// So many replicas, for no reason yet.
    pub fn new(replicas: u32) -> Self {
        Self { replicas, recommended: replicas, metric: None, limits: Vec::new(), delays: Vec::new() }
    }

    /// The same because of a metric.
    pub(super) fn by(mut self, metric: impl Into<String>) -> Self {
        self.metric = Some(metric.into());
        self
    }

    /// The same with one more limit.
    pub(super) fn limited(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }

    /// Changes the number, and tells why where it does.
    pub(super) fn change(&mut self, replicas: u32, limit: Limit) {
        if replicas != self.replicas {
            self.replicas = replicas;
            self.limits.push(limit);
        }
    }

    /// Keeps the number between two bounds.
    pub(super) fn clamp(&mut self, min: u32, max: u32) {
        self.change(self.replicas.min(max), Limit::MaxReplicas);
        self.change(self.replicas.max(min), Limit::MinReplicas);
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} replicas", self.replicas)?;
        if let Some(metric) = &self.metric {
            write!(f, " by {metric}")?;
        }
        if self.recommended != self.replicas {
            write!(f, " instead of {}", self.recommended)?;
        }
        for (place, limit) in self.limits.iter().enumerate() {
            write!(f, "{}{}", if place == 0 { ": " } else { ", " }, limit.text())?;
        }
        Ok(())
    }
}
