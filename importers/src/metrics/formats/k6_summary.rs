//! k6's summary of a run: `--summary-export`, or what `handleSummary` is given. Times are in ms.

use std::io::BufRead;

use serde_json::{Map, Value};

use crate::ImportError;
use crate::metrics::{Measurements, MetricsFormat, Summary};

/// See the module.
pub(super) struct K6Summary;

const NAME: &str = "k6-summary";
const DURATION: &str = "http_req_duration";

impl MetricsFormat for K6Summary {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a k6 summary"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let text = String::from_utf8_lossy(head);
        let always = ["\"iteration_duration\"", "\"data_received\"", "\"http_req_duration\""];
        text.trim_start_matches('\u{feff}').trim_start().starts_with('{')
            && text.contains("\"metrics\"")
            && always.iter().any(|name| text.contains(name))
            && !text.contains("\"Point\"")
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let document: Value = serde_json::from_reader(input).map_err(|error| ImportError::Syntax {
            format: NAME,
            line: error.line(),
            column: error.column(),
            message: error.to_string(),
        })?;
        let metrics = document.get("metrics").and_then(Value::as_object).ok_or(ImportError::Syntax {
            format: NAME,
            line: 1,
            column: 1,
            message: "there is no object \"metrics\"".into(),
        })?;
        for (name, metric) in metrics {
            // "http_req_duration{name:login}" are the requests with that tag.
            let Some(rest) = name.strip_prefix(DURATION) else { continue };
            let operation = match rest.strip_prefix('{').and_then(|tags| tags.strip_suffix('}')) {
                Some(tags) => Some(tags.to_string()),
                None if rest.is_empty() => None,
                None => continue,
            };
            into.summaries.push(summary(operation, rest, values(metric), metrics));
        }
        Ok(())
    }
}

/// The figures of a metric: under `values` in what `handleSummary` is given.
fn values(metric: &Value) -> &Value {
    metric.get("values").filter(|values| values.is_object()).unwrap_or(metric)
}

fn summary(operation: Option<String>, tags: &str, times: &Value, metrics: &Map<String, Value>) -> Summary {
    let number = |figure: &str| times.get(figure).and_then(Value::as_f64).map(super::millis);
    let beside =
        |metric: &str, figure: &str| values(metrics.get(&format!("{metric}{tags}"))?).get(figure)?.as_f64();
    let mut summary = Summary {
        operation,
        count: beside("http_reqs", "count").map(|count| count as u64),
        // A rate "passes" where its value is true: where the request failed.
        failures: beside("http_req_failed", "passes").map(|count| count as u64),
        throughput: beside("http_reqs", "rate"),
        mean: number("avg"),
        min: number("min"),
        max: number("max"),
        ..Summary::default()
    };
    if let Some(seconds) = number("med") {
        summary.add_quantile(0.5, seconds);
    }
    for (figure, value) in times.as_object().into_iter().flatten() {
        let share = figure.strip_prefix("p(").and_then(|share| share.strip_suffix(')'));
        let share = share.and_then(|share| super::percent(&format!("{share}%")));
        if let (Some(share), Some(value)) = (share, value.as_f64()) {
            summary.add_quantile(share, super::millis(value));
        }
    }
    summary
}
