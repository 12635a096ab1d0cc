//! The commands, one file each.

mod batch;
mod calibrate;
mod check;
mod compare;
mod convert;
mod generate;
mod import;
mod plan;
mod predict;
mod report;
mod requests;
mod show;
mod show_traces;
mod tables;
mod validate;

use std::io::{self, Write};
use std::path::Path;

use tracecast_model::lqn::{Unsupported, Written};
use tracecast_model::{Diagnostic, System};

use crate::args::Command;
use crate::exit::{Exit, Failure};

/// What all commands share.
pub(crate) struct Session {
    /// Neither progress nor remarks.
    pub(crate) quiet: bool,
}

impl Session {
    pub(crate) fn new(quiet: bool, threads: Option<usize>) -> Result<Self, Failure> {
        if let Some(threads) = threads {
            if threads == 0 {
                return Err(Failure::new("--threads must be at least 1"));
            }
            rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(Failure::new)?;
        }
        Ok(Self { quiet })
    }

    /// Says something beside the data.
    pub(crate) fn remark(&self, text: &str) {
        if !self.quiet {
            // A closed standard error is no reason to stop.
            let _ = writeln!(io::stderr(), "{text}");
        }
    }
}

/// Runs a command.
pub(crate) fn run(command: Command, session: &Session) -> Result<Exit, Failure> {
    match command {
        Command::Batch(args) => batch::run(&args, session),
        Command::Calibrate(args) => calibrate::run(&args, session),
        Command::Check(args) => check::run(&args),
        Command::Compare(args) => compare::run(&args, session),
        Command::Convert(args) => convert::run(&args, session),
        Command::Generate(args) => generate::run(&args, session),
        Command::Import(args) => import::run(&args, session),
        Command::Plan(args) => plan::run(*args, session),
        Command::Predict(args) => predict::run(*args, session),
        Command::Report(args) => report::run(&args, session),
        Command::Show(args) => show::run(&args, session),
        Command::Validate(args) => validate::run(&args, session),
    }
}

/// Writes data to standard output.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// The text of a model written as LQN, after telling what it does not say.
fn lqn_text(
    written: Result<Written, Unsupported>,
    path: &Path,
    session: &Session,
) -> Result<String, Failure> {
    let Written { text, notes } = written.map_err(|error| Failure::at(path.display(), error))?;
    for note in notes {
        session.remark(&format!("note: {note}"));
    }
    Ok(text)
}

/// Refuses a model with errors, and lists them all.
fn require_valid(place: &str, system: &System) -> Result<(), Failure> {
    let errors = tracecast_model::validate::errors(system);
    if errors.is_empty() {
        return Ok(());
    }
    Err(Failure::at(place, format_args!("the model is not valid{}", list(&errors))))
}

fn list(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| format!("\n  {diagnostic}")).collect()
}
