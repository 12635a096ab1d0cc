//! Operations that take one course or another.
//!
//! Where it depends on one call whether another is made (the two branches of a condition, a cache that misses, a fork that is
//! not always reached), the visits of an operation are divided by which of such calls they make. Each of these courses has
//! steps, numbers of calls and times of its own, and in the model the operation chooses between them. So it is with messages
//! that are not always sent: when one is sent shows only where it is. Other calls that are made independently of each other
//! stay calls whose number varies.

use std::collections::BTreeMap;

use super::fold;
use super::operations::Key;
use super::visit::{Slot, Visit, each};

/// Calls depend on each other if chance would make them seem so less than once in ten thousand times (χ² with one degree of
/// freedom), and if the square of their correlation is so large that a response time shows it.
const CONVINCING: f64 = 15.1;
/// See there.
const RELEVANT: f64 = 0.01;

/// Courses of an operation at most, and the part of its visits that each has at least; all others are one more course.
const MOST_COURSES: usize = 32;
/// See there.
const RARE: f64 = 0.005;

/// Messages make courses only where the courses then have at least this part of the visits.
const COVERED: f64 = 0.95;

/// Operations with more places of calls are not looked at: there are too many pairs.
const MOST_SLOTS: usize = 32;

/// By operation: the places of calls that make its courses.
type Deciding = BTreeMap<Key, Vec<Slot>>;

/// Which of the deciding calls are made, and in how many visits.
type Patterns = BTreeMap<Vec<bool>, u64>;

/// Gives every visit its course. The slots of the calls are known.
pub(super) fn assign(traces: &mut [Vec<Visit>]) {
    let (dependent, with_messages) = deciding_slots(traces);
    let mut found = patterns(traces, &with_messages);
    let mut deciding = with_messages;
    let scattered: Vec<Key> =
        found.iter().filter(|(_, seen)| !is_covered(seen)).map(|(operation, _)| *operation).collect();
    for operation in &scattered {
        deciding.remove(operation);
        found.remove(operation);
    }
    let dependent: Deciding =
        dependent.into_iter().filter(|(operation, _)| scattered.contains(operation)).collect();
    found.extend(patterns(traces, &dependent));
    deciding.extend(dependent);
    let courses: BTreeMap<Key, BTreeMap<Vec<bool>, u16>> =
        found.into_iter().map(|(operation, seen)| (operation, number(&seen))).collect();
    if deciding.is_empty() {
        return;
    }
    each(traces, |visit| {
        if let (Some(slots), Some(courses)) = (deciding.get(&visit.operation), courses.get(&visit.operation))
        {
            // One that was stopped goes with most of the others.
            let rest = u16::from(visit.stopped);
            visit.operation.course = courses.get(&made(visit, slots)).copied().unwrap_or(rest);
        }
    });
}

/// How often each pattern of deciding calls was seen.
fn patterns(traces: &[Vec<Visit>], deciding: &Deciding) -> BTreeMap<Key, Patterns> {
    if deciding.is_empty() {
        return BTreeMap::new();
    }
    let look = |found: &mut BTreeMap<Key, Patterns>, visits: &Vec<Visit>| {
        for visit in visits.iter().filter(|visit| !visit.stopped) {
            let Some(slots) = deciding.get(&visit.operation) else { continue };
            *found.entry(visit.operation).or_default().entry(made(visit, slots)).or_default() += 1;
        }
    };
    fold(traces, look, |all, part: BTreeMap<Key, Patterns>| {
        for (operation, seen) in part {
            let all = all.entry(operation).or_default();
            seen.into_iter().for_each(|(made, count)| *all.entry(made).or_default() += count);
        }
    })
}

/// Which of these calls a visit makes.
fn made(visit: &Visit, slots: &[Slot]) -> Vec<bool> {
    slots.iter().map(|slot| visit.calls.iter().any(|call| call.slot == *slot)).collect()
}

/// Do few enough courses have nearly all visits?
fn is_covered(seen: &Patterns) -> bool {
    let visits: u64 = seen.values().sum();
    let covered: u64 = frequent(seen).map(|(_, count)| count).sum();
    covered as f64 >= COVERED * visits as f64
}

/// Numbers the courses of an operation from 1 on, the most frequent first; 0 is for all that are rare.
fn number(seen: &Patterns) -> BTreeMap<Vec<bool>, u16> {
    (1..).zip(frequent(seen)).map(|(number, (made, _))| (made.clone(), number)).collect()
}

