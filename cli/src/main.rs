//! `tracecast`: from traces to forecasts, on the command line.
//!
//! This crate reads files, calls the other crates, and renders. It holds no modelling code. Data goes to standard
//! output, messages and progress to standard error; the exit status is an [`Exit`](exit::Exit).

mod args;
mod commands;
mod exit;
mod input;
mod output;
mod progress;
mod render;

use clap::Parser;

fn main() -> std::process::ExitCode {
    let args = args::Args::parse();
    let session = commands::Session::new(args.quiet, args.threads);
    exit::report(session.and_then(|session| commands::run(args.command, &session)))
}
