//! What is held beside each other: response times, and what a model extracted from traces makes of them.

/// Response times of a workload.
#[derive(Clone, Debug)]
pub(crate) struct Compared {
    /// Name of the workload.
    pub(crate) workload: String,
    /// Mean and 95 % quantile (s): as they are, and of the extracted model.
    pub(crate) mean: (f64, f64),
    /// The same.
    pub(crate) p95: (f64, f64),
}

impl Compared {
    /// Relative error of the extracted model's mean.
    pub(crate) fn mean_error(&self) -> f64 {
        self.mean.1 / self.mean.0 - 1.0
    }

    /// The same of the 95 % quantile.
    pub(crate) fn p95_error(&self) -> f64 {
        self.p95.1 / self.p95.0 - 1.0
    }
}
