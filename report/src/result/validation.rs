//! A validation: measured beside predicted, and every error.

use indexmap::IndexMap;
use serde::Deserialize;
use tracecast_experiment::text::{percent, plain, signed_percent};

use super::{BARS, figure, long_table, unit};
use crate::chart::{Bar, Dot, bars, scatter};
use crate::html::{Chart, Html};

/// What `validate --json` writes, as far as it is shown.
#[derive(Deserialize)]
pub(crate) struct Validation {
    parameters: Vec<Parameter>,
    cells: Vec<Cell>,
    summary: Summary,
}

#[derive(Deserialize)]
struct Parameter {
    group: String,
    path: String,
    value: f64,
    low: Option<f64>,
    high: Option<f64>,
}

#[derive(Deserialize)]
struct Cell {
    group: String,
    run: String,
    metric: String,
    measured: f64,
    predicted: f64,
    low: Option<f64>,
    high: Option<f64>,
    error: f64,
    fitted: bool,
}

#[derive(Deserialize)]
struct Summary {
    #[serde(flatten)]
    own: Errors,
    coverage: Option<f64>,
    #[serde(default)]
    baselines: IndexMap<String, Errors>,
}

#[derive(Deserialize)]
struct Errors {
    mean_error: f64,
    max_error: f64,
}

pub(crate) fn show(validation: &Validation) -> Html {
    let mut html = Html::default();
    let cells = &validation.cells;
    let fitted = cells.iter().filter(|cell| cell.fitted).count();
    let summary = &validation.summary;
    html.paragraph(&format!(
        "{} runs were predicted that were not fitted: mean error {}, largest {}.",
        cells.len() - fitted,
        percent(summary.own.mean_error),
        percent(summary.own.max_error)
    ));
    if let Some(coverage) = summary.coverage {
        html.paragraph(&format!("{} of the measured values lie in their 95 % interval.", percent(coverage)));
    }
    let mut charts: Vec<Chart> = Vec::new();
    for metric in unique(cells.iter().map(|cell| &cell.metric)) {
        charts.push(of_metric(metric, cells.iter().filter(|cell| &cell.metric == metric)));
    }
    let baseline = |(i, (name, errors)): (usize, (&String, &Errors))| Bar {
        name: name.clone(),
        value: errors.mean_error,
        half_width: None,
        series: i.min(1),
    };
    let own = "this prediction".to_owned();
    let all: Vec<Bar> = std::iter::once((&own, &summary.own))
        .chain(&summary.baselines)
        .take(BARS)
        .enumerate()
        .map(baseline)
        .collect();
    if all.len() > 1 {
        charts.push(bars("Mean error, beside simpler ways", &all, Vec::new(), &percent));
    }
    html.charts(charts);
    html.heading("Fitted parameters");
    let rows = validation.parameters.iter().map(|parameter| {
        let interval = interval(parameter.low, parameter.high, &plain);
        vec![parameter.group.clone(), parameter.path.clone(), plain(parameter.value), interval]
    });
    html.table(&["group", "parameter", "value", "95 % interval"], 2, &rows.collect::<Vec<_>>());
    html.heading("All runs");
    let rows = cells.iter().map(|cell| {
        let show = |value: f64| figure(&cell.metric, value);
        vec![
            cell.group.clone(),
            cell.run.clone(),
            cell.metric.clone(),
            if cell.fitted { "fitted".into() } else { "predicted".into() },
            show(cell.measured),
            show(cell.predicted),
            interval(cell.low, cell.high, &show),
            signed_percent(cell.error),
        ]
    });
    let header = ["group", "run", "metric", "use", "measured", "predicted", "95 % interval", "error"];
    long_table(&mut html, &header, 4, rows.collect());
    html
}

fn unique<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a String> {
    let mut all: Vec<&String> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

fn interval(low: Option<f64>, high: Option<f64>, show: &dyn Fn(f64) -> String) -> String {
    match (low, high) {
        (Some(low), Some(high)) => format!("{} … {}", show(low), show(high)),
        _ => "-".into(),
    }
}

fn of_metric<'a>(metric: &str, cells: impl Iterator<Item = &'a Cell> + Clone) -> Chart {
    let groups = unique(cells.clone().map(|cell| &cell.group));
    let dot = |cell: &Cell| Dot {
        name: format!(
            "{} {}: measured {}, predicted {} ({})",
            cell.group,
            cell.run,
            figure(metric, cell.measured),
            figure(metric, cell.predicted),
            signed_percent(cell.error)
        ),
        measured: cell.measured,
        predicted: cell.predicted,
        interval: cell.low.zip(cell.high),
        fitted: cell.fitted,
        series: groups.iter().position(|group| **group == cell.group).unwrap_or(0),
    };
    let dots: Vec<Dot> = cells.map(dot).collect();
    let legend =
        if groups.len() > 1 { groups.iter().map(|group| (*group).clone()).collect() } else { Vec::new() };
    let largest = dots.iter().map(|dot| dot.measured.max(dot.predicted)).fold(0.0, f64::max);
    let mut chart =
        scatter(&format!("Predicted over measured {metric}"), &dots, legend, unit(metric, largest));
    chart.note = "Hollow: runs that were fitted. Dashed: where both are equal.".into();
    chart
}
