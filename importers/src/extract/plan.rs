//! From the structure that traces show to the steps of an operation: what follows what, and what is at once.

use std::collections::{BTreeMap, BTreeSet};

use tracecast_model::CallKind;

use super::operations::Key;
use super::shape::{OperationShape, Shape, SlotShape};
use super::visit::Slot;

/// Two calls are made at once if they overlap in at least this share of the visits that make the rarer one.
const PARALLEL: f64 = 0.1;

/// And if the shorter call is, in the mean over these visits, for at least this part at the same time as the longer one. Calls
/// in turn may seem to overlap a little, where a callee's span goes on after its reply.
const AT_ONCE: f64 = 0.2;

/// Branches of a fork over calls to one callee at most.
const MAX_WIDTH: u64 = 64;

/// Calls and the order between them.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Block {
    /// The calls of one slot, so many at once.
    Calls(Slot, u32),
    /// One after the other.
    Series(Vec<Block>),
    /// All at once.
    Parallel(Vec<Block>),
}

impl Block {
    /// The slot, where it is one, whose calls are made one at a time.
    pub(super) fn only_slot(&self) -> Option<&Slot> {
        match self {
            Self::Calls(slot, 1) => Some(slot),
            _ => None,
        }
    }
}

/// The course of one operation.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// One after the other.
    pub(super) blocks: Vec<Block>,
    /// For every slot the position of its block.
    pub(super) position: BTreeMap<Slot, usize>,
    /// How each callee is called, but for messages.
    kinds: BTreeMap<Key, CallKind>,
    /// Slots whose order is not made of series and forks, which were all put side by side.
    pub(super) tangled: usize,
}

impl Plan {
    /// How calls are made at a slot.
    pub(super) fn kind(&self, slot: &Slot) -> CallKind {
        self.kind_of(slot.to, slot.message)
    }

    /// How an operation is called.
    pub(super) fn kind_of(&self, callee: Key, is_message: bool) -> CallKind {
        if is_message { CallKind::Asynchronous } else { self.kinds.get(&callee).copied().unwrap_or_default() }
    }
}

/// The course of every operation.
pub(super) fn plans(shape: &Shape) -> BTreeMap<Key, Plan> {
    shape.operations.iter().map(|(key, operation)| (*key, plan(operation))).collect()
}

fn plan(shape: &OperationShape) -> Plan {
    let mut plan = Plan { kinds: kinds(shape), ..Plan::default() };
    let all: Vec<&Slot> = shape.slots.keys().collect();
    let mut order = Order { shape, kinds: &plan.kinds, tangled: 0 };
    let blocks = order.series(&all);
    plan.tangled = order.tangled;
    for (position, block) in blocks.iter().enumerate() {
        visit_slots(block, &mut |slot| {
            plan.position.insert(*slot, position);
        });
    }
    plan.blocks = blocks;
    plan
}

/// The kind of every callee's calls that are not known to be messages: that of most of them.
fn kinds(shape: &OperationShape) -> BTreeMap<Key, CallKind> {
    let mut votes: BTreeMap<&Key, (u64, u64)> = BTreeMap::new();
    let calls = shape.slots.iter().filter(|(slot, _)| !slot.message);
    for (slot, SlotShape { calls, asynchronous, .. }) in calls {
        let vote = votes.entry(&slot.to).or_default();
        *vote = (vote.0 + calls, vote.1 + asynchronous);
    }
    let kind = |(calls, asynchronous)| {
        if 2 * asynchronous > calls { CallKind::Asynchronous } else { CallKind::Synchronous }
    };
    votes.into_iter().map(|(key, vote)| (*key, kind(vote))).collect()
}

fn visit_slots(block: &Block, look: &mut impl FnMut(&Slot)) {
    match block {
        Block::Calls(slot, _) => look(slot),
        Block::Series(inner) | Block::Parallel(inner) => {
            inner.iter().for_each(|block| visit_slots(block, look));
        }
    }
}

/// Decomposes the order of calls into series and forks (Valdes, Tarjan and Lawler, *The recognition of series parallel
/// digraphs*, 1982): calls that are linked by overlaps form a block, blocks follow each other; within a block, calls
/// that are linked by *not* overlapping form a branch, branches are at once; and so on within the branch.
struct Order<'a> {
    shape: &'a OperationShape,
    kinds: &'a BTreeMap<Key, CallKind>,
    tangled: usize,
}

impl Order<'_> {
    fn series(&mut self, slots: &[&Slot]) -> Vec<Block> {
        let mut parts = components(slots, |a, b| self.at_once(a, b));
        let start = |part: &Vec<&Slot>| {
            part.iter().map(|slot| self.shape.slots[*slot].mean_place()).fold(f64::INFINITY, f64::min)
        };
        parts.sort_by(|a, b| start(a).total_cmp(&start(b)).then_with(|| a.cmp(b)));
        parts.into_iter().map(|part| self.block(&part)).collect()
    }

    fn block(&mut self, slots: &[&Slot]) -> Block {
        if let [slot] = slots {
            return Block::Calls(**slot, self.width(slot));
        }
        let branches = components(slots, |a, b| !self.at_once(a, b));
        if branches.len() == 1 {
            self.tangled += slots.len();
            return Block::Parallel(slots.iter().map(|slot| self.block(&[slot])).collect());
        }
        let branch = |branch: &Vec<&Slot>| {
            let mut steps = self.series(branch);
            if steps.len() == 1 { steps.remove(0) } else { Block::Series(steps) }
        };
        Block::Parallel(branches.iter().map(branch).collect())
    }

    fn at_once(&self, a: &Slot, b: &Slot) -> bool {
        let pair = (*a.min(b), *a.max(b));
        let together = self.shape.overlaps.get(&pair).copied().unwrap_or_default();
        let rarer = self.shape.slots[a].visits.min(self.shape.slots[b].visits) as f64;
        let overlap = together.visits as f64 >= PARALLEL * rarer && together.part >= AT_ONCE * rarer;
        overlap && self.waits(a) && self.waits(b)
    }

    fn waits(&self, slot: &Slot) -> bool {
        !slot.message && self.kinds.get(&slot.to) == Some(&CallKind::Synchronous)
    }

    fn width(&self, slot: &Slot) -> u32 {
        if self.waits(slot) { self.shape.slots[slot].mean_width().clamp(1, MAX_WIDTH) as u32 } else { 1 }
    }
}

/// Groups that are connected by the relation, in the order of their first members.
fn components<'a>(slots: &[&'a Slot], linked: impl Fn(&Slot, &Slot) -> bool) -> Vec<Vec<&'a Slot>> {
    let mut left: BTreeSet<&Slot> = slots.iter().copied().collect();
    let mut found = Vec::new();
    while let Some(first) = left.pop_first() {
        let mut group = vec![first];
        let mut next = 0;
        while let Some(&member) = group.get(next) {
            let reached: Vec<&Slot> = left.iter().copied().filter(|slot| linked(member, slot)).collect();
            for slot in reached {
                left.remove(slot);
                group.push(slot);
            }
            next += 1;
        }
        group.sort();
        found.push(group);
    }
    found
}
