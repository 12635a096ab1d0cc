//! Repeated calls to the same pool.
//!
//! Those of one execution follow each other closely and so find the pool in much the same state: free, or taken. That
//! the state were drawn anew for each call would make most executions of many calls wait a little, and hardly any not at
//! all or each time: in the corpus' closed models, that puts medians 37 % off, instead of 4 %.

use num_complex::Complex64;

/// The calls of an activity to one pool.
pub(super) struct Place {
    /// None for calls that wait for no thread.
    pub(super) visit: Option<usize>,
    /// Probability that the pool is taken.
    pub(super) waits: f64,
    /// Time spent waiting.
    pub(super) weight: f64,
    /// What the calls take, as transforms, if the pool is free and if it is taken.
    pub(super) free: Complex64,
    pub(super) taken: Complex64,
}

impl Place {
    /// Whatever the state is.
    pub(super) fn mean(&self) -> Complex64 {
        (1.0 - self.waits) * self.free + self.waits * self.taken
    }
}

/// Places whose states are told apart where all calls mix: 2ⁿ combinations.
const MOST: usize = 5;

/// Those with the longest waits, so that the order of calls does not matter; at the others each call meets a state of its
/// own.
pub(super) fn apart(mut places: Vec<Place>) -> Vec<Place> {
    if places.len() > MOST {
        places.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        for place in &mut places[MOST..] {
            place.free = place.mean();
            place.waits = 0.0;
        }
    }
    places
}

/// The mean of a function of the sum over places, over their states, independent of each other.
pub(super) fn over_states(
    places: &[Place],
    sum: Complex64,
    end: &impl Fn(Complex64) -> Complex64,
) -> Complex64 {
    let Some((place, others)) = places.split_first() else { return end(sum) };
    let free = over_states(others, sum + place.free, end);
    if place.waits <= 0.0 {
        return free;
    }
    (1.0 - place.waits) * free + place.waits * over_states(others, sum + place.taken, end)
}
