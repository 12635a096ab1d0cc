//! Distributions of demands, delays and gaps: their shape and moments. Drawing from them is the simulator's.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::seconds;

/// A distribution of a non-negative duration in seconds.
///
/// In files: a number or `"12ms"` is exponential with that mean; `{"mean": …, "scv": …}` picks the usual family for
/// that squared coefficient of variation ([`Distribution::with_scv`]); `{"family": "gamma", …}` names one.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Family);

/// The families, each by the parameters that it keeps. All times in seconds, all means ≥ 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "family", rename_all = "snake_case", deny_unknown_fields)]
pub enum Family {
    /// Always the same.
    Deterministic {
        /// That value.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        value: f64,
    },
    /// Memoryless; SCV 1.
    Exponential {
        /// Mean.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        mean: f64,
    },
    /// Sum of equal exponential stages; SCV 1/stages.
    Erlang {
        /// Mean of the whole.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        mean: f64,
        /// Number of stages, at least 1.
        stages: u32,
    },
    /// A random choice between exponentials; SCV ≥ 1.
    HyperExponential {
        /// The choices; probabilities sum to 1.
        branches: Vec<Branch>,
    },
    /// Log-normal, by mean and SCV of the variable itself (not of its logarithm).
    LogNormal {
        /// Mean.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        mean: f64,
        /// Squared coefficient of variation, > 0.
        scv: f64,
    },
    /// Gamma with shape 1/SCV.
    Gamma {
        /// Mean.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        mean: f64,
        /// Squared coefficient of variation, > 0.
        scv: f64,
    },
    /// Weibull.
    Weibull {
        /// Shape k, > 0; below 1 heavy-tailed.
        shape: f64,
        /// Scale λ, > 0.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        scale: f64,
    },
    /// Equally likely between two ends.
    Uniform {
        /// Lower end.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        low: f64,
        /// Upper end.
        #[serde(with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        high: f64,
    },
    /// One of the values seen, each equally likely.
    Empirical {
        /// At least one.
        values: Vec<f64>,
    },
}

/// One choice of a hyper-exponential distribution.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// Its probability.
    pub probability: f64,
    /// Its mean.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub mean: f64,
}

/// Why parameters make no distribution.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DistributionError {
    /// A parameter is outside its range.
    #[error("{parameter} must be {range}, not {value}")]
    OutOfRange {
        /// Its name in files.
        parameter: &'static str,
        /// What it may be.
        range: &'static str,
        /// What it is.
        value: f64,
    },
    /// Branch probabilities that do not sum to 1.
    #[error("the branch probabilities sum to {0}, not 1")]
    Probabilities(f64),
    /// No branches or values.
    #[error("{0} must not be empty")]
    Empty(&'static str),
}

impl Distribution {
    /// Checks the parameters.
    ///
    /// # Errors
    /// The first parameter that is outside its range.
    pub fn new(family: Family) -> Result<Self, DistributionError> {
        family.check()?;
        Ok(Self(family))
    }

    /// Always 0.
    pub fn zero() -> Self {
        Self::deterministic(0.0)
    }

    /// Always `value` (s), which must be finite and not negative.
    pub fn deterministic(value: f64) -> Self {
        debug_assert!(value >= 0.0 && value.is_finite());
        Self(Family::Deterministic { value })
    }

    /// Exponential with that mean (s), which must be finite and not negative.
    pub fn exponential(mean: f64) -> Self {
        debug_assert!(mean >= 0.0 && mean.is_finite());
        Self(Family::Exponential { mean })
    }

    /// The usual family for a mean (s) and a squared coefficient of variation: deterministic for 0, gamma below 1,
    /// exponential for 1, hyper-exponential with two branches and balanced means above (Allen, *Probability,
    /// Statistics and Queueing Theory*, 2nd ed. 1990, §5.2.9: p = (1 + √((c²-1)/(c²+1)))/2, branch means m/2p).
    pub fn with_scv(mean: f64, scv: f64) -> Result<Self, DistributionError> {
        in_range("mean", mean, 0.0)?;
        in_range("scv", scv, 0.0)?;
        Self::new(if mean == 0.0 || scv == 0.0 {
            Family::Deterministic { value: mean }
        } else if scv < 1.0 {
            Family::Gamma { mean, scv }
        } else if scv == 1.0 {
            Family::Exponential { mean }
        } else {
            let p = 0.5 * (1.0 + ((scv - 1.0) / (scv + 1.0)).sqrt());
            let branch = |probability: f64| Branch { probability, mean: mean / (2.0 * probability) };
            Family::HyperExponential { branches: vec![branch(p), branch(1.0 - p)] }
        })
    }

