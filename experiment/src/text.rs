//! Numbers for people, so that they look alike wherever they are shown.

use tracecast_model::{Metric, seconds};

/// A share, 1 being all, in percent: `2.5 %`, `0.12 %`.
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    let decimals = if value.abs() < 0.995 { 2 } else { 1 };
    format!("{value:.decimals$} %")
}

/// A relative change, 1 being twice as much, in percent: `+2.5 %`, `-0.1 %`, `0.0 %`.
pub fn signed_percent(share: f64) -> String {
    let tenths = (share * 1000.0).round();
    if tenths == 0.0 { "0.0 %".into() } else { format!("{:+.1} %", tenths / 10.0) }
}

/// Three or four significant digits, no more than four decimals: `0.0123`, `1.230`, `12.30`, `1234`.
pub fn plain(value: f64) -> String {
    let decimals = match value.abs() {
        // What rounds up to one more digit has it.
        v if v >= 999.95 || v == 0.0 => 0,
        v if v >= 99.995 => 1,
        v if v >= 9.9995 => 2,
        v if v >= 0.1 => 3,
        _ => 4,
    };
    format!("{value:.decimals$}")
}

/// Six significant digits, no more than five decimals, without zeros at the end, for what is often whole: `8`, `0.5`.
pub fn short(value: f64) -> String {
    let digits = 5 - value.abs().max(1.0).log10().floor() as i32;
    let unit = 10_f64.powi(digits.max(0));
    ((value * unit).round() / unit).to_string()
}

/// A time in seconds, with its interval where it has one: `270 ms ±1.2 %`.
pub fn time(metric: Metric) -> String {
    with_interval(seconds::display(metric.mean), metric)
}

/// A rate, a length or a number of servers, with its interval where it has one.
pub fn number(metric: Metric) -> String {
    with_interval(plain(metric.mean), metric)
}

/// A share, with its interval where it has one: `2.5 % ±3.1 %`.
pub fn part(metric: Metric) -> String {
    with_interval(percent(metric.mean), metric)
}

/// `-` for what is absent.
pub fn or_dash<T>(value: Option<T>, show: impl FnOnce(T) -> String) -> String {
    value.map_or_else(|| "-".into(), show)
}

/// The text of a value, and its interval in percent of the value, which says at a glance how well it is known:
/// `27 ms ±1.2 %`. The text alone where there is no interval, or where the value is 0.
pub fn with_interval(text: String, metric: Metric) -> String {
    match metric.half_width {
        Some(half_width) if metric.mean != 0.0 => {
            format!("{text} ±{:.1} %", (half_width / metric.mean * 100.0).abs())
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The forms that the descriptions promise.
    #[test]
    fn numbers_have_their_digits() {
        let written = |show: fn(f64) -> String, values: &[f64]| {
            values.iter().map(|&value| show(value)).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(written(percent, &[0.025, 0.0012, -0.5, 0.0]), "2.5 % 0.12 % -50.0 % 0.00 %");
        assert_eq!(written(signed_percent, &[0.025, -0.0012, 1.0, -0.0001]), "+2.5 % -0.1 % +100.0 % 0.0 %");
        assert_eq!(
            written(plain, &[0.0123, 1.23, 12.3, 123.4, 1234.4, 0.0]),
            "0.0123 1.230 12.30 123.4 1234 0"
        );
        assert_eq!(written(short, &[8.0, 0.5, 1234.567, 1234567.0, 0.0]), "8 0.5 1234.57 1234567 0");
    }

    #[test]
    fn intervals_are_relative() {
        let metric = |mean| Metric::estimated(mean, Some(0.003));
        assert_eq!(time(metric(0.25)), "250 ms ±1.2 %");
        assert_eq!(number(metric(-0.3)), "-0.300 ±1.0 %");
        assert_eq!(part(metric(0.03)), "3.0 % ±10.0 %");
        // There is no part of nothing.
        assert_eq!(number(metric(0.0)), "0");
        assert_eq!(with_interval("3/s".into(), Metric::estimated(3.0, None)), "3/s");
        assert_eq!(or_dash(None, number), "-");
    }
}
