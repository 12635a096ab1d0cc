//! Where a setting's value is from, as the import of traces tells.

use tracecast_importers::ParameterSummary;
use tracecast_model::seconds;

use crate::format;
use crate::source::Source;

/// Where the value of a setting is from: `measured 1,234 times, 12.3 ms ± 0.4 ms (self time)`. `element` and `setting` are those
/// of the path on the command line (`shop/checkout` and `demand`, `crop` and `replicas`), or of a call
/// (`shop/checkout -> stock/take` and `calls` or `latency`). Absent where the model is not made of traces, or where these do not
/// tell: then it is what an import assumes.
pub fn provenance(source: &Source, element: &str, setting: &str) -> Option<String> {
    let report = &source.traces.as_ref()?.report;
    if setting == "replicas" {
        let service = report.services.iter().find(|service| service.name == element)?;
        return Some(match service.replicas {
            1 => "one replica was seen in the traces".into(),
            many => format!("{many} replicas were seen in the traces"),
        });
    }
    // What `--set` calls by what it counts, the report calls by its figure.
    let figure = if setting == "calls" { "mean" } else { setting };
    let path = format!("{element}.{figure}");
    report.parameters.iter().find(|parameter| parameter.path == path).map(measured)
}

/// How often, how much, how sure, and how.
pub(crate) fn measured(parameter: &ParameterSummary) -> String {
    let times = match parameter.observations {
        1 => "once".into(),
        many => format!("{} times", format::count(many)),
    };
    let verb = if parameter.method == "counted" { "counted" } else { "measured" };
    let method = if verb == "counted" { String::new() } else { format!(" ({})", parameter.method) };
    format!("{verb} {times}, {}{method}", with_interval(parameter))
}

/// The value with its interval in the same terms.
pub(crate) fn with_interval(parameter: &ParameterSummary) -> String {
    // Numbers of calls have no unit.
    let show = if parameter.path.ends_with(".mean") { format::number } else { seconds::display };
    let value = show(parameter.value);
    match parameter.half_width.filter(|half_width| *half_width > 0.0) {
        Some(half_width) => format!("{value} ± {}", show(half_width)),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tracecast_importers::{ImportReport, ServiceSummary};
    use tracecast_model::System;

    use super::*;
    use crate::requests::Requests;
    use crate::source::{Origin, Traces};

    fn parameter(path: &str, value: f64, half_width: Option<f64>, method: &str) -> ParameterSummary {
        let (path, method) = (path.into(), method.into());
        ParameterSummary { path, value, half_width, observations: 1234, method }
    }

    fn source(traces: Option<Traces>) -> Source {
        Source {
            origin: Origin::Example("shop"),
            system: Arc::new(System::default()),
            diagnostics: Vec::new(),
            remarks: Vec::new(),
            traces_from: Vec::new(),
            traces: traces.map(Arc::new),
        }
    }

    #[test]
    fn values_are_traced_to_what_was_seen() {
        let parameters = vec![
            parameter("shop/buy.demand", 0.0123, Some(0.0004), "self time"),
            parameter("shop/buy -> stock/take.mean", 2.5, Some(0.02), "counted"),
            parameter("shop/buy -> stock/take.latency", 0.001, None, "gaps"),
        ];
        let service = ServiceSummary { name: "shop".into(), replicas: 3, operations: Vec::new() };
        let report = ImportReport { parameters, services: vec![service], ..ImportReport::default() };
        let traces = Traces {
            traces: Vec::new(),
            requests: Requests::new(&[], |_| Ok::<_, String>(())).unwrap(),
            report,
        };
        let source = source(Some(traces));
        for (element, setting, expected) in [
            ("shop/buy", "demand", Some("measured 1,234 times, 12.3 ms ± 400 µs (self time)")),
            ("shop/buy -> stock/take", "calls", Some("counted 1,234 times, 2.500 ± 0.0200")),
            ("shop/buy -> stock/take", "latency", Some("measured 1,234 times, 1.00 ms (gaps)")),
            ("shop", "replicas", Some("3 replicas were seen in the traces")),
            ("shop", "concurrency", None),
            ("stock", "replicas", None),
        ] {
            assert_eq!(provenance(&source, element, setting).as_deref(), expected, "{element}.{setting}");
        }
    }

    #[test]
    fn a_model_alone_tells_nothing() {
        assert_eq!(provenance(&source(None), "shop/buy", "demand"), None);
    }
}
