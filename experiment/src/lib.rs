//! Scenarios, sweeps and pictures: what the command line and the window share.
//!
//! * [`predict`] runs an engine; [`engines()`] lists them. [`record`] records single requests of a simulation.
//! * [`Edit`] changes one setting of a system by its path (`crop.replicas=2`), [`LoadSpec`] sets the load
//!   (`burst:500`), [`Slo`] judges a prediction (`p95<500ms`). All three are read from the same texts everywhere.
//! * [`Scenario`] is a system with edits and loads on it; [`sweep`] runs a grid of them.
//! * [`sensitivity`] says how results react to every parameter, and what one more of each resource brings.
//! * [`compare`] says what differs between two models or two sets of traces, and whether that is significant.
//! * [`generate`] draws synthetic systems.
//! * [`plan`] finds the cheapest settings that meet objectives.
//! * [`picture`] draws the architecture.
//! * [`text`] writes numbers for people.
//! * [`traces`] turns requests that the simulator recorded into spans and tables.
//!
//! Invariant: nothing here knows a queueing formula, and nothing here reads files or prints.

mod edit;
mod engines;
mod load;
mod scenario;
mod settings;
mod slo;
mod violation;

pub mod call_tree;
pub mod compare;
pub mod generate;
pub mod picture;
pub mod plan;
pub mod recovery;
pub mod sensitivity;
pub mod sweep;
pub mod text;
pub mod traces;

pub use edit::{Edit, EditError};
pub use engines::{EngineChoice, UnknownEngine, engines, predict, record};
pub use load::{LoadError, LoadSpec};
pub use scenario::{Scenario, ScenarioError};
pub use settings::{Kind, Scope, Setting, Topic};
pub use slo::{Comparison, Slo, SloError, Verdict};
pub use tracecast_model::{MetricError, MetricPath};
pub use tracecast_simulator::{Recording, TraceOptions};
pub use violation::Violation;
