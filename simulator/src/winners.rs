//! A fixed number of keys of which each may change.

use crate::heap::Key;

/// One key for each of a fixed number of places, of which the least is at hand: a tournament tree (Knuth 1998, *The Art of
/// Computer Programming* 3, 2nd ed., §5.4.1), where every node has the earlier of its children's keys.
///
/// # Complexity
/// O(log n) to set a key.
#[derive(Clone, Debug)]
pub(crate) struct Winners {
    /// The root is number 1, the children of n are 2n and 2n+1, and the leaves are the last half.
    nodes: Vec<Key>,
}

impl Winners {
    /// All keys are [`Key::NEVER`].
    pub(crate) fn new(places: usize) -> Self {
        Self { nodes: vec![Key::NEVER; 2 * places.next_power_of_two()] }
    }

    /// The least key.
    #[inline]
    pub(crate) fn first(&self) -> Key {
        self.nodes[1]
    }

    /// The keys of all places, and perhaps some more that are [`Key::NEVER`].
    pub(crate) fn keys(&self) -> &[Key] {
        &self.nodes[self.nodes.len() / 2..]
    }

    #[inline]
    pub(crate) fn set(&mut self, place: u32, key: Key) {
        let mut node = self.nodes.len() / 2 + place as usize;
        let mut winner = key;
        self.nodes[node] = key;
        while node > 1 {
            winner = winner.or_earlier(self.nodes[node ^ 1]);
            node /= 2;
            if self.nodes[node] == winner {
                return;
            }
            self.nodes[node] = winner;
        }
    }
}
