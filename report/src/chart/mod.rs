//! Drawings of a report: SVG inside the page, colored by its style, so that they follow light and dark.

mod bars;
mod curves;
mod heat_map;
mod scatter;

pub(super) use bars::{Bar, bars};
pub(super) use curves::{Curve, Point, curves};
pub(super) use heat_map::heat_map;
pub(super) use scatter::{Dot, scatter};
use tracecast_experiment::picture::round_step;
use tracecast_experiment::text::short;

/// Width of a drawing in its own units; with letters of 13 it is legible on a telephone.
const WIDTH: f64 = 480.0;

/// How a figure is written.
pub(super) type Show<'a> = &'a dyn Fn(f64) -> String;

/// Round values from 0 to at least the largest: their step, and the last.
fn scale(largest: f64, steps: f64) -> (f64, f64) {
    if largest <= 0.0 || !largest.is_finite() {
        return (1.0, 1.0);
    }
    let step = round_step(largest / steps);
    (step, step * (largest / step * (1.0 - 1e-12)).ceil().max(1.0))
}

/// 0, step, 2 step … to the end.
fn ticks(step: f64, end: f64) -> impl Iterator<Item = f64> {
    (0..=(end / step).round() as u32).map(move |i| step * f64::from(i))
}

/// What the numbers at an axis are multiples of, so that all of them have the same unit.
#[derive(Clone, Copy)]
pub(super) struct Unit {
    factor: f64,
    name: &'static str,
}

impl Unit {
    /// Numbers as they are.
    pub(super) const NONE: Self = Self { factor: 1.0, name: "" };

    /// Of times up to the largest, in seconds.
    pub(super) fn of_times(largest: f64) -> Self {
        let (factor, name) = match largest {
            t if t < 1e-3 => (1e-6, "µs"),
            t if t < 1.0 => (1e-3, "ms"),
            t if t < 600.0 => (1.0, "s"),
            t if t < 36_000.0 => (60.0, "min"),
            _ => (3600.0, "h"),
        };
        Self { factor, name }
    }

    /// Something with its unit.
    fn after(self, text: &str) -> String {
        if self.name.is_empty() { text.to_owned() } else { format!("{text}, {}", self.name) }
    }

    /// A number in this unit.
    fn label(self, value: f64) -> String {
        short(value / self.factor)
    }

    /// As [`scale`], with round values in this unit.
    fn scale(self, largest: f64, steps: f64) -> (f64, f64) {
        let (step, end) = scale(largest / self.factor, steps);
        (step * self.factor, end * self.factor)
    }
}

/// A text of about so many units, cut to fit; letters of 13 are 7.2 wide on average.
fn fit(text: &str, width: f64) -> String {
    let most = (width / 7.2) as usize;
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

/// The beginning of a drawing, with what it shows for those who cannot see it.
fn begin(height: f64, label: &str) -> String {
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {height:.0}\" role=\"img\" aria-label=\"{}\">\n",
        tracecast_experiment::picture::Escaped(label)
    )
}
