//! What a control plane sees: means over windows that end at an evaluation.

use tracecast_model::autoscaling::{Observation, Quantity, Reading, Replica, ReplicaState, Sample, Scope};

use super::{Figure, Scaling};
use crate::fluid::rates::Equations;
use crate::fluid::series;

/// Means so small that they are what the tail of a distribution leaves of nothing.
const NOTHING: f64 = 1e-3;

/// What figures are taken from.
struct View<'a> {
    scaling: &'a Scaling<'a>,
    equations: &'a Equations<'a>,
    y: &'a [f64],
    curve: &'a [(f64, Vec<f64>)],
    time: f64,
}

impl Scaling<'_> {
    /// What the policy is shown now.
    pub(super) fn observe(
        &self,
        place: usize,
        time: f64,
        equations: &Equations<'_>,
        y: &[f64],
        curve: &[(f64, Vec<f64>)],
    ) -> Observation {
        let elastic = &self.services[place];
        let view = View { scaling: self, equations, y, curve, time };
        let mut readings = Vec::new();
        for figure in elastic.signals.iter().filter(|figure| figure.signal.scope == Scope::Service) {
            let window = figure.signal.window;
            let value = if window == 0.0 {
                view.now(figure.service, figure.quantity)
            } else {
                view.mean(figure.service, figure.quantity, time - window)
            };
            let metric = figure.signal.metric.clone();
            readings.extend(value.map(|value| Reading { metric, window, value }));
        }
        let replica = |life: &super::lives::Life| Replica {
            state: life.state(),
            started_at: life.started_at,
            changed_at: life.changed_at(),
            cpu_request: elastic.description.requested_cpu(),
            samples: match life.state() {
                ReplicaState::Ready => view.samples(place, life.changed_at()),
                _ => Vec::new(),
            },
        };
        let replicas = elastic.lives.all().iter().map(replica).collect();
        Observation { time, wanted: elastic.wanted, replicas, readings }
    }
}

