//! Distributions of response times, as plots over the logarithm of time.

use std::fmt::Debug;
use std::hash::Hash;

use egui::Visuals;
use egui_plot::{Corner, Plot, PlotPoints};
use tracecast_model::WorkloadResult;

use super::plot;
use crate::format::Unit;

/// Axes of times and parts of the requests, without curves.
pub(super) fn plot<'a>(id: impl Hash + Debug, height: f32, visuals: &Visuals) -> Plot<'a> {
    plot::plot(id, visuals)
        .height(height)
        .include_y(0.0)
        .include_y(1.0)
        .x_grid_spacer(|input| plot::logarithmic_marks(&input))
        .x_axis_formatter(|mark, _| plot::label(Unit::Time, 10f64.powf(mark.value)))
        .y_axis_formatter(|mark, _| format!("{:.0} %", mark.value * 100.0))
        .legend(plot::legend(Corner::LeftTop))
}

/// The distribution function over the logarithm of time: level where no response time is.
pub(super) fn curve(result: &WorkloadResult) -> PlotPoints<'static> {
    let mut points = Vec::new();
    let mut below = 0.0;
    for bin in &result.histogram {
        if bin.low > 0.0 {
            points.push([bin.low.log10(), below]);
        }
        below = bin.cumulative;
        if bin.high > 0.0 {
            points.push([bin.high.log10(), below]);
        }
    }
    points.into()
}
