//! Operations that take one course or another.
//!
//! Where it depends on one call whether another is made (the two branches of a condition, a cache that misses, a fork that is
//! not always reached), the visits of an operation are divided by which of such calls they make. Each of these courses has
//! steps, numbers of calls and times of its own, and in the model the operation chooses between them. Calls that are made
//! independently of each other stay calls whose number varies.

use std::collections::BTreeMap;

use super::visit::{Key, Slot, Visit};

/// Calls depend on each other if chance would make them seem so less than once in ten thousand times (χ² with one degree of
/// freedom), and if the square of their correlation is so large that a response time shows it.
const CONVINCING: f64 = 15.1;
/// See there.
const RELEVANT: f64 = 0.01;

/// Courses of an operation at most, and the part of its visits that each has at least; all others are one more course.
const MOST_COURSES: usize = 16;
/// See there.
const RARE: f64 = 0.01;

/// Operations with more places of calls are not looked at: there are too many pairs.
const MOST_SLOTS: usize = 32;

/// In how many visits of an operation each of its calls is made, and each two of them.
#[derive(Default)]
struct Presence<'a> {
    visits: f64,
    slots: BTreeMap<&'a Slot, f64>,
    pairs: BTreeMap<(&'a Slot, &'a Slot), f64>,
}

/// Gives every visit its course. The slots of the calls are known.
pub(super) fn assign(traces: &mut [Vec<Visit>]) {
    let dependent = dependent_slots(traces);
    let mut seen: BTreeMap<&Key, BTreeMap<Vec<bool>, u64>> = BTreeMap::new();
    for visit in traces.iter().flatten() {
        if let Some((operation, slots)) = dependent.get_key_value(&visit.operation) {
            *seen.entry(operation).or_default().entry(made(visit, slots)).or_default() += 1;
        }
    }
    let courses: BTreeMap<&Key, BTreeMap<Vec<bool>, u16>> =
        seen.into_iter().map(|(operation, seen)| (operation, number(seen))).collect();
    for visit in traces.iter_mut().flatten() {
        if let (Some(slots), Some(courses)) = (dependent.get(&visit.operation), courses.get(&visit.operation))
        {
            visit.operation.course = courses.get(&made(visit, slots)).copied().unwrap_or(0);
        }
    }
}

/// Which of these calls a visit makes.
fn made(visit: &Visit, slots: &[Slot]) -> Vec<bool> {
    slots.iter().map(|slot| visit.calls.iter().any(|call| call.slot == *slot)).collect()
}

/// Numbers the courses of an operation from 1 on, the most frequent first; 0 is for all that are rare.
fn number(seen: BTreeMap<Vec<bool>, u64>) -> BTreeMap<Vec<bool>, u16> {
    let visits: u64 = seen.values().sum();
    let mut courses: Vec<(Vec<bool>, u64)> = seen.into_iter().collect();
    courses.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    courses.truncate(MOST_COURSES);
    courses.retain(|(_, count)| *count as f64 >= RARE * visits as f64);
    (1..).zip(courses).map(|(number, (made, _))| (made, number)).collect()
}

/// By operation: the places of calls of which at least one other depends.
fn dependent_slots(traces: &[Vec<Visit>]) -> BTreeMap<Key, Vec<Slot>> {
    let mut seen: BTreeMap<&Key, Presence<'_>> = BTreeMap::new();
    for visit in traces.iter().flatten().filter(|visit| !visit.calls.is_empty()) {
        seen.entry(&visit.operation).or_default().add(visit);
    }
    for visit in traces.iter().flatten() {
        if let Some(presence) = seen.get_mut(&visit.operation) {
            presence.visits += 1.0;
        }
    }
    let found = seen.into_iter().map(|(operation, presence)| (operation.clone(), presence.dependent()));
    found.filter(|(_, slots)| !slots.is_empty()).collect()
}

impl<'a> Presence<'a> {
    /// Adds the calls of a visit.
    fn add(&mut self, visit: &'a Visit) {
        let mut slots: Vec<&Slot> = visit.calls.iter().map(|call| &call.slot).collect();
        slots.sort_unstable();
        slots.dedup();
        for &slot in &slots {
            *self.slots.entry(slot).or_default() += 1.0;
        }
        if self.slots.len() > MOST_SLOTS {
            return;
        }
        for (place, &a) in slots.iter().enumerate() {
            for &b in &slots[place + 1..] {
                *self.pairs.entry((a, b)).or_default() += 1.0;
            }
        }
    }

    fn dependent(&self) -> Vec<Slot> {
        if self.slots.len() > MOST_SLOTS {
            return Vec::new();
        }
        let depends =
            |slot: &&Slot| self.slots.keys().any(|other| other != slot && self.are_dependent(slot, other));
        self.slots.keys().copied().filter(depends).cloned().collect()
    }

    /// χ² and the square of the correlation of two events from their fourfold table (Pearson 1900).
    fn are_dependent(&self, a: &Slot, b: &Slot) -> bool {
        let share = |count: Option<&f64>| count.copied().unwrap_or(0.0) / self.visits;
        let (pa, pb) = (share(self.slots.get(a)), share(self.slots.get(b)));
        let both = share(self.pairs.get(&(a.min(b), a.max(b))));
        let variances = pa * (1.0 - pa) * pb * (1.0 - pb);
        if variances <= 0.0 {
            return false;
        }
        let square = (both - pa * pb).powi(2) / variances;
        square > RELEVANT && self.visits * square > CONVINCING
    }
}
