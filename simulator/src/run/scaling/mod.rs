//! Replicas that come and go: the control loops of autoscalers, and the lives of replicas.

mod measure;

use std::collections::VecDeque;

use tracecast_model::autoscaling::{Delay, DelayKind, Memory, ReplicaState};
use tracecast_model::{Autoscaler, ScalingEvent};

use super::Run;
use super::probe::Probe;
use super::threads::Arrival;
use super::timers::Timer;
use super::visits::NONE;
use crate::program::Program;
use crate::statistics::Count;
use crate::statistics::totals::ReplicaTotals;
use measure::Note;

/// Changes that are kept to be told: more would be too much to read.
const MOST_EVENTS: usize = 10_000;

/// All services whose replicas come and go.
#[derive(Debug)]
pub(super) struct Scaling {
    services: Vec<Elastic>,
    /// By replica, over all services: work given to its host, in core-seconds. Empty where nobody asks for it.
    pub(super) given: Vec<f64>,
    events: Vec<ScalingEvent>,
}

/// A service whose replicas come and go.
#[derive(Debug)]
struct Elastic {
    memory: Option<Memory>,
    /// Replicas asked for.
    wanted: u32,
    lives: Vec<Life>,
    /// Those that take requests, and all.
    ready: Count,
    existing: Count,
    /// The least and the largest number that took requests.
    range: (u32, u32),
    /// Figures at earlier times, the latest last.
    notes: VecDeque<Note>,
    /// The longest window that is looked back on.
    longest: f64,
}

/// One replica.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    /// None: there is no such replica.
    state: Option<ReplicaState>,
    /// Does its container run? If not, something is due at which it will, or is gone.
    runs: bool,
    started_at: f64,
    changed_at: f64,
}

impl Life {
    /// Asked for now.
    fn starting(now: f64) -> Self {
        Self { state: Some(ReplicaState::Starting), runs: false, started_at: now, changed_at: now }
    }
}

impl Scaling {
    /// The replicas of the start, which are ready.
    pub(super) fn new(program: &Program) -> Self {
        let services: Vec<Elastic> = program
            .elastic
            .iter()
            .map(|plan| {
                let all = program.services[plan.service as usize].replicas;
                let life = |number| Life {
                    state: (number < plan.initial).then_some(ReplicaState::Ready),
                    runs: number < plan.initial,
                    ..Life::default()
                };
                let (mut ready, mut existing) = (Count::default(), Count::default());
                (0..plan.initial).for_each(|_| ready.rise(0.0));
                (0..plan.initial).for_each(|_| existing.rise(0.0));
                Elastic {
                    memory: plan.autoscaler.as_ref().map(Autoscaler::memory),
                    wanted: plan.initial,
                    lives: (0..all).map(life).collect(),
                    ready,
                    existing,
                    range: (plan.initial, plan.initial),
                    notes: VecDeque::new(),
                    longest: plan.signals.iter().map(|signal| signal.signal.window).fold(0.0, f64::max),
                }
            })
            .collect();
        let needs_work = program.elastic.iter().any(measure::needs_work);
        let given = if needs_work { vec![0.0; program.containers.len()] } else { Vec::new() };
        Self { services, given, events: Vec::new() }
    }

    /// Replica-seconds until now, by service with an autoscaler.
    pub(super) fn totals(&self, now: f64) -> Vec<ReplicaTotals> {
        let totals = |elastic: &Elastic| ReplicaTotals {
            ready: elastic.ready.area(now),
            existing: elastic.existing.area(now),
            least: elastic.range.0,
            most: elastic.range.1,
        };
        self.services.iter().map(totals).collect()
    }

    /// Replicas that take requests, integrated until now, of the service at that place.
    pub(super) fn ready_area(&self, elastic: u32, now: f64) -> f64 {
        self.services[elastic as usize].ready.area(now)
    }
}

impl Elastic {
    fn count(&mut self) {
        let ready = self.ready.value() as u32;
        self.range = (self.range.0.min(ready), self.range.1.max(ready));
    }