    /// The family and its parameters.
    pub fn family(&self) -> &Family {
        &self.0
    }

    /// Mean (s).
    pub fn mean(&self) -> f64 {
        match &self.0 {
            Family::Deterministic { value } => *value,
            Family::Exponential { mean }
            | Family::Erlang { mean, .. }
            | Family::LogNormal { mean, .. }
            | Family::Gamma { mean, .. } => *mean,
            Family::HyperExponential { branches } => branches.iter().map(|b| b.probability * b.mean).sum(),
            Family::Weibull { shape, scale } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Family::Uniform { low, high } => 0.5 * (low + high),
            Family::Empirical { values } => values.iter().sum::<f64>() / values.len() as f64,
        }
    }

    /// Second moment about the origin (s²).
    pub fn second_moment(&self) -> f64 {
        match &self.0 {
            Family::Deterministic { value } => value * value,
            Family::Exponential { mean } => 2.0 * mean * mean,
            Family::Erlang { mean, stages } => mean * mean * (1.0 + 1.0 / f64::from(*stages)),
            Family::LogNormal { mean, scv } | Family::Gamma { mean, scv } => mean * mean * (1.0 + scv),
            Family::HyperExponential { branches } => {
                branches.iter().map(|b| 2.0 * b.probability * b.mean * b.mean).sum()
            }
            Family::Weibull { shape, scale } => scale * scale * libm::tgamma(1.0 + 2.0 / shape),
            Family::Uniform { low, high } => (low * low + low * high + high * high) / 3.0,
            Family::Empirical { values } => values.iter().map(|v| v * v).sum::<f64>() / values.len() as f64,
        }
    }

    /// Variance (s²).
    pub fn variance(&self) -> f64 {
        let mean = self.mean();
        match &self.0 {
            // Two-pass, since the difference of moments cancels for values that are close together.
            Family::Empirical { values } => {
                values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / values.len() as f64
            }
            Family::Uniform { low, high } => (high - low) * (high - low) / 12.0,
            _ => (self.second_moment() - mean * mean).max(0.0),
        }
    }

    /// Squared coefficient of variation, variance / mean²; 0 where the mean is 0.
    pub fn scv(&self) -> f64 {
        let mean = self.mean();
        if mean == 0.0 { 0.0 } else { self.variance() / (mean * mean) }
    }

    /// Is it always 0?
    pub fn is_zero(&self) -> bool {
        self.mean() == 0.0
    }

    /// The same shape with every value multiplied by `factor`, which must be finite and not negative.
    pub fn scaled(&self, factor: f64) -> Self {
        debug_assert!(factor >= 0.0 && factor.is_finite());
        if factor == 0.0 {
            return Self::zero();
        }
        Self(match self.0.clone() {
            Family::Deterministic { value } => Family::Deterministic { value: value * factor },
            Family::Exponential { mean } => Family::Exponential { mean: mean * factor },
            Family::Erlang { mean, stages } => Family::Erlang { mean: mean * factor, stages },
            Family::HyperExponential { branches } => Family::HyperExponential {
                branches: branches.into_iter().map(|b| Branch { mean: b.mean * factor, ..b }).collect(),
            },
            Family::LogNormal { mean, scv } => Family::LogNormal { mean: mean * factor, scv },
            Family::Gamma { mean, scv } => Family::Gamma { mean: mean * factor, scv },
            Family::Weibull { shape, scale } => Family::Weibull { shape, scale: scale * factor },
            Family::Uniform { low, high } => Family::Uniform { low: low * factor, high: high * factor },
            Family::Empirical { values } => {
                Family::Empirical { values: values.into_iter().map(|v| v * factor).collect() }
            }
        })
    }

    /// The same shape with another mean (s); exponential where the mean was 0 and so there is no shape to keep.
    pub fn with_mean(&self, mean: f64) -> Self {
        if self.is_zero() { Self::exponential(mean) } else { self.scaled(mean / self.mean()) }
    }
}

