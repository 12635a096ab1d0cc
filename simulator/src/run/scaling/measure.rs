//! What a control plane sees: means over windows that end at an evaluation.

use tracecast_model::autoscaling::{Observation, Quantity, Reading, Replica, ReplicaState, Sample, Scope};

use super::Elastic;
use crate::program::{ElasticPlan, SignalPlan};
use crate::run::Run;
use crate::run::probe::Probe;
use crate::run::timers::Timer;

/// Sums until a time, of which means over windows are differences.
#[derive(Clone, Debug, Default)]
pub(super) struct Note {
    time: f64,
    /// By signal: that of its service.
    services: Vec<f64>,
    /// By replica of the scaled service; empty where nobody asks for single ones.
    replicas: Vec<Sums>,
}

/// Sums of one replica. Processor time is exact; the others are taken as they stood at the last note, as a scrape would.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    cpu: f64,
    present: f64,
    waiting: f64,
}

/// Does an autoscaler measure processor time?
pub(super) fn needs_work(plan: &ElasticPlan) -> bool {
    plan.signals.iter().any(|signal| signal.quantity == Quantity::Cpu)
}

impl Sums {
    fn of(&self, quantity: Quantity) -> Option<f64> {
        match quantity {
            Quantity::Cpu => Some(self.cpu),
            Quantity::Concurrency => Some(self.present),
            Quantity::QueueLength => Some(self.waiting),
            _ => None,
        }
    }
}

