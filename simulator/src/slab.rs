//! Records that come and go, with their places reused.

/// Records by number. The numbers of removed ones are given out again, so memory follows the largest number of
/// records that existed at the same time.
#[derive(Clone, Debug)]
pub(crate) struct Slab<T> {
    records: Vec<T>,
    free: Vec<u32>,
}

impl<T: Copy + Default> Slab<T> {
    pub(crate) fn new() -> Self {
        Self { records: Vec::new(), free: Vec::new() }
    }

    /// The record of a number, if there ever was one.
    #[inline]
    pub(crate) fn get(&self, number: u32) -> Option<&T> {
        self.records.get(number as usize)
    }

    /// Stores a record and gives its number.
    pub(crate) fn insert(&mut self, record: T) -> u32 {
        let number = self.claim();
        self.records[number as usize] = record;
        number
    }

    /// The number of a record whose fields are to be set one by one: they hold what was there before. That spares copying
    /// the record as a whole, which has to wait for fields of it that have just been written.
    #[inline]
    pub(crate) fn claim(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| self.grow())
    }

    /// Takes a record out; its number must not be used any more.
    pub(crate) fn remove(&mut self, number: u32) -> T {
        self.release(number);
        self.records[number as usize]
    }

    /// The same where the record is not needed any more.
    #[inline]
    pub(crate) fn release(&mut self, number: u32) {
        self.free.push(number);
    }

    #[cold]
    fn grow(&mut self) -> u32 {
        self.records.push(T::default());
        // Room for all of them to be free, so that giving numbers back never allocates.
        self.free.reserve(self.records.len());
        (self.records.len() - 1) as u32
    }

    /// The largest number of records there ever were at once.
    #[cfg(test)]
    pub(crate) fn capacity(&self) -> usize {
        self.records.len()
    }

    /// The numbers of all records that are taken.
    pub(crate) fn taken(&self) -> impl Iterator<Item = u32> + use<T> {
        let mut is_taken = vec![true; self.records.len()];
        self.free.iter().for_each(|&number| is_taken[number as usize] = false);
        (0..).zip(is_taken).filter_map(|(number, is_taken)| is_taken.then_some(number))
    }

    /// The numbers of all records that there are now.
    #[cfg(test)]
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        let mut is_free = vec![false; self.records.len()];
        for &number in &self.free {
            assert!(!std::mem::replace(&mut is_free[number as usize], true), "record {number} is free twice");
        }
        (0..).zip(is_free).filter_map(|(number, is_free)| (!is_free).then_some(number))
    }

    /// Records there are now.
    pub(crate) fn len(&self) -> usize {
        self.records.len() - self.free.len()
    }
}

impl<T> std::ops::Index<u32> for Slab<T> {
    type Output = T;

    #[inline]
    fn index(&self, number: u32) -> &T {
        &self.records[number as usize]
    }
}

impl<T> std::ops::IndexMut<u32> for Slab<T> {
    #[inline]
    fn index_mut(&mut self, number: u32) -> &mut T {
        &mut self.records[number as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_reused() {
        let mut slab: Slab<u32> = Slab::new();
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
