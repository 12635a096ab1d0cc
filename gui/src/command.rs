//! What a panel may ask for.

use std::path::PathBuf;

use tracecast_calibration::Plan;

use crate::export::Export;
use crate::project::Change;
use crate::state::Element;
use crate::sweep::SweepRequest;
use crate::worker::{Lane, PlanRequest};

/// A wish of the user, carried out after all panels are drawn.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// Open these files or folders: a project, a model, or traces.
    Open(Vec<PathBuf>),
    /// Open an example, by its position.
    OpenExample(usize),
    /// Ask for something to open, in the desktop's dialog.
    AskToOpen,
    /// Close what is open.
    Close,
    /// Save the project in its file; ask for one where it has none.
    Save,
    /// Save the project in this file.
    SaveAs(PathBuf),
    /// Write something into a file.
    Export(&'static Export, PathBuf),
    /// Ask for the file of a picture of the window, in the desktop's dialog.
    AskForScreenshot,
    /// Write a picture of the window into this file.
    Screenshot(PathBuf),
    /// Ask for the file to write something into, in the desktop's dialog.
    AskToExport(&'static Export),
    /// Give the shown scenario these loads, as on the command line; their files are read.
    Load(Vec<String>),
    /// Fit parameters of the model to the measured runs.
    Calibrate(Box<Plan>),
    /// Tell a problem.
    Complain(String),
    /// Change the project.
    Change(Change),
    /// Show this scenario.
    Select(usize),
    /// Compare with this scenario.
    Compare(usize),
    /// Take the last change back.
    Undo,
    /// Make it again.
    Redo,
    /// Choose something in the architecture.
    Choose(Option<Element>),
    /// Show the services of a group one by one.
    Unfold(String),
    /// Show all services of a large system, or the busiest of them.
    ShowAll(bool),
    /// Open a view, by its name.
    View(&'static str),
    /// Have answers of these scenarios too, by their positions, from now on.
    Want(Vec<usize>),
    /// Predict the shown scenario over a range of values.
    Sweep(SweepRequest),
    /// Find the cheapest of these settings of the shown scenario that meets the objectives.
    Plan(PlanRequest),
    /// Find out what would help the shown scenario.
    Remedies,
    /// Stop what a lane does.
    Stop(Lane),
    /// Predict what was stopped.
    Resume,
    /// Show a hint of the first-run tour, or no more of them.
    Hint(Option<usize>),
    /// Forget the message that is shown.
    Dismiss,
}
