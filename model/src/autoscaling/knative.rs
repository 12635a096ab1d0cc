//! Knative's pod autoscaler.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Decision, History, Limit, Observation, Policy, Problems, Quantity, Signal, whole};
use crate::{Code, seconds};

/// The Knative Pod Autoscaler (KPA): replicas in proportion to requests in progress (or their rate), over a long window, and
/// over a short one in panic, when that calls for much more than there is.
///
/// As pkg/autoscaler/scaling/autoscaler.go and, for the way to zero, pkg/reconciler/autoscaling/kpa/scaler.go of
/// knative/serving, with the defaults of config/core/configmaps/autoscaler.yaml. Requests count as soon as they have arrived,
/// also while they wait outside of the replicas, as Knative's activator counts them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Knative {
    /// What is counted.
    pub metric: KnativeMetric,
    /// How much of it a replica can take; 100 requests in progress or 200 a second where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<f64>,
    /// The part of the target that replicas should have, in (0, 1].
    pub target_utilization: f64,
    /// The long window, in seconds.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub stable_window: f64,
    /// The short window in percent of the long one, in [1, 100].
    pub panic_window_percentage: f64,
    /// There is panic when the short window calls for so many percent of the ready replicas; above 110.
    pub panic_threshold_percentage: f64,
    /// The largest factor by which the number grows at once; above 1.
    pub max_scale_up_rate: f64,
    /// The largest factor by which it shrinks at once; above 1.
    pub max_scale_down_rate: f64,
    /// The least number of replicas.
    pub min_scale: u32,
    /// The largest number of replicas; none where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_scale: Option<u32>,
    /// For so many seconds a larger number holds.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub scale_down_delay: f64,
    /// May the last replica go?
    pub enable_scale_to_zero: bool,
    /// So long requests go through the activator before the last replica goes, in seconds.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub scale_to_zero_grace_period: f64,
    /// So long the last replica stays at least, in seconds.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub scale_to_zero_pod_retention_period: f64,
    /// How many more requests should find a place at once; the activator takes part while they would not. 0: it does so
    /// without replicas only; −1: always.
    pub target_burst_capacity: f64,
    /// Seconds between evaluations.
    #[serde(with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub tick_interval: f64,
}

/// What the KPA counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnativeMetric {
    /// Requests that are there.
    #[default]
    Concurrency,
    /// Requests per second.
    Rps,
}

impl Default for Knative {
    fn default() -> Self {
        Self {
            metric: KnativeMetric::Concurrency,
            target: None,
            target_utilization: 0.7,
            stable_window: 60.0,
            panic_window_percentage: 10.0,
            panic_threshold_percentage: 200.0,
            max_scale_up_rate: 1000.0,
            max_scale_down_rate: 2.0,
            min_scale: 0,
            max_scale: None,
            scale_down_delay: 0.0,
            enable_scale_to_zero: true,
            scale_to_zero_grace_period: 30.0,
            scale_to_zero_pod_retention_period: 0.0,
            target_burst_capacity: 211.0,
            tick_interval: 2.0,
        }
    }
}

/// What the KPA remembers; times are seconds since the start of the run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KnativeMemory {
    /// Was it evaluated before?
    pub started: bool,
    /// When the short window last called for panic.
    pub panic_since: Option<f64>,
    /// The largest number of this panic.
    pub max_panic: u32,
    /// The numbers of the scale-down delay.
    pub delayed: History,
    /// Since when replicas are wanted.
    pub active_since: Option<f64>,
    /// Since when none is, where the last one is about to go.
    pub inactive_since: Option<f64>,
    /// Since when requests go through the activator.
    pub proxied_since: Option<f64>,
}

impl Policy for Knative {
    type Memory = KnativeMemory;

    fn interval(&self) -> f64 {
        self.tick_interval
    }

    fn signals(&self) -> Vec<Signal> {
        [self.stable_window, self.panic_window()]
            .map(|window| Signal::of_service(self.name(), window))
            .to_vec()
    }

    fn decide(&self, observation: &Observation, memory: &mut KnativeMemory) -> Decision {
        let time = observation.time;
        let ready = observation.ready();
        if !std::mem::replace(&mut memory.started, true) {
            // Windows are empty after a start, so that several replicas must not be taken for too many.
            memory.panic_since = (ready > 1).then_some(time);
            memory.max_panic = ready;
            memory.active_since = Some(time);
        }
        let readings = (
            observation.reading(self.name(), self.stable_window),
            observation.reading(self.name(), self.panic_window()),
        );
        let (Some(stable), Some(panic)) = readings else {
            return Decision::new(observation.wanted).limited(Limit::FailedMetric);
        };
        let mut decision = self.scale(time, ready, (stable, panic), memory);
        if self.scale_down_delay > 0.0 {
            memory.delayed.record(time, decision.replicas, self.scale_down_delay);
            let largest = memory.delayed.within(time, self.scale_down_delay).fold(0, u32::max);
            decision.change(largest, Limit::Cooldown);
        }
        decision.clamp(self.min_scale, self.max_scale.unwrap_or(u32::MAX));
        self.to_zero(&mut decision, observation, panic, memory);
        decision
    }

    fn most_replicas(&self) -> Option<u32> {
        self.max_scale
    }

