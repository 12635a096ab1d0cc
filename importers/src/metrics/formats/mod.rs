//! The formats of measurements, one file each.

mod jmeter;
mod jmeter_xml;
mod k6_json;
mod k6_summary;
mod locust_history;
mod locust_stats;
mod pod_metrics;
mod prometheus;
mod request_log;
mod wrk;

use super::MetricsFormat;

/// Every format, in alphabetical order of their names. Input is read by the first that recognizes it.
pub fn all() -> &'static [&'static dyn MetricsFormat] {
    &[
        &jmeter::JmeterCsv,
        &jmeter_xml::JmeterXml,
        &k6_json::K6Json,
        &k6_summary::K6Summary,
        &locust_history::LocustHistory,
        &locust_stats::LocustStats,
        &pod_metrics::PodMetrics,
        &prometheus::Prometheus,
        &request_log::RequestLog,
        &wrk::Wrk,
    ]
}

/// Milliseconds in seconds.
fn millis(number: f64) -> f64 {
    number / 1000.0
}

/// Is this the code of an HTTP status that is no error?
fn is_fine(status: u64) -> bool {
    (100..400).contains(&status)
}

/// A share in the name of a percentile, e.g. 0.95 for "95%".
fn percent(text: &str) -> Option<f64> {
    let number = super::table::number(text.trim().strip_suffix('%')?)?;
    (0.0..=100.0).contains(&number).then_some(number / 100.0)
}
