//! Answers of Prometheus' HTTP interface to queries: of an instant (`vector`, `scalar`) and of a range (`matrix`), one
//! or several after each other. What a series means is told by its name, where it has one and keeps to the customs.

use std::io::BufRead;

use indexmap::IndexMap;
use serde::Deserialize;
use serde_json::Value;

use crate::ImportError;
use crate::metrics::measurements::Meaning;
use crate::metrics::table::number;
use crate::metrics::{Kind, Measurements, MetricsFormat, Point, Quantity, Unit};

/// See the module.
pub(super) struct Prometheus;

const NAME: &str = "prometheus-json";

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    data: Option<Data>,
    #[serde(default)]
    error: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    result_type: String,
    #[serde(default)]
    result: Value,
}

#[derive(Deserialize)]
struct Item {
    #[serde(default)]
    metric: IndexMap<String, String>,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    values: Vec<Value>,
}

impl MetricsFormat for Prometheus {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a Prometheus query result"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let text = String::from_utf8_lossy(head);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        text.starts_with('{') && text.contains("\"resultType\"")
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        for answer in serde_json::Deserializer::from_slice(bytes).into_iter::<Answer>() {
            let answer = answer.map_err(|error| syntax(error.line(), error.column(), error.to_string()))?;
            match (answer.data, answer.error) {
                (Some(data), _) => take_in(data, into)?,
                (None, error) => {
                    let reason = error.unwrap_or_else(|| "it has no data".into());
                    return Err(syntax(1, 1, format!("the query failed: {reason}")));
                }
            }
        }
        Ok(())
    }
}

fn syntax(line: usize, column: usize, message: String) -> ImportError {
    ImportError::Syntax { format: NAME, line, column, message }
}

fn take_in(data: Data, into: &mut Measurements) -> Result<(), ImportError> {
    let items = match (data.result_type.as_str(), data.result) {
        ("matrix" | "vector", Value::Array(items)) => items,
        ("scalar", value @ Value::Array(_)) => {
            sample(&Item { metric: IndexMap::new(), value: Some(value), values: Vec::new() }, into);
            return Ok(());
        }
        (kind, _) => return Err(syntax(1, 1, format!("a result of the type \"{kind}\" has no series"))),
    };
    for (place, item) in items.into_iter().enumerate() {
        match serde_json::from_value::<Item>(item) {
            Ok(item) if item.value.is_some() || !item.values.is_empty() => sample(&item, into),
            _ => into.skip(|| format!("series {}", place + 1)),
        }
    }
    Ok(())
}

/// Takes the values of a series in.
fn sample(item: &Item, into: &mut Measurements) {
    let name = item.metric.get("__name__").map_or("", String::as_str);
    let (quantity, unit, kind) = customs(name);
    let labels: Vec<(&str, &str)> = item
        .metric
        .iter()
        .filter(|(label, _)| *label != "__name__")
        .map(|(label, value)| (label.as_str(), value.as_str()))
        .collect();
    for value in item.value.iter().chain(&item.values) {
        match point(value) {
            Some(point) => into.value(&Meaning { name, quantity, unit, kind }, &labels, point),
            None => into.skip(|| format!("a value of {name:?}")),
        }
    }
}

/// `[time, "value"]`. The value may be one of the texts for what is no number.
fn point(value: &Value) -> Option<Point> {
    let [at, value] = value.as_array()?.as_slice() else { return None };
    let at = at.as_f64().or_else(|| number(at.as_str()?))?;
    let value = match value {
        Value::String(text) => text.trim().trim_start_matches('+').parse().ok()?,
        other => other.as_f64()?,
    };
    Some(Point { at, value })
}

/// What a name says by the customs of Prometheus (`_total`, `_seconds`, `_bytes`) and of the common exporters.
fn customs(name: &str) -> (Quantity, Unit, Kind) {
    // A recorded rate ends like "requests:rate5m".
    let is_rate = name.contains(":rate") || name.contains(":irate");
    let sum = ["_total", "_count", "_sum"].iter().any(|ending| name.ends_with(ending)) && !is_rate;
    let kind = if sum { Kind::Cumulative } else { Kind::Gauge };
    let is_processor = name.contains("cpu") && !name.contains("throttl") && !name.contains("limit");
    let is_requests = ["requests", "request_count", "calls"].iter().any(|word| name.contains(word))
        || name.ends_with("_duration_seconds_count")
        || name.ends_with("_duration_milliseconds_count");
    if is_processor && (name.contains("seconds") || name.contains("usage_rate")) {
        let unit = if sum { Unit::Seconds } else { Unit::Cores };
        return (Quantity::Processor, unit, kind);
    }
    if name.contains("memory") && name.contains("bytes") {
        return (Quantity::Memory, Unit::Bytes, kind);
    }
    if is_requests && (sum && !name.ends_with("_sum") || is_rate) {
        let failed = ["failed", "errors", "failures"].iter().any(|word| name.contains(word));
        let quantity = if failed { Quantity::Failures } else { Quantity::Requests };
        return (quantity, if is_rate { Unit::PerSecond } else { Unit::Number }, kind);
    }
    let unit = match name {
        name if name.contains("_seconds") && !name.ends_with("_count") => Unit::Seconds,
        name if name.contains("_bytes") => Unit::Bytes,
        name if name.ends_with("_ratio") => Unit::Share,
        _ => Unit::Number,
    };
    (Quantity::Other, unit, kind)
}
