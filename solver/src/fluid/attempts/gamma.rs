//! Gamma distributions.

use statrs::function::gamma;

use crate::moments::Moments;
use crate::normal;

/// A gamma distribution: two moments, of something that is not negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gamma {
    shape: f64,
    mean: f64,
}

impl Gamma {
    /// With those moments, as far as the shape can be from [`LEAST`] to [`MOST`].
    pub(super) fn new(moments: Moments) -> Self {
        let mean = moments.mean.max(f64::MIN_POSITIVE);
        Self { shape: (mean * mean / moments.variance).clamp(LEAST, MOST), mean }
    }

    /// P(X ≤ x).
    pub(super) fn below(self, x: f64) -> f64 {
        lower(self.shape, self.shape * x / self.mean)
    }

    /// E[X; X ≤ x].
    pub(super) fn mean_below(self, x: f64) -> f64 {
        self.mean * lower(self.shape + 1.0, self.shape * x / self.mean)
    }
}

/// Shapes between the two hardly differ from a constant, …
const MOST: f64 = 1e6;
/// … or from something that is hardly ever there.
const LEAST: f64 = 0.02;

/// From this shape on the cube root of a variable is normal within 2e-5 (Wilson and Hilferty 1931, *Proceedings of the National
/// Academy of Sciences* 17).
const LARGE: f64 = 400.0;

/// Regularized lower incomplete gamma function P(a, x).
fn lower(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x.is_infinite() {
        return 1.0;
    }
    if a >= LARGE {
        let spread = 1.0 / (9.0 * a);
        return normal::cdf(((x / a).cbrt() - 1.0 + spread) / spread.sqrt());
    }
    gamma::gamma_lr(a, x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of whole shapes the sums of Poisson probabilities, of one half the error function.
    #[test]
    fn closed_forms() {
        for x in [0.01, 0.3, 1.0, 2.5, 7.0, 30.0_f64] {
            assert!((lower(1.0, x) - (1.0 - (-x).exp())).abs() < 1e-13);
            assert!((lower(3.0, x) - (1.0 - (-x).exp() * (1.0 + x + 0.5 * x * x))).abs() < 1e-13);
            assert!((lower(0.5, x) - libm::erf(x.sqrt())).abs() < 1e-13);
        }
    }

    /// Where the normal approximation takes over, it agrees with the sums.
    #[test]
    fn large_shapes() {
        for x in [340.0, 380.0, 400.0, 420.0, 460.0] {
            let (below, above) = (lower(LARGE - 1e-9, x), lower(LARGE, x));
            assert!((below - above).abs() < 2e-5, "{x}: {below} {above}");
        }
    }

    #[test]
    fn partial_means_add_up() {
        let gamma = Gamma::new(Moments::new(3.0, 4.5));
        assert!((gamma.mean_below(1e3) - 3.0).abs() < 1e-12);
        assert!((gamma.below(1e3) - 1.0).abs() < 1e-12);
        // Exponential: E[X; X ≤ x] = m - (m + x)·exp(-x/m).
        let exponential = Gamma::new(Moments::new(2.0, 4.0));
        assert!((exponential.mean_below(3.0) - (2.0 - 5.0 * (-1.5_f64).exp())).abs() < 1e-12);
    }
}
