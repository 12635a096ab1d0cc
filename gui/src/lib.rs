//! The what-if workbench: a window that opens models and traces, shows the architecture, and predicts what changes do.
//!
//! [`App`] owns the [`AppState`], the panels (a list in `panels`) and the workers, threads of their own (`worker`). Panels
//! read the state and ask for [`Command`]s. What the user makes is a [`Project`]: scenarios, each a list of changes to the
//! open model. `App::keep_up` gives the engines the scenarios whose answers are missing; what they find comes back as
//! updates of the state. Reading files, layout and prediction happen on the workers only, so the window never waits.

mod answers;
mod app;
mod capture;
mod command;
mod export;
mod figures;
mod format;
mod measured;
mod overview;
mod panels;
mod project;
mod project_file;
mod provenance;
mod recent;
mod remedies;
mod requests;
mod settings;
mod shortcuts;
mod source;
mod state;
mod sweep;
mod theme;
mod tour;
mod walk;
mod worker;

pub use answers::{Answer, Answers, Asked, Figures, Key, Made};
pub use app::{App, Start};
pub use command::Command;
pub use export::{Export, command_line, prediction_json};
pub use measured::{Calibrated, MeasuredRuns};
pub use overview::Overview;
pub use project::{Change, Content, Project, RunOptions, Scenario, Value};
pub use project_file::ProjectFile;
pub use provenance::provenance;
pub use remedies::Remedy;
pub use requests::{Late, Requests, Summary};
pub use source::{EXAMPLES, Example, Origin, Source, Traces};
pub use state::{AppState, Element};
pub use sweep::{Sweep, SweepAxis, SweepRequest, SweepValue};
pub use tour::tour;
pub use walk::Stop;
pub use worker::{Lane, PlanRequest};

/// What the title of every window begins with.
pub const TITLE: &str = "tracecast";
