//! Means of independent samples with their confidence intervals.

use statrs::distribution::{ContinuousCDF, StudentsT};
use tracecast_model::Metric;

/// The two-sided 97.5 % quantile of Student's t: half a 95 % interval in standard errors. None without freedom.
pub(crate) fn t_quantile(degrees_of_freedom: usize) -> Option<f64> {
    let t = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).ok()?;
    Some(t.inverse_cdf(0.975))
}

/// Mean and standard error of independent, equally distributed samples.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimate {
    pub(crate) count: usize,
    pub(crate) mean: f64,
    /// Standard deviation of the mean; none for a single sample.
    pub(crate) standard_error: Option<f64>,
    /// Third central moment of the mean over the cube of its standard deviation, without bias; 0 where unknown.
    skewness: f64,
}

impl Estimate {
    /// From the samples; none without any.
    pub(crate) fn new(samples: impl Iterator<Item = f64>) -> Option<Self> {
        let samples: Vec<f64> = samples.collect();
        let count = samples.len();
        if count == 0 {
            return None;
        }
        let n = count as f64;
        let mean = samples.iter().sum::<f64>() / n;
        // Two passes, since the difference of moments cancels for samples that are close together.
        let squares: f64 = samples.iter().map(|sample| (sample - mean) * (sample - mean)).sum();
        let standard_error = (count > 1).then(|| (squares / (n - 1.0) / n).sqrt());
        let deviation = (squares / (n - 1.0)).sqrt();
        let skewness = if count > 2 && deviation > 0.0 {
            let cubes: f64 = samples.iter().map(|sample| ((sample - mean) / deviation).powi(3)).sum();
            cubes * n / ((n - 1.0) * (n - 2.0)) / n.sqrt()
        } else {
            0.0
        };
        Some(Self { count, mean, standard_error, skewness })
    }

    /// Half the width of the 95 % interval; none for a single sample.
    ///
    /// Means of waiting times are skewed to the right, and samples with a low mean then have a low variance too, so
    /// that Student's symmetric interval covers too rarely. The end on the side of the longer tail lies farther out, by
    /// γ/6·(1+2t²) standard errors with γ the skewness of the mean (Johnson 1978, eq. 2.5); one number has to serve for
    /// both sides, so it is the wider.
    pub(crate) fn half_width(&self) -> Option<f64> {
        let t = t_quantile(self.count - 1)?;
        Some((t + self.skewness.abs() / 6.0 * (1.0 + 2.0 * t * t)) * self.standard_error?)
    }

    /// As a result.
    pub(crate) fn metric(&self) -> Metric {
        Metric::estimated(self.mean, self.half_width())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Quantiles from the usual table of Student's t, to its three printed decimals.
    #[test]
    fn t_table() {
        for (freedom, printed) in
            [(1, 12.706), (4, 2.776), (9, 2.262), (19, 2.093), (29, 2.045), (120, 1.980)]
        {
            assert!((t_quantile(freedom).unwrap() - printed).abs() < 0.0006, "{freedom}");
        }
        assert_eq!(t_quantile(0), None);
    }

    #[test]
    fn a_sample_worked_by_hand() {
        // Mean 3, sum of squares 10, variance 2.5, standard error √0.5; t with 4 degrees 2.776.
        let estimate = Estimate::new([1.0, 2.0, 3.0, 4.0, 5.0].into_iter()).unwrap();
        assert_eq!(estimate.mean, 3.0);
        assert!((estimate.half_width().unwrap() - 2.776 * 0.5f64.sqrt()).abs() < 1e-3);
        assert_eq!(Estimate::new([7.0].into_iter()).unwrap().half_width(), None);
        assert_eq!(Estimate::new(std::iter::empty()), None);
    }
}
