//! Means of independent samples with their confidence intervals.

use statrs::distribution::{ContinuousCDF, StudentsT};
use tracecast_model::Metric;

/// Independent samples that an interval needs where not all samples have the figure.
pub(crate) const SAMPLES: usize = 5;

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
    /// that Student's symmetric interval covers too rarely: by 2φ(t)·t(t⁴+2t²-3)/18·γ² with γ the skewness of the mean
    /// (Hall 1992, *The Bootstrap and Edgeworth Expansion*, §2.6, the second term of the expansion of Student's statistic;
    /// in both tails together the first cancels, and that of the kurtosis is small). So much is added. Of a
    /// skewness that is only noise the square is small, so that symmetric figures get hardly more than Student's.
    pub(crate) fn half_width(&self) -> Option<f64> {
        self.half_width_by(t_quantile(self.count - 1)?)
    }

    /// The same with the quantile of Student's t for as many samples, which takes longer to find than all else.
    pub(crate) fn half_width_by(&self, t: f64) -> Option<f64> {
        let wider = t * (t.powi(4) + 2.0 * t * t - 3.0) / 18.0 * self.skewness.powi(2);
        Some((t + wider) * self.standard_error?)
    }

    /// The same of a run whose length was given, and not chosen so that the interval becomes narrow. It may be of a few
    /// relaxation times only, and then even the skewness is not known: of 20 means of M/M/1 at a load of 0.8 over 2000
    /// services it is 1.6, but 1.0 is seen. What is known is that such means scatter in proportion to themselves, so that
    /// their logarithms scatter evenly (the transformation that makes a variance constant: Bartlett 1947), with the relative
    /// half width h. The interval reaches up to e^h times the mean then, and as far down: of narrow ones it is the same.
    pub(crate) fn half_width_of_short_run(&self) -> Option<f64> {
        let half_width = self.half_width()?;
        let relative = half_width / self.mean.abs();
        // Beyond that it says that nothing is known, however wide it is.
        Some(if relative < 1.0 { self.mean.abs() * relative.exp_m1() } else { half_width * 1.0_f64.exp_m1() })
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

    /// Means of 20 gamma variates, of skewness 0 (in the limit), 1 and 2, in 40 000 trials each. Student's interval covers
    /// the last two in 94 and 91.5 %. Allowed are 4 standard deviations of a binomial number, 0.44 %, and what the next
    /// terms of the expansion, of the order of the square of the correction, leave: its part of the coverage, squared.
    #[test]
    fn skewed_samples_are_covered() {
        use rand_distr::{Distribution as _, Gamma};
        let mut stream = crate::streams::stream(1, 0, "coverage");
        for (shape, allowed) in [(1e4, 0.0044), (4.0, 0.0044 + 0.005), (1.0, 0.0044 + 0.02)] {
            let gamma = Gamma::new(shape, 1.0).unwrap();
            let trials = 40_000;
            let covers = |stream: &mut crate::streams::Stream| {
                let estimate = Estimate::new((0..20).map(|_| gamma.sample(stream))).unwrap();
                (estimate.mean - shape).abs() <= estimate.half_width().unwrap()
            };
            let part = (0..trials).filter(|_| covers(&mut stream)).count() as f64 / f64::from(trials);
            println!("shape {shape}: {part}");
            assert!((part - 0.95).abs() <= allowed, "shape {shape}: {part}");
        }
    }

    /// Means of 20 values with the skewness 1.6 and the deviation 0.24 of their mean that the means of M/M/1 at a load of
    /// 0.8 over 2000 services have, as gamma variates with something added: Student's interval covers too rarely, that
    /// of short runs within 1 % (0.6 % are 4 standard deviations of a binomial number).
    #[test]
    fn short_runs_are_covered() {
        use rand_distr::{Distribution as _, Gamma};
        let mut stream = crate::streams::stream(2, 0, "coverage");
        let shape: f64 = (2.0_f64 / 1.6).powi(2);
        let truth = shape.sqrt() / 0.24;
        let gamma = Gamma::new(shape, 1.0).unwrap();
        let trials = 20_000;
        let (mut student, mut short) = (0, 0);
        for _ in 0..trials {
            let values = (0..20).map(|_| truth - shape + gamma.sample(&mut stream));
            let estimate = Estimate::new(values).unwrap();
            let error = (estimate.mean - truth).abs();
            student += u32::from(error <= t_quantile(19).unwrap() * estimate.standard_error.unwrap());
            short += u32::from(error <= estimate.half_width_of_short_run().unwrap());
        }
        let part = |covered: u32| f64::from(covered) / f64::from(trials);
        println!("Student {}, short {}", part(student), part(short));
        assert!(part(student) < 0.94 && (part(short) - 0.95).abs() < 0.01);
        let narrow = Estimate::new([100.0, 101.0, 99.0].into_iter()).unwrap();
        let ratio = narrow.half_width_of_short_run().unwrap() / narrow.half_width().unwrap();
        assert!((1.0..1.02).contains(&ratio), "{ratio}");
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
