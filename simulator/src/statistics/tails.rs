//! Percentiles with their uncertainty.

use tracecast_model::Metric;

use super::Sketch;
use super::interval::{Estimate, SAMPLES};

/// Values beyond a quantile that a sample needs to know where it is.
const BEYOND: f64 = 10.0;

/// Values beyond a far quantile, over all replications, that make it worth telling.
const TELLING: f64 = 50.0;

/// The same times in several independent replications.
pub(crate) struct Tails<'a> {
    replications: &'a [&'a Sketch],
    all: Sketch,
}

impl<'a> Tails<'a> {
    pub(crate) fn new(replications: &'a [&'a Sketch]) -> Self {
        let mut all = Sketch::default();
        replications.iter().for_each(|sketch| all.merge(sketch));
        Self { replications, all }
    }

    /// Are there enough values beyond the quantile `q`?
    pub(crate) fn reach(&self, q: f64) -> bool {
        (1.0 - q) * self.all.total() as f64 >= TELLING
    }

    /// The quantile `q` of all values, with the interval of the mean of those of the replications (Alexopoulos and Seila
    /// 1998, "Output data analysis", in Banks, *Handbook of Simulation*, ch. 7): within a run values depend on each
    /// other, so that their number alone says little. Replications that are too short for the quantile are put together;
    /// the interval is absent where fewer than five are left. What the quantiles of parts are off on average is added.
    pub(crate) fn quantile(&self, q: f64) -> Option<Metric> {
        let value = self.all.quantile(q)?;
        let needed = BEYOND / (1.0 - q).min(q);
        let mut parts = Vec::new();
        let mut part = Sketch::default();
        for sketch in self.replications {
            part.merge(sketch);
            if part.total() as f64 >= needed {
                parts.extend(std::mem::take(&mut part).quantile(q));
            }
        }
        let estimate = Estimate::new(parts.into_iter()).filter(|estimate| estimate.count >= SAMPLES);
        let width =
            estimate.and_then(|estimate| Some(estimate.half_width()? + (estimate.mean - value).abs()));
        Some(Metric::estimated(value, width))
    }
}
