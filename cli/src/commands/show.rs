//! `tracecast show`: the architecture picture of a model; for traces, see `show_traces`.

use std::path::Path;

use tracecast_experiment::picture;
use tracecast_model::System;

use super::{Session, print, show_traces};
use crate::args::Show;
use crate::exit::{Exit, Failure};
use crate::input::{self, ModelOrSpans};
use crate::{output, render};

pub(super) fn run(args: &Show, session: &Session) -> Result<Exit, Failure> {
    match input::model_or_spans(&args.paths, args.format.as_deref())? {
        ModelOrSpans::Model(system) => show_model(&system, args),
        ModelOrSpans::Spans(intake) => show_traces::run(*intake, args, session),
    }
}

fn show_model(system: &System, args: &Show) -> Result<Exit, Failure> {
    let asked = [
        ("--trace", args.trace.is_some()),
        ("--breakdown", args.breakdown),
        ("--stragglers", args.stragglers),
        ("--json", args.json),
    ];
    if let Some((option, _)) = asked.iter().find(|(_, asked)| *asked) {
        let failure = Failure::new(format_args!("{option} is for traces, and this is a model"));
        return Err(failure.hint("tracecast predict MODEL --breakdown tells where a model's time is spent"));
    }
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
        Some("dot") => Ok(picture::dot(&picture).into_bytes()),
        Some("svg" | "png") => image(path, picture::svg(&picture)),
        _ => Err(Failure::at(path.display(), "pictures are written as .svg, .png or .dot")),
    }
}

/// An SVG as it is, or drawn as PNG, as the file's name asks for.
pub(super) fn image(path: &Path, svg: String) -> Result<Vec<u8>, Failure> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok(svg.into_bytes()),
        Some("png") => render::png(&svg).map_err(|error| Failure::at(path.display(), error)),
        _ => Err(Failure::at(path.display(), "pictures are written as .svg or .png")),
    }
}
