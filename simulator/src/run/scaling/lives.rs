//! The lives of replicas that come and go.

use tracecast_model::autoscaling::{Delay, DelayKind, ReplicaState};

use super::NO_BACK_OFF;
use super::placing::Place;
use crate::run::Run;
use crate::run::probe::Probe;
use crate::run::timers::Timer;

/// One replica.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Life {
    /// None: there is no such replica.
    pub(super) state: Option<ReplicaState>,
    /// Does its container run? If not, something is due at which it will, or is gone.
    pub(super) runs: bool,
    pub(super) started_at: f64,
    pub(super) changed_at: f64,
    pub(super) place: Place,
    /// The so-manieth of its service to start, so that a later one is not taken for it.
    birth: u32,
}

impl Life {
    /// Ready from the start of the run on.
    pub(super) fn first(birth: u32, place: Place) -> Self {
        Self { state: Some(ReplicaState::Ready), runs: true, place, birth, ..Self::default() }
    }

    /// Asked for now, on the machine where it was before.
    pub(super) fn starting(now: f64, birth: u32, place: Place) -> Self {
        Self {
            state: Some(ReplicaState::Starting),
            runs: false,
            started_at: now,
            changed_at: now,
            place,
            birth,
        }
    }
}

impl<P: Probe> Run<'_, P> {
    /// Notes when the replicas of the start break down.
    pub(in crate::run) fn start_breakdowns(&mut self) {
        for (number, plan) in (0..).zip(&self.program.elastic) {
            (0..plan.initial).for_each(|replica| self.await_breakdown(number, replica));
        }
    }

    /// Starts or stops replicas until there are as many as are wanted. What the last of those that start takes its time for.
    pub(super) fn adjust(&mut self, number: u32) -> Vec<Delay> {
        let mut last = (0.0, Vec::new());
        let plan = &self.program.elastic[number as usize];
        let staying = self.scaling.services[number as usize].staying();
        let wanted = self.scaling.services[number as usize].wanted;
        for _ in staying..wanted {
            let elastic = &mut self.scaling.services[number as usize];
            let Some(replica) = elastic.lives.iter().position(|life| life.state.is_none()) else {
                return last.1;
            };
            elastic.give_birth(replica, self.now);
            elastic.back_offs[replica] = NO_BACK_OFF;
            elastic.existing.rise(self.now);
            elastic.starting.rise(self.now);
            if !self.find_machine(number, replica as u32) {
                self.await_place(number, replica as u32);
                continue;
            }
            let parts = self.start_up(number, replica as u32);
            let time = parts.iter().map(|part| part.seconds).sum();
            if last.1.is_empty() || time > last.0 {
                last = (time, parts);
            }
        }
        for _ in wanted..staying {
            let elastic = &mut self.scaling.services[number as usize];
            let Some(replica) = elastic.next_to_stop() else { return last.1 };
            let life = &mut elastic.lives[replica];
            let was_ready = life.state == Some(ReplicaState::Ready);
            let was_starting = life.state == Some(ReplicaState::Starting);
            (life.state, life.changed_at) = (Some(ReplicaState::Terminating), self.now);
            let (birth, is_pending) = (life.birth, life.place == Place::Pending);
            if was_starting {
                elastic.starting.fall(self.now);
            }
            elastic.stopping.rise(self.now);
            if is_pending {
                self.forget_pending(number, replica as u32);
                self.replica_gone(number, replica);
                continue;
            }
            // One that has not opened yet is gone when it would have.
            if was_ready {
                elastic.ready.fall(self.now);
                elastic.count();
                self.note_replica(plan.service, replica as u32, false);
                if self.threads.close(plan.service, replica as u32) {
                    self.replica_gone(number, replica);
                } else if let Some(grace) = plan.grace_period {
                    let timer = Timer::GraceOver { elastic: number, replica: replica as u32, birth };
                    self.set_timer(self.now + grace, timer);
                }
            }
        }
        last.1
    }

    /// A replica with a machine starts up; what it takes its time for.
    pub(super) fn start_up(&mut self, number: u32, replica: u32) -> Vec<Delay> {
        let parts = self.take_from_pool(number).unwrap_or_else(|| self.draw_start_up(number, false));
        let time: f64 = parts.iter().map(|part| part.seconds).sum();
        self.set_timer(self.now + time, Timer::Opening { elastic: number, replica });
        parts
    }

    /// What a replica takes its time for that has started up in advance, if there is one. Another one starts up in its place.
    fn take_from_pool(&mut self, number: u32) -> Option<Vec<Delay>> {
        let (_, activation) = self.program.elastic[number as usize].warm_pool?;
        let elastic = &mut self.scaling.services[number as usize];
        elastic.pooled = elastic.pooled.checked_sub(1)?;
        let start_up: f64 = self.draw_start_up(number, false).iter().map(|part| part.seconds).sum();
        self.set_timer(self.now + start_up, Timer::Pooled(number));
        let seconds = self.variates[activation as usize].draw();
        Some(vec![Delay { kind: DelayKind::Activation, seconds }])
    }

    /// A replica in the warm pool has started up.
    pub(in crate::run) fn pool_grows(&mut self, number: u32) {
        self.scaling.services[number as usize].pooled += 1;
    }

    /// What a replica that starts now takes its time for; one that starts anew is where it was, and its image is there.
    fn draw_start_up(&mut self, number: u32, anew: bool) -> Vec<Delay> {
        let parts = &self.program.elastic[number as usize].start_up;
        let is_left_out = |kind| anew && matches!(kind, DelayKind::Placement | DelayKind::ImagePull);
        let those = parts.iter().filter(|&&(kind, _)| !is_left_out(kind));
        let draw = |&(kind, variate): &(DelayKind, u32)| Delay {
            kind,
            seconds: self.variates[variate as usize].draw(),
        };
        those.map(draw).collect()
    }

    /// A replica takes requests from now on, unless it was stopped before.
    pub(in crate::run) fn replica_opens(&mut self, number: u32, replica: u32) {
        let plan = &self.program.elastic[number as usize];
        if plan.autoscaler.is_some() && plan.measures_replicas() {
            // Its figures are those since now, not parts of those since the last evaluation.
            self.note(number);
        }
        let elastic = &mut self.scaling.services[number as usize];
        let life = &mut elastic.lives[replica as usize];
        if life.state != Some(ReplicaState::Starting) {
            return self.replica_gone(number, replica as usize);
        }
        *life = Life { state: Some(ReplicaState::Ready), runs: true, changed_at: self.now, ..*life };
        elastic.starting.fall(self.now);
        elastic.ready.rise(self.now);
        elastic.count();
        self.await_breakdown(number, replica);
        let service = plan.service;
        self.scaling.warmth.opens(self.program.services[service as usize].first_replica + replica, self.now);
        self.note_replica(service, replica, true);
        self.let_in_at(service, replica);
    }

    /// A replica has nothing to do. If it is to stop, it is gone.
    #[cold]
    pub(in crate::run) fn may_be_gone(&mut self, service: u32, replica: u32) {
        let plan = &self.program.services[service as usize];
        let Some(number) = plan.elastic else { return };
        let place = (replica - plan.first_replica) as usize;
        let life = self.scaling.services[number as usize].lives[place];
        if life.state == Some(ReplicaState::Terminating) && self.threads.is_empty(service, replica) {
            self.replica_gone(number, place);
        }
    }

    /// So many replicas are gone at once, those that have run longest; those of them that may start up anew.
    pub(in crate::run) fn crash(&mut self, number: u32, count: u32) -> Vec<usize> {
        let elastic = &self.scaling.services[number as usize];
        let mut struck: Vec<usize> =
            (0..elastic.lives.len()).filter(|&place| elastic.lives[place].runs).collect();
        struck.sort_by(|&a, &b| elastic.lives[a].started_at.total_cmp(&elastic.lives[b].started_at));
        struck.truncate(count as usize);
        struck.retain(|&replica| self.strike_down(number, replica));
        struck
    }

    /// A replica that runs is gone at once. May it start up anew, since it was not to stop?
    fn strike_down(&mut self, number: u32, replica: usize) -> bool {
        let plan = &self.program.elastic[number as usize];
        let first = self.program.services[plan.service as usize].first_replica;
        let elastic = &mut self.scaling.services[number as usize];
        let life = &mut elastic.lives[replica];
        let was_ready = life.state == Some(ReplicaState::Ready);
        if was_ready {
            *life = Life { state: Some(ReplicaState::Unready), runs: false, changed_at: self.now, ..*life };
            elastic.ready.fall(self.now);
            elastic.count();
        } else {
            self.replica_gone(number, replica);
        }
        self.note_replica(plan.service, replica as u32, false);
        self.kill(plan.service, first + replica as u32);
        self.scaling.services[number as usize].lives[replica].state.is_some()
    }

    /// Notes when a replica that takes requests from now on breaks down.
    fn await_breakdown(&mut self, number: u32, replica: u32) {
        let Some((failures, _)) = self.program.elastic[number as usize].breakdowns else { return };
        let birth = self.scaling.services[number as usize].lives[replica as usize].birth;
        let time = self.variates[failures as usize].draw();
        self.set_timer(self.now + time, Timer::Breakdown { elastic: number, replica, birth });
    }

    /// A replica breaks down, unless it is gone already.
    pub(in crate::run) fn break_down(&mut self, number: u32, replica: u32, birth: u32) {
        let Some((_, repairs)) = self.program.elastic[number as usize].breakdowns else { return };
        if self.still_runs(number, replica, birth) && self.strike_down(number, replica as usize) {
            let time = self.variates[repairs as usize].draw();
            self.set_timer(self.now + time, Timer::Repaired { elastic: number, replica });
        }
    }

    /// The so-manieth replica to start, as which it is known.
    pub(in crate::run) fn birth(&self, number: u32, replica: u32) -> u32 {
        self.scaling.services[number as usize].lives[replica as usize].birth
    }

    /// A replica is killed for the memory that it takes, unless it is gone already, and starts up anew after its back-off.
    pub(in crate::run) fn runs_out_of_memory(&mut self, number: u32, replica: u32, birth: u32) {
        let service = self.program.elastic[number as usize].service;
        let Some(memory) = self.program.services[service as usize].memory else { return };
        if !self.still_runs(number, replica, birth) {
            return;
        }
        let elastic = &mut self.scaling.services[number as usize];
        elastic.killed += 1.0;
        let (kills, restarted) = elastic.back_offs[replica as usize];
        let kills = if self.now - restarted > memory.forgotten_after() { 0 } else { kills };
        let wait = memory.wait(kills);
        elastic.back_offs[replica as usize] = (kills + 1, self.now + wait);
        if self.strike_down(number, replica as usize) {
            self.set_timer(self.now + wait, Timer::Repaired { elastic: number, replica });
        }
    }

    /// A replica that is to stop has had its time.
    pub(in crate::run) fn stop_now(&mut self, number: u32, replica: u32, birth: u32) {
        if self.still_runs(number, replica, birth) {
            self.strike_down(number, replica as usize);
        }
    }

    fn still_runs(&self, number: u32, replica: u32, birth: u32) -> bool {
        let life = &self.scaling.services[number as usize].lives[replica as usize];
        life.runs && life.birth == birth
    }

    /// A replica that was gone starts up anew, unless it is not wanted any more.
    pub(in crate::run) fn restart(&mut self, number: u32, replica: usize) {
        let elastic = &mut self.scaling.services[number as usize];
        if elastic.lives[replica].state != Some(ReplicaState::Unready) {
            return self.replica_gone(number, replica);
        }
        elastic.give_birth(replica, self.now);
        elastic.starting.rise(self.now);
        let time: f64 = self.draw_start_up(number, true).iter().map(|part| part.seconds).sum();
        self.set_timer(self.now + time, Timer::Opening { elastic: number, replica: replica as u32 });
    }

    fn replica_gone(&mut self, number: u32, replica: usize) {
        let elastic = &mut self.scaling.services[number as usize];
        // Only what was to stop can be gone for good.
        let place = std::mem::take(&mut elastic.lives[replica]).place;
        elastic.existing.fall(self.now);
        elastic.stopping.fall(self.now);
        self.leave_machine(number, place);
    }
}
