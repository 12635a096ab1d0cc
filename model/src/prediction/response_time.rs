//! Response times and how they are distributed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Metric;

/// A response time in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResponseTime {
    /// The mean.
    pub mean: f64,
    /// Half the width of the 95 % confidence interval of the mean.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
    /// Median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// 90th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    /// 95th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// 99.9th percentile, where enough requests lie beyond it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999: Option<f64>,
    /// 99.99th percentile, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p9999: Option<f64>,
    /// Half the widths of the 95 % confidence intervals of the percentiles, from a simulation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_widths: Option<HalfWidths>,
}

impl ResponseTime {
    /// The mean with its interval.
    pub fn metric(&self) -> Metric {
        Metric { mean: self.mean, half_width: self.half_width }
    }

    /// The percentiles that there are, by name, with their intervals.
    pub fn percentiles(&self) -> impl Iterator<Item = (&'static str, Metric)> {
        let widths = self.half_widths.unwrap_or_default();
        let all = [
            ("p50", self.p50, widths.p50),
            ("p90", self.p90, widths.p90),
            ("p95", self.p95, widths.p95),
            ("p99", self.p99, widths.p99),
            ("p999", self.p999, widths.p999),
            ("p9999", self.p9999, widths.p9999),
        ];
        all.into_iter().filter_map(|(name, value, width)| Some((name, Metric::estimated(value?, width))))
    }

    /// One of them.
    pub fn percentile(&self, name: &str) -> Option<Metric> {
        self.percentiles().find(|&(known, _)| known == name).map(|(_, metric)| metric)
    }
}

/// Half the widths of the intervals of percentiles, in seconds; absent where too few requests lie beyond one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HalfWidths {
    /// Of the median.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p50: Option<f64>,
    /// Of the 90th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p90: Option<f64>,
    /// Of the 95th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p95: Option<f64>,
    /// Of the 99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p99: Option<f64>,
    /// Of the 99.9th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p999: Option<f64>,
    /// Of the 99.99th percentile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p9999: Option<f64>,
}

/// Response times from `low` up to below `high`. Bins without any are left out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistogramBin {
    /// Seconds; 0 up to 0 is for times of exactly 0.
    pub low: f64,
    /// Seconds.
    pub high: f64,
    /// Requests, over all replications.
    pub count: u64,
    /// Part of all requests with times below `high`, 0 to 1.
    pub cumulative: f64,
    /// Half the width of the 95 % confidence interval of that part; absent from fewer than five replications.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub half_width: Option<f64>,
}
