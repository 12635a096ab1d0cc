//! A rate that varies with time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rate that is piecewise linear between points, 0 before the first of them and after the last.
///
/// [`validate`](crate::validate()) says what a valid one is: at least two points, in order of time, with a positive
/// number of expected requests. The figures of another mean nothing, but none panics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(from = "Points", into = "Points")]
pub struct RateProfile {
    points: Vec<RatePoint>,
    /// Expected requests until each point.
    expected: Vec<f64>,
}

/// A profile as it stands in files.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename = "RateProfile", deny_unknown_fields)]
struct Points {
    /// In order of time, at least two. Between two points the rate changes evenly; two at one time are a jump.
    points: Vec<RatePoint>,
}

/// The rate at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RatePoint {
    /// Seconds after the start; ≥ 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub at: f64,
    /// Requests per second; ≥ 0.
    pub rate: f64,
}

impl RateProfile {
    /// The profile through these points, in order of time.
    pub fn new(points: Vec<RatePoint>) -> Self {
        let mut sum = 0.0;
        let mut expected = Vec::with_capacity(points.len());
        for (i, point) in points.iter().enumerate() {
            if let Some(before) = i.checked_sub(1).and_then(|i| points.get(i)) {
                sum += 0.5 * (before.rate + point.rate) * (point.at - before.at);
            }
            expected.push(sum);
        }
        Self { points, expected }
    }

    /// Its points, in order of time.
    pub fn points(&self) -> &[RatePoint] {
        &self.points
    }

    /// Requests per second at a time (s): at a jump the rate after it, at the end the rate before it.
    pub fn rate(&self, time: f64) -> f64 {
        let next = self.points.partition_point(|point| point.at <= time);
        match (self.points[..next].last(), self.points.get(next)) {
            (Some(before), Some(after)) => {
                before.rate + (after.rate - before.rate) * (time - before.at) / (after.at - before.at)
            }
            (Some(last), None) if last.at == time => last.rate,
            _ => 0.0,
        }
    }

    /// Requests expected until a time (s).
    pub fn cumulative(&self, time: f64) -> f64 {
        let next = self.points.partition_point(|point| point.at <= time);
        match (self.points[..next].last(), self.points.get(next)) {
            (Some(before), Some(_)) => {
                let mean_rate = 0.5 * (before.rate + self.rate(time));
                self.expected[next - 1] + mean_rate * (time - before.at)
            }
            (Some(_), None) => self.total(),
            _ => 0.0,
        }
    }

    /// The earliest time (s), not before the first point, until which so many requests are expected; `None` for more
    /// than there are in all.
    pub fn inverse(&self, expected: f64) -> Option<f64> {
        let next = self.expected.partition_point(|&sum| sum < expected);
        let after = self.points.get(next)?;
        let Some(before) = next.checked_sub(1) else { return Some(after.at) };
        let from = self.points[before];
        let (missing, width) = (expected - self.expected[before], after.at - from.at);
        // The root of rate·t + slope·t²/2 = missing in the form that never cancels.
        let slope = (after.rate - from.rate) / width;
        let root = (from.rate * from.rate + 2.0 * slope * missing).max(0.0).sqrt();
        Some(from.at + (2.0 * missing / (from.rate + root)).min(width))
    }

    /// Time of the last point (s): when it ends.
    pub fn end(&self) -> f64 {
        self.points.last().map_or(0.0, |point| point.at)
    }

    /// Greatest rate (1/s).
    pub fn peak(&self) -> f64 {
        self.points.iter().map(|point| point.rate).fold(0.0, f64::max)
    }

    /// Requests expected in all.
    pub fn total(&self) -> f64 {
        self.expected.last().copied().unwrap_or(0.0)
    }
}

impl From<Points> for RateProfile {
    fn from(Points { points }: Points) -> Self {
        Self::new(points)
    }
}

