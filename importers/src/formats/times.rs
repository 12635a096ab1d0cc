//! Times in the forms that exporters write them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::lenient::Scalar;
use crate::Nanos;

/// Seconds, perhaps with a fraction.
pub(super) fn seconds(value: &Scalar<'_>) -> Option<Nanos> {
    scaled(value, 1_000_000_000)
}

/// Microseconds, perhaps with a fraction.
pub(super) fn micros(value: &Scalar<'_>) -> Option<Nanos> {
    scaled(value, 1000)
}

/// A number of units of `nanos` nanoseconds each.
pub(super) fn scaled(value: &Scalar<'_>, nanos: i64) -> Option<Nanos> {
    match value {
        Scalar::Integer(n) => Some(n.saturating_mul(nanos)),
        Scalar::Real(x) => finite(x * nanos as f64),
        Scalar::Text(text) => decimal(text, nanos),
        Scalar::Bool(_) | Scalar::Other => None,
    }
}

/// A number as text. Whole numbers and up to nine digits after the point are exact, where a floating-point number
/// would be off by a quarter of a microsecond for the time of day.
pub(super) fn decimal(text: &str, nanos: i64) -> Option<Nanos> {
    let text = text.trim();
    if let Ok(whole) = text.parse::<i64>() {
        return Some(whole.saturating_mul(nanos));
    }
    let exact = || {
        let (whole, fraction) = text.split_once('.')?;
        let digits = u32::try_from(fraction.len()).ok().filter(|digits| (1..=9).contains(digits))?;
        let part: i128 =
            fraction.bytes().all(|digit| digit.is_ascii_digit()).then(|| fraction.parse().ok())??;
        let sign = if whole.starts_with('-') { -1 } else { 1 };
        let unit = i128::from(nanos);
        let whole = if matches!(whole, "" | "-") { 0 } else { whole.parse::<i64>().ok()? };
        i64::try_from(i128::from(whole) * unit + sign * part * unit / 10_i128.pow(digits)).ok()
    };
    exact().or_else(|| finite(text.parse::<f64>().ok()? * nanos as f64))
}

/// A date with a time of day; UTC where there is no offset.
pub(super) fn iso(text: &str) -> Option<Nanos> {
    let text = text.trim();
    let time = text.parse::<Timestamp>().or_else(|_| {
        let local: DateTime = text.parse()?;
        local.to_zoned(TimeZone::UTC).map(|zoned| zoned.timestamp())
    });
    i64::try_from(time.ok()?.as_nanosecond()).ok()
}

fn finite(nanos: f64) -> Option<Nanos> {
    nanos.is_finite().then(|| nanos.round() as Nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_one_time() {
        let second = 1_000_000_000;
        for text in ["1795306334.21749", " 1795306334.217490000 "] {
            assert_eq!(decimal(text, second), Some(1_795_306_334_217_490_000));
        }
        assert_eq!(decimal("-0.5", second), Some(-second / 2));
        assert_eq!(decimal(".25", 1000), Some(250));
        assert_eq!(decimal("1.5e3", 1000), Some(1_500_000));
        assert_eq!(decimal("17", 1), Some(17));
        for text in
            ["2026-11-21 22:50:44.906242", "2026-11-21T22:50:44.906242Z", "2026-11-22T00:50:44.906242+02:00"]
        {
            assert_eq!(iso(text), Some(1_795_301_444_906_242_000), "{text}");
        }
        assert_eq!(iso("yesterday"), None);
        assert_eq!(seconds(&Scalar::Real(0.25)), Some(second / 4));
        assert_eq!(seconds(&Scalar::Integer(2)), Some(2 * second));
        for wrong in ["", "x", "nan", "inf", "1.-5"] {
            assert_eq!(decimal(wrong, second), None, "{wrong}");
        }
    }
}
