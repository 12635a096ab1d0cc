//! What a policy wants measured before it decides.

use serde::{Deserialize, Serialize};

/// A figure that a policy looks at: the mean of a quantity over a window that ends at the evaluation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// The name of a [`Quantity`], of the scaled service, or `SERVICE.quantity` for that of another; `responses<=0.25` are those
    /// within so many seconds.
    pub metric: String,
    /// Of the whole service, or of each of its replicas?
    pub scope: Scope,
    /// Length of the window in seconds; 0: the value at that instant.
    pub window: f64,
}

/// Whose figure a [`Signal`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The sum over all replicas, with what waits outside of them.
    Service,
    /// Each replica has its own, as a [`Sample`](super::Sample).
    Replica,
}

/// What can be measured of a service or of one of its replicas.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Requests that have arrived since the start: a counter.
    Arrivals,
    /// Requests answered without an error, per second.
    CompletionRate,
    /// Requests answered without an error since the start: a counter.
    Completions,
    /// Requests that are there, waiting or in progress.
    Concurrency,
    /// Processor time used, in cores.
    Cpu,
    /// Requests that wait for a thread or in the service's work queue.
    QueueLength,
    /// Replicas that take requests.
    ReadyReplicas,
    /// Replicas that there are, with those that start and those that stop.
    Replicas,
    /// Requests that arrive, per second.
    RequestRate,
    /// Seconds from the arrival of requests at the service to their replies, summed since the start: a counter.
    ResponseSeconds,
    /// Replies since the start, errors too: a counter.
    Responses,
}

impl Quantity {
    /// Every quantity.
    pub const ALL: [Self; 11] = [
        Self::Arrivals,
        Self::CompletionRate,
        Self::Completions,
        Self::Concurrency,
        Self::Cpu,
        Self::QueueLength,
        Self::ReadyReplicas,
        Self::Replicas,
        Self::RequestRate,
        Self::ResponseSeconds,
        Self::Responses,
    ];

    /// Its name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Arrivals => "arrivals",
            Self::CompletionRate => "completion_rate",
            Self::Completions => "completions",
            Self::Concurrency => "concurrency",
            Self::Cpu => "cpu",
            Self::QueueLength => "queue_length",
            Self::ReadyReplicas => "ready_replicas",
            Self::Replicas => "replicas",
            Self::RequestRate => "request_rate",
            Self::ResponseSeconds => "response_seconds",
            Self::Responses => "responses",
        }
    }

    /// The quantity of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|quantity| quantity.name() == name)
    }

    /// A number of events since the start, which has no mean over a window.
    pub fn is_counter(self) -> bool {
        matches!(self, Self::Arrivals | Self::Completions | Self::ResponseSeconds | Self::Responses)
    }

    /// Does it make sense of a single replica?
    pub fn is_of_replicas(self) -> bool {
        !self.is_counter() && !matches!(self, Self::ReadyReplicas | Self::Replicas)
    }

    /// A number of events per time, which needs a window longer than 0.
    pub fn is_rate(self) -> bool {
        matches!(self, Self::CompletionRate | Self::RequestRate | Self::Cpu)
    }
}

/// Between a figure and the bound of what is counted.
const WITHIN: &str = "<=";

impl Signal {
    /// A figure of the whole service.
    pub fn of_service(metric: impl Into<String>, window: f64) -> Self {
        Self { metric: metric.into(), scope: Scope::Service, window }
    }

    /// A figure of each replica.
    pub fn of_replicas(metric: impl Into<String>, window: f64) -> Self {
        Self { metric: metric.into(), scope: Scope::Replica, window }
    }

    /// Seconds within which the responses that count are; infinite where all count.
    pub fn bound(&self) -> f64 {
        let bound = self.metric.split_once(WITHIN).and_then(|(_, bound)| bound.parse().ok());
        bound.unwrap_or(f64::INFINITY)
    }

    /// The service named, if any, and the quantity; `None` for a name that is that of no quantity.
    pub fn parse(&self) -> Option<(Option<&str>, Quantity)> {
        let figure = match self.metric.split_once(WITHIN) {
            None => &self.metric,
            Some((figure, bound)) => {
                let is_sound = bound.parse().is_ok_and(|bound: f64| bound > 0.0);
                let is_counted = figure.rsplit('.').next() == Some(Quantity::Responses.name());
                (is_sound && is_counted).then_some(figure)?
            }
        };
        if let Some(quantity) = Quantity::parse(figure) {
            return Some((None, quantity));
        }
        let (service, name) = figure.rsplit_once('.')?;
        Some((Some(service), Quantity::parse(name)?))
    }
}