    /// Replicas that there are, but for those that stop.
    fn staying(&self) -> u32 {
        let stays = |life: &&Life| life.state.is_some_and(|state| state != ReplicaState::Terminating);
        self.lives.iter().filter(stays).count() as u32
    }

    /// The replica that is to stop next: one that does not take requests yet, of those the youngest.
    fn next_to_stop(&self) -> Option<usize> {
        let by_age = |a: &Life, b: &Life| a.started_at.total_cmp(&b.started_at);
        let youngest = |state: ReplicaState| {
            let those = self.lives.iter().enumerate().filter(|(_, life)| life.state == Some(state));
            those.max_by(|(_, a), (_, b)| by_age(a, b)).map(|(place, _)| place)
        };
        let order = [ReplicaState::Unready, ReplicaState::Starting, ReplicaState::Ready];
        order.into_iter().find_map(youngest)
    }
}

impl<P: Probe> Run<'_, P> {
    /// Sets the control loops going.
    pub(super) fn start_autoscalers(&mut self) {
        for (number, plan) in (0..).zip(&self.program.elastic) {
            let Some(autoscaler) = &plan.autoscaler else { continue };
            self.note(number);
            let phase = self.variates[plan.phase as usize].draw();
            self.scaling.services[number as usize].memory = Some(autoscaler.start(phase));
            let first = autoscaler.first_evaluation(phase);
            if first.is_finite() {
                self.set_timer(first, Timer::Evaluation(number));
            }
        }
    }

    /// A policy looks at its service, and changes the number of replicas.
    pub(super) fn evaluate(&mut self, number: u32) {
        let plan = &self.program.elastic[number as usize];
        let Some(autoscaler) = &plan.autoscaler else { return };
        self.note(number);
        let observation = self.observe(number);
        let elastic = &mut self.scaling.services[number as usize];
        let Some(memory) = &mut elastic.memory else { return };
        let decision = autoscaler.decide(&observation, memory);
        let next = autoscaler.next_evaluation(self.now, memory);
        let before = elastic.wanted;
        elastic.wanted = decision.replicas.min(elastic.lives.len() as u32);
        let after = elastic.wanted;
        let start_up = self.adjust(number);
        if after != before && self.scaling.events.len() < MOST_EVENTS {
            let reason = decision.to_string();
            let mut delays = decision.delays;
            delays.extend(start_up.map(|seconds| Delay { kind: DelayKind::StartUp, seconds }));
            self.scaling.events.push(ScalingEvent {
                time: self.now,
                service: plan.name.clone(),
                from: before,
                to: after,
                reason,
                delays,
            });
        }
        if next.is_finite() {
            let next = next.max(self.now);
            self.note_between(number, next);
            self.set_timer(next, Timer::Evaluation(number));
        }
    }

    /// Starts or stops replicas until there are as many as are wanted. How long the last of those that start takes.
    fn adjust(&mut self, number: u32) -> Option<f64> {
        let mut start_up: Option<f64> = None;
        let plan = &self.program.elastic[number as usize];
        let staying = self.scaling.services[number as usize].staying();
        let wanted = self.scaling.services[number as usize].wanted;
        for _ in staying..wanted {
            let elastic = &mut self.scaling.services[number as usize];
            let Some(replica) = elastic.lives.iter().position(|life| life.state.is_none()) else {
                return start_up;
            };
            elastic.lives[replica] = Life::starting(self.now);
            elastic.existing.rise(self.now);
            let time = self.variates[plan.start_up as usize].draw();
            let opening = Timer::Opening { elastic: number, replica: replica as u32 };
            self.set_timer(self.now + time, opening);
            start_up = Some(start_up.unwrap_or(0.0).max(time));
        }
        for _ in wanted..staying {
            let elastic = &mut self.scaling.services[number as usize];
            let Some(replica) = elastic.next_to_stop() else { return start_up };
            let life = &mut elastic.lives[replica];
            let was_ready = life.state == Some(ReplicaState::Ready);
            (life.state, life.changed_at) = (Some(ReplicaState::Terminating), self.now);
            // One that has not opened yet is gone when it would have.
            if was_ready {
                elastic.ready.fall(self.now);
                elastic.count();
                if self.threads.close(plan.service, replica as u32) {
                    self.replica_gone(number, replica);
                }
            }
        }
        start_up
    }

    /// A replica takes requests from now on, unless it was stopped before.
    pub(super) fn replica_opens(&mut self, number: u32, replica: u32) {
        let plan = &self.program.elastic[number as usize];
        let elastic = &mut self.scaling.services[number as usize];
        let life = &mut elastic.lives[replica as usize];
        if life.state != Some(ReplicaState::Starting) {
            return self.replica_gone(number, replica as usize);
        }
        *life = Life { state: Some(ReplicaState::Ready), runs: true, changed_at: self.now, ..*life };
        elastic.ready.rise(self.now);
        elastic.count();
        let (flows, operations) = (&self.flows, &self.operations);
        let arrival = |visit: u32| {
            let flow = &flows[visit].visit;
            let operation = operations[flow.operation as usize].place;
            Arrival { visit, operation, priority: flow.priority(), target: NONE }
        };
        for (visit, replica) in self.threads.open(plan.service, replica, &mut self.variates, arrival) {
            self.begin(visit, replica);
        }
    }

    /// A replica has nothing to do. If it is to stop, it is gone.
    #[cold]
    pub(super) fn may_be_gone(&mut self, service: u32, replica: u32) {
        let plan = &self.program.services[service as usize];
        let Some(number) = plan.elastic else { return };
        let place = (replica - plan.first_replica) as usize;
        let life = self.scaling.services[number as usize].lives[place];
        if life.state == Some(ReplicaState::Terminating) && self.threads.is_empty(service, replica) {
            self.replica_gone(number, place);
        }
    }

    /// So many replicas are gone at once, those that have run longest; which.
    pub(super) fn crash(&mut self, number: u32, count: u32) -> Vec<usize> {
        let plan = &self.program.elastic[number as usize];
        let first = self.program.services[plan.service as usize].first_replica;
        let elastic = &self.scaling.services[number as usize];
        let mut struck: Vec<usize> =
            (0..elastic.lives.len()).filter(|&place| elastic.lives[place].runs).collect();
        struck.sort_by(|&a, &b| elastic.lives[a].started_at.total_cmp(&elastic.lives[b].started_at));
        struck.truncate(count as usize);
        for &replica in &struck {
            let elastic = &mut self.scaling.services[number as usize];
            let life = &mut elastic.lives[replica];
            let was_ready = life.state == Some(ReplicaState::Ready);
            *life = Life { state: Some(ReplicaState::Unready), runs: false, changed_at: self.now, ..*life };
            if was_ready {
                elastic.ready.fall(self.now);
                elastic.count();
            } else {
                self.replica_gone(number, replica);
            }
            self.kill(plan.service, first + replica as u32);
        }
        let elastic = &self.scaling.services[number as usize];
        struck.retain(|&replica| elastic.lives[replica].state.is_some());
        struck
    }

    /// A replica that was gone starts up anew, unless it is not wanted any more.
    pub(super) fn restart(&mut self, number: u32, replica: usize) {
        let plan = &self.program.elastic[number as usize];
        let elastic = &mut self.scaling.services[number as usize];
        if elastic.lives[replica].state != Some(ReplicaState::Unready) {
            return self.replica_gone(number, replica);
        }
        elastic.lives[replica] = Life::starting(self.now);
        let time = self.variates[plan.start_up as usize].draw();
        self.set_timer(self.now + time, Timer::Opening { elastic: number, replica: replica as u32 });
    }

    fn replica_gone(&mut self, number: u32, replica: usize) {
        let elastic = &mut self.scaling.services[number as usize];
        elastic.lives[replica] = Life::default();
        elastic.existing.fall(self.now);
    }

    /// Of the service at that place: which of its replicas there are.
    #[cfg(test)]
    pub(super) fn replicas_that_exist(&self, place: usize) -> Vec<bool> {
        self.scaling.services[place].lives.iter().map(|life| life.state.is_some()).collect()
    }

    /// What autoscalers have done so far.
    pub(crate) fn take_scaling_events(&mut self) -> Vec<ScalingEvent> {
        std::mem::take(&mut self.scaling.events)
    }
}
