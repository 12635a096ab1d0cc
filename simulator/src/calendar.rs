//! The event calendar: what is due next.

use crate::heap::Heap;
use crate::key::Key;
use crate::winners::Winners;

/// Something that becomes due. The numbers are those of the run's records, and below [`Event::NUMBERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A workload sends its next request or requests.
    Arrival(u32),
    /// A message is at its callee: the visit that it asks for.
    Delivery(u32),
    /// The thread of a polled service comes to its next operation.
    Poll(u32),
    /// A delay of a strand is over.
    Wake(u32),
    /// A piece of work that holds a core is done: its strand.
    CoreDone(u32),
    /// The first piece of work of a container that shares its cores, or of a machine that interrupts work, is done.
    ShareDone(u32),
    /// A caller has waited long enough, for a reply or before the next attempt.
    Timer(u32),
    /// A container that has its processor time by periods: the next one begins.
    Refill(u32),
}

/// Bits of a packed event that are its number.
const NUMBER_BITS: u32 = 29;

impl Event {
    /// Numbers that an event can have.
    pub(crate) const NUMBERS: usize = 1 << NUMBER_BITS;

    #[inline]
    fn pack(self) -> u32 {
        let (kind, number) = match self {
            Self::Arrival(number) => (0, number),
            Self::Delivery(number) => (1, number),
            Self::Wake(number) => (2, number),
            Self::CoreDone(number) => (3, number),
            Self::Poll(number) => (4, number),
            Self::ShareDone(number) => (5, number),
            Self::Timer(number) => (6, number),
            Self::Refill(number) => (7, number),
        };
        kind << NUMBER_BITS | number
    }

    #[inline]
    fn unpack(packed: u32) -> Self {
        let number = packed & (Self::NUMBERS as u32 - 1);
        match packed >> NUMBER_BITS {
            0 => Self::Arrival(number),
            1 => Self::Delivery(number),
            2 => Self::Wake(number),
            3 => Self::CoreDone(number),
            4 => Self::Poll(number),
            5 => Self::ShareDone(number),
            6 => Self::Timer(number),
            _ => Self::Refill(number),
        }
    }
}

/// Pending events, ordered by time; events of the same time in the order in which they were scheduled.
///
/// The one event of each sharing container moves whenever its rate changes, so those are kept apart from the heap of all
/// others, which never move.
///
/// # Complexity
/// O(log n) to schedule, move and take; memory for the events pending at once.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    heap: Heap,
    /// By container.
    shares: Winners,
    /// Of the next event.
    sequence: u32,
}

impl Calendar {
    /// An empty calendar with that many sharing containers.
    pub(crate) fn new(containers: usize) -> Self {
        Self { heap: Heap::new(), shares: Winners::new(containers), sequence: 0 }
    }

    /// Schedules an event other than [`Event::ShareDone`].
    #[inline]
    pub(crate) fn schedule(&mut self, time: f64, event: Event) {
        let key = self.stamp(time, event);
        self.heap.push(key);
    }

    /// Sets or moves the due time of a sharing container.
    #[inline]
    pub(crate) fn set_share(&mut self, container: u32, time: f64) {
        let key = self.stamp(time, Event::ShareDone(container));
        self.shares.set(container, key);
    }

    /// Takes the due time of a sharing container away, if it has one.
    #[inline]
    pub(crate) fn clear_share(&mut self, container: u32) {
        self.shares.set(container, Key::NEVER);
    }

    /// The next event, and when it is due. It stays pending.
    #[inline]
    pub(crate) fn first(&mut self) -> Option<(f64, Event)> {
        let (pending, share) = (self.heap.first(), self.shares.first());
        let first = if share < pending { share } else { pending };
        (first != Key::NEVER).then(|| (first.time(), Event::unpack(first.value())))
    }

    /// Takes the event out that [`Self::first`] has just given. That of a sharing container stays until it is set anew or
    /// cleared, which its machine always does.
    #[inline]
    pub(crate) fn take(&mut self, event: Event) {
        if !matches!(event, Event::ShareDone(_)) {
            self.heap.take_first();
        }
    }

    /// Pending events.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len() + self.shares.keys().len()
    }

    /// What is pending, and when it is due.
    #[cfg(test)]
    pub(crate) fn pending(&self) -> Vec<(f64, Event)> {
        let mut keys = self.heap.clone().drain();
        keys.extend(self.shares.keys());
        keys.into_iter().map(|key| (key.time(), Event::unpack(key.value()))).collect()
    }

    /// Numbers an event.
    #[inline]
    fn stamp(&mut self, time: f64, event: Event) -> Key {
        if self.sequence == u32::MAX {
            self.renumber();
        }
        let key = Key::new(time, self.sequence, event.pack());
        self.sequence += 1;
        key
    }

    /// Numbers all pending events from 0 on, so that there are numbers left for those to come.
    #[cold]
    fn renumber(&mut self) {
        let mut keys = self.heap.drain();
        keys.extend(self.shares.keys());
        keys.sort_unstable();
        self.sequence = 0;
        for key in keys {
            match Event::unpack(key.value()) {
                Event::ShareDone(container) => self.set_share(container, key.time()),
                event => self.schedule(key.time(), event),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pop(calendar: &mut Calendar) -> Option<(f64, Event)> {
        let (time, event) = calendar.first()?;
        calendar.take(event);
        if let Event::ShareDone(container) = event {
            calendar.clear_share(container);
        }
        Some((time, event))
    }

    #[test]
    fn equal_times_keep_their_order() {
        let mut calendar = Calendar::new(0);
        for number in 0..100 {
            calendar.schedule(f64::from(number % 3), Event::Arrival(number));
        }
        let order: Vec<_> = std::iter::from_fn(|| pop(&mut calendar)).collect();
        let mut expected: Vec<_> = (0..100).map(|n| (f64::from(n % 3), Event::Arrival(n))).collect();
        expected.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(order, expected);
    }

    proptest! {
        /// Against a plain list: schedule, move, clear and take in any order, also where the numbers of events start anew.
        #[test]
        fn behaves_like_a_sorted_list(
            steps in prop::collection::vec((0u8..4, 0u32..5, 0u32..50), 1..200),
            numbers_left in 0u32..100,
        ) {
            let mut calendar = Calendar::new(5);
            calendar.sequence = u32::MAX - numbers_left;
            let mut list: Vec<(f64, u64, Event)> = Vec::new();
            for (number, (action, container, time)) in steps.into_iter().enumerate() {
                let (time, sequence) = (f64::from(time), number as u64);
                let share = Event::ShareDone(container);
                match action {
                    0 => {
                        calendar.schedule(time, Event::Wake(number as u32));
                        list.push((time, sequence, Event::Wake(number as u32)));
                    }
                    1 => {
                        calendar.set_share(container, time);
                        list.retain(|entry| entry.2 != share);
                        list.push((time, sequence, share));
                    }
                    2 => {
                        calendar.clear_share(container);
                        list.retain(|entry| entry.2 != share);
                    }
                    _ => {
                        list.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                        let expected = (!list.is_empty()).then(|| list.remove(0)).map(|e| (e.0, e.2));
                        prop_assert_eq!(pop(&mut calendar), expected);
                    }
                }
            }
        }
    }
}
