//! The report of an import: what was seen, and what was odd.

use tracecast_experiment::text::{number, short};
use tracecast_importers::ImportReport;

use super::long_table;
use crate::html::Html;

pub(crate) fn show(report: &ImportReport) -> Html {
    let mut html = Html::default();
    html.paragraph(&format!(
        "{} spans in {} traces, from {} files of {:.1} MB; {} skipped",
        report.spans,
        report.traces,
        report.files,
        report.bytes as f64 / 1e6,
        report.skipped
    ));
    for warning in &report.warnings {
        html.warning(&format!("{} (×{}): {}", warning.code, warning.count, warning.example));
    }
    html.heading(&format!("{} services", report.services.len()));
    let services = report.services.iter().map(|service| {
        vec![service.name.clone(), service.operations.join(", "), service.replicas.to_string()]
    });
    long_table(&mut html, &["service", "operations", "replicas"], 2, services.collect());
    html.heading(&format!("{} calls", report.calls.len()));
    let calls = report.calls.iter().map(|call| {
        let parallel = if call.parallel { ", parallel" } else { "" };
        vec![call.from.clone(), call.to.clone(), format!("{}{parallel}", call.kind), short(call.mean)]
    });
    long_table(&mut html, &["from", "to", "kind", "calls per request"], 3, calls.collect());
    html.heading("Parameters");
    let parameters = report.parameters.iter().map(|parameter| {
        let value = tracecast_model::Metric::estimated(parameter.value, parameter.half_width);
        vec![
            parameter.path.clone(),
            parameter.method.clone(),
            number(value),
            parameter.observations.to_string(),
        ]
    });
    long_table(&mut html, &["parameter", "how", "value", "observations"], 2, parameters.collect());
    html
}
