//! A file with a rate that varies (TOML).

use serde::Deserialize;
use serde::de::{self, Deserializer};
use toml::Spanned;
use tracecast_model::{RatePoint, RateProfile, seconds};

use super::parse;

/// Points that a file may come to with its repetitions.
const MOST_POINTS: usize = 1_000_000;

/// ```toml
/// # Straight lines between points of time and rate; two points at one time are a jump.
/// points = [
///     { at = 0, rate = "10/s" },
///     { at = "60s", rate = "200/s" },
///     { at = "5min", rate = "200/s" },
/// ]
/// repeat = 3     # so many times in all, one after the other
/// scale = 1.5    # all rates times this
/// ```
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    points: Spanned<Vec<Spanned<Point>>>,
    #[serde(default = "once")]
    repeat: Spanned<usize>,
    #[serde(default = "unscaled")]
    scale: Spanned<f64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Point {
    /// Seconds, or `"5min"`.
    #[serde(deserialize_with = "seconds::deserialize")]
    at: f64,
    /// Requests per second, or `"600/min"`.
    #[serde(deserialize_with = "rate")]
    rate: f64,
}

fn once() -> Spanned<usize> {
    Spanned::new(0..0, 1)
}

fn unscaled() -> Spanned<f64> {
    Spanned::new(0..0, 1.0)
}

/// Requests per second, or a rate such as `"600/min"`.
pub(super) fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "expected requests per second, or a rate such as \"600/min\"")]
    enum Rate {
        Number(f64),
        Text(String),
    }
    match Rate::deserialize(deserializer)? {
        Rate::Number(value) => Ok(value),
        Rate::Text(text) => parse::rate_or_none(&text).map_err(de::Error::custom),
    }
}

/// Reads a profile.
///
/// # Errors
/// Which line, and what is wrong there.
pub(super) fn read(text: &str) -> Result<RateProfile, String> {
    let file: File = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_owned())?;
    let at_line = |place: usize, message: &str| {
        let line = text.bytes().take(place).filter(|&byte| byte == b'\n').count() + 1;
        format!("line {line}: {message}")
    };
    let scale = *file.scale.get_ref();
    if !(scale > 0.0 && scale.is_finite()) {
        return Err(at_line(file.scale.span().start, "scale must be positive and finite"));
    }
    let place = file.points.span().start;
    let mut points: Vec<RatePoint> = Vec::new();
    for point in file.points.get_ref() {
        let Point { at, rate } = *point.get_ref();
        let wrong = |message: &str| Err(at_line(point.span().start, message));
        if !(at >= 0.0 && at.is_finite()) {
            return wrong("the time of a point must be finite and not negative");
        }
        if !(rate >= 0.0 && rate.is_finite()) {
            return wrong("the rate of a point must be finite and not negative");
        }
        if points.last().is_some_and(|before| at < before.at) {
            return wrong("the time of a point must not be before that of the one above it");
        }
        points.push(RatePoint { at, rate: rate * scale });
    }
    let repeat = *file.repeat.get_ref();
    if repeat == 0 || repeat.saturating_mul(points.len()) > MOST_POINTS {
        let message = format!("repeat must be at least 1, and no more than {MOST_POINTS} points in all");
        return Err(at_line(file.repeat.span().start, &message));
    }
    let once = RateProfile::new(points);
    if !(once.total() > 0.0 && once.total().is_finite()) {
        return Err(at_line(place, "the points must come to a positive and finite number of requests"));
    }
    let shifted = |i: usize| {
        let shift = once.end() * i as f64;
        once.points().iter().map(move |point| RatePoint { at: point.at + shift, ..*point })
    };
    Ok(RateProfile::new((0..repeat).flat_map(shifted).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_of_numbers_and_texts() {
        let found =
            read("points = [{at = 0, rate = 10}, {at = \"1min\", rate = \"600/min\"},\n {at = 60, rate = 0}, {at = \"90s\", rate = \"2/s\"}]").unwrap();
        let points = [(0.0, 10.0), (60.0, 10.0), (60.0, 0.0), (90.0, 2.0)];
        assert_eq!(found, RateProfile::new(points.map(|(at, rate)| RatePoint { at, rate }).to_vec()));
    }

    /// Rates of 0 to 4 in 2 s, expecting 4 requests, are 6 with half as much more, and 18 in three rounds.
    #[test]
    fn rounds_and_scale() {
        let found =
            read("points = [{at = 0, rate = 0}, {at = 2, rate = 4}]\nrepeat = 3\nscale = 1.5").unwrap();
        assert_eq!((found.end(), found.peak(), found.total()), (6.0, 6.0, 18.0));
        assert_eq!((found.rate(1.0), found.rate(3.0), found.cumulative(4.0)), (3.0, 3.0, 12.0));
    }

    #[test]
    fn refusals_name_the_line() {
        for (text, words) in [
            ("", "points"),
            ("points = [{at = 0, rate = 1}, [1, ", "line 1"),
            ("# a\npoints = [{at = 0, rate = 1}, {at = 1, rate = \"fast\"}]", "line 2"),
            ("points = [{at = 0, rate = 1},\n {at = \"soon\", rate = 1}]", "line 2"),
            ("points = [{at = 0, rate = 1, to = 2}, {at = 1, rate = 1}]", "line 1"),
            ("points = [{at = 0, rate = 1}, {at = 1, rate = 1}]\nrepaet = 2", "repaet"),
            ("points = [{at = 0, rate = 1},\n {at = 5, rate = 1},\n {at = 4, rate = 1}]", "line 3: the time"),
            ("points = [{at = 0, rate = 1},\n {at = 5, rate = -1}]", "line 2: the rate"),
            ("points = [{at = -1, rate = 1},\n {at = 5, rate = 1}]", "line 1: the time"),
            ("\npoints = [{at = 0, rate = 0}, {at = 5, rate = 0}]", "line 2: the points"),
            ("points = [{at = 0, rate = 1}]", "line 1: the points"),
            ("points = [{at = 0, rate = 1}, {at = 1, rate = 1}]\nrepeat = 0", "line 2: repeat"),
            ("points = [{at = 0, rate = 1}, {at = 1, rate = 1}]\nrepeat = 600000", "line 2: repeat"),
            ("points = [{at = 0, rate = 1}, {at = 1, rate = 1}]\nscale = -2.0", "line 2: scale"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(words), "{text}: {message}");
        }
    }
}
