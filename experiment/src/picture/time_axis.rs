//! An axis of time with ticks at round times.

use std::fmt::{self, Write};

use super::describe;
use super::markup::Escaped;

/// From 0 to `length` seconds, between two places of a picture.
pub(super) struct TimeAxis {
    /// First time, in seconds.
    pub(super) start: f64,
    /// Seconds from the first to the last.
    pub(super) length: f64,
    /// Where it begins.
    pub(super) left: f64,
    /// How long it is drawn.
    pub(super) width: f64,
}

impl TimeAxis {
    /// Where a time is drawn.
    pub(super) fn x(&self, seconds: f64) -> f64 {
        let part = if self.length > 0.0 { (seconds - self.start) / self.length } else { 0.0 };
        self.left + part.clamp(0.0, 1.0) * self.width
    }

    /// Times of the ticks: multiples of 1, 2 or 5 times a power of ten, no more than eight.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.length <= 0.0 || !self.length.is_finite() {
            return vec![self.start];
        }
        let step = round_step(self.length / 8.0);
        let first = (self.start / step).ceil() as i64;
        let last = ((self.start + self.length) / step * (1.0 + 1e-12)).floor() as i64;
        (first..=last).map(|number| number as f64 * step).collect()
    }

    /// Labels above `top`, lines from there down to `bottom`.
    pub(super) fn write(&self, out: &mut String, top: f64, bottom: f64) -> fmt::Result {
        for tick in self.ticks() {
            let x = self.x(tick);
            writeln!(
                out,
                r##"<path d="M{x:.1} {top:.1}L{x:.1} {bottom:.1}" stroke="#dddddd" stroke-width="1"/>"##
            )?;
            let label = if tick == 0.0 { "0".to_string() } else { describe::duration(tick) };
            writeln!(
                out,
                r##"<text x="{x:.1}" y="{:.1}" text-anchor="middle" fill="#555555">{}</text>"##,
                top - 5.0,
                Escaped(&label)
            )?;
        }
        Ok(())
    }
}

/// The smallest of 1, 2 and 5 times a power of ten that is at least so much; for axes of pictures. It must be positive.
pub fn round_step(least: f64) -> f64 {
    let power = 10f64.powf(least.log10().floor());
    let step = [1.0, 2.0, 5.0].map(|factor| factor * power).into_iter().find(|step| *step >= least);
    step.unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_few() {
        for (length, expected) in [(8.0, 9), (1.0, 6), (0.068, 7), (3.5e-5, 8), (0.0, 1)] {
            let axis = TimeAxis { start: 0.0, length, left: 0.0, width: 100.0 };
            assert_eq!(axis.ticks().len(), expected, "{length}: {:?}", axis.ticks());
        }
    }
}
