//! Figures for people.

pub(crate) use tracecast_experiment::text::{percent, plain as number};
use tracecast_model::{Metric, seconds};

/// In place of a figure that does not apply.
pub(crate) const ABSENT: &str = "–";

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Seconds.
    Time,
    /// Per second.
    Rate,
    /// A part of one.
    Share,
    /// Nothing, or whatever its name says.
    Number,
}

impl Unit {
    /// A value with its unit.
    pub(crate) fn show(self, value: f64) -> String {
        match self {
            Self::Time => seconds::display(value),
            Self::Rate => format!("{}/s", number(value)),
            Self::Share => percent(value),
            Self::Number => number(value),
        }
    }
}

/// A whole number, by thousands: `1,234`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// So many of something: `1 call`, `1,234 calls`.
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(number as u64), if number == 1 { one } else { many })
}

/// How often: `once`, `1,234 times`.
pub(crate) fn times(number: u64) -> String {
    if number == 1 { "once".into() } else { format!("{} times", count(number)) }
}

/// Half an interval in percent of the value, which says at a glance how well it is known.
pub(crate) fn interval(metric: Metric) -> Option<String> {
    let half_width = metric.half_width.filter(|&width| metric.mean != 0.0 && width > 0.0)?;
    Some(format!("±{:.1} %", (half_width / metric.mean * 100.0).abs()))
}

/// A figure with its interval.
pub(crate) fn with_interval(metric: Metric, unit: Unit) -> String {
    match interval(metric) {
        Some(interval) => format!("{} {interval}", unit.show(metric.mean)),
        None => unit.show(metric.mean),
    }
}

/// A relative change with its sign.
pub(crate) fn change(relative: f64) -> String {
    let percent = relative * 100.0;
    let decimals = usize::from(percent.abs() < 10.0);
    let sign = if percent < 0.0 { "−" } else { "+" };
    format!("{sign}{:.decimals$} %", percent.abs())
}