/// The patterns that are courses of their own, the most frequent first.
fn frequent(seen: &Patterns) -> impl Iterator<Item = (&Vec<bool>, u64)> {
    let visits: u64 = seen.values().sum();
    let mut patterns: Vec<(&Vec<bool>, u64)> = seen.iter().map(|(made, count)| (made, *count)).collect();
    patterns.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let is_frequent = move |(_, count): &(&Vec<bool>, u64)| *count as f64 >= RARE * visits as f64;
    patterns.into_iter().take(MOST_COURSES).filter(is_frequent)
}

/// The places of calls of which at least one other depends, and these with the messages that are not always sent.
fn deciding_slots(traces: &[Vec<Visit>]) -> (Deciding, Deciding) {
    let look = |seen: &mut BTreeMap<Key, Presence>, visits: &Vec<Visit>| {
        let whole = visits.iter().filter(|visit| !visit.stopped);
        whole.for_each(|visit| seen.entry(visit.operation).or_default().add(visit));
    };
    let seen = fold(traces, look, |all, part: BTreeMap<Key, Presence>| {
        part.into_iter().for_each(|(operation, presence)| all.entry(operation).or_default().merge(presence));
    });
    let slots = |decides: &dyn Fn(&Presence, Slot) -> bool| {
        let found = seen.iter().map(|(operation, presence)| {
            let slots = presence.slots.keys().copied().filter(|slot| decides(presence, *slot));
            (*operation, slots.collect::<Vec<_>>())
        });
        found.filter(|(_, slots)| !slots.is_empty()).collect()
    };
    let dependent = slots(&|presence, slot| presence.is_dependent(slot));
    (dependent, slots(&|presence, slot| presence.is_dependent(slot) || presence.is_message(slot)))
}

/// In how many visits of an operation each of its calls is made, and each two of them.
#[derive(Default)]
struct Presence {
    visits: f64,
    slots: BTreeMap<Slot, Seen>,
    pairs: BTreeMap<(Slot, Slot), f64>,
}

/// One of the calls.
#[derive(Clone, Copy, Default)]
struct Seen {
    visits: f64,
    calls: f64,
    /// Calls that nobody seems to wait for.
    messages: f64,
}

impl Presence {
    /// Adds a visit.
    fn add(&mut self, visit: &Visit) {
        self.visits += 1.0;
        for call in &visit.calls {
            let seen = self.slots.entry(call.slot).or_default();
            seen.calls += 1.0;
            seen.messages += f64::from(u8::from(!call.is_waited_for()));
        }
        let mut slots: Vec<Slot> = visit.calls.iter().map(|call| call.slot).collect();
        slots.sort_unstable();
        slots.dedup();
        for slot in &slots {
            self.slots.entry(*slot).or_default().visits += 1.0;
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

    fn merge(&mut self, other: Self) {
        self.visits += other.visits;
        for (slot, seen) in other.slots {
            let mine = self.slots.entry(slot).or_default();
            mine.visits += seen.visits;
            mine.calls += seen.calls;
            mine.messages += seen.messages;
        }
        other.pairs.into_iter().for_each(|(pair, visits)| *self.pairs.entry(pair).or_default() += visits);
    }

    /// Does any other call depend on this one?
    fn is_dependent(&self, slot: Slot) -> bool {
        self.slots.len() <= MOST_SLOTS
            && self.slots.keys().any(|other| *other != slot && self.are_dependent(slot, *other))
    }

    /// χ² and the square of the correlation of two events from their fourfold table (Pearson 1900).
    fn are_dependent(&self, a: Slot, b: Slot) -> bool {
        let (pa, pb) = (self.share(a), self.share(b));
        let both = self.pairs.get(&(a.min(b), a.max(b))).copied().unwrap_or(0.0) / self.visits;
        let variances = pa * (1.0 - pa) * pb * (1.0 - pb);
        if variances <= 0.0 {
            return false;
        }
        let square = (both - pa * pb).powi(2) / variances;
        square > RELEVANT && self.visits * square > CONVINCING
    }

    /// Is it a message that is sent now and then?
    fn is_message(&self, slot: Slot) -> bool {
        let is_sometimes = (RARE..1.0 - RARE).contains(&self.share(slot));
        is_sometimes && self.slots.get(&slot).is_some_and(|seen| 2.0 * seen.messages > seen.calls)
    }

    /// The part of the visits that make the call.
    fn share(&self, slot: Slot) -> f64 {
        self.slots.get(&slot).map_or(0.0, |seen| seen.visits) / self.visits
    }
}
