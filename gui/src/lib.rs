//! The what-if workbench: a window that opens a model, shows its architecture, and predicts it.
//!
//! [`App`] owns the [`AppState`], the panels (a list in `panels`) and the worker, a thread of its own (`worker`).
//! Panels read the state and ask for [`Command`]s; commands become jobs of the worker; what it finds comes back as
//! messages, which change the state. Reading files, layout and prediction happen on the worker only, so the window
//! never waits.

mod app;
mod capture;
mod command;
mod panels;
mod state;
mod theme;
mod worker;

pub use app::{App, Start};
pub use command::Command;
pub use state::{Answer, AppState, Model, Run};

/// What the title of every window begins with.
pub const TITLE: &str = "tracecast";
