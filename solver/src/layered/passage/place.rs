//! Repeated calls to the same pool.
//!
//! Those of one execution follow each other closely and so find the pool in much the same state: free, or taken. That
//! the state were drawn anew for each call would make most executions of many calls wait a little, and hardly any not at
//! all or each time: in the corpus' closed models, that puts medians 37 % off, instead of 4 %.

use num_complex::Complex64;

use super::course::{Call, Wait};

/// The calls of an activity to one pool, or those that wait for no thread.
pub(super) struct Place {
    /// Until a thread takes one of them.
    pub(super) wait: Wait,
    /// Time spent waiting.
    pub(super) weight: f64,
    /// Do all calls of an execution meet the same state, where all calls mix?
    pub(super) is_apart: bool,
    pub(super) calls: Vec<Call>,
}

/// What the calls to a place take, as transforms: if the pool is free, and if it is taken, with that probability.
#[derive(Clone, Copy)]
pub(super) struct Taken {
    pub(super) probability: f64,
    pub(super) free: Complex64,
    pub(super) taken: Complex64,
}

impl Taken {
    /// Whatever the state is.
    pub(super) fn mean(&self) -> Complex64 {
        (1.0 - self.probability) * self.free + self.probability * self.taken
    }
}

/// Places whose states are told apart where all calls mix: 2ⁿ combinations.
const MOST: usize = 5;

/// Those with the longest waits, so that the order of calls does not matter; at the others each call meets a state of its
/// own.
pub(super) fn apart(mut places: Vec<Place>) -> Vec<Place> {
    if places.len() > MOST {
        places.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        places[MOST..].iter_mut().for_each(|place| place.is_apart = false);
    }
    places
}

/// All combinations of states of places, independent of each other: probabilities, and sums over the places.
pub(super) struct States {
    states: [(f64, Complex64); 1 << MOST],
    used: usize,
}

impl States {
    /// Without any place.
    pub(super) const START: Self = Self {
        states: {
            let mut states = [(0.0, Complex64::ZERO); 1 << MOST];
            states[0].0 = 1.0;
            states
        },
        used: 1,
    };

    /// With a place whose state is told apart, or its mean.
    pub(super) fn add(&mut self, place: &Taken, is_apart: bool) {
        let (present, behind) = self.states.split_at_mut(self.used);
        if !is_apart || place.probability <= 0.0 {
            let sum = place.mean();
            return present.iter_mut().for_each(|state| state.1 += sum);
        }
        for (free, taken) in present.iter_mut().zip(behind) {
            *taken = (free.0 * place.probability, free.1 + place.taken);
            *free = (free.0 * (1.0 - place.probability), free.1 + place.free);
        }
        self.used *= 2;
    }

    /// The mean of a function of the sum.
    pub(super) fn mean(&self, end: impl Fn(Complex64) -> Complex64) -> Complex64 {
        self.states[..self.used].iter().map(|&(probability, sum)| probability * end(sum)).sum()
    }
}
