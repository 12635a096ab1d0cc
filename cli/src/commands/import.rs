//! `tracecast import`: from traces to a model.

use std::path::{Path, PathBuf};
use std::time::Instant;

use tracecast_importers::manifests::{self, Document, DocumentAccount};
use tracecast_importers::{ImportReport, Intake, extract, writers};
use tracecast_model::System;

use super::{Session, print, require_valid};
use crate::args::Import;
use crate::exit::{Exit, Failure};
use crate::{input, output, render};

pub(super) fn run(args: &Import, session: &Session) -> Result<Exit, Failure> {
    let start = Instant::now();
    // Read first: what is wrong with them must not show only after the traces.
    let manifests = manifests(args)?;
    if let [model] = args.paths.as_slice()
        && !manifests.is_empty()
        && input::is_model(model)
    {
        return configure(model, &manifests, args, session);
    }
    let shows_all = args.emit != "model" || args.spans == 0;
    let intake = if shows_all { Intake::new() } else { Intake::keeping(args.spans) };
    let mut intake = input::spans_into(intake, &args.paths, args.format.as_deref())?;
    let name = intake.name.get_or_insert_with(|| name_of(&args.paths)).clone();
    if let Some(path) = &args.partial {
        return partial(intake, path, start, args, session);
    }
    let mut queues = Vec::new();
    let (text, mut report) = if args.emit == "spans" {
        (render::json_lines(&intake.spans), intake.report)
    } else {
        let (traces, mut report) = intake.traces();
        let text = if args.emit == "traces" {
            render::json_lines(&traces)
        } else {
            let place =
                args.paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
            let mut system = extract(&traces, args.arrival_model(), &mut report)
                .map_err(|error| Failure::at(&place, error))?;
            system.name.get_or_insert(name);
            report.manifests = configured(&mut system, &manifests)?;
            queues = render::work_queues(&system);
            tracecast_model::native::write(&system)
        };
        (text, report)
    };
    report.elapsed = start.elapsed().as_secs_f64();
    tell(&report, args)?;
    match &args.output {
        Some(path) => output::write(path, text.as_bytes())?,
        None => print(&text)?,
    }
    session.remark(&summary(&report, &queues, args));
    Ok(Exit::Done)
}

/// The documents of all manifests.
fn manifests(args: &Import) -> Result<Vec<Document>, Failure> {
    if !args.manifests.is_empty() && args.emit != "model" {
        return Err(Failure::new("--manifest is put on a model, not on spans or traces"));
    }
    let mut documents = Vec::new();
    for path in &args.manifests {
        let read = manifests::read(&path.display().to_string(), &input::text(path)?);
        documents.extend(read.map_err(Failure::new)?);
    }
    Ok(documents)
}

/// Puts manifests on a system; what became of them.
fn configured(system: &mut System, manifests: &[Document]) -> Result<Vec<DocumentAccount>, Failure> {
    let account = manifests::apply(manifests, system).map_err(Failure::new)?;
    if !manifests.is_empty() {
        require_valid("the model with the manifests on it", system)?;
    }
    Ok(account.documents)
}

/// Puts manifests on a model that there is.
fn configure(path: &Path, manifests: &[Document], args: &Import, session: &Session) -> Result<Exit, Failure> {
    let mut system = input::model(path)?;
    let report = ImportReport { manifests: configured(&mut system, manifests)?, ..ImportReport::default() };
    tell(&report, args)?;
    let text = tracecast_model::native::write(&system);
    match &args.output {
        Some(path) => output::write(path, text.as_bytes())?,
        None => print(&text)?,
    }
    let mut lines = render::manifests(&report.manifests);
    lines.extend(args.output.as_ref().map(|path| format!("\nwrote {}", path.display())));
    session.remark(&lines.join("\n"));
    Ok(Exit::Done)
}

/// Writes what was read, to be put together with other parts.
fn partial(
    intake: Intake,
    path: &Path,
    start: Instant,
    args: &Import,
    session: &Session,
) -> Result<Exit, Failure> {
    let mut written = Vec::new();
    writers::partial::write(&intake, &mut written).map_err(|error| Failure::at(path.display(), error))?;
    output::write_packed(path, &written)?;
    let mut report = intake.report;
    report.elapsed = start.elapsed().as_secs_f64();
    tell(&report, args)?;
    session.remark(&summary(&report, &[], args));
    Ok(Exit::Done)
}

/// Writes the report where it is asked for.
fn tell(report: &ImportReport, args: &Import) -> Result<(), Failure> {
    match &args.report {
        Some(path) => output::write(path, render::json(report).as_bytes()),
        None => Ok(()),
    }
}

/// A model without a name of its own is called like what it came from.
fn name_of(paths: &[PathBuf]) -> String {
    let whole = paths.first().map(PathBuf::as_path).filter(|path| *path != Path::new("-"));
    let name = whole.and_then(|path| path.file_stem()).map(|name| name.to_string_lossy().into_owned());
    name.unwrap_or_else(|| "imported".into())
}

fn summary(report: &ImportReport, queues: &[String], args: &Import) -> String {
    // A part has no traces yet: more of them may be in other parts.
    let traces = if args.partial.is_some() || args.emit == "spans" {
        String::new()
    } else {
        format!(" in {} traces", report.traces)
    };
    let mut lines = vec![format!(
        "read {} spans{traces} from {} {} ({:.1} MB) in {:.1} s",
        report.spans,
        report.files,
        if report.files == 1 { "file" } else { "files" },
        report.bytes as f64 / 1e6,
        report.elapsed
    )];
    if args.emit == "model" && args.partial.is_none() {
        lines.extend(render::architecture(report));
        lines.extend_from_slice(queues);
        lines.extend(render::manifests(&report.manifests));
    }
    if !report.warnings.is_empty() {
        lines.push(String::new());
        lines.push("What was odd, or had to be assumed:".into());
        lines.extend(report.warnings.iter().map(render::import_warning));
    }
    if let Some(path) = args.output.as_ref().or(args.partial.as_ref()) {
        lines.push(format!("\nwrote {}", path.display()));
    }
    lines.join("\n")
}
