//! Which machine a replica that starts runs on, where that is chosen by what is on them.

use tracecast_model::autoscaling::{Delay, DelayKind};
use tracecast_model::placement::Cluster;

use crate::program::{PlacingPlan, Program};
use crate::run::Run;
use crate::run::probe::Probe;

/// Where a replica is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Where it always is.
    #[default]
    Fixed,
    /// Nowhere: no machine has room for it.
    Pending,
    /// On the machine of that number.
    On(u32),
}

/// The machines of hosts that choose between them.
#[derive(Debug)]
pub(super) struct Placing(Vec<Placed>);

#[derive(Debug)]
struct Placed {
    cluster: Cluster,
    /// Replicas for which there is no room, in the order in which they were asked for.
    pending: Vec<Pending>,
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    elastic: u32,
    replica: u32,
    since: f64,
    told: Option<Told>,
}

/// Where it is told how long the replicas of a change take to start.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told {
    /// Which change, and the first of its delays that is part of it.
    pub(super) event: usize,
    pub(super) first: usize,
}

impl Placing {
    pub(super) fn new(program: &Program) -> Self {
        let placed = |cluster: &Cluster| Placed { cluster: cluster.clone(), pending: Vec::new() };
        Self(program.clusters.iter().map(placed).collect())
    }
}

impl PlacingPlan {
    /// The place of a replica of the start.
    pub(super) fn at_start(&self, replica: u32) -> Place {
        self.start.get(replica as usize).map_or(Place::Fixed, |&machine| Place::On(machine))
    }
}

impl<P: Probe> Run<'_, P> {
    /// A replica that starts gets its machine. Is there one with room?
    pub(super) fn find_machine(&mut self, number: u32, replica: u32) -> bool {
        let plan = &self.program.elastic[number as usize];
        let Some(placing) = &plan.placing else { return true };
        let placed = &mut self.scaling.placing.0[placing.cluster as usize];
        let service = plan.service as usize;
        let life = &mut self.scaling.services[number as usize].lives[replica as usize];
        let Some(machine) = placed.cluster.choose(service, replica, &placing.request) else {
            life.place = Place::Pending;
            return false;
        };
        placed.cluster.add(machine, service, &placing.request);
        life.place = Place::On(machine as u32);
        let container = self.program.spot(placing, replica, machine as u32);
        let first = self.program.services[service].first_replica;
        self.homes[(first + replica) as usize] = self.hosts.home(container);
        true
    }

    /// A replica for which there is no room waits for it.
    pub(super) fn await_place(&mut self, number: u32, replica: u32) {
        let Some(placing) = &self.program.elastic[number as usize].placing else { return };
        self.scaling.services[number as usize].pending.rise(self.now);
        let pending = Pending { elastic: number, replica, since: self.now, told: None };
        self.scaling.placing.0[placing.cluster as usize].pending.push(pending);
    }

    /// One that waits is not wanted any more.
    pub(super) fn forget_pending(&mut self, number: u32, replica: u32) {
        let Some(placing) = &self.program.elastic[number as usize].placing else { return };
        self.scaling.services[number as usize].pending.fall(self.now);
        let pending = &mut self.scaling.placing.0[placing.cluster as usize].pending;
        let is_it = |other: &Pending| (other.elastic, other.replica) == (number, replica);
        if let Some(place) = pending.iter().position(is_it) {
            let pending = pending.remove(place);
            self.tell_start(&pending, Vec::new());
        }
    }

    /// A replica is gone that was there: its room is for those that wait.
    pub(super) fn leave_machine(&mut self, number: u32, place: Place) {
        let plan = &self.program.elastic[number as usize];
        let (Some(placing), Place::On(machine)) = (&plan.placing, place) else { return };
        let placed = &mut self.scaling.placing.0[placing.cluster as usize];
        placed.cluster.remove(machine as usize, plan.service as usize, &placing.request);
        let waiting = std::mem::take(&mut placed.pending);
        let mut left = Vec::new();
        for pending in waiting {
            if !self.find_machine(pending.elastic, pending.replica) {
                left.push(pending);
                continue;
            }
            let elastic = pending.elastic;
            self.scaling.services[elastic as usize].pending.fall(self.now);
            let start_up = self.start_up(elastic, pending.replica);
            self.tell_start(&pending, start_up);
        }
        self.scaling.placing.0[placing.cluster as usize].pending = left;
    }

    /// The change that has just been told asked for those that have waited since now.
    pub(super) fn note_told(&mut self, number: u32, told: Told) {
        let Some(placing) = &self.program.elastic[number as usize].placing else { return };
        let now = self.now;
        let pending = &mut self.scaling.placing.0[placing.cluster as usize].pending;
        let these = pending.iter_mut().filter(|pending| pending.elastic == number && pending.since == now);
        these.for_each(|pending| pending.told = Some(told));
    }

    /// Tells how long a replica took to start that had to wait, where none of the same change took longer.
    fn tell_start(&mut self, pending: &Pending, start_up: Vec<Delay>) {
        let Some(Told { event, first }) = pending.told else { return };
        let Some(event) = self.scaling.events.get_mut(event) else { return };
        let waited = Delay { kind: DelayKind::Pending, seconds: self.now - pending.since };
        let seconds = |delays: &[Delay]| delays.iter().map(|delay| delay.seconds).sum::<f64>();
        if waited.seconds + seconds(&start_up) > seconds(&event.delays[first..]) {
            event.delays.truncate(first);
            event.delays.push(waited);
            event.delays.extend(start_up);
        }
    }

    /// The same of those that wait at the end.
    pub(super) fn tell_pending(&mut self) {
        let waiting = self.scaling.placing.0.iter().flat_map(|placed| placed.pending.clone());
        waiting.collect::<Vec<_>>().iter().for_each(|pending| self.tell_start(pending, Vec::new()));
    }

    /// Machines hold what is said to be on them and no more than there is room for, and what waits fits nowhere. How many wait.
    #[cfg(test)]
    pub(in crate::run) fn check_places(&self) -> u64 {
        let mut waiting = 0;
        for (number, (plan, elastic)) in self.program.elastic.iter().zip(&self.scaling.services).enumerate() {
            let Some(placing) = &plan.placing else { continue };
            let placed = &self.scaling.placing.0[placing.cluster as usize];
            let first = self.program.services[plan.service as usize].first_replica;
            let mut machines = vec![0; placing.machines as usize];
            for (replica, life) in (0..).zip(&elastic.lives) {
                match life.place {
                    Place::On(machine) => {
                        machines[machine as usize] += 1;
                        let container = self.program.spot(placing, replica, machine);
                        assert_eq!(self.homes[(first + replica) as usize], self.hosts.home(container));
                    }
                    Place::Pending => {
                        waiting += 1;
                        assert!(placed.pending.iter().any(|pending| {
                            (pending.elastic as usize, pending.replica) == (number, replica)
                        }));
                        assert_eq!(
                            placed.cluster.choose(plan.service as usize, replica, &placing.request),
                            None
                        );
                    }
                    Place::Fixed => assert_eq!(life.state, None, "{}", plan.name),
                }
            }
            let counted: Vec<u32> =
                placed.cluster.replicas().map(|replicas| replicas[plan.service as usize]).collect();
            assert_eq!(counted, machines, "{}", plan.name);
            assert_eq!(
                elastic.pending.value(),
                elastic.lives.iter().filter(|life| life.place == Place::Pending).count() as u64
            );
        }
        waiting
    }
}