impl Default for Distribution {
    fn default() -> Self {
        Self::zero()
    }
}

impl Family {
    fn check(&self) -> Result<(), DistributionError> {
        match self {
            Self::Deterministic { value } => in_range("value", *value, 0.0),
            Self::Exponential { mean } => in_range("mean", *mean, 0.0),
            Self::Erlang { mean, stages } => {
                in_range("mean", *mean, 0.0)?;
                in_range("stages", f64::from(*stages), 1.0)
            }
            Self::LogNormal { mean, scv } | Self::Gamma { mean, scv } => {
                in_range("mean", *mean, 0.0)?;
                positive("scv", *scv)
            }
            Self::Weibull { shape, scale } => {
                positive("shape", *shape)?;
                positive("scale", *scale)
            }
            Self::Uniform { low, high } => {
                in_range("low", *low, 0.0)?;
                in_range("high", *high, 0.0)?;
                if high < low {
                    let range = "at least low";
                    return Err(DistributionError::OutOfRange { parameter: "high", range, value: *high });
                }
                Ok(())
            }
            Self::HyperExponential { branches } => {
                if branches.is_empty() {
                    return Err(DistributionError::Empty("branches"));
                }
                for branch in branches {
                    in_range("probability", branch.probability, 0.0)?;
                    in_range("mean", branch.mean, 0.0)?;
                }
                let sum: f64 = branches.iter().map(|b| b.probability).sum();
                if (sum - 1.0).abs() > 1e-6 {
                    return Err(DistributionError::Probabilities(sum));
                }
                Ok(())
            }
            Self::Empirical { values } => {
                if values.is_empty() {
                    return Err(DistributionError::Empty("values"));
                }
                values.iter().try_for_each(|&value| in_range("values", value, 0.0))
            }
        }
    }
}

fn in_range(parameter: &'static str, value: f64, at_least: f64) -> Result<(), DistributionError> {
    if value.is_finite() && value >= at_least {
        return Ok(());
    }
    let range = if at_least == 0.0 { "finite and not negative" } else { "at least 1" };
    Err(DistributionError::OutOfRange { parameter, range, value })
}

fn positive(parameter: &'static str, value: f64) -> Result<(), DistributionError> {
    if value.is_finite() && value > 0.0 {
        return Ok(());
    }
    Err(DistributionError::OutOfRange { parameter, range: "finite and positive", value })
}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Family::Exponential { mean } => serializer.serialize_f64(*mean),
            family => family.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visitor)
    }
}

struct Visitor;

/// The form without a family.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TwoMoments {
    #[serde(with = "seconds")]
    mean: f64,
    scv: f64,
}

