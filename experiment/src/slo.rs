//! A service-level objective by its text, as in `p95<500ms`.

use std::fmt;
use std::str::FromStr;

use serde::Serialize;
use tracecast_model::{Metric, Prediction, seconds};

use crate::{MetricError, MetricPath, Violation};

/// A limit on a figure of a prediction: `p95<500ms`, `throughput>100/s`, `errors<0.1%`.
#[derive(Clone, Debug, PartialEq)]
pub struct Slo {
    metric: MetricPath,
    comparison: Comparison,
    limit: f64,
    text: String,
}

/// On which side of the limit it is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// The figure must be below the limit.
    Below,
    /// The figure must be above the limit.
    Above,
}

/// Whether a prediction meets an objective.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// The objective.
    pub slo: String,
    /// Is it met by the mean?
    pub met: bool,
    /// Does the confidence interval lie on one side of the limit?
    pub certain: bool,
    /// The figure.
    pub value: Metric,
    /// For how long it was missed, where the prediction has a series of the figure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub violation: Option<Violation>,
    /// Is it a time, in seconds?
    #[serde(skip)]
    pub is_time: bool,
}

/// Why an objective cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SloError {
    /// Not of the form METRIC<LIMIT.
    #[error("\"{0}\" is not of the form METRIC<LIMIT or METRIC>LIMIT, such as p95<500ms")]
    Form(String),
    /// A limit that is no number.
    #[error(
        "{slo}: expected a number, a duration such as 500ms, a rate such as 100/s or a share such as 0.1%, found \"{limit}\""
    )]
    Limit {
        /// The whole.
        slo: String,
        /// The limit.
        limit: String,
    },
    /// A figure that does not exist.
    #[error("{slo}: {error}")]
    Metric {
        /// The whole.
        slo: String,
        /// What is wrong.
        error: MetricError,
    },
}

impl Slo {
    /// The figure that it limits.
    pub fn metric(&self) -> &MetricPath {
        &self.metric
    }

    /// On which side of the limit it is good.
    pub fn comparison(&self) -> Comparison {
        self.comparison
    }

    /// The limit, in seconds, per second, or as a number.
    pub fn limit(&self) -> f64 {
        self.limit
    }

    /// Is such a figure on the good side?
    pub fn is_met_by(&self, figure: f64) -> bool {
        match self.comparison {
            Comparison::Below => figure < self.limit,
            Comparison::Above => figure > self.limit,
        }
    }

    /// Judges a prediction.
    ///
    /// # Errors
    /// A figure that the prediction does not have.
    pub fn judge(&self, prediction: &Prediction) -> Result<Verdict, SloError> {
        let value =
            self.metric.of(prediction).map_err(|error| SloError::Metric { slo: self.text.clone(), error })?;
        Ok(Verdict {
            slo: self.text.clone(),
            met: self.is_met_by(value.mean),
            certain: self.is_met_by(value.low()) == self.is_met_by(value.high()),
            value,
            violation: Violation::of(self, prediction),
            is_time: self.metric.is_time(),
        })
    }
}

impl fmt::Display for Slo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Slo {
    type Err = SloError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (comparison, sign) =
            if text.contains('<') { (Comparison::Below, '<') } else { (Comparison::Above, '>') };
        let (metric, limit) = text.split_once(sign).ok_or_else(|| SloError::Form(text.into()))?;
        let metric: MetricPath =
            metric.parse().map_err(|error| SloError::Metric { slo: text.into(), error })?;
        let limit_of = |limit: &str| -> Option<f64> {
            if metric.is_time() {
                return seconds::parse(limit).ok();
            }
            if let Some(percent) = limit.strip_suffix('%') {
                return percent.trim().parse::<f64>().ok().map(|value| value / 100.0);
            }
            limit.strip_suffix("/s").unwrap_or(limit).trim().parse().ok()
        };
        let limit = limit.trim();
        let value = limit_of(limit)
            .filter(|value| value.is_finite())
            .ok_or_else(|| SloError::Limit { slo: text.into(), limit: limit.into() })?;
        Ok(Self { metric, comparison, limit: value, text: text.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::{ResponseTime, WorkloadResult};

    /// Far percentiles as people write them.
    #[test]
    fn far_percentiles_are_spelled_either_way() {
        for (text, figure) in [("p99.9<1s", "p999"), ("users.p99.99<1s", "users.p9999"), ("p999<1s", "p999")]
        {
            let slo: Slo = text.parse().unwrap();
            assert_eq!(slo.metric, figure.parse().unwrap(), "{text}");
        }
    }

    fn prediction() -> Prediction {
        let mut prediction = Prediction::new("test", "test");
        prediction.workloads.insert(
            "users".into(),
            WorkloadResult {
                throughput: Some(Metric::estimated(100.0, Some(5.0))),
                response_time: Some(ResponseTime { mean: 0.2, p95: Some(0.4), ..ResponseTime::default() }),
                started: Some(1000),
                failed: Some(1),
                ..WorkloadResult::default()
            },
        );
        prediction
    }

    #[test]
    fn verdicts() {
        for (text, met, certain) in [
            ("p95<500ms", true, true),
            ("mean<0.1", false, true),
            ("throughput>98/s", true, false),
            ("users.throughput>200", false, true),
            ("errors<0.2%", true, true),
        ] {
            let verdict = text.parse::<Slo>().unwrap().judge(&prediction()).unwrap();
            assert_eq!((verdict.met, verdict.certain), (met, certain), "{text}");
        }
    }

    #[test]
    fn refusals() {
        for text in ["p95", "p97<1s", "p95<fast", "throughput>many"] {
            assert!(text.parse::<Slo>().is_err(), "{text}");
        }
        for text in ["makespan<1s", "nobody.p95<1s"] {
            assert!(text.parse::<Slo>().unwrap().judge(&prediction()).is_err(), "{text}");
        }
    }
}
