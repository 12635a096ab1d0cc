//! `tracecast report`: one page of results.

use std::path::Path;

use tracecast_report::Report;

use super::Session;
use crate::args::Report as Args;
use crate::exit::{Exit, Failure};
use crate::{input, output};

pub(super) fn run(args: &Args, session: &Session) -> Result<Exit, Failure> {
    let mut report = Report::default();
    for path in &args.results {
        let name = if path == Path::new("-") { "standard input".into() } else { path.display().to_string() };
        report.add(&name, &input::text(path)?).map_err(|error| {
            let failure = Failure::at(&name, &error.message);
            match error.hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })?;
    }
    output::write(&args.output, report.page(&args.title).as_bytes())?;
    session.remark(&format!("{}: {} results", args.output.display(), args.results.len()));
    Ok(Exit::Done)
}
