//! The event calendar: what is due next.

/// Something that becomes due. The numbers are those of the run's records.
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
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    time: f64,
    sequence: u64,
    event: Event,
}

impl Entry {
    fn is_before(&self, other: &Self) -> bool {
        self.time < other.time || (self.time == other.time && self.sequence < other.sequence)
    }
}

/// Children of a node: four make the heap half as deep as two, and lie in one or two cache lines.
const ARITY: usize = 4;

/// A container without a due time.
const NONE: u32 = u32::MAX;

/// Pending events, ordered by time; events of the same time in the order in which they were scheduled.
///
/// A 4-ary heap (Johnson 1975, "Priority queues with update and finding minimum spanning trees"). The one event of
/// each sharing container moves whenever its rate changes, so the heap keeps the places of those. A taken event leaves
/// a gap at the root, since the next one is often scheduled right away and can sink from there.
///
/// # Complexity
/// O(log n) to schedule, move and take; memory for the events pending at once.
#[derive(Clone, Debug)]
pub(crate) struct Calendar {
    heap: Vec<Entry>,
    places: Vec<u32>,
    sequence: u64,
    /// Is the root a gap?
    has_gap: bool,
}

impl Calendar {
    /// An empty calendar with that many sharing containers.
    pub(crate) fn new(containers: usize) -> Self {
        Self { heap: Vec::new(), places: vec![NONE; containers], sequence: 0, has_gap: false }
    }

    /// Schedules an event other than [`Event::ShareDone`].
    pub(crate) fn schedule(&mut self, time: f64, event: Event) {
        self.push(time, event);
    }

    /// Sets or moves the due time of a sharing container.
    pub(crate) fn set_share(&mut self, container: u32, time: f64) {
        if self.places[container as usize] == NONE {
            return self.push(time, Event::ShareDone(container));
        }
        self.close_gap();
        let place = self.places[container as usize];
        let entry = self.stamp(time, Event::ShareDone(container));
        let place = place as usize;
        if entry.is_before(&self.heap[place]) {
            self.sift_up(place, entry);
        } else {
            self.sift_down(place, entry);
        }
    }

    /// Takes the due time of a sharing container away, if it has one.
    pub(crate) fn clear_share(&mut self, container: u32) {
        self.close_gap();
        let place = std::mem::replace(&mut self.places[container as usize], NONE);
        if place != NONE {
            self.remove(place as usize);
        }
    }

    /// When the next event is due.
    pub(crate) fn next_time(&mut self) -> Option<f64> {
        self.close_gap();
        self.heap.first().map(|entry| entry.time)
    }

    /// Pending events.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len() - usize::from(self.has_gap)
    }

    /// Takes the next event.
    pub(crate) fn pop(&mut self) -> Option<(f64, Event)> {
        self.close_gap();
        let first = *self.heap.first()?;
        if let Event::ShareDone(container) = first.event {
            self.places[container as usize] = NONE;
        }
        self.has_gap = true;
        Some((first.time, first.event))
    }

    #[inline]
    fn close_gap(&mut self) {
        if std::mem::take(&mut self.has_gap) {
            self.remove(0);
        }
    }

    /// Numbers an entry. No time is infinite, so that differences of times are numbers.
    fn stamp(&mut self, time: f64, event: Event) -> Entry {
        self.sequence += 1;
        Entry { time: time.min(f64::MAX), sequence: self.sequence, event }
    }

    fn push(&mut self, time: f64, event: Event) {
        let entry = self.stamp(time, event);
        if std::mem::take(&mut self.has_gap) {
            return self.sift_down(0, entry);
        }
        self.heap.push(entry);
        self.sift_up(self.heap.len() - 1, entry);
    }

    /// Closes the gap that a taken entry leaves.
    fn remove(&mut self, place: usize) {
        let Some(last) = self.heap.pop() else { return };
        if place == self.heap.len() {
            return;
        }
        if place > 0 && last.is_before(&self.heap[(place - 1) / ARITY]) {
            self.sift_up(place, last);
        } else {
            self.sift_down(place, last);
        }
    }

    fn put(&mut self, place: usize, entry: Entry) {
        self.heap[place] = entry;
        if let Event::ShareDone(container) = entry.event {
            self.places[container as usize] = place as u32;
        }
    }

    fn sift_up(&mut self, mut place: usize, entry: Entry) {
        while place > 0 {
            let parent = (place - 1) / ARITY;
            if !entry.is_before(&self.heap[parent]) {
                break;
            }
            self.put(place, self.heap[parent]);
            place = parent;
        }
        self.put(place, entry);
    }

    fn sift_down(&mut self, mut place: usize, entry: Entry) {
        loop {
            let first = place * ARITY + 1;
            if first >= self.heap.len() {
                break;
            }
            let mut least = first;
            for child in first + 1..(first + ARITY).min(self.heap.len()) {
                if self.heap[child].is_before(&self.heap[least]) {
                    least = child;
                }
            }
            if !self.heap[least].is_before(&entry) {
                break;
            }
            self.put(place, self.heap[least]);
            place = least;
        }
        self.put(place, entry);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn equal_times_keep_their_order() {
        let mut calendar = Calendar::new(0);
        for number in 0..100 {
            calendar.schedule(f64::from(number % 3), Event::Arrival(number));
        }
        let order: Vec<_> = std::iter::from_fn(|| calendar.pop()).collect();
        let mut expected: Vec<_> = (0..100).map(|n| (f64::from(n % 3), Event::Arrival(n))).collect();
        expected.sort_by(|a, b| a.0.total_cmp(&b.0));
        assert_eq!(order, expected);
    }

    proptest! {
        /// Against a plain list: schedule, move, clear and take in any order.
        #[test]
        fn behaves_like_a_sorted_list(steps in prop::collection::vec((0u8..4, 0u32..5, 0u32..50), 1..200)) {
            let mut calendar = Calendar::new(5);
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
                        prop_assert_eq!(calendar.pop(), expected);
                    }
                }
            }
        }
    }
}