impl<P: Probe> Run<'_, P> {
    /// Notes all figures that an autoscaler looks back on.
    pub(in crate::run) fn note(&mut self, number: u32) {
        let plan = &self.program.elastic[number as usize];
        let services = plan.signals.iter().map(|signal| self.service_sum(signal)).collect();
        let replicas = if plan.measures_replicas() { self.replica_sums(number) } else { Vec::new() };
        let note = Note { time: self.now, services, replicas };
        let elastic = &mut self.scaling.services[number as usize];
        elastic.notes.push_back(note);
        let needed = self.now - elastic.longest;
        while elastic.notes.get(1).is_some_and(|second| second.time <= needed) {
            elastic.notes.pop_front();
        }
    }

    /// Sees to it that figures are noted where the windows of evaluations will begin, if these go on at this distance.
    pub(super) fn note_between(&mut self, number: u32, next: f64) {
        let interval = next - self.now;
        let plan = &self.program.elastic[number as usize];
        for signal in &plan.signals {
            let into = (-signal.signal.window).rem_euclid(interval);
            if interval > 0.0 && into > 1e-9 * interval && into < (1.0 - 1e-9) * interval {
                self.set_timer(self.now + into, Timer::Note(number));
            }
        }
    }

    /// A sum over a service until now: an integral, or a number of events.
    fn service_sum(&self, signal: &SignalPlan) -> f64 {
        let SignalPlan { service, quantity, .. } = *signal;
        let (first, count) = self.program.services[service as usize].operations;
        let operations = &self.operations[first as usize..(first + count) as usize];
        let sum = |figure: &dyn Fn(&super::super::OperationState) -> f64| operations.iter().map(figure).sum();
        let now = self.now;
        match quantity {
            Quantity::Concurrency => sum(&|operation| operation.present.area(now)),
            Quantity::QueueLength => sum(&|operation| operation.present.area(now) - operation.busy.area(now)),
            Quantity::CompletionRate | Quantity::Completions => {
                sum(&|operation| operation.totals(now).completed)
            }
            Quantity::ReadyReplicas => self.replicas_of(service, |elastic| elastic.ready.area(now), now),
            Quantity::Replicas => self.replicas_of(service, |elastic| elastic.existing.area(now), now),
            Quantity::RequestRate | Quantity::Arrivals => sum(&|operation| {
                let totals = operation.totals(now);
                totals.completed + totals.lost + operation.present.value() as f64
            }),
            Quantity::Responses | Quantity::ResponseSeconds => {
                self.responses.figure(service, &signal.signal, quantity)
            }
            Quantity::Cpu => {
                let plan = &self.program.services[service as usize];
                (0..plan.replicas).map(|number| self.processor_time(plan.first_replica + number)).sum()
            }
        }
    }

    /// The same at this instant, of what can be counted then.
    fn service_value(&self, signal: &SignalPlan) -> Option<f64> {
        let SignalPlan { service, quantity, .. } = *signal;
        let (first, count) = self.program.services[service as usize].operations;
        let operations = &self.operations[first as usize..(first + count) as usize];
        let present: u64 = operations.iter().map(|operation| operation.present.value()).sum();
        let busy: u64 = operations.iter().map(|operation| operation.busy.value()).sum();
        match quantity {
            Quantity::Concurrency => Some(present as f64),
            Quantity::QueueLength => Some((present - busy) as f64),
            Quantity::ReadyReplicas => {
                Some(self.replicas_of(service, |elastic| elastic.ready.value() as f64, 1.0))
            }
            Quantity::Replicas => {
                Some(self.replicas_of(service, |elastic| elastic.existing.value() as f64, 1.0))
            }
            Quantity::Arrivals | Quantity::Completions | Quantity::Responses | Quantity::ResponseSeconds => {
                Some(self.service_sum(signal))
            }
            Quantity::CompletionRate | Quantity::RequestRate | Quantity::Cpu => None,
        }
    }

    /// A figure of a service's replicas; where these stay as they are, their number times `seconds`.
    fn replicas_of(&self, service: u32, figure: impl Fn(&Elastic) -> f64, seconds: f64) -> f64 {
        let plan = &self.program.services[service as usize];
        match plan.elastic {
            Some(elastic) => figure(&self.scaling.services[elastic as usize]),
            None => f64::from(plan.replicas) * seconds,
        }
    }

    /// Processor time that a replica has used, in core-seconds.
    fn processor_time(&self, replica: u32) -> f64 {
        let given = self.scaling.given.get(replica as usize).copied().unwrap_or(0.0);
        given - self.hosts.work_left_in(self.now, self.homes[replica as usize])
    }

    fn replica_sums(&self, number: u32) -> Vec<Sums> {
        let plan = &self.program.elastic[number as usize];
        let service = &self.program.services[plan.service as usize];
        let last = self.scaling.services[number as usize].notes.back();
        let replica = |place: u32| {
            let replica = service.first_replica + place;
            let (waiting, busy) = self.threads.at_replica(plan.service, replica);
            let before = last.map_or(Sums::default(), |note| note.replicas[place as usize]);
            let seconds = last.map_or(0.0, |note| self.now - note.time);
            Sums {
                cpu: self.processor_time(replica),
                present: before.present + seconds * f64::from(waiting + busy),
                waiting: before.waiting + seconds * f64::from(waiting),
            }
        };
        (0..service.replicas).map(replica).collect()
    }

    /// What the policy is shown now; figures were noted just before.
    pub(super) fn observe(&self, number: u32) -> Observation {
        let plan = &self.program.elastic[number as usize];
        let elastic = &self.scaling.services[number as usize];
        let mut readings = Vec::new();
        for (place, signal) in plan.signals.iter().enumerate() {
            if signal.signal.scope == Scope::Replica {
                continue;
            }
            let window = signal.signal.window;
            let value = if window == 0.0 {
                self.service_value(signal)
            } else {
                elastic.mean(self.now - window, |note| note.services.get(place).copied())
            };
            let metric = signal.signal.metric.clone();
            readings.extend(value.map(|value| Reading { metric, window, value }));
        }
        let replicas = elastic.lives.iter().enumerate().filter_map(|(place, life)| {
            let state = life.state?;
            Some(Replica {
                state,
                started_at: life.started_at,
                changed_at: life.changed_at,
                cpu_request: plan.cpu_request,
                samples: if matches!(state, ReplicaState::Starting | ReplicaState::Unready) {
                    Vec::new()
                } else {
                    self.samples(number, place, life.changed_at)
                },
            })
        });
        Observation { time: self.now, wanted: elastic.wanted, replicas: replicas.collect(), readings }
    }

    /// What is known of one replica, since it takes requests.
    fn samples(&self, number: u32, place: usize, since: f64) -> Vec<Sample> {
        let plan = &self.program.elastic[number as usize];
        let elastic = &self.scaling.services[number as usize];
        let ready = (elastic.ready.value() as f64).max(1.0);
        let of_replicas = plan.signals.iter().filter(|signal| signal.signal.scope == Scope::Replica);
        let sample = |signal: &SignalPlan| {
            let quantity = signal.quantity;
            let from = (self.now - signal.signal.window).max(since);
            let whole = plan.signals.iter().position(|other| other.signal == signal.signal)?;
            let value = match quantity {
                // Requests are spread evenly over the replicas.
                Quantity::RequestRate | Quantity::CompletionRate => {
                    elastic.mean(from, |note| note.services.get(whole).copied())? / ready
                }
                _ => elastic.mean(from, |note| note.replicas.get(place)?.of(quantity))?,
            };
            Some(Sample { quantity, value, taken_at: self.now, window: self.now - from })
        };
        of_replicas.filter_map(sample).collect()
    }
}

impl Elastic {
    /// The mean since a time, or since the first note, until the last one; none where that is no time.
    fn mean(&self, from: f64, sum: impl Fn(&Note) -> Option<f64>) -> Option<f64> {
        let last = self.notes.back()?;
        let after = self.notes.partition_point(|note| note.time <= from);
        let (start, first) =
            match (after.checked_sub(1).and_then(|place| self.notes.get(place)), self.notes.get(after)) {
                (Some(before), Some(after)) if after.time > before.time => {
                    let part = (from - before.time) / (after.time - before.time);
                    let (low, high) = (sum(before)?, sum(after)?);
                    (from, low + part * (high - low))
                }
                (Some(note), _) | (None, Some(note)) => (note.time.max(from), sum(note)?),
                (None, None) => return None,
            };
        let seconds = last.time - start;
        let end = sum(last)?;
        (seconds > 0.0).then(|| (end - first) / seconds)
    }
}
