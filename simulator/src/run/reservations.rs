//! Messages that belong to replicas for a time only.

use std::collections::VecDeque;

use super::Run;
use super::probe::Probe;
use super::redelivery::Message;
use super::timers::Timer;
use super::visits::{NONE, REPLIED};
use crate::slab::Slab;
use crate::statistics::totals::Trouble;

/// In place of the number of a visit's reservation: it is over, and the visit not.
const EXPIRED: u32 = u32::MAX - 1;

/// All reservations that no look has come upon yet.
#[derive(Clone, Debug)]
pub(super) struct Reservations {
    entries: Slab<Holder>,
    /// By visit: its reservation, [`EXPIRED`], or [`NONE`]. Shorter than the list of visits: it has none.
    of_visits: Vec<u32>,
    /// By queue that looks after messages.
    queues: Vec<Ends>,
}

/// Who has a message.
#[derive(Clone, Copy, Debug, Default)]
enum Holder {
    /// Nobody any more: its delivery is done.
    #[default]
    Nobody,
    Visit(u32),
    /// A replica that is gone.
    Gone(Message),
}

/// When the reservations of a queue end.
#[derive(Clone, Debug, Default)]
struct Ends {
    /// In the order in which they were made, since all are equally long.
    line: VecDeque<(f64, u32)>,
    /// Will the broker look at them?
    is_watched: bool,
    /// When it looks first.
    first_scan: f64,
}

impl Reservations {
    pub(super) fn new(queues: usize) -> Self {
        Self { entries: Slab::new(), of_visits: Vec::new(), queues: vec![Ends::default(); queues] }
    }

    /// The broker of a queue looks at a time, and then again and again.
    pub(super) fn looks_first(&mut self, queue: usize, first_scan: f64) {
        self.queues[queue].first_scan = first_scan;
    }

    fn of_visit(&mut self, visit: u32) -> &mut u32 {
        let place = visit as usize;
        if self.of_visits.len() <= place {
            self.of_visits.resize(place + 1, NONE);
        }
        &mut self.of_visits[place]
    }

    /// A visit is over, and with it its reservation. Had that expired?
    pub(super) fn ends(&mut self, visit: u32) -> bool {
        let Some(own) = self.of_visits.get_mut(visit as usize) else { return false };
        match std::mem::replace(own, NONE) {
            NONE => false,
            EXPIRED => true,
            reservation => {
                self.entries[reservation] = Holder::Nobody;
                false
            }
        }
    }

    /// Is a visit at work on a message that is not its own any more?
    pub(super) fn has_expired(&self, visit: u32) -> bool {
        self.of_visits.get(visit as usize) == Some(&EXPIRED)
    }

    /// The messages of replicas that are gone.
    #[cfg(test)]
    pub(super) fn left_behind(&self) -> impl Iterator<Item = Message> {
        self.entries.numbers().filter_map(|number| match self.entries[number] {
            Holder::Gone(message) => Some(message),
            Holder::Nobody | Holder::Visit(_) => None,
        })
    }

    /// Visits at work on messages that are not theirs any more.
    #[cfg(test)]
    pub(super) fn expired(&self) -> u64 {
        self.of_visits.iter().filter(|&&reservation| reservation == EXPIRED).count() as u64
    }
}

impl<P: Probe> Run<'_, P> {
    /// The messages that replicas of a service have just fetched are reserved, where messages are.
    pub(super) fn reserve_fetched(&mut self, service: u32) {
        while let Some(visit) = self.threads.next_fetched(service) {
            self.reserve(visit);
        }
    }

    /// The message of a visit that a replica has fetched is reserved, where messages are.
    #[cold]
    pub(super) fn reserve(&mut self, visit: u32) {
        let queue = self.operations[self.flows[visit].visit.operation as usize].queue;
        let plan = self.program.queues.get(queue as usize).and_then(|queue| queue.reservation);
        let Some(plan) = plan else { return };
        let number = self.reservations.entries.insert(Holder::Visit(visit));
        *self.reservations.of_visit(visit) = number;
        self.reservations.queues[queue as usize].line.push_back((self.now + plan.timeout, number));
        self.watch_reservations(queue);
    }

    /// Sees to it that the broker looks when the next reservation ends.
    fn watch_reservations(&mut self, queue: u32) {
        let Reservations { entries, queues, .. } = &mut self.reservations;
        let ends = &mut queues[queue as usize];
        if ends.is_watched {
            return;
        }
        while let Some(&(end, number)) = ends.line.front() {
            if matches!(entries[number], Holder::Nobody) {
                entries.release(number);
                ends.line.pop_front();
                continue;
            }
            ends.is_watched = true;
            let scan = self.program.queues[queue as usize].reservation.and_then(|plan| plan.scan);
            let at = scan.map_or(end, |scan| scan.next(ends.first_scan, end));
            return self.set_timer(at, Timer::Expiry(queue));
        }
    }

    /// The broker looks for reservations that are over.
    pub(super) fn reservations_expire(&mut self, queue: u32) {
        self.reservations.queues[queue as usize].is_watched = false;
        while let Some(&(end, number)) = self.reservations.queues[queue as usize].line.front()
            && end <= self.now
        {
            self.reservations.queues[queue as usize].line.pop_front();
            match self.reservations.entries.remove(number) {
                Holder::Nobody => {}
                Holder::Visit(visit) => self.visit_expires(queue, visit),
                Holder::Gone(message) => {
                    self.delivery_expires(queue, message, Trouble::Crash);
                    self.visit_done(message.request);
                }
            }
        }
        self.watch_reservations(queue);
    }

    /// The reservation of a visit is over before it is.
    fn visit_expires(&mut self, queue: u32, visit: u32) {
        let own = &mut self.flows[visit].visit;
        if own.caller == REPLIED {
            // That it is done is known.
            *self.reservations.of_visit(visit) = NONE;
            return;
        }
        let message = Message {
            operation: own.operation,
            priority: own.priority(),
            caller: std::mem::replace(&mut own.caller, NONE),
            request: own.request,
            failed: self.redelivery.take(visit),
        };
        *self.reservations.of_visit(visit) = EXPIRED;
        self.delivery_expires(queue, message, Trouble::TimedOut);
    }

    /// A message is delivered again since nothing was heard of it, or it is a dead letter.
    fn delivery_expires(&mut self, queue: u32, message: Message, trouble: Trouble) {
        self.redelivery.counted[queue as usize].expired += 1.0;
        if !self.deliver_again(queue, message) {
            let request = &mut self.requests[message.request];
            request.trouble = trouble;
            request.marks.fail_if(message.caller == NONE);
            self.deliver_reply(message.caller, message.request, true);
        }
    }

    /// A replica is gone at once that has a message: the message stays reserved, where the broker does not notice. Else it is free.
    pub(super) fn stays_reserved(&mut self, visit: u32, message: Message) -> bool {
        let queue = self.operations[message.operation as usize].queue;
        let plan = self.program.queues.get(queue as usize).and_then(|queue| queue.reservation);
        let own = self.reservations.of_visits.get(visit as usize).copied().unwrap_or(NONE);
        if plan.is_none_or(|plan| plan.notices_crash) || own == NONE {
            self.reservations.ends(visit);
            return false;
        }
        self.reservations.ends(visit);
        self.reservations.entries[own] = Holder::Gone(message);
        // The request is not over before the message is.
        self.requests[message.request].visits_left += 1;
        #[cfg(test)]
        {
            self.ledger.left_reserved += 1;
        }
        true
    }
}