impl View<'_> {
    fn elastic(&self, service: usize) -> Option<usize> {
        self.equations.network.elastic.iter().position(|&elastic| elastic == service)
    }

    /// A figure of a service at this instant, of what can be counted then.
    fn now(&self, service: usize, quantity: Quantity) -> Option<f64> {
        let present = self.equations.present(self.y, service);
        match quantity {
            Quantity::Concurrency => Some(present.round()),
            Quantity::QueueLength => {
                Some((present - self.equations.busy_threads(self.y, service)).max(0.0).round())
            }
            Quantity::ReadyReplicas | Quantity::Replicas => Some(self.replicas(service, quantity)),
            Quantity::Arrivals | Quantity::Completions => Some(self.sum(service, quantity, self.time)),
            Quantity::CompletionRate
            | Quantity::RequestRate
            | Quantity::Cpu
            | Quantity::Responses
            | Quantity::ResponseSeconds => None,
        }
    }

    fn replicas(&self, service: usize, quantity: Quantity) -> f64 {
        let Some(place) = self.elastic(service) else {
            return f64::from(self.equations.network.system.services[service].replicas);
        };
        let lives = &self.scaling.services[place].lives;
        if quantity == Quantity::ReadyReplicas {
            return f64::from(lives.ready());
        }
        let stopping = self.y[self.equations.layout.stopping(place)].max(0.0).round();
        lives.all().len() as f64 + stopping
    }

    /// A sum over a service until a time that is not later than now: an integral, or a number of events.
    fn sum(&self, service: usize, quantity: Quantity, time: f64) -> f64 {
        let layout = &self.equations.layout;
        let populations = series::populations(self.equations, service);
        let total = |place: &dyn Fn(usize) -> usize| -> f64 {
            populations.iter().map(|&population| self.total(place(population), time)).sum()
        };
        match quantity {
            Quantity::Concurrency => total(&|population| layout.present(population)),
            Quantity::QueueLength => {
                total(&|population| layout.present(population)) - total(&|population| layout.busy(population))
            }
            Quantity::CompletionRate | Quantity::Completions => total(&|population| layout.ended(population)),
            // Whoever is there now has arrived; at earlier times those that were.
            Quantity::RequestRate | Quantity::Arrivals => {
                total(&|population| layout.ended(population)) + self.slope(&populations, time)
            }
            // Refused before.
            Quantity::Responses | Quantity::ResponseSeconds => 0.0,
            Quantity::Cpu => self.total(layout.cpu(service), time),
            Quantity::ReadyReplicas | Quantity::Replicas => match self.elastic(service) {
                None => f64::from(self.equations.network.system.services[service].replicas) * time,
                Some(place) => {
                    let (ready, staying) = self.scaling.services[place].lives.areas(time);
                    if quantity == Quantity::ReadyReplicas { ready } else { staying }
                }
            },
        }
    }

    /// Requests present at a time: those now, or the slope of their integral.
    fn slope(&self, populations: &[usize], time: f64) -> f64 {
        let layout = &self.equations.layout;
        let after = self.curve.partition_point(|(at, _)| *at <= time);
        let (Some((end, high)), Some((begin, low))) =
            (self.curve.get(after), after.checked_sub(1).and_then(|before| self.curve.get(before)))
        else {
            let variable = |&population: &usize| self.equations.network.populations[population].variable;
            return if time >= self.time {
                populations.iter().map(|p| self.y[variable(p)].max(0.0)).sum()
            } else {
                0.0
            };
        };
        let offset = layout.replies(0);
        let of =
            |&p: &usize| (high[layout.present(p) - offset] - low[layout.present(p) - offset]) / (end - begin);
        populations.iter().map(of).sum()
    }

    /// One of the sums of the equations at a time.
    fn total(&self, place: usize, time: f64) -> f64 {
        if time >= self.time {
            return self.y[place];
        }
        let place = place - self.equations.layout.replies(0);
        let after = self.curve.partition_point(|(at, _)| *at <= time);
        let before = after.checked_sub(1).and_then(|before| self.curve.get(before));
        match (before, self.curve.get(after)) {
            (Some((begin, low)), Some((end, high))) => {
                low[place] + (time - begin) / (end - begin) * (high[place] - low[place])
            }
            (Some((_, sums)), None) | (None, Some((_, sums))) => sums[place],
            (None, None) => 0.0,
        }
    }

    /// The mean since a time, or since the start; none where that is no time.
    fn mean(&self, service: usize, quantity: Quantity, from: f64) -> Option<f64> {
        let from = from.max(0.0);
        let seconds = self.time - from;
        let mean = (self.sum(service, quantity, self.time) - self.sum(service, quantity, from)) / seconds;
        (seconds > 0.0).then_some(if mean < NOTHING { 0.0 } else { mean })
    }

    /// What is known of one replica that takes requests since a time: all of them have equal parts.
    fn samples(&self, place: usize, since: f64) -> Vec<Sample> {
        let elastic = &self.scaling.services[place];
        let of_replicas = elastic.signals.iter().filter(|figure| figure.signal.scope == Scope::Replica);
        let sample = |figure: &Figure| {
            let quantity = figure.quantity;
            let from = (self.time - figure.signal.window).max(since).max(0.0);
            let ready = self.mean(figure.service, Quantity::ReadyReplicas, from)?.max(NOTHING);
            let queues = || elastic.description.work_queue.is_none();
            let value = match quantity {
                // Only what a replica has taken from a shared queue is at it.
                Quantity::Concurrency if !queues() => {
                    self.mean(figure.service, quantity, from)?
                        - self.mean(figure.service, Quantity::QueueLength, from)?
                }
                Quantity::QueueLength if !queues() => 0.0,
                _ => self.mean(figure.service, quantity, from)?,
            };
            Some(Sample { quantity, value: value / ready, taken_at: self.time, window: self.time - from })
        };
        of_replicas.filter_map(sample).collect()
    }
}