    fn check(&self, problems: &mut Problems) {
        problems.bounds(self.min_scale, self.max_scale.unwrap_or(u32::MAX));
        if let Some(target) = self.target {
            problems.target("target", target);
        }
        let part = self.target_utilization;
        problems.range("target_utilization", part, part > 0.0 && part <= 1.0, "in (0, 1]");
        let percent = self.panic_window_percentage;
        problems.range("panic_window_percentage", percent, (1.0..=100.0).contains(&percent), "in [1, 100]");
        let percent = self.panic_threshold_percentage;
        let allowed = percent > 110.0 && percent.is_finite();
        problems.range("panic_threshold_percentage", percent, allowed, "more than 110");
        for (field, rate) in
            [("max_scale_up_rate", self.max_scale_up_rate), ("max_scale_down_rate", self.max_scale_down_rate)]
        {
            problems.range(field, rate, rate > 1.0 && rate.is_finite(), "more than 1");
        }
        let burst = self.target_burst_capacity;
        let allowed = burst == -1.0 || (burst >= 0.0 && burst.is_finite());
        problems.range("target_burst_capacity", burst, allowed, "-1, 0 or more");
        problems.positive("tick_interval", self.tick_interval);
        problems.positive("stable_window", self.stable_window);
        problems.duration("scale_down_delay", self.scale_down_delay);
        problems.duration("scale_to_zero_grace_period", self.scale_to_zero_grace_period);
        problems.duration("scale_to_zero_pod_retention_period", self.scale_to_zero_pod_retention_period);
        if self.scale_down_delay > 3600.0 {
            problems.add(Code::ScalingTime, "scale_down_delay is more than one hour");
        }
    }
}

impl Knative {
    /// How many requests the replicas could take beyond those that are there and the burst that should find a place:
    /// where that is negative, requests go through the activator (ExcessBurstCapacity). `in_panic_window` is the metric's
    /// mean over the short window.
    pub fn excess_burst_capacity(&self, ready: u32, in_panic_window: f64) -> f64 {
        match self.target_burst_capacity {
            0.0 => 0.0,
            burst if burst > 0.0 => (f64::from(ready) * self.total() - burst - in_panic_window).floor(),
            _ => -1.0,
        }
    }

    fn name(&self) -> &'static str {
        match self.metric {
            KnativeMetric::Concurrency => Quantity::Concurrency.name(),
            KnativeMetric::Rps => Quantity::RequestRate.name(),
        }
    }

    fn panic_window(&self) -> f64 {
        self.stable_window * self.panic_window_percentage / 100.0
    }

    /// What a replica can take.
    fn total(&self) -> f64 {
        self.target.unwrap_or(match self.metric {
            KnativeMetric::Concurrency => 100.0,
            KnativeMetric::Rps => 200.0,
        })
    }

    /// autoscaler.Scale: the number by both windows, within the rates, and whether there is panic.
    fn scale(
        &self,
        time: f64,
        ready: u32,
        (stable, panic): (f64, f64),
        memory: &mut KnativeMemory,
    ) -> Decision {
        // ResolveMetricTarget, with the TargetMin of pkg/apis/autoscaling.
        let target = (self.total() * self.target_utilization).max(0.01);
        let ready = f64::from(ready.max(1));
        let lowest = (ready / self.max_scale_down_rate).floor();
        let highest = (ready * self.max_scale_up_rate).ceil();
        let by_stable = (stable / target).ceil();
        let by_panic = (panic / target).ceil();
        let over = by_panic / ready >= self.panic_threshold_percentage / 100.0;
        if over {
            memory.panic_since = Some(time);
        } else if memory.panic_since.is_some_and(|since| since + self.stable_window < time) {
            memory.panic_since = None;
            memory.max_panic = 0;
        }
        let panics = memory.panic_since.is_some();
        let called = if panics { by_stable.max(by_panic) } else { by_stable };
        let mut decision = Decision::new(whole(called)).by(self.name());
        decision.change(whole(called.max(lowest).min(highest)), Limit::Rate);
        if panics {
            memory.max_panic = memory.max_panic.max(decision.replicas);
            decision.change(memory.max_panic, Limit::Panic);
        }
        decision
    }

    /// scaler.handleScaleToZero: the last replica goes when nothing was wanted for a while, and requests have gone through the
    /// activator for the grace period.
    ///
    /// That the activator takes part since the time at which the excess burst capacity became negative is concluded from
    /// kpa.go and scaler.go (ProxyFor), not read in one place.
    fn to_zero(
        &self,
        decision: &mut Decision,
        observation: &Observation,
        panic: f64,
        memory: &mut KnativeMemory,
    ) {
        let time = observation.time;
        let ready = observation.ready();
        let proxied = ready == 0 || self.excess_burst_capacity(ready, panic) < 0.0;
        let inactive = memory.inactive_since.is_some();
        memory.proxied_since = (proxied || inactive).then(|| memory.proxied_since.unwrap_or(time));
        if decision.replicas > 0 {
            memory.active_since = Some(if inactive { time } else { memory.active_since.unwrap_or(time) });
            memory.inactive_since = None;
            return;
        }
        if !self.enable_scale_to_zero {
            return decision.change(1, Limit::MinReplicas);
        }
        if observation.wanted == 0 {
            return;
        }
        let Some(inactive_since) = memory.inactive_since else {
            if memory.active_since.is_some_and(|since| time - since < self.stable_window) {
                return decision.change(1, Limit::GracePeriod);
            }
            memory.inactive_since = Some(time);
            memory.proxied_since = memory.proxied_since.or(Some(time));
            // Looked at again at the next tick.
            return decision.change(observation.wanted, Limit::GracePeriod);
        };
        let grace = memory.proxied_since.is_some_and(|since| time - since >= self.scale_to_zero_grace_period);
        let retained = time - inactive_since >= self.scale_to_zero_pod_retention_period;
        if !(grace && retained) {
            decision.change(observation.wanted, Limit::GracePeriod);
        }
    }
}
