//! Replicas that come and go: the control loops of autoscalers. The lives of replicas are in [`lives`].

mod lives;
mod measure;
mod placing;
mod warmth;

use std::collections::VecDeque;

use tracecast_model::autoscaling::{Delay, DelayKind, Memory, ReplicaState};
use tracecast_model::{Autoscaler, ScalingEvent};

use super::Run;
use super::probe::Probe;
use super::timers::Timer;
use crate::program::Program;
use crate::statistics::Count;
use crate::statistics::totals::ReplicaTotals;
use lives::Life;
use measure::Note;
use placing::{Place, Placing, Told};
use warmth::Warmth;

/// Changes that are kept to be told: more would be too much to read.
const MOST_EVENTS: usize = 10_000;

/// That of a replica that has not been killed yet.
const NO_BACK_OFF: (u32, f64) = (0, 0.0);

/// All services whose replicas come and go.
#[derive(Debug)]
pub(super) struct Scaling {
    services: Vec<Elastic>,
    /// By replica, over all services: work given to its host, in core-seconds. Empty where nobody asks for it.
    pub(super) given: Vec<f64>,
    pub(super) warmth: Warmth,
    placing: Placing,
    events: Vec<ScalingEvent>,
}

/// A service whose replicas come and go.
#[derive(Debug)]
struct Elastic {
    memory: Option<Memory>,
    /// Replicas asked for.
    wanted: u32,
    lives: Vec<Life>,
    /// Replicas that have started so far.
    births: u32,
    /// In the warm pool: all, and those that have started up.
    pool: u32,
    pooled: u32,
    evaluated_at: f64,
    /// Replicas killed for the memory that they took.
    killed: f64,
    /// By replica: how often so before, and when it began to start up anew.
    back_offs: Vec<(u32, f64)>,
    /// Those that take requests, and all.
    ready: Count,
    existing: Count,
    /// Those that were asked for and do not take requests yet, and those that finish what they are at.
    starting: Count,
    stopping: Count,
    /// Of those that were asked for, those that no machine has room for.
    pending: Count,
    /// The least and the largest number that took requests.
    range: (u32, u32),
    /// Figures at earlier times, the latest last.
    notes: VecDeque<Note>,
    /// The longest window that is looked back on.
    longest: f64,
}

impl Scaling {
    /// The replicas of the start, which are ready.
    pub(super) fn new(program: &Program) -> Self {
        let services: Vec<Elastic> = program
            .elastic
            .iter()
            .map(|plan| {
                let all = program.services[plan.service as usize].replicas;
                let life = |number| {
                    let place =
                        plan.placing.as_ref().map(|placing| placing.at_start(number)).unwrap_or_default();
                    if number < plan.initial { Life::first(number, place) } else { Life::default() }
                };
                let pool = plan.warm_pool.map_or(0, |(size, _)| size);
                let (mut ready, mut existing) = (Count::default(), Count::default());
                (0..plan.initial).for_each(|_| ready.rise(0.0));
                (0..plan.initial).for_each(|_| existing.rise(0.0));
                Elastic {
                    memory: plan.autoscaler.as_ref().map(Autoscaler::memory),
                    wanted: plan.initial,
                    lives: (0..all).map(life).collect(),
                    births: plan.initial,
                    pool,
                    pooled: pool,
                    evaluated_at: 0.0,
                    killed: 0.0,
                    back_offs: vec![NO_BACK_OFF; all as usize],
                    ready,
                    existing,
                    starting: Count::default(),
                    stopping: Count::default(),
                    pending: Count::default(),
                    range: (plan.initial, plan.initial),
                    notes: VecDeque::new(),
                    longest: plan.signals.iter().map(|signal| signal.signal.window).fold(0.0, f64::max),
                }
            })
            .collect();
        let needs_work = program.elastic.iter().any(measure::needs_work);
        let given = if needs_work { vec![0.0; program.containers.len()] } else { Vec::new() };
        Self {
            services,
            given,
            warmth: Warmth::new(program),
            placing: Placing::new(program),
            events: Vec::new(),
        }
    }

    /// Is there anything to do about work before it begins?
    pub(super) fn looks_at_work(&self) -> bool {
        !self.given.is_empty() || !self.warmth.is_empty()
    }

    /// Replica-seconds until now, by service with an autoscaler.
    pub(super) fn totals(&self, now: f64) -> Vec<ReplicaTotals> {
        let totals = |elastic: &Elastic| ReplicaTotals {
            ready: elastic.ready.area(now),
            existing: elastic.existing.area(now) + f64::from(elastic.pool) * now - elastic.pending.area(now),
            starting: elastic.starting.area(now),
            stopping: elastic.stopping.area(now),
            killed: elastic.killed,
            pending: elastic.pending.area(now),
            least: elastic.range.0,
            most: elastic.range.1,
        };
        self.services.iter().map(totals).collect()
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

    /// Another replica starts, at that place.
    fn give_birth(&mut self, replica: usize, now: f64) {
        self.lives[replica] = Life::starting(now, self.births, self.lives[replica].place);
        self.births = self.births.wrapping_add(1);
    }

    /// The replica that is to stop next: one that has no machine yet, or one that does not take requests yet, of those the youngest.
    fn next_to_stop(&self) -> Option<usize> {
        let by_age = |a: &Life, b: &Life| a.started_at.total_cmp(&b.started_at);
        let waits = |life: &Life| life.place == Place::Pending;
        let pending = self.lives.iter().enumerate().filter(|(_, life)| waits(life));
        let pending = pending.max_by(|(_, a), (_, b)| by_age(a, b)).map(|(place, _)| place);
        let youngest = |state: ReplicaState| {
            let those = self.lives.iter().enumerate().filter(|(_, life)| life.state == Some(state));
            those.max_by(|(_, a), (_, b)| by_age(a, b)).map(|(place, _)| place)
        };
        let order = [ReplicaState::Unready, ReplicaState::Starting, ReplicaState::Ready];
        pending.or_else(|| order.into_iter().find_map(youngest))
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
        let interval = self.now - std::mem::replace(&mut elastic.evaluated_at, self.now);
        let before = elastic.wanted;
        elastic.wanted = decision.replicas.min(elastic.lives.len() as u32);
        let after = elastic.wanted;
        let start_up = self.adjust(number);
        if after != before && self.scaling.events.len() < MOST_EVENTS {
            let reason = decision.to_string();
            let mut delays = decision.delays;
            if delays.is_empty() && !plan.signals.is_empty() {
                delays.push(Delay { kind: DelayKind::Interval, seconds: interval });
            }
            let told = Told { event: self.scaling.events.len(), first: delays.len() };
            delays.extend(start_up);
            self.scaling.events.push(ScalingEvent {
                time: self.now,
                service: plan.name.clone(),
                from: before,
                to: after,
                reason,
                delays,
            });
            self.note_told(number, told);
        }
        if next.is_finite() {
            let next = next.max(self.now);
            self.note_between(number, next);
            self.set_timer(next, Timer::Evaluation(number));
        }
    }

    /// Of the service at that place: which of its replicas there are.
    #[cfg(test)]
    pub(super) fn replicas_that_exist(&self, place: usize) -> Vec<bool> {
        self.scaling.services[place].lives.iter().map(|life| life.state.is_some()).collect()
    }

    /// What autoscalers have done so far.
    pub(crate) fn take_scaling_events(&mut self) -> Vec<ScalingEvent> {
        self.tell_pending();
        std::mem::take(&mut self.scaling.events)
    }
}
