//! A grid of predictions: curves over the settings, a table of colors for two of them, and all rows.

use indexmap::IndexMap;
use serde::Deserialize;
use tracecast_experiment::MetricPath;
use tracecast_model::Prediction;

use super::{figure, long_table, unit};
use crate::chart::{Curve, Point, curves, heat_map};
use crate::html::{COLORS, Chart, Html};
use crate::recognize::{NotAResult, Table};

/// Charts at most.
const CHARTS: usize = 8;
/// What is shown of predictions, where they have it.
const FIGURES: [&str; 4] = ["throughput", "mean", "p95", "makespan"];

/// A line of `batch --json`.
#[derive(Deserialize)]
pub(crate) struct Row {
    point: IndexMap<String, String>,
    prediction: Prediction,
}

/// A grid, whatever its file.
struct Grid {
    axes: Vec<String>,
    metrics: Vec<String>,
    rows: Vec<Cells>,
}

struct Cells {
    /// A value for each axis.
    point: Vec<String>,
    engine: String,
    status: String,
    /// Mean and half width for each metric.
    figures: Vec<Option<(f64, Option<f64>)>>,
}

pub(crate) fn from_json(rows: &[Row]) -> Html {
    let axes: Vec<String> = rows.first().map_or_else(Vec::new, |row| row.point.keys().cloned().collect());
    let workloads: Vec<&String> =
        rows.first().map_or_else(Vec::new, |row| row.prediction.workloads.keys().collect());
    let name = |workload: &String, figure: &str| match workloads.as_slice() {
        [_] => figure.to_owned(),
        _ => format!("{workload}.{figure}"),
    };
    let names = workloads.iter().flat_map(|workload| FIGURES.map(|figure| name(workload, figure)));
    let of = |row: &Row, metric: &str| {
        let metric = metric.parse::<MetricPath>().ok()?.of(&row.prediction).ok()?;
        Some((metric.mean, metric.half_width))
    };
    let metrics: Vec<String> = names.filter(|name| rows.iter().any(|row| of(row, name).is_some())).collect();
    let cells = rows.iter().map(|row| Cells {
        point: axes.iter().map(|axis| row.point.get(axis).cloned().unwrap_or_default()).collect(),
        engine: row.prediction.engine.clone(),
        status: row.prediction.status.name().to_owned(),
        figures: metrics.iter().map(|metric| of(row, metric)).collect(),
    });
    Grid { rows: cells.collect(), axes, metrics: metrics.clone() }.show()
}

pub(crate) fn from_csv(table: &Table) -> Result<Html, NotAResult> {
    let engine = table.column("engine")?;
    let status = table.column("status")?;
    let is_width = |name: &str| name.ends_with("_half_width");
    let columns: Vec<usize> =
        (status + 1..table.header.len()).filter(|&i| !is_width(&table.header[i])).collect();
    let mut rows = Vec::new();
    for (r, row) in table.rows.iter().enumerate() {
        let figures = columns.iter().map(|&column| {
            let width =
                table.header.iter().position(|name| *name == format!("{}_half_width", table.header[column]));
            let half_width = width.map(|width| table.number(r, width)).transpose()?.flatten();
            Ok(table.number(r, column)?.map(|mean| (mean, half_width)))
        });
        rows.push(Cells {
            point: row[..engine].to_vec(),
            engine: row[engine].clone(),
            status: row[status].clone(),
            figures: figures.collect::<Result<_, _>>()?,
        });
    }
    let metrics = columns.into_iter().map(|column| table.header[column].clone()).collect();
    Ok(Grid { axes: table.header[..engine].to_vec(), metrics, rows }.show())
}

