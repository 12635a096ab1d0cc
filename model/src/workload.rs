//! What drives a system.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Distribution, MarkovArrivals, OperationRef, RateProfile, Resilience};

/// A stream of requests from outside (LQN reference task or open arrivals).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// Unique among the workloads.
    pub name: String,
    /// Which operations it asks for. Each request goes to one of them, drawn by weight.
    pub requests: Vec<Request>,
    /// How many, and when.
    pub load: Load,
    /// When a request counts as done.
    #[serde(default, skip_serializing_if = "is_default")]
    pub completion: Completion,
    /// What whoever sends the requests does where a reply is late or is an error. Where absent it waits for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resilience: Option<Resilience>,
}

/// One kind of request of a workload.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The operation asked for, `"service/operation"`.
    pub operation: OperationRef,
    /// Share of this kind relative to the others; > 0.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub weight: f64,
}

/// How many requests there are, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Load {
    /// A fixed number of users, each of whom thinks, asks, waits for the end, and thinks again.
    Closed {
        /// Users; at least 1.
        population: u32,
        /// Time between an answer and the next request.
        #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
        think_time: Distribution,
    },
    /// Arrivals that do not wait for answers, with independent exponential gaps.
    Poisson {
        /// Requests per second; > 0.
        rate: f64,
    },
    /// Arrivals that do not wait for answers, with independent gaps of any distribution (a renewal process).
    Renewal {
        /// Time from one arrival to the next; its mean is > 0.
        gap: Distribution,
    },
    /// Arrivals that do not wait for answers, at a rate that depends on a hidden state.
    Markov(MarkovArrivals),
    /// Groups of requests that arrive all at once.
    Burst {
        /// At least one.
        bursts: Vec<Burst>,
    },
    /// Arrivals that do not wait for answers, at a rate that varies with time (a Poisson process with that rate), until
    /// the last point of its profile.
    Profile(RateProfile),
    /// Arrivals that do not wait for answers, at recorded times.
    Replay {
        /// Seconds after the start, in order of time; ≥ 0, at least one. One request each.
        at: Vec<f64>,
    },
    /// A script that posts one request after the other and then waits until all work is done.
    SerialClient(SerialClient),
}

/// Requests that arrive at the same instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// Number of requests; at least 1.
    pub size: u32,
    /// Seconds after the start.
    #[serde(default, with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub at: f64,
}

/// A load script that posts its requests one after the other (the next when the reply is back), starts its clock
/// after the last post, and then asks at intervals whether all the work is done.
///
/// The makespan that it prints is what its clock shows when it has learned of the end: see
/// [`reading`](SerialClient::reading).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SerialClient {
    /// Posts in all; at least 1.
    pub requests: u32,
    /// Seconds that it sleeps between two polls; ≥ 0.
    #[serde(default, with = "crate::seconds", skip_serializing_if = "is_zero")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub poll_interval: f64,
    /// Seconds that a poll takes until its answer; ≥ 0.
    #[serde(default, with = "crate::seconds", skip_serializing_if = "is_zero")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub poll_time: f64,
}

impl SerialClient {
    /// Seconds from one poll to the next; 0: it learns of the end at once.
    pub fn poll_period(&self) -> f64 {
        self.poll_interval + self.poll_time
    }

    /// What the clock shows when the script learns that all work was done `end` seconds after the clock's start.
    ///
    /// Polls begin at 0, P, 2P, … with P the [`poll_period`](Self::poll_period); the answer says how things stood when
    /// the poll began, and the clock is read when the answer is there. Never negative: work that was done before the
    /// clock started is seen by the first poll.
    pub fn reading(&self, end: f64) -> f64 {
        /// An end that falls on a poll but for rounding is seen by it.
        const ROUNDING: f64 = 1e-9;
        let period = self.poll_period();
        if period == 0.0 {
            return end.max(0.0);
        }
        (end / period - ROUNDING).ceil().max(0.0) * period + self.poll_time
    }
}

