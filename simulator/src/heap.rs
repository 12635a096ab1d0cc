//! A heap of small keys.

use std::hint::select_unpredictable;

use crate::key::{ARITY, Key, Quad};

/// Keys of which the least is at hand.
///
/// A 4-ary heap (Johnson 1975, "Priority queues with update and finding minimum spanning trees"). A taken key leaves a
/// gap at the root, since another one often comes right away and can sink from there.
///
/// # Complexity
/// O(log n) to push and take; memory for the most keys that there ever were at once.
#[derive(Clone, Debug)]
pub(crate) struct Heap {
    root: Key,
    /// The children of the root, then those of each key in here.
    nodes: Vec<Quad>,
    /// Keys, the gap included.
    len: usize,
    /// Is the root a gap?
    has_gap: bool,
}

impl Heap {
    /// No keys.
    pub(crate) fn new() -> Self {
        Self { root: Key::NEVER, nodes: Vec::new(), len: 0, has_gap: false }
    }

    /// How many keys there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.len - usize::from(self.has_gap)
    }

    /// The least key; [`Key::NEVER`] where there is none.
    #[inline]
    pub(crate) fn first(&mut self) -> Key {
        if self.has_gap {
            self.close_gap();
        }
        self.root
    }

    /// Takes the key out that [`Self::first`] has just given.
    #[inline]
    pub(crate) fn take_first(&mut self) {
        self.has_gap = self.len > 0;
    }

    #[inline]
    pub(crate) fn push(&mut self, key: Key) {
        if self.has_gap {
            self.has_gap = false;
            return self.sink(key);
        }
        self.len += 1;
        if self.len == 1 {
            self.root = key;
            return;
        }
        let place = self.len - 2;
        if place / ARITY == self.nodes.len() {
            self.nodes.push(Quad::NONE);
        }
        self.rise(place, key);
    }

    /// Takes all keys out, in order.
    pub(crate) fn drain(&mut self) -> Vec<Key> {
        let mut keys = Vec::with_capacity(self.len());
        while self.first() != Key::NEVER {
            keys.push(self.root);
            self.take_first();
        }
        keys
    }

    /// Fills the gap with the last key.
    fn close_gap(&mut self) {
        self.has_gap = false;
        self.len -= 1;
        if self.len == 0 {
            self.root = Key::NEVER;
            return;
        }
        let last = self.len - 1;
        let key = std::mem::replace(&mut self.nodes[last / ARITY].0[last % ARITY], Key::NEVER);
        self.sink(key);
    }

    /// Puts a key in place of the root or below.
    #[inline(always)]
    fn sink(&mut self, key: Key) {
        if self.len <= 1 {
            self.root = key;
            return;
        }
        if self.len == 2 {
            let other = &mut self.nodes[0].0[0];
            self.root = key.or_earlier(*other);
            *other = select_unpredictable(*other < key, key, *other);
            return;
        }
        let Some(children) = self.nodes.first() else {
            self.root = key;
            return;
        };
        let (mut place, least) = children.least();
        if key < least {
            self.root = key;
            return;
        }
        self.root = least;
        while let Some(children) = self.nodes.get(place + 1) {
            let (child, least) = children.least();
            if key < least {
                break;
            }
            self.nodes[place / ARITY].0[place % ARITY] = least;
            place = (place + 1) * ARITY + child;
        }
        self.nodes[place / ARITY].0[place % ARITY] = key;
    }

    /// Puts a key there or above.
    #[inline]
    fn rise(&mut self, mut place: usize, key: Key) {
        while place >= ARITY {
            let parent = place / ARITY - 1;
            let above = self.nodes[parent / ARITY].0[parent % ARITY];
            if key > above {
                self.nodes[place / ARITY].0[place % ARITY] = key;
                return;
            }
            self.nodes[place / ARITY].0[place % ARITY] = above;
            place = parent;
        }
        self.nodes[0].0[place] = self.root.max(key);
        self.root = self.root.min(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Against a sorted list: push and take in any order.
        #[test]
        fn behaves_like_a_sorted_list(steps in prop::collection::vec((any::<bool>(), 0u32..50), 1..300)) {
            let mut heap = Heap::new();
            let mut list: Vec<Key> = Vec::new();
            for ((pushes, time), number) in steps.into_iter().zip(0..) {
                if pushes {
                    let key = Key::new(f64::from(time), number, number);
                    heap.push(key);
                    list.push(key);
                    list.sort();
                } else {
                    prop_assert_eq!(heap.first(), list.first().copied().unwrap_or(Key::NEVER));
                    heap.take_first();
                    list.drain(..1.min(list.len()));
                }
                prop_assert_eq!(heap.len(), list.len());
            }
            prop_assert_eq!(heap.drain(), list);
        }
    }
}
