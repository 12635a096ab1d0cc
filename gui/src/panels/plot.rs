//! What all plots have in common: a quiet grid, and round values on the axes with room between them.

use std::fmt::Debug;
use std::hash::Hash;

use egui::{Color32, Rangef, TextStyle, Ui, Visuals, vec2};
use egui_plot::{Corner, GridInput, GridMark, Legend, Plot};
use tracecast_experiment::picture::round_step;
use tracecast_experiment::text::short;
use tracecast_model::seconds;

use super::text;
use crate::format::Unit;

/// What [`GridInput::base_step_size`] stands for, in points on the screen.
const BASE: f32 = 8.0;
/// Points between marks, at least: those at the bottom have their labels beside each other.
const APART: [f64; 2] = [64.0, 26.0];

/// Axes without curves.
pub(super) fn plot<'a>(id: impl Hash + Debug, visuals: &Visuals) -> Plot<'a> {
    Plot::new(id)
        .allow_scroll(false)
        .show_background(false)
        .show_grid([false, true])
        .grid_color(visuals.weak_text_color().gamma_multiply(0.35))
        .grid_spacing(Rangef::new(BASE, 300.0))
        .x_grid_spacer(|input| marks(&input, APART[0]))
        .y_grid_spacer(|input| marks(&input, APART[1]))
        .x_axis_formatter(|mark, _| short(mark.value))
        .y_axis_formatter(|mark, _| short(mark.value))
        .y_axis_min_width(48.0)
}

/// Names of the curves in a corner.
pub(super) fn legend(corner: Corner) -> Legend {
    Legend::default().position(corner).text_style(TextStyle::Small)
}

/// What a plot shows, and whose curves have which colors: beside the title, where they cover nothing.
pub(super) fn title<'a>(text: &str, curves: impl IntoIterator<Item = (&'a str, Color32)>, ui: &mut Ui) {
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(12.0, 2.0);
        ui.spacing_mut().interact_size.y = 16.0;
        ui.small(text);
        for (name, color) in curves {
            text::swatch(name, color, ui);
        }
    });
}

/// A round value on an axis.
pub(super) fn label(unit: Unit, value: f64) -> String {
    match unit {
        Unit::Time if value == 0.0 => "0".into(),
        Unit::Time if value >= 3600.0 && value % 3600.0 == 0.0 => format!("{} h", value / 3600.0),
        Unit::Time if value >= 120.0 && value % 60.0 == 0.0 => format!("{} min", value / 60.0),
        Unit::Time if value >= 120.0 => format!("{}:{:02} min", (value / 60.0).floor(), value % 60.0),
        Unit::Time => {
            let text = seconds::display(value);
            let (number, unit) = text.split_once(' ').unwrap_or((&text, ""));
            let number = if number.contains('.') {
                number.trim_end_matches('0').trim_end_matches('.')
            } else {
                number
            };
            format!("{number} {unit}")
        }
        _ => short(value),
    }
}

/// Points of the axis per unit of what is on it.
fn scale(input: &GridInput) -> f64 {
    f64::from(BASE) / input.base_step_size
}

fn marks(input: &GridInput, apart: f64) -> Vec<GridMark> {
    round_values(input.bounds, apart / scale(input)).map(|value| mark(value, input)).collect()
}

/// Marks of an axis of seconds: from half a minute on, round as people tell time.
pub(super) fn time_marks(input: &GridInput) -> Vec<GridMark> {
    const LONG: [f64; 11] =
        [30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 21_600.0, 86_400.0];
    let least = APART[0] / scale(input);
    let step = LONG.into_iter().find(|step| *step >= least).filter(|_| least > 20.0);
    match step {
        Some(step) => multiples(input.bounds, step).map(|value| mark(value, input)).collect(),
        None => marks(input, APART[0]),
    }
}

