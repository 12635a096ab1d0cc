//! An import report in words.

use tracecast_experiment::text::plain;
use tracecast_importers::manifests::DocumentAccount;
use tracecast_importers::{ImportReport, ImportWarning};
use tracecast_model::{Service, System, WorkQueue};

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

/// The work queues between producers and workers, a line each.
pub(crate) fn work_queues(system: &System) -> Vec<String> {
    let queues = system.services.iter().filter_map(|service| Some((service, service.work_queue.as_ref()?)));
    let line = |(service, queue): (&Service, &WorkQueue)| {
        format!("  work queue \"{}\", worked off by {}", queue.name, service.name)
    };
    queues.map(line).collect()
}

/// What became of manifests, by document.
pub(crate) fn manifests(documents: &[DocumentAccount]) -> Vec<String> {
    let mut lines = Vec::new();
    for document in documents.iter().filter(|document| !(document.set.is_empty() && document.left.is_empty()))
    {
        lines.push(format!("\n{} ({}):", document.document, document.file));
        let set = document.set.iter().map(|what| format!("  set {what}"));
        let left = document.left.iter().map(|what| format!("  left: {what}"));
        let options = textwrap::Options::new(80).subsequent_indent("    ");
        lines.extend(set.chain(left).map(|line| textwrap::fill(&line, &options)));
    }
    lines
}

/// Code, count and example, within 80 columns.
pub(crate) fn import_warning(warning: &ImportWarning) -> String {
    let text = format!("{} (×{}): {}", warning.code, warning.count, warning.example);
    let options = textwrap::Options::new(80).initial_indent("  ").subsequent_indent("    ");
    textwrap::fill(&text, options)
}
