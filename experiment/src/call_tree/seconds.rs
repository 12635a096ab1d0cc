//! Nanoseconds in memory, so that sums are exact; seconds in files.

use serde::{Deserialize, Deserializer, Serializer};
use tracecast_importers::Nanos;

use super::as_seconds;

pub(super) fn serialize<S: Serializer>(nanos: &Nanos, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(as_seconds(*nanos))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Nanos, D::Error> {
    f64::deserialize(deserializer).map(from_seconds)
}

fn from_seconds(seconds: f64) -> Nanos {
    (seconds * 1e9).round() as Nanos
}

pub(super) mod optional {
    use serde::{Deserialize, Deserializer, Serializer};
    use tracecast_importers::Nanos;

    pub(in super::super) fn serialize<S: Serializer>(
        nanos: &Option<Nanos>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match nanos {
            Some(nanos) => super::serialize(nanos, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Nanos>, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.map(super::from_seconds))
    }
}