impl Grid {
    fn show(&self) -> Html {
        let mut html = Html::default();
        let axes: Vec<String> = (0..self.axes.len())
            .map(|axis| format!("{} ({} values)", self.axes[axis], self.values(axis).len()))
            .collect();
        html.paragraph(&format!("{} points over {}", self.rows.len(), axes.join(", ")));
        let unfinished = self.rows.iter().filter(|row| row.status != "converged").count();
        if unfinished > 0 {
            html.warning(&format!("{unfinished} points did not end as asked; the table tells which."));
        }
        let varied: Vec<usize> = (0..self.axes.len()).filter(|&axis| self.values(axis).len() > 1).collect();
        let charts = (0..self.metrics.len()).filter_map(|metric| self.chart(metric, &varied));
        html.charts(charts.take(CHARTS).collect());
        html.heading("All points");
        let mut header: Vec<&str> = self.axes.iter().map(String::as_str).collect();
        header.extend(["engine", "status"]);
        header.extend(self.metrics.iter().map(String::as_str));
        let rows = self.rows.iter().map(|row| {
            let mut cells = row.point.clone();
            cells.extend([row.engine.clone(), row.status.clone()]);
            cells.extend(row.figures.iter().zip(&self.metrics).map(|(figure, name)| written(name, *figure)));
            cells
        });
        long_table(&mut html, &header, self.axes.len() + 2, rows.collect());
        html
    }

    /// The different values of an axis, in their order.
    fn values(&self, axis: usize) -> Vec<String> {
        let mut values: Vec<String> = Vec::new();
        for row in &self.rows {
            if !values.contains(&row.point[axis]) {
                values.push(row.point[axis].clone());
            }
        }
        values
    }

    /// Two settings with many values are a table of colors; else there is a curve for each value of all settings but one.
    fn chart(&self, metric: usize, varied: &[usize]) -> Option<Chart> {
        if self.rows.iter().all(|row| row.figures[metric].is_none()) {
            return None;
        }
        let name = &self.metrics[metric];
        let show = |value: f64| figure(name, value);
        if let &[down, across] = varied
            && self.values(down).len() > COLORS.min(self.values(across).len())
            && self.values(across).len() <= 10
        {
            let (rows, columns) = (self.values(down), self.values(across));
            let cell = |row: &String, column: &String| {
                let found = self.rows.iter().find(|r| r.point[down] == *row && r.point[across] == *column)?;
                Some(found.figures[metric]?.0)
            };
            let values: Vec<Vec<Option<f64>>> =
                rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
            let axes = [self.axes[down].as_str(), self.axes[across].as_str()];
            return Some(heat_map(name, axes, [&rows, &columns], &values, &show));
        }
        // The axis with the most values is along the bottom.
        let &along = varied.iter().max_by_key(|&&axis| self.values(axis).len())?;
        let others: Vec<usize> = varied.iter().copied().filter(|&axis| axis != along).collect();
        let places = self.values(along);
        let is_numeric = places.iter().all(|place| place.parse::<f64>().is_ok_and(|value| value >= 0.0));
        let x = |place: &str| match is_numeric {
            true => place.parse().unwrap_or(0.0),
            false => places.iter().position(|other| other == place).unwrap_or(0) as f64,
        };
        let mut all: Vec<Curve> = Vec::new();
        for row in &self.rows {
            let Some((y, half_width)) = row.figures[metric] else { continue };
            let name = others.iter().map(|&axis| format!("{}={}", self.axes[axis], row.point[axis]));
            let name = name.collect::<Vec<_>>().join(", ");
            let point = Point { x: x(&row.point[along]), y, half_width };
            match all.iter_mut().find(|curve| curve.name == name) {
                Some(curve) => curve.points.push(point),
                None => all.push(Curve { name, points: vec![point] }),
            }
        }
        let more = all.len().saturating_sub(COLORS);
        all.truncate(COLORS);
        for curve in &mut all {
            curve.points.sort_by(|a, b| a.x.total_cmp(&b.x));
        }
        let values = all.iter().flat_map(|curve| &curve.points).map(|point| point.y);
        let unit = unit(name, values.fold(0.0, f64::max));
        let places = (!is_numeric).then_some(places.as_slice());
        let mut chart = curves(name, &self.axes[along], places, &all, unit, &show);
        if more > 0 {
            chart.note = format!("{more} more curves are in the table.");
        }
        Some(chart)
    }
}

fn written(name: &str, value: Option<(f64, Option<f64>)>) -> String {
    match value {
        None => "-".into(),
        Some((mean, half_width)) => {
            let interval = half_width.filter(|_| mean != 0.0);
            let interval =
                interval.map_or(String::new(), |half| format!(" ±{:.1} %", (half / mean * 100.0).abs()));
            figure(name, mean) + &interval
        }
    }
}
