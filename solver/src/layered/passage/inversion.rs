//! Distribution functions from their Laplace–Stieltjes transforms.

use num_complex::Complex64;

/// Order of the continued fraction: it agrees with twice as many terms of the Fourier series, and one more.
const ORDER: usize = 12;

/// Discretization error of the Fourier series.
const ERROR: f64 = 1e-8;

/// A distribution function at all times up to twice a horizon, from one set of points of its transform.
///
/// The method of de Hoog, Knight and Stokes (1982): the Fourier series of the damped function is turned into a continued
/// fraction by the quotient–difference algorithm, which sums it far beyond the terms that are known. Smooth functions
/// come out to four digits from a twentieth of the horizon on; at a jump, as of a constant, there is Gibbs' oscillation.
pub(crate) struct Inversion {
    pub(crate) horizon: f64,
    damping: f64,
    /// Coefficients of the continued fraction.
    fraction: Vec<Complex64>,
}

impl Inversion {
    /// `transform`: E[exp(-sX)] at complex s with a positive real part. `horizon` in seconds, > 0.
    pub(crate) fn new(mut transform: impl FnMut(Complex64) -> Complex64, horizon: f64) -> Self {
        let damping = -0.5 * ERROR.ln() / horizon;
        let terms = (0..=2 * ORDER).map(|k| {
            let s = Complex64::new(damping, k as f64 * std::f64::consts::PI / horizon);
            let value = transform(s) / s;
            if k == 0 { 0.5 * value } else { value }
        });
        Self { horizon, damping, fraction: quotients(&terms.collect::<Vec<_>>()) }
    }

    /// P(X ≤ t) for 0 < t < 2 · horizon.
    pub(crate) fn below(&self, t: f64) -> f64 {
        let angle = std::f64::consts::PI * t / self.horizon;
        let z = Complex64::new(angle.cos(), angle.sin());
        let (last, one) = (self.fraction.len() - 1, Complex64::new(1.0, 0.0));
        let (mut a, mut b) = ((Complex64::ZERO, self.fraction[0]), (one, one));
        for &d in &self.fraction[1..last] {
            a = (a.1, a.1 + d * z * a.0);
            b = (b.1, b.1 + d * z * b.0);
        }
        // The rest of the fraction, as if its coefficients repeated from here on (eq. 23 there).
        let half = 0.5 * (one + z * (self.fraction[last - 1] - self.fraction[last]));
        let rest = -half * (one - (one + z * self.fraction[last] / (half * half)).sqrt());
        let value = (a.1 + rest * a.0) / (b.1 + rest * b.0);
        ((self.damping * t).exp() / self.horizon * value.re).clamp(0.0, 1.0)
    }
}

/// Coefficients of the continued fraction that a power series is equal to (Rutishauser's quotient–difference table).
fn quotients(terms: &[Complex64]) -> Vec<Complex64> {
    let ratio = |a: Complex64, b: Complex64| if b == Complex64::ZERO { Complex64::ZERO } else { a / b };
    let mut fraction = vec![terms[0]];
    let mut e = vec![Complex64::ZERO; terms.len()];
    let mut q: Vec<Complex64> = terms.windows(2).map(|pair| ratio(pair[1], pair[0])).collect();
    loop {
        fraction.push(-q[0]);
        e = (0..q.len() - 1).map(|i| q[i + 1] - q[i] + e[i + 1]).collect();
        fraction.push(-e[0]);
        if e.len() < 2 {
            return fraction;
        }
        q = (0..e.len() - 1).map(|i| ratio(q[i + 1] * e[i + 1], e[i])).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sums of exponential times (Erlang), and a mixture of two rates far apart, from a twentieth of the horizon on: closed
    /// forms. The tolerance is the accuracy that the type promises.
    #[test]
    fn smooth_functions_come_out() {
        let erlang = Inversion::new(|s| (1.0 / (1.0 + s)).powi(4), 8.0);
        let mixed = Inversion::new(|s| 0.9 / (1.0 + 0.5 * s) + 0.1 / (1.0 + 10.0 * s), 30.0);
        for t in [0.5_f64, 1.0, 3.0, 7.0, 12.0] {
            let expected = 1.0 - (-t).exp() * (1.0 + t + t * t / 2.0 + t * t * t / 6.0);
            assert!((erlang.below(t) - expected).abs() < 1e-6, "{t}: {} {expected}", erlang.below(t));
        }
        for t in [1.5_f64, 3.0, 10.0, 20.0, 50.0] {
            let expected = 1.0 - 0.9 * (-2.0 * t).exp() - 0.1 * (-0.1 * t).exp();
            assert!((mixed.below(t) - expected).abs() < 1e-4, "{t}: {} {expected}", mixed.below(t));
        }
    }
}
