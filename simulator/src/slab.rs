//! Records that come and go, with their places reused.

/// Records by number. The numbers of removed ones are given out again, so memory follows the largest number of
/// records that existed at the same time.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    records: Vec<T>,
    free: Vec<u32>,
}

impl<T: Copy> Slab<T> {
    pub(crate) fn new() -> Self {
        Self { records: Vec::new(), free: Vec::new() }
    }

    /// Stores a record and gives its number.
    pub(crate) fn insert(&mut self, record: T) -> u32 {
        if let Some(number) = self.free.pop() {
            self.records[number as usize] = record;
            return number;
        }
        self.records.push(record);
        (self.records.len() - 1) as u32
    }

    /// Takes a record out; its number must not be used any more.
    pub(crate) fn remove(&mut self, number: u32) -> T {
        self.free.push(number);
        self.records[number as usize]
    }

    /// The largest number of records there ever were at once.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.records.len()
    }

    /// Records there are now.
    pub(crate) fn len(&self) -> usize {
        self.records.len() - self.free.len()
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;

    fn index(&self, number: u32) -> &T {
        &self.records[number as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    fn index_mut(&mut self, number: u32) -> &mut T {
        &mut self.records[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_reused() {
        let mut slab = Slab::new();
        for round in 0..1000 {
            let (a, b) = (slab.insert(round), slab.insert(round + 1));
            assert_eq!((slab[a], slab[b]), (round, round + 1));
            assert_eq!(slab.len(), 2);
            assert_eq!(slab.remove(a), round);
            slab.remove(b);
        }
        assert_eq!((slab.len(), slab.capacity()), (0, 2));
    }
}
