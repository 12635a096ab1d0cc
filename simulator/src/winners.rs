//! A fixed number of keys of which each may change.

use crate::key::{ARITY, Key, Quad};

/// One key for each of a fixed number of places, of which the least is at hand: a tournament tree (Knuth 1998, *The Art of
/// Computer Programming* 3, 2nd ed., §5.4.1), where four keys play for a place on the next level.
///
/// # Complexity
/// O(log n) to set a key.
#[derive(Clone, Debug)]
pub(crate) struct Winners {
    /// The first level has the keys of all places, the last has one group.
    levels: Vec<Vec<Quad>>,
    first: Key,
}

impl Winners {
    /// All keys are [`Key::NEVER`].
    pub(crate) fn new(places: usize) -> Self {
        let mut levels = Vec::new();
        let mut count = places;
        while count > 1 {
            count = count.div_ceil(ARITY);
            levels.push(vec![Quad::NONE; count]);
        }
        Self { levels, first: Key::NEVER }
    }

    /// The least key.
    #[inline]
    pub(crate) fn first(&self) -> Key {
        self.first
    }

    /// The keys that are not [`Key::NEVER`].
    pub(crate) fn keys(&self) -> Vec<Key> {
        let only = [Quad([self.first, Key::NEVER, Key::NEVER, Key::NEVER])];
        let all = self.levels.first().map_or(only.as_slice(), Vec::as_slice);
        all.iter().flat_map(|quad| quad.0).filter(|key| *key != Key::NEVER).collect()
    }

    #[inline]
    pub(crate) fn set(&mut self, place: u32, key: Key) {
        let (mut place, mut winner) = (place as usize, key);
        for level in &mut self.levels {
            let quad = &mut level[place / ARITY];
            let before = &mut quad.0[place % ARITY];
            if *before == winner {
                return;
            }
            *before = winner;
            (_, winner) = quad.least();
            place /= ARITY;
        }
        self.first = winner;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_least_is_at_hand(
            places in 1usize..70,
            changes in prop::collection::vec((0usize..70, prop::option::of(0u32..30)), 1..200),
        ) {
            let mut winners = Winners::new(places);
            let mut list = vec![Key::NEVER; places];
            for ((place, time), number) in changes.into_iter().zip(0..) {
                let place = place % places;
                list[place] = time.map_or(Key::NEVER, |time| Key::new(f64::from(time), number, place as u32));
                winners.set(place as u32, list[place]);
                prop_assert_eq!(Some(winners.first()), list.iter().min().copied());
                let set = list.iter().copied().filter(|key| *key != Key::NEVER);
                prop_assert_eq!(winners.keys(), set.collect::<Vec<_>>());
            }
        }
    }
}
