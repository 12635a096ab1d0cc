//! Work queues that do more than hold messages until they are fetched.

use tracecast_model::{FetchOrder, Multiplicity, Overflow, Retry, Service};

use super::Program;
use crate::sampler::Sampler;

/// A work queue that looks after messages that were fetched.
#[derive(Clone, Debug)]
pub(crate) struct QueuePlan {
    pub(crate) redelivery: Option<RedeliveryPlan>,
    pub(crate) reservation: Option<ReservationPlan>,
}

/// When messages whose deliveries failed are delivered again.
#[derive(Clone, Debug)]
pub(crate) struct RedeliveryPlan {
    pub(crate) policy: Retry,
    /// The variate that spreads the times.
    pub(crate) jitter: u32,
    pub(crate) scan: Option<ScanPlan>,
}

/// For how long messages belong to replicas.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReservationPlan {
    pub(crate) timeout: f64,
    pub(crate) scan: Option<ScanPlan>,
    pub(crate) notices_crash: bool,
}

/// Something that is looked at now and then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ScanPlan {
    /// Seconds.
    pub(crate) interval: f64,
    /// The variate that tells when the first look is.
    pub(crate) phase: u32,
}

/// How replicas fetch messages.
#[derive(Clone, Debug, Default)]
pub(crate) struct FetchPlan {
    /// Messages that a replica may hold; `None`: as many as it has threads.
    pub(crate) prefetch: Option<Multiplicity>,
    /// Is to be told who has fetched what?
    pub(crate) reserves: bool,
    /// Does a new message take the place of the oldest one where the queue is full?
    pub(crate) drops_head: bool,
    /// By operation of the service: its queue; empty where there is one for all.
    pub(crate) lane_of: Vec<u32>,
    /// By queue: its weight, and the variate that chooses; none where the first comes first.
    pub(crate) weights: Option<(Vec<f64>, u32)>,
}

impl Program {
    /// How the replicas of a service fetch messages, where they do.
    pub(super) fn fetching(&mut self, service: &Service) -> FetchPlan {
        let Some(queue) = &service.work_queue else { return FetchPlan::default() };
        let lane_of = |name: &String| queue.lanes.iter().position(|lane| lane.operations.contains(name));
        let lanes = service.operations.iter().filter_map(|operation| lane_of(&operation.name));
        let choice = format!("queue of {}", service.name);
        FetchPlan {
            prefetch: queue.prefetch,
            reserves: queue.reservation.is_some(),
            drops_head: queue.overflow == Overflow::DropHead,
            lane_of: lanes.map(|lane| lane as u32).collect(),
            weights: (queue.fetch_order == FetchOrder::Weighted).then(|| {
                let weights = queue.lanes.iter().map(|lane| lane.weight).collect();
                (weights, self.variate(choice, Sampler::unit()))
            }),
        }
    }

    /// Adds the work queue of a service, where it looks after messages; its place.
    pub(super) fn add_queue(&mut self, service: &Service) -> Option<u32> {
        let queue = service.work_queue.as_ref().filter(|queue| queue.redelivers())?;
        let name = &service.name;
        let redelivery = queue.redelivery.clone().map(|policy| RedeliveryPlan {
            policy,
            jitter: self.variate(format!("redelivery to {name}"), Sampler::unit()),
            scan: self.scan(format!("scans of what goes back to {name}"), queue.scan_interval),
        });
        let reservation = queue.reservation.map(|reservation| ReservationPlan {
            timeout: reservation.timeout,
            scan: self.scan(format!("scans of reservations of {name}"), reservation.scan_interval),
            notices_crash: reservation.notices_crash,
        });
        self.queues.push(QueuePlan { redelivery, reservation });
        Some(self.queues.len() as u32 - 1)
    }

    fn scan(&mut self, label: String, interval: f64) -> Option<ScanPlan> {
        let phase = Sampler::Uniform { low: 0.0, width: interval };
        (interval > 0.0).then(|| ScanPlan { interval, phase: self.variate(label, phase) })
    }
}
