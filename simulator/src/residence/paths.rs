//! Where time was spent along paths of causes.

use crate::slab::Slab;

/// The path of something that has just begun.
pub(super) const START: u32 = u32::MAX;

/// Paths, each a list of stays from its last to the first. Paths that part share what lies before.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    stays: Slab<Stay>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Stay {
    place: u32,
    seconds: f64,
    before: u32,
    /// Paths that end with it, and stays that follow on it.
    uses: u32,
}

impl Paths {
    /// None.
    pub(super) fn new() -> Self {
        Self { stays: Slab::new() }
    }

    /// The path goes on with so many seconds at a place; what it is then.
    pub(super) fn longer(&mut self, path: u32, place: u32, seconds: f64) -> u32 {
        if seconds == 0.0 {
            return path;
        }
        if path != START {
            let last = &mut self.stays[path];
            if last.place == place && last.uses == 1 {
                last.seconds += seconds;
                return path;
            }
        }
        self.stays.insert(Stay { place, seconds, before: path, uses: 1 })
    }

    /// One more path, the same as that.
    pub(super) fn share(&mut self, path: u32) -> u32 {
        if path != START {
            self.stays[path].uses += 1;
        }
        path
    }

    /// The path is not needed any more.
    pub(super) fn drop(&mut self, mut path: u32) {
        while path != START {
            let stay = &mut self.stays[path];
            stay.uses -= 1;
            if stay.uses > 0 {
                return;
            }
            let before = stay.before;
            self.stays.release(path);
            path = before;
        }
    }

    /// Adds the seconds of a path to those of its places.
    pub(super) fn add_to(&self, mut path: u32, places: &mut [f64]) {
        while path != START {
            let stay = self.stays[path];
            places[stay.place as usize] += stay.seconds;
            path = stay.before;
        }
    }

    /// Asserts that the stays kept are those of the paths that end at `ends`, with all the others along them.
    #[cfg(test)]
    pub(super) fn assert_kept_for(&self, ends: impl Iterator<Item = u32>) {
        let mut uses = vec![0; self.stays.capacity()];
        let kept: Vec<u32> = self.stays.numbers().collect();
        let before = kept.iter().map(|&stay| self.stays[stay].before);
        for used in ends.chain(before).filter(|&stay| stay != START) {
            uses[used as usize] += 1;
        }
        for stay in kept {
            assert!(self.stays[stay].uses > 0, "stay {stay} is kept for nothing");
            assert_eq!(uses[stay as usize], self.stays[stay].uses, "uses of stay {stay}");
        }
    }
}
