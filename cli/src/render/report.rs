//! An import report in words.

use tracecast_importers::{ImportReport, ImportWarning};

use super::number::plain;

/// Services and calls, a line each.
pub(crate) fn architecture(report: &ImportReport) -> Vec<String> {
    let mut lines = vec![String::new(), format!("{} services:", report.services.len())];
    for service in &report.services {
        let replicas =
            if service.replicas > 1 { format!(" ({} replicas)", service.replicas) } else { String::new() };
        lines.push(format!("  {}{replicas}: {}", service.name, service.operations.join(", ")));
    }
    lines.push(format!("{} calls:", report.calls.len()));
    for call in &report.calls {
        let parallel = if call.parallel { ", parallel" } else { "" };
        lines.push(format!("  {} → {} ×{} {}{parallel}", call.from, call.to, plain(call.mean), call.kind));
    }
    lines
}

/// Code, count and example.
pub(crate) fn import_warning(warning: &ImportWarning) -> String {
    format!("  {} (×{}): {}", warning.code, warning.count, warning.example)
}
