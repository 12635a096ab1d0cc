//! How replicas start: the parts of the time until they take requests, and how they become as fast as others.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::autoscaling::DelayKind;
use crate::{Distribution, seconds};

/// Time from when a replica is asked for until it takes requests.
///
/// In files: a distribution, or an object with its parts.
#[derive(Clone, Debug, PartialEq)]
pub enum StartUp {
    /// The whole of it.
    Whole(Distribution),
    /// One part after the other.
    Parts(StartUpParts),
}

/// What a replica goes through before it takes requests, in this order. What is absent takes no time.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartUpParts {
    /// Until a node is chosen for it.
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub placement: Distribution,
    /// Until its image is on that node.
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub image_pull: Distribution,
    /// Until its container runs.
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub container_start: Distribution,
    /// Until it is found ready, and requests come to it.
    #[serde(default = "Distribution::zero", skip_serializing_if = "Distribution::is_zero")]
    pub readiness_delay: Distribution,
}

impl StartUp {
    /// No time.
    pub fn zero() -> Self {
        Self::Whole(Distribution::zero())
    }

    /// Does it take no time, as a whole?
    pub fn is_zero(&self) -> bool {
        matches!(self, Self::Whole(whole) if whole.is_zero())
    }

    /// Its parts, in order, with what they are called in scaling events. Those that take no time are left out, but there is one.
    pub fn parts(&self) -> Vec<(DelayKind, &Distribution)> {
        match self {
            Self::Whole(whole) => vec![(DelayKind::StartUp, whole)],
            Self::Parts(parts) => [
                (DelayKind::Placement, &parts.placement),
                (DelayKind::ImagePull, &parts.image_pull),
                (DelayKind::ContainerStart, &parts.container_start),
                (DelayKind::ReadinessDelay, &parts.readiness_delay),
            ]
            .into_iter()
            .filter(|(kind, part)| !part.is_zero() || *kind == DelayKind::ContainerStart)
            .collect(),
        }
    }

    /// Mean of the whole (s).
    pub fn mean(&self) -> f64 {
        self.parts().iter().map(|(_, part)| part.mean()).sum()
    }

    /// Variance of the whole (s²), with independent parts.
    pub fn variance(&self) -> f64 {
        self.parts().iter().map(|(_, part)| part.variance()).sum()
    }

    /// The same with that mean of the whole (s), all parts in proportion; what took no time takes it exactly.
    pub fn with_mean(&self, mean: f64) -> Self {
        let before = self.mean();
        if before == 0.0 {
            return Self::Whole(Distribution::deterministic(mean));
        }
        match self {
            Self::Whole(whole) => Self::Whole(whole.with_mean(mean)),
            Self::Parts(parts) => {
                let scaled = |part: &Distribution| part.scaled(mean / before);
                Self::Parts(StartUpParts {
                    placement: scaled(&parts.placement),
                    image_pull: scaled(&parts.image_pull),
                    container_start: scaled(&parts.container_start),
                    readiness_delay: scaled(&parts.readiness_delay),
                })
            }
        }
    }
}

impl From<Distribution> for StartUp {
    fn from(whole: Distribution) -> Self {
        Self::Whole(whole)
    }
}

impl Serialize for StartUp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Whole(whole) => whole.serialize(serializer),
            Self::Parts(parts) => parts.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for StartUp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        let of_whole = ["family", "mean", "scv"];
        let is_whole =
            value.as_object().is_none_or(|object| of_whole.iter().any(|field| object.contains_key(*field)));
        let start_up = if is_whole {
            serde_json::from_value(value).map(Self::Whole)
        } else {
            serde_json::from_value(value).map(Self::Parts)
        };
        start_up.map_err(de::Error::custom)
    }
}

impl JsonSchema for StartUp {
    fn schema_name() -> Cow<'static, str> {
        "StartUp".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let whole = generator.subschema_for::<Distribution>();
        let parts = generator.subschema_for::<StartUpParts>();
        json_schema!({
            "description": "The whole time until a replica takes requests, or its parts.",
            "anyOf": [whole, parts]
        })
    }
}

/// A replica that has just started works slower than later: caches are empty, code is not compiled yet. The replicas of the
/// start have it behind them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WarmUp {
    /// How many times as long its work takes at first; at least 1. The factor falls to 1 in a straight line.
    pub factor: f64,
    /// By when it has fallen to 1.
    pub over: WarmUpOver,
}

/// What a replica has to have behind it to be warm.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WarmUpOver {
    /// So many requests done; at least 1.
    Requests(u32),
    /// So long since it takes requests (s); > 0.
    Time(
        #[serde(with = "seconds")]
        #[schemars(with = "seconds::Schematic")]
        f64,
    ),
}

impl WarmUp {
    /// How many times as long work takes that begins when the replica has done so many requests, so many seconds after it
    /// took the first: from `factor` to 1.
    pub fn at(&self, requests: u32, seconds: f64) -> f64 {
        let part = match self.over {
            WarmUpOver::Requests(all) => f64::from(requests) / f64::from(all),
            WarmUpOver::Time(all) => seconds / all,
        };
        1.0 + (self.factor - 1.0) * (1.0 - part).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<StartUp, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }

    #[test]
    fn a_time_or_its_parts() {
        assert_eq!(read("\"2s\"").unwrap(), Distribution::exponential(2.0).into());
        assert_eq!(read(r#"{"mean": 2, "scv": 0}"#).unwrap(), Distribution::deterministic(2.0).into());
        let text = r#"{"image_pull": {"family": "deterministic", "value": 3.0}, "container_start": 0.5}"#;
        let parts = read(text).unwrap();
        assert_eq!((parts.mean(), parts.variance()), (3.5, 0.25));
        let kinds: Vec<DelayKind> = parts.parts().iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [DelayKind::ImagePull, DelayKind::ContainerStart]);
        assert_eq!(serde_json::to_string(&parts).unwrap(), text.replace(": ", ":").replace(", ", ","));
        assert_eq!(parts.with_mean(7.0).mean(), 7.0);
        assert!(read(r#"{"pull": 3}"#).unwrap_err().contains("image_pull"));
    }

    #[test]
    fn the_factor_falls_in_a_straight_line() {
        let by_requests = WarmUp { factor: 3.0, over: WarmUpOver::Requests(4) };
        let factors: Vec<f64> = (0..6).map(|done| by_requests.at(done, 100.0)).collect();
        assert_eq!(factors, [3.0, 2.5, 2.0, 1.5, 1.0, 1.0]);
        let by_time: WarmUp = serde_json::from_str(r#"{"factor": 2, "over": {"time": "10s"}}"#).unwrap();
        assert_eq!([0.0, 5.0, 20.0].map(|seconds| by_time.at(7, seconds)), [2.0, 1.5, 1.0]);
    }
}
