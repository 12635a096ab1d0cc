//! Count, mean and variance of values.

/// Merging is associative and commutative up to rounding: Chan, Golub and LeVeque, *Updating formulae and a pairwise
/// algorithm for computing sample variances* (1979), eq. 2.1.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Moments {
    count: u64,
    mean: f64,
    m2: f64,
}

impl Moments {
    /// Adds a value.
    pub(super) fn add(&mut self, value: f64) {
        self.merge(Self { count: 1, mean: value, m2: 0.0 });
    }

    pub(super) fn merge(&mut self, other: Self) {
        if other.count == 0 {
            return;
        }
        let (a, b) = (self.count as f64, other.count as f64);
        let n = a + b;
        let delta = other.mean - self.mean;
        if delta == 0.0 {
            self.m2 += other.m2; // Many times are 0.
        } else {
            self.m2 += other.m2 + delta * delta * a * b / n;
            self.mean += delta * b / n;
        }
        self.count += other.count;
    }

    pub(super) fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn mean(&self) -> f64 {
        self.mean
    }

    pub(super) fn variance(&self) -> f64 {
        if self.count < 2 { 0.0 } else { self.m2 / (self.count - 1) as f64 }
    }

    pub(super) fn scv(&self) -> f64 {
        if self.mean > 0.0 { self.variance() / (self.mean * self.mean) } else { 0.0 }
    }
}
