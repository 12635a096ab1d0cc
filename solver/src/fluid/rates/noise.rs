//! The spread around the means.

use super::{Equations, Work};

impl Equations<'_> {
    /// The linear equation of covariances around moving means (Kurtz 1978; van Kampen): Σ' = AΣ + ΣAᵀ + noise.
    pub(super) fn covariances(&self, work: &Work, dy: &mut [f64]) {
        let n = self.layout.variables;
        let mut product = vec![0.0; n * n];
        for a in 0..n {
            let target = &mut product[a * n..(a + 1) * n];
            for via in 0..n {
                let slope = work.jacobian[a * n + via];
                if slope != 0.0 {
                    let row = &work.covariance[via * n..(via + 1) * n];
                    target.iter_mut().zip(row).for_each(|(sum, covariance)| *sum += slope * covariance);
                }
            }
        }
        for a in 0..n {
            for b in a..n {
                dy[self.layout.covariance(a, b)] =
                    product[a * n + b] + product[b * n + a] + work.noise[a * n + b];
            }
        }
    }
}