/// Marks of an axis that shows decimal logarithms of its values, which stand beside each other.
pub(super) fn logarithmic_marks(input: &GridInput) -> Vec<GridMark> {
    let (low, high) = input.bounds;
    let decade = scale(input);
    let factors: &[f64] = if decade > 2.5 * APART[0] { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let every = (APART[0] / decade).ceil().clamp(1.0, 100.0) as usize;
    let powers = (low.floor().max(-300.0) as i32..=high.ceil().min(300.0) as i32).step_by(every);
    let of_power = |power: i32| factors.iter().map(move |factor| f64::from(power) + factor.log10());
    let values: Vec<f64> = powers.flat_map(of_power).filter(|value| (low..=high).contains(value)).collect();
    if values.len() > 1 {
        return values.into_iter().map(|value| mark(value, input)).collect();
    }
    // Less than a decade: it is nearly as if they were the values themselves.
    let [first, last] = [low, high].map(|value| 10f64.powf(value));
    let step = (last - first) * APART[0] / ((high - low) * decade);
    round_values((first, last), step).map(|value| mark(value.log10(), input)).collect()
}

/// Multiples of a round number that is at least `step`.
fn round_values(bounds: (f64, f64), step: f64) -> impl Iterator<Item = f64> {
    multiples(bounds, if step > 0.0 && step.is_finite() { round_step(step) } else { 0.0 })
}

/// Multiples of a step; none of 0.
fn multiples((low, high): (f64, f64), step: f64) -> impl Iterator<Item = f64> {
    let is_usable = high > low && step > 0.0 && low.is_finite() && high.is_finite();
    let range = if is_usable { (low / step).ceil() as i64..(high / step).floor() as i64 + 1 } else { 0..0 };
    range.map(move |number| number as f64 * step)
}

/// They are far enough apart for all to be as strong as they can be.
fn mark(value: f64, input: &GridInput) -> GridMark {
    GridMark { value, step_size: input.bounds.1 - input.bounds.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An axis of 400 points.
    fn axis(low: f64, high: f64) -> GridInput {
        GridInput { bounds: (low, high), base_step_size: (high - low) / 400.0 * f64::from(BASE) }
    }

    #[test]
    fn marks_are_round_and_have_room() {
        let values = |input| marks(&input, 64.0).into_iter().map(|mark| mark.value).collect::<Vec<_>>();
        assert_eq!(values(axis(0.0, 10.0)), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert_eq!(values(axis(-0.3, 8.1)), [0.0, 2.0, 4.0, 6.0, 8.0]);
        assert_eq!(values(axis(1.0, 1.0)), [] as [f64; 0]);
        assert_eq!(values(axis(0.0, f64::INFINITY)), [] as [f64; 0]);
    }

    #[test]
    fn long_times_are_marked_in_minutes_and_hours() {
        let labels = |high: f64| {
            let marks = time_marks(&axis(0.0, high));
            marks.into_iter().map(|mark| label(Unit::Time, mark.value)).collect::<Vec<_>>()
        };
        assert_eq!(labels(9.0), ["0", "2 s", "4 s", "6 s", "8 s"]);
        assert_eq!(labels(150.0), ["0", "30 s", "60 s", "90 s", "2 min", "2:30 min"]);
        assert_eq!(labels(500.0), ["0", "2 min", "4 min", "6 min", "8 min"]);
        assert_eq!(labels(15_000.0), ["0", "1 h", "2 h", "3 h", "4 h"]);
    }

    #[test]
    fn logarithms_are_marked_at_round_values() {
        let values = |low: f64, high: f64| {
            let marks = logarithmic_marks(&axis(low.log10(), high.log10()));
            marks.into_iter().map(|mark| label(Unit::Number, 10f64.powf(mark.value))).collect::<Vec<_>>()
        };
        assert_eq!(values(0.9, 11.0), ["1", "2", "5", "10"]);
        assert_eq!(values(0.9, 1100.0), ["1", "10", "100", "1000"]);
        assert_eq!(values(25.2, 27.4), ["25.5", "26", "26.5", "27"]);
    }

    #[test]
    fn labels_have_no_idle_zeros() {
        let labels = [0.0, 10.0, 0.5, 0.0025].map(|value| label(Unit::Time, value));
        assert_eq!(labels, ["0", "10 s", "500 ms", "2.5 ms"]);
        assert_eq!(label(Unit::Number, 2.5), "2.5");
    }
}
