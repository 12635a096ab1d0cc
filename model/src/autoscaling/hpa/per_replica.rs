//! Metrics that each replica has: how those count that are not ready or were not measured.

use super::metric::milli;
use super::{Hpa, Proposal};
use crate::autoscaling::{Limit, Observation, Quantity, Replica, ReplicaState, Sample};

/// What usage is compared with.
#[derive(Clone, Copy)]
pub(super) enum Measure {
    /// Percent of the requests.
    Utilization(u32),
    /// Thousandths for each replica.
    Average(i128),
}

/// Usage and request of replicas, in thousandths.
#[derive(Default)]
struct Group {
    replicas: u32,
    usage: i128,
    request: i128,
}

impl Group {
    fn add(&mut self, usage: i128, request: i128) {
        self.replicas += 1;
        self.usage += usage;
        self.request += request;
    }

    /// Usage over target. Kubernetes divides whole numbers: percents and thousandths are cut off
    /// (pkg/controller/podautoscaler/metrics/utilization.go).
    fn ratio(&self, measure: Measure) -> Option<f64> {
        let (mean, target) = match measure {
            Measure::Utilization(percent) => {
                ((self.usage * 100).checked_div(self.request)?, i128::from(percent))
            }
            Measure::Average(target) => (self.usage.checked_div(i128::from(self.replicas))?, target),
        };
        (target != 0).then(|| mean as f64 / target as f64)
    }
}

/// GetResourceReplicas and calcPlainMetricReplicas of pkg/controller/podautoscaler/replica_calculator.go; `None` where
/// there is nothing to go by.
pub(super) fn per_replica(
    hpa: &Hpa,
    observation: &Observation,
    quantity: Quantity,
    measure: Measure,
) -> Option<Proposal> {
    let current = observation.wanted;
    let utilization = matches!(measure, Measure::Utilization(_));
    let mut measured = Group::default();
    let mut unready = Vec::new();
    let mut missing = Vec::new();
    for replica in &observation.replicas {
        if replica.state == ReplicaState::Terminating {
            continue;
        }
        let request = match replica.cpu_request {
            Some(request) => milli(request),
            None if utilization => return None,
            None => 0,
        };
        if replica.state == ReplicaState::Starting {
            unready.push(request);
            continue;
        }
        let Some(sample) = replica.sample(quantity) else {
            missing.push(request);
            continue;
        };
        if quantity == Quantity::Cpu && hpa.ignores(observation.time, replica, sample) {
            unready.push(request);
        } else {
            measured.add(milli(sample.value), request);
        }
    }
    if measured.replicas == 0 {
        return None;
    }
    let ratio = measured.ratio(measure)?;
    let counts_unready = !unready.is_empty() && ratio > 1.0;
    if !counts_unready && missing.is_empty() {
        if hpa.is_near(ratio) {
            return Some(Proposal::within_tolerance(current));
        }
        return Some(Proposal::new(ratio * f64::from(measured.replicas)));
    }

    let mut limits = Vec::new();
    let mut filled = measured;
    if !missing.is_empty() && ratio != 1.0 {
        limits.push(Limit::MissingSamples);
        for &request in &missing {
            let usage = match measure {
                _ if ratio > 1.0 => 0,
                // All of its request, or the target where that is more.
                Measure::Utilization(percent) => request * i128::from(percent.max(100)) / 100,
                Measure::Average(target) => target,
            };
            filled.add(usage, request);
        }
    }
    if counts_unready {
        limits.push(Limit::UnreadyReplicas);
        for &request in &unready {
            filled.add(0, request);
        }
    }
    let corrected = filled.ratio(measure)?;
    let mut proposal = Proposal::new(corrected * f64::from(filled.replicas));
    let turned = (ratio < 1.0 && corrected > 1.0) || (ratio > 1.0 && corrected < 1.0);
    let opposite =
        (corrected < 1.0 && proposal.replicas > current) || (corrected > 1.0 && proposal.replicas < current);
    if hpa.is_near(corrected) {
        proposal = Proposal::within_tolerance(current);
    } else if turned || opposite {
        proposal = Proposal { replicas: current, limits: vec![Limit::Direction] };
    }
    limits.append(&mut proposal.limits);
    Some(Proposal { replicas: proposal.replicas, limits })
}

impl Hpa {
    /// Does the CPU usage of a replica say nothing, since it still starts (groupPods)?
    fn ignores(&self, time: f64, replica: &Replica, sample: &Sample) -> bool {
        /// Seconds; where a window begins when the replica became ready, rounding must not decide.
        const ROUNDING: f64 = 1e-6;
        let unready = replica.state != ReplicaState::Ready;
        if replica.started_at + self.cpu_initialization_period > time {
            // It may be busy with its own start, until one window of usage lies behind its becoming ready.
            unready || sample.taken_at + ROUNDING < replica.changed_at + sample.window
        } else {
            // It was never ready.
            unready && replica.started_at + self.initial_readiness_delay > replica.changed_at
        }
    }
}