impl From<RateProfile> for Points {
    fn from(RateProfile { points, .. }: RateProfile) -> Self {
        Self { points }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(points: &[(f64, f64)]) -> RateProfile {
        RateProfile::new(points.iter().map(|&(at, rate)| RatePoint { at, rate }).collect())
    }

    /// From 2 s on: up from 0 to 6/s in 3 s (area 9), a jump down to 1/s for 4 s (area 4), nothing for 5 s, and down
    /// from 4/s to 0 in 2 s (area 4).
    fn hill() -> RateProfile {
        profile(&[
            (2.0, 0.0),
            (5.0, 6.0),
            (5.0, 1.0),
            (9.0, 1.0),
            (9.0, 0.0),
            (14.0, 0.0),
            (14.0, 4.0),
            (16.0, 0.0),
        ])
    }

    #[test]
    fn rates_between_points_and_at_jumps() {
        let hill = hill();
        for (time, rate) in [
            (0.0, 0.0),
            (2.0, 0.0),
            (3.5, 3.0),
            (5.0, 1.0),
            (7.0, 1.0),
            (10.0, 0.0),
            (14.0, 4.0),
            (15.0, 2.0),
        ] {
            assert_eq!(hill.rate(time), rate, "{time}");
        }
        assert_eq!(profile(&[(0.0, 1.0), (2.0, 5.0)]).rate(2.0), 5.0);
        assert_eq!(profile(&[(0.0, 1.0), (2.0, 5.0)]).rate(2.5), 0.0);
        assert_eq!((hill.peak(), hill.end(), hill.total()), (6.0, 16.0, 17.0));
    }

    /// ∫ rate: (t-2)² on the way up, 9 + (t-5) after it, 13 in the pause, 17 - (16-t)² at the end.
    #[test]
    fn expected_requests_are_the_integral_of_the_rate() {
        let hill = hill();
        for (time, expected) in [
            (1.0, 0.0),
            (2.0, 0.0),
            (3.0, 1.0),
            (4.0, 4.0),
            (5.0, 9.0),
            (7.0, 11.0),
            (9.0, 13.0),
            (12.0, 13.0),
            (15.0, 16.0),
            (16.0, 17.0),
            (99.0, 17.0),
        ] {
            assert_eq!(hill.cumulative(time), expected, "{time}");
        }
    }

    #[test]
    fn the_inverse_takes_the_earliest_time() {
        let hill = hill();
        for (expected, time) in [
            (0.0, 2.0),
            (1.0, 3.0),
            (4.0, 4.0),
            (9.0, 5.0),
            (11.0, 7.0),
            (13.0, 9.0),
            (16.0, 15.0),
            (17.0, 16.0),
        ] {
            assert!((hill.inverse(expected).unwrap() - time).abs() < 1e-12, "{expected}");
        }
        assert_eq!(hill.inverse(17.1), None);
    }

    /// Up to rounding, and never back in time, in slopes next to none too.
    #[test]
    fn inverse_and_integral_undo_each_other() {
        for profile in
            [hill(), profile(&[(0.0, 1.0), (1e3, 1.0 + 1e-12)]), profile(&[(1.0, 1e6), (1e4, 0.0)])]
        {
            let mut last = 0.0;
            for step in 1..=1000 {
                let expected = profile.total() * f64::from(step) / 1000.0;
                let time = profile.inverse(expected).unwrap();
                assert!(time >= last);
                assert!((profile.cumulative(time) - expected).abs() <= 1e-12 * profile.total(), "{expected}");
                last = time;
            }
        }
    }

    #[test]
    fn nonsense_does_not_panic() {
        for points in
            [&[][..], &[(1.0, 1.0)], &[(f64::NAN, 1.0), (0.0, f64::NAN)], &[(5.0, 1.0), (1.0, -3.0)]]
        {
            let profile = profile(points);
            for value in [-1.0, 0.0, 3.0, f64::NAN] {
                let _ = (profile.rate(value), profile.cumulative(value), profile.inverse(value));
            }
        }
    }
}
