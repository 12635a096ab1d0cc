//! k6's samples (`--out json`): lines that declare metrics, and lines with a value of one. A request is its duration,
//! whose time is that of its end.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::BufRead;

use serde::Deserialize;

use crate::ImportError;
use crate::metrics::measurements::Meaning;
use crate::metrics::table::instant;
use crate::metrics::{Kind, Measurements, MetricsFormat, Point, Quantity, Request, Unit};

/// See the module.
pub(super) struct K6Json;

const NAME: &str = "k6-json";

/// Durations of requests; http's is without the time to connect.
const REQUESTS: [&str; 2] = ["http_req_duration", "grpc_req_duration"];
/// What tells of a request beside its duration. It says nothing that the request does not.
const OF_REQUESTS: [&str; 2] = ["http_req", "grpc_req"];

#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    metric: Cow<'a, str>,
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    // Of a metric:
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    contains: Option<Cow<'a, str>>,
    // Of a point:
    #[serde(borrow, default)]
    time: Option<Cow<'a, str>>,
    #[serde(default)]
    value: Option<f64>,
    #[serde(borrow, default)]
    tags: Option<HashMap<Cow<'a, str>, serde_json::Value>>,
}

impl MetricsFormat for K6Json {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a file of k6 samples"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let mut lines = head.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty());
        let first = lines.next().and_then(|line| serde_json::from_slice::<Line<'_>>(line).ok());
        first.is_some_and(|line| line.kind == "Metric" || line.kind == "Point")
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut declared = HashMap::new();
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            if input.read_until(b'\n', &mut bytes)? == 0 {
                break;
            }
            if bytes.trim_ascii().is_empty() {
                continue;
            }
            let used = serde_json::from_slice::<Line<'_>>(&bytes).ok().and_then(|line| {
                if line.kind == "Metric" {
                    declared.insert(line.metric.to_string(), declaration(&line));
                    return Some(());
                }
                let meaning = declared.get(&*line.metric).copied().unwrap_or(UNDECLARED);
                point(&line, meaning, number, into)
            });
            if used.is_none() {
                into.skip(|| format!("line {number}"));
            }
        }
        Ok(())
    }
}

type Declared = (Quantity, Unit, Kind);
const UNDECLARED: Declared = (Quantity::Other, Unit::Number, Kind::Gauge);

fn declaration(line: &Line<'_>) -> Declared {
    let kind = match line.data.kind.as_deref() {
        Some("counter") => Kind::Increment,
        _ => Kind::Gauge,
    };
    let unit = match line.data.contains.as_deref() {
        Some("time") => Unit::Seconds,
        Some("data") => Unit::Bytes,
        _ if line.data.kind.as_deref() == Some("rate") => Unit::Share,
        _ => Unit::Number,
    };
    let quantity = if line.metric == "vus" { Quantity::Users } else { Quantity::Other };
    (quantity, unit, kind)
}

/// Takes a value in; none where something is missing.
fn point(line: &Line<'_>, declared: Declared, number: usize, into: &mut Measurements) -> Option<()> {
    let at = instant(line.data.time.as_deref()?)?;
    let value = line.data.value?;
    if REQUESTS.contains(&&*line.metric) {
        let latency = super::millis(value);
        let operation = into.name(&operation(line));
        let request = Request { start: at - latency, latency, operation, ok: is_ok(line) };
        into.request(request, || format!("line {number}"));
    } else if !OF_REQUESTS.iter().any(|beginning| line.metric.starts_with(beginning)) {
        let (quantity, unit, kind) = declared;
        let value = if unit == Unit::Seconds { super::millis(value) } else { value };
        into.value(&Meaning { name: &line.metric, quantity, unit, kind }, &[], Point { at, value });
    }
    Some(())
}

fn operation(line: &Line<'_>) -> String {
    let name = line.tag("name").or_else(|| line.tag("url")).unwrap_or_default();
    match line.tag("method") {
        Some(method) => format!("{method} {name}"),
        None => name.into(),
    }
}

/// What k6 expected, else by the status.
fn is_ok(line: &Line<'_>) -> bool {
    match line.tag("expected_response") {
        Some(expected) => expected == "true",
        None => match line.tag("status").and_then(|status| status.parse::<u64>().ok()) {
            // gRPC's OK is 0, HTTP's 0 is no answer at all.
            Some(status) => super::is_fine(status) || status == 0 && line.metric.starts_with("grpc"),
            None => line.tag("error_code").is_none() && line.tag("error").is_none(),
        },
    }
}

impl Line<'_> {
    fn tag(&self, name: &str) -> Option<&str> {
        self.data.tags.as_ref()?.get(name)?.as_str().filter(|text| !text.is_empty())
    }
}
