//! Analytic engines of tracecast: bounds, mean value analysis, layered queueing, bursts.
//!
//! [`Analytic`] is the engine. It hands a system to the first of its [`methods`] that covers the load:
//!
//! | load | method | what it computes |
//! |---|---|---|
//! | `Closed`, `Poisson`, mixed | [`layered`](methods::Layered) | steady state: means of all elements |
//! | `SerialClient`; `Burst` of constant tasks | [`burst`](methods::BurstDrain) | makespan and completion times of counted requests |
//! | `Burst`, `Profile`, `Replay`, beside others too | [`fluid`](methods::Fluid) | numbers over time with their spread; makespans |
//!
//! The parts are methods of their own and can be used alone: [`mva`] (closed product-form networks), [`open`] (single
//! stations under Poisson arrivals), [`bounds`] (limits that need no solution).
//!
//! # Invariants
//! No random numbers, no clock, no printing. Equal input gives equal output; no result depends on the order in which
//! elements are listed, beyond rounding.

pub mod bounds;
pub mod methods;
pub mod mva;
pub mod open;
pub mod transient;

mod burst;
mod fit;
mod fluid;
mod layered;
mod moments;
mod normal;

use tracecast_model::{Engine, EngineOptions, PredictError, Prediction, RunControl, System};

/// The name of the engine in results and errors.
pub(crate) const ENGINE: &str = "analytic";

/// The analytic engine: picks the method by the kind of load.
#[derive(Clone, Copy, Debug, Default)]
pub struct Analytic;

impl Engine for Analytic {
    fn name(&self) -> &'static str {
        ENGINE
    }

    fn summary(&self) -> &'static str {
        "solves the layered queueing network (means at steady load) or the drain of a burst, within milliseconds"
    }

    fn predict(
        &self,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<Prediction, PredictError> {
        PredictError::check(system, options)?;
        let method = methods::all().iter().find(|method| method.covers(system));
        // Every load ends or does not, so that there is one.
        method
            .ok_or_else(|| unsupported("these loads together", "workloads"))?
            .predict(system, options, control)
    }
}

/// An error that names what this engine does not cover.
pub(crate) fn unsupported(what: impl Into<String>, element: impl Into<String>) -> PredictError {
    PredictError::Unsupported { engine: ENGINE, what: what.into(), element: element.into() }
}

/// A name that nothing bears, which validation refuses before any method sees it.
pub(crate) fn unresolved(error: &tracecast_model::UnknownName) -> PredictError {
    unsupported("a name that nothing bears", error.to_string())
}
