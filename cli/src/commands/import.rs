//! `tracecast import`: from traces to a model.

use std::path::{Path, PathBuf};
use std::time::Instant;

use tracecast_importers::{ImportReport, assemble, extract};

use super::{Session, print};
use crate::args::Import;
use crate::exit::{Exit, Failure};
use crate::{input, output, render};

pub(super) fn run(args: &Import, session: &Session) -> Result<Exit, Failure> {
    let start = Instant::now();
    let intake = input::spans(&args.paths, args.format.as_deref())?;
    let mut report = intake.report;
    let mut queues = Vec::new();
    let text = if args.emit == "spans" {
        render::json_lines(&intake.spans)
    } else {
        let traces = assemble(intake.spans, &mut report);
        if args.emit == "traces" {
            render::json_lines(&traces)
        } else {
            let place =
                args.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
            let mut system = extract(&traces, &mut report).map_err(|error| Failure::at(&place, error))?;
            system.name.get_or_insert_with(|| name_of(&args.paths));
            queues = render::work_queues(&system);
            tracecast_model::native::write(&system)
        }
    };
    report.elapsed = start.elapsed().as_secs_f64();
    if let Some(path) = &args.report {
        output::write(path, render::json(&report).as_bytes())?;
    }
    match &args.output {
        Some(path) => output::write(path, text.as_bytes())?,
        None => print(&text)?,
    }
    session.remark(&summary(&report, &queues, args));
    Ok(Exit::Done)
}

/// A model without a name of its own is called like what it came from.
fn name_of(paths: &[PathBuf]) -> String {
    let whole = paths.first().map(PathBuf::as_path).filter(|path| *path != Path::new("-"));
    let name = whole.and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "imported".into())
}

fn summary(report: &ImportReport, queues: &[String], args: &Import) -> String {
    let mut lines = vec![format!(
        "read {} spans in {} traces from {} {} ({:.1} MB) in {:.1} s",
        report.spans,
        report.traces,
        report.files,
        if report.files == 1 { "file" } else { "files" },
        report.bytes as f64 / 1e6,
        report.elapsed
    )];
    if args.emit == "model" {
        lines.extend(render::architecture(report));
        lines.extend_from_slice(queues);
    }
    if !report.warnings.is_empty() {
        lines.push(String::new());
        lines.push("What was odd, or had to be assumed:".into());
        lines.extend(report.warnings.iter().map(render::import_warning));
    }
    if let Some(path) = &args.output {
        lines.push(format!("\nwrote {}", path.display()));
    }
    lines.join("\n")
}