impl<'de> de::Visitor<'de> for Visitor {
    type Value = Distribution;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("seconds, a duration such as \"12ms\", {\"mean\": …, \"scv\": …} or {\"family\": …}")
    }

    fn visit_f64<E: de::Error>(self, mean: f64) -> Result<Distribution, E> {
        Distribution::new(Family::Exponential { mean }).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, mean: u64) -> Result<Distribution, E> {
        self.visit_f64(mean as f64)
    }

    fn visit_i64<E: de::Error>(self, mean: i64) -> Result<Distribution, E> {
        self.visit_f64(mean as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Distribution, E> {
        seconds::parse(text).map_err(E::custom).and_then(|mean| self.visit_f64(mean))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Distribution, A::Error> {
        let object = serde_json::Value::deserialize(de::value::MapAccessDeserializer::new(map))?;
        let distribution = if object.get("family").is_some() {
            Distribution::new(serde_json::from_value(object).map_err(de::Error::custom)?)
        } else {
            let TwoMoments { mean, scv } = serde_json::from_value(object).map_err(de::Error::custom)?;
            Distribution::with_scv(mean, scv)
        };
        distribution.map_err(de::Error::custom)
    }
}

impl JsonSchema for Distribution {
    fn schema_name() -> Cow<'static, str> {
        "Distribution".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let seconds = generator.subschema_for::<seconds::Schematic>();
        let family = generator.subschema_for::<Family>();
        json_schema!({
            "description": "A number or \"12ms\": exponential with that mean. Mean and scv: the usual family. Else a family by name.",
            "anyOf": [
                seconds,
                {
                    "type": "object",
                    "properties": { "mean": seconds, "scv": { "type": "number", "minimum": 0 } },
                    "required": ["mean", "scv"],
                    "additionalProperties": false
                },
                family
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Distribution, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn short_forms() {
        assert_eq!(read("0.25").unwrap(), Distribution::exponential(0.25));
        assert_eq!(read("\"250ms\"").unwrap(), Distribution::exponential(0.25));
        assert_eq!(read(r#"{"mean": 2, "scv": 0}"#).unwrap(), Distribution::deterministic(2.0));
        assert_eq!(read(r#"{"mean": "2s", "scv": 1}"#).unwrap(), Distribution::exponential(2.0));
    }

    #[test]
    fn refusals_name_the_parameter() {
        for (text, word) in [
            (r#"{"family": "gamma", "mean": -1, "scv": 1}"#, "mean"),
            (r#"{"family": "gamma", "mean": 1, "scv": 0}"#, "scv"),
            (r#"{"family": "erlang", "mean": 1, "stages": 0}"#, "stages"),
            (r#"{"family": "uniform", "low": 2, "high": 1}"#, "high"),
            (r#"{"family": "empirical", "values": []}"#, "values"),
            (r#"{"family": "zeta", "mean": 1}"#, "zeta"),
            (r#"{"mean": 1, "svc": 1}"#, "svc"),
            (r#"{"family": "hyper_exponential", "branches": [{"probability": 0.5, "mean": 1}]}"#, "0.5"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(word), "{text}: {message}");
        }
    }

    /// Moments from tables: Weibull with shape 1 is exponential, with shape 2 is Rayleigh (mean σ√(π/2),
    /// variance (4-π)σ²/2, scale σ√2).
    #[test]
    fn weibull_moments() {
        let exponential = Distribution::new(Family::Weibull { shape: 1.0, scale: 3.0 }).unwrap();
        assert!((exponential.mean() - 3.0).abs() < 1e-12);
        assert!((exponential.scv() - 1.0).abs() < 1e-12);
        let rayleigh = Distribution::new(Family::Weibull { shape: 2.0, scale: 2f64.sqrt() }).unwrap();
        let pi = std::f64::consts::PI;
        assert!((rayleigh.mean() - (pi / 2.0).sqrt()).abs() < 1e-12);
        assert!((rayleigh.variance() - (4.0 - pi) / 2.0).abs() < 1e-12);
    }

    #[test]
    fn uniform_and_empirical_moments() {
        let uniform = Distribution::new(Family::Uniform { low: 1.0, high: 4.0 }).unwrap();
        assert_eq!(uniform.mean(), 2.5);
        assert!((uniform.variance() - 0.75).abs() < 1e-12);
        assert!((uniform.second_moment() - 7.0).abs() < 1e-12);
        let empirical = Distribution::new(Family::Empirical { values: vec![1.0, 3.0] }).unwrap();
        assert_eq!((empirical.mean(), empirical.variance()), (2.0, 1.0));
    }

    proptest! {
        #[test]
        fn two_moments_are_kept(mean in 1e-6f64..1e3, scv in 0.0f64..50.0) {
            let distribution = Distribution::with_scv(mean, scv).unwrap();
            prop_assert!((distribution.mean() / mean - 1.0).abs() < 1e-9);
            prop_assert!((distribution.scv() - scv).abs() < 1e-6 * (1.0 + scv));
        }

        #[test]
        fn scaling_keeps_the_shape(mean in 1e-3f64..1e3, scv in 0.01f64..20.0, factor in 1e-3f64..1e3) {
            let before = Distribution::with_scv(mean, scv).unwrap();
            let after = before.scaled(factor);
            prop_assert!((after.mean() / (mean * factor) - 1.0).abs() < 1e-9);
            prop_assert!((after.scv() - before.scv()).abs() < 1e-6 * (1.0 + scv));
        }

        #[test]
        fn files_keep_everything(mean in 1e-6f64..1e3, scv in 0.0f64..50.0) {
            let distribution = Distribution::with_scv(mean, scv).unwrap();
            let text = serde_json::to_string(&distribution).unwrap();
            prop_assert_eq!(read(&text).unwrap(), distribution);
        }
    }
}
