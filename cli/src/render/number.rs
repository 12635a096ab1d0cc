//! Numbers for people.

use tracecast_model::{Metric, seconds};

/// `2.5 %`, `0.12 %`.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    let decimals = if value.abs() < 0.995 { 2 } else { 1 };
    format!("{value:.decimals$} %")
}

/// `+2.5 %`, `-0.12 %`.
pub(crate) fn signed_percent(share: f64) -> String {
    format!("{:+.1} %", share * 100.0)
}

/// Three or four significant digits: `0.0123`, `1.23`, `12.3`, `1234`.
pub(crate) fn plain(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 1000.0 || v == 0.0 => 0,
        v if v >= 100.0 => 1,
        v if v >= 10.0 => 2,
        v if v >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

/// Six significant digits, without zeros at the end: for what is often whole.
pub(crate) fn short(value: f64) -> String {
    let digits = 5 - value.abs().max(1.0).log10().floor() as i32;
    let unit = 10_f64.powi(digits.max(0));
    ((value * unit).round() / unit).to_string()
}

/// A time, with its interval where it has one: `270 ms ±1.2 %`.
pub(crate) fn time(metric: Metric) -> String {
    with_interval(seconds::display(metric.mean), metric)
}

/// A rate, a length or a number of servers, with its interval where it has one.
pub(crate) fn number(metric: Metric) -> String {
    with_interval(plain(metric.mean), metric)
}

/// A share, with its interval where it has one: `2.5 % ±3.1 %`.
pub(crate) fn part(metric: Metric) -> String {
    with_interval(percent(metric.mean), metric)
}

/// `-` for what is absent.
pub(crate) fn or_dash<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".into(), show)
}

/// The interval in percent of the value, which says at a glance how well it is known.
fn with_interval(text: String, metric: Metric) -> String {
    match metric.half_width {
        Some(half_width) if metric.mean != 0.0 => {
            format!("{text} ±{:.1} %", (half_width / metric.mean * 100.0).abs())
        }
        _ => text,
    }
}
