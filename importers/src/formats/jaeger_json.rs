//! Jaeger JSON: what its HTTP API answers and its UI exports, `{"data": [trace, …]}`, or one trace alone.
//!
//! Times are in µs. A trace lists its spans and, apart from them, the processes (service and tags) that they name.
//! Exports of the UI repeat the whole parent span inside each reference; only the id there matters.

use std::borrow::Cow;
use std::fmt;
use std::io::BufRead;

use indexmap::IndexMap;
use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};

use super::TraceFormat;
use super::documents::{self, Records, each};
use super::jaeger::{Process, RawSpan};
use super::lenient::{Scalar, or_default};
use super::outline::Outline;
use super::resource::Resource;
use crate::{ImportError, Intake};

/// See the module.
pub(super) struct JaegerJson;

const NAME: &str = "jaeger-json";

impl TraceFormat for JaegerJson {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Jaeger JSON: answer of its API or export of its UI"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        let alone = outline.has_any(1, &["traceID", "processes"]) || outline.has_any(2, &["spanID"]);
        outline.has(1, "spans") && alone
            || outline.has(1, "data") && (outline.has(2, "spans") || outline.ends_before(2))
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        documents::read_records::<Self>(NAME, input, intake)
    }
}

impl Records for JaegerJson {
    fn is_list(keys: &[&[u8]]) -> bool {
        matches!(keys, [] | [b"data"])
    }

    fn take_in<'de, D: Deserializer<'de>>(document: D, intake: &mut Intake) -> Result<(), D::Error> {
        Document(intake).deserialize(document)
    }
}

/// The outermost object: a list of traces under `data`, or the fields of one trace; or a list of such.
struct Document<'a>(&'a mut Intake);

impl<'de> DeserializeSeed<'de> for Document<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> de::Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with \"data\" or \"spans\"")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Document(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(intake) = self;
        let mut alone = Trace::default();
        let mut known = false;
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            known |= matches!(&*key, "data" | "spans");
            match &*key {
                "data" => map.next_value_seed(each(|trace: Trace<'de>| trace.take_in(intake)))?,
                "traceID" => alone.trace_id = map.next_value()?,
                "spans" => alone.spans = map.next_value::<Option<_>>()?.unwrap_or_default(),
                "processes" => alone.processes = map.next_value::<Option<_>>()?.unwrap_or_default(),
                _ => {
                    map.next_value::<de::IgnoredAny>()?;
                }
            }
        }
        if !known {
            return Err(de::Error::custom("there is neither \"data\" nor \"spans\""));
        }
        alone.take_in(intake);
        Ok(())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Trace<'a> {
    #[serde(borrow, rename = "traceID")]
    trace_id: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    spans: Vec<RawSpan<'a>>,
    #[serde(borrow, deserialize_with = "or_default")]
    processes: IndexMap<Cow<'a, str>, Process<'a>>,
}

impl Trace<'_> {
    fn take_in(self, intake: &mut Intake) {
        let processes: IndexMap<&str, Resource> =
            self.processes.iter().map(|(id, process)| (&**id, process.resource(intake))).collect();
        for span in &self.spans {
            let process = span.process_id.text().and_then(|id| processes.get(&*id));
            span.take_in(&self.trace_id, process, intake);
        }
    }
}
