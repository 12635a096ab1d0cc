//! Calibration and validation in words.

use tracecast_calibration::{CellReport, Parameter, Plan, Validation};
use tracecast_experiment::text::{percent, plain, signed_percent};

use super::table::table;

/// The fitted parameters.
pub(crate) fn parameters(plan: &Plan, parameters: &[&Parameter]) -> String {
    let group = plan.group.as_deref();
    let rows = parameters.iter().map(|parameter| {
        let interval = match (parameter.low, parameter.high) {
            (Some(low), Some(high)) => format!("{} … {}", plain(low), plain(high)),
            _ => "not known".into(),
        };
        let mut row: Vec<String> = group.iter().map(|_| parameter.group.clone()).collect();
        row.extend([parameter.path.clone(), plain(parameter.value), interval]);
        row
    });
    let mut header: Vec<&str> = group.into_iter().collect();
    header.extend(["parameter", "value", "95 % interval"]);
    table(&header, header.len() - 2, rows.collect())
}

/// Parameters, every cell with its error, the errors in short.
pub(crate) fn validation(plan: &Plan, validation: &Validation) -> String {
    let all: Vec<&Parameter> = validation.parameters.iter().collect();
    let mut text = format!("Fitted:\n\n{}\n", parameters(plan, &all));
    let fitted = validation.cells.iter().filter(|cell| cell.fitted).count();
    text.push_str(&format!(
        "Predicted {}, next to what was measured (* the {fitted} runs that were fitted):\n\n{}\n",
        plan.measured.keys().cloned().collect::<Vec<_>>().join(" and "),
        cells(plan, &validation.cells)
    ));
    let summary = &validation.summary;
    text.push_str(&format!(
        "{} runs predicted that were not fitted: mean error {}, largest {}\n",
        validation.cells.len() - fitted,
        percent(summary.mean_error),
        percent(summary.max_error)
    ));
    if let Some(coverage) = summary.coverage {
        text.push_str(&format!("{} of the measured values lie in their 95 % interval\n", percent(coverage)));
    }
    for (name, baseline) in &summary.baselines {
        text.push_str(&format!(
            "for comparison, {name}: mean error {}, largest {}\n",
            percent(baseline.mean_error),
            percent(baseline.max_error)
        ));
    }
    text
}

fn cells(plan: &Plan, cells: &[CellReport]) -> String {
    let several_metrics = plan.measured.len() > 1;
    let rows = cells.iter().map(|cell| {
        let mut row: Vec<String> = plan.group.iter().map(|_| cell.group.clone()).collect();
        row.extend(cell.columns.iter().map(|(_, value)| value.clone()));
        row.extend(several_metrics.then(|| cell.metric.clone()));
        let interval = match (cell.low, cell.high) {
            (Some(low), Some(high)) => format!("{} … {}", fixed(low), fixed(high)),
            _ => "-".into(),
        };
        let mark = if cell.fitted { " *" } else { "  " };
        row.extend([
            fixed(cell.measured),
            fixed(cell.predicted),
            interval,
            format!("{}{mark}", signed_percent(cell.error)),
        ]);
        row
    });
    let mut header: Vec<&str> = plan.group.iter().map(String::as_str).collect();
    header.extend(plan.run.iter().map(String::as_str));
    if several_metrics {
        header.push("metric");
    }
    header.extend(["measured", "predicted", "95 % interval", "error  "]);
    table(&header, usize::from(plan.group.is_some()), rows.collect())
}

/// The same two decimals for a column of figures that are to be compared.
fn fixed(value: f64) -> String {
    if value.abs() < 0.1 { plain(value) } else { format!("{value:.2}") }
}