/// When a request counts as done: where its response time ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Completion {
    /// When the reply is back.
    #[default]
    Reply,
    /// When all the work that it caused is done, asynchronous work too.
    AllWork,
}

impl Workload {
    /// Requests for one operation.
    pub fn new(name: impl Into<String>, operation: OperationRef, load: Load) -> Self {
        Self {
            name: name.into(),
            requests: vec![Request { operation, weight: 1.0 }],
            load,
            completion: Completion::default(),
            resilience: None,
        }
    }

    /// The same, done when all work is done.
    pub fn until_all_work_is_done(mut self) -> Self {
        self.completion = Completion::AllWork;
        self
    }

    /// Each kind of request with its share; the shares sum to 1.
    pub fn shares(&self) -> impl Iterator<Item = (&OperationRef, f64)> {
        let total: f64 = self.requests.iter().map(|request| request.weight).sum();
        self.requests.iter().map(move |request| (&request.operation, request.weight / total))
    }
}

impl Load {
    /// Does it end by itself, so that there is a makespan instead of a steady state?
    pub fn is_finite(&self) -> bool {
        !matches!(self, Self::Closed { .. } | Self::Poisson { .. } | Self::Renewal { .. } | Self::Markov(_))
    }

    /// Mean requests per second of arrivals without an end that do not wait for answers.
    pub fn rate(&self) -> Option<f64> {
        match self {
            Self::Poisson { rate } => Some(*rate),
            Self::Renewal { gap } => Some(1.0 / gap.mean()),
            Self::Markov(arrivals) => Some(arrivals.rate()),
            Self::Closed { .. }
            | Self::Burst { .. }
            | Self::Profile(_)
            | Self::Replay { .. }
            | Self::SerialClient(_) => None,
        }
    }

    /// When the last request of a load that ends by itself comes at the latest, where replies have no part in it (s).
    pub fn last_arrival(&self) -> Option<f64> {
        match self {
            Self::Closed { .. }
            | Self::Poisson { .. }
            | Self::Renewal { .. }
            | Self::Markov(_)
            | Self::SerialClient(_) => None,
            Self::Burst { bursts } => Some(bursts.iter().map(|burst| burst.at).fold(0.0, f64::max)),
            Self::Replay { at } => at.last().copied(),
            Self::Profile(profile) => Some(profile.end()),
        }
    }

    /// Number of requests of a load that ends by itself, where chance has no part in it.
    pub fn total_requests(&self) -> Option<u64> {
        match self {
            Self::Closed { .. }
            | Self::Poisson { .. }
            | Self::Renewal { .. }
            | Self::Markov(_)
            | Self::Profile(_) => None,
            Self::Burst { bursts } => Some(bursts.iter().map(|burst| u64::from(burst.size)).sum()),
            Self::Replay { at } => Some(at.len() as u64),
            Self::SerialClient(client) => Some(u64::from(client.requests)),
        }
    }
}

fn one() -> f64 {
    1.0
}

fn is_one(weight: &f64) -> bool {
    *weight == 1.0
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn is_default(completion: &Completion) -> bool {
    *completion == Completion::default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_client_learns_of_the_end_at_a_poll() {
        let reading = |poll_interval, poll_time, end| {
            SerialClient { requests: 1, poll_interval, poll_time }.reading(end)
        };
        assert_eq!(reading(0.0, 0.0, 1.3), 1.3);
        assert_eq!(reading(0.25, 0.0, 0.0), 0.0);
        assert_eq!(reading(0.25, 0.0, 0.75), 0.75);
        assert_eq!(reading(0.25, 0.0, 0.76), 1.0);
        assert_eq!(reading(0.1, 0.0, 3.0 * 0.1), 3.0 * 0.1);
        assert_eq!(reading(0.25, 0.25, 0.4), 0.75);
        assert_eq!(reading(0.25, 0.0, -1.0), 0.0);
    }
}
