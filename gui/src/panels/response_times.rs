//! Distributions of response times, as plots over the logarithm of time.

use std::hash::Hash;

use egui_plot::{Corner, Legend, Plot, PlotPoints};
use tracecast_model::{WorkloadResult, seconds};

/// Axes of times and parts of the requests, without curves.
pub(super) fn plot<'a>(id: impl Hash + std::fmt::Debug, height: f32) -> Plot<'a> {
    Plot::new(id)
        .height(height)
        .allow_scroll(false)
        .show_background(false)
        .show_grid([false, true])
        .include_y(0.0)
        .include_y(1.0)
        .x_axis_formatter(|mark, _| seconds::display(10f64.powf(mark.value)))
        .y_axis_formatter(|mark, _| format!("{:.0} %", mark.value * 100.0))
        .legend(Legend::default().position(Corner::LeftTop))
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
