//! Distributions of response times, as `predict --histogram` writes them.

use tracecast_experiment::text::plain;

use crate::chart::{Curve, Point, Unit, curves};
use crate::html::Html;
use crate::recognize::{NotAResult, Table};

pub(crate) fn show(table: &Table) -> Result<Html, NotAResult> {
    let [workload, high, cumulative, half_width] = ["workload", "high", "cumulative", "half_width"];
    let [workload, high, cumulative, half_width] =
        [table.column(workload)?, table.column(high)?, table.column(cumulative)?, table.column(half_width)?];
    let mut all: Vec<Curve> = Vec::new();
    for row in 0..table.rows.len() {
        let name = &table.rows[row][workload];
        let point = Point {
            x: table.needed(row, high)?,
            y: table.needed(row, cumulative)?,
            half_width: table.number(row, half_width)?,
        };
        match all.iter_mut().find(|curve| curve.name == *name) {
            Some(curve) => curve.points.push(point),
            None => all.push(Curve { name: name.clone(), points: vec![point] }),
        }
    }
    let mut html = Html::default();
    let title = "Share of requests that are done within a time";
    html.charts(vec![curves(title, "response time, seconds", None, &all, Unit::NONE, &plain)]);
    Ok(html)
}
