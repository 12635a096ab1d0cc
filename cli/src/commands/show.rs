//! `tracecast show`: the architecture picture, or a trace as a call tree.

use std::path::Path;

use tracecast_experiment::picture;
use tracecast_importers::assemble;
use tracecast_model::System;

use super::print;
use crate::args::Show;
use crate::exit::{Exit, Failure};
use crate::{input, output, render};

pub(super) fn run(args: &Show) -> Result<Exit, Failure> {
    match args.paths.as_slice() {
        [path] if input::is_model(path) => show_model(&input::model(path)?, args),
        _ => show_traces(args),
    }
}

fn show_model(system: &System, args: &Show) -> Result<Exit, Failure> {
    let Some(path) = &args.output else {
        print(&render::system(system))?;
        return Ok(Exit::Done);
    };
    output::write(path, &draw(system, path)?)?;
    Ok(Exit::Done)
}

/// The picture in the format that the file's name asks for.
fn draw(system: &System, path: &Path) -> Result<Vec<u8>, Failure> {
    let picture = picture::layout(system);
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok(picture::svg(&picture).into_bytes()),
        Some("dot") => Ok(picture::dot(&picture).into_bytes()),
        Some("png") => {
            render::png(&picture::svg(&picture)).map_err(|error| Failure::at(path.display(), error))
        }
        _ => Err(Failure::at(path.display(), "pictures are written as .svg, .png or .dot")),
    }
}

fn show_traces(args: &Show) -> Result<Exit, Failure> {
    if let Some(path) = &args.output {
        return Err(Failure::at(path.display(), "call trees of traces are printed as text only, so far")
            .hint(
                "leave out -o; or draw the architecture: tracecast import … -o system.json, then show it",
            ));
    }
    let intake = input::spans(&args.paths, None)?;
    let mut report = intake.report;
    let mut traces = assemble(intake.spans, &mut report);
    traces.sort_by_key(render::trace_duration);
    let chosen = match &args.trace {
        None => traces.get(traces.len() / 2),
        Some(id) => traces.iter().find(|trace| trace.id.to_string().starts_with(id.as_str())),
    };
    match chosen {
        Some(trace) => print(&render::trace(trace))?,
        None => {
            return Err(Failure::new(match &args.trace {
                Some(id) => format!("no trace has an id that begins with \"{id}\""),
                None => "there are no traces in the input".to_string(),
            }));
        }
    }
    Ok(Exit::Done)
}
