//! Analytic engines of tracecast: bounds, mean value analysis, layered queueing, bursts.
//!
//! [`Analytic`] is the engine. It hands a system to the first of its [`methods`] that covers the load:
//!
//! | load | method | what it computes |
//! |---|---|---|
//! | `Closed`, `Poisson`, mixed | [`layered`](methods::Layered) | steady state: means of all elements |
//! | `SerialClient`; `Burst` of constant tasks | [`burst`](methods::BurstDrain) | makespan and completion times of counted requests |
//! | `Burst`, `Profile`, `Replay`, beside others too | [`fluid`](methods::Fluid) | numbers over time with their spread; makespans; replicas under autoscalers; clients who give up and try again |
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
mod failures;
mod fit;
mod fluid;
mod layered;
mod moments;
mod normal;

use tracecast_model::{
    Engine, EngineOptions, Index, OperationId, PredictError, Prediction, RunControl, System, Workload, visits,
};

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
        Ok(self.predict_from(None, system, options, control)?.0)
    }
}

/// Where a steady-state solution ended, as a start for those of similar systems.
pub struct Start(layered::Fixed);

impl Analytic {
    /// Predicts as [`Engine::predict`] does, beginning where the solution of a similar system ended: what-ifs and sweeps
    /// then take a few rounds. A start from a system of another structure, or a load that no steady state answers, is
    /// solved from nothing.
    ///
    /// The answer is within the tolerance of the one without a start, not the same to the last digit; solve every point
    /// from the same start to get the same bytes in any order. The start for the next is absent where there is none.
    ///
    /// # Errors
    /// Those of [`Engine::predict`].
    pub fn predict_from(
        &self,
        start: Option<&Start>,
        system: &System,
        options: &EngineOptions,
        control: &RunControl<'_>,
    ) -> Result<(Prediction, Option<Start>), PredictError> {
        PredictError::check(system, options)?;
        let system = &*system.on_network();
        let written = system.failures_written_out();
        let solved = written.as_ref().map_or(system, |written| &written.system);
        let method = methods::all().iter().find(|method| method.covers(solved));
        // Every load ends or does not, so that there is one.
        let method = method.ok_or_else(|| unsupported("these loads together", "workloads"))?;
        let (mut prediction, start) = method.predict_from(start, solved, options, control)?;
        if let Some(written) = &written {
            failures::report(&mut prediction, system, written);
        }
        Ok((prediction, start))
    }
}

/// An error that names what this engine does not cover.
pub(crate) fn unsupported(what: impl Into<String>, element: impl Into<String>) -> PredictError {
    PredictError::Unsupported { engine: ENGINE, what: what.into(), element: element.into() }
}

/// What one request of a workload brings about.
pub(crate) struct Visits {
    /// The operations that it asks for, with their shares.
    pub(crate) entries: Vec<(OperationId, f64)>,
    /// Mean executions of every operation.
    pub(crate) executions: Vec<f64>,
}

/// Follows the calls from the entries of a workload.
pub(crate) fn visits_of(
    system: &System,
    index: &Index,
    edges: &[visits::Edge],
    workload: &Workload,
) -> Result<Visits, PredictError> {
    let entries: Vec<(OperationId, f64)> = workload
        .shares()
        .filter_map(|(name, share)| index.operation(name).map(|operation| (operation, share)))
        .collect();
    let executions = visits::visits(edges, index.operation_count(), &entries)
        .map_err(|cycle| cyclic(system, index, cycle.0))?;
    Ok(Visits { entries, executions })
}

/// An operation that calls itself in the end, of which validation refuses all but those by messages.
pub(crate) fn cyclic(system: &System, index: &Index, operation: OperationId) -> PredictError {
    let name = index.name(system, operation);
    unsupported("calls that form a cycle", format!("operation \"{name}\""))
}

/// A name that nothing bears, which validation refuses before any method sees it.
pub(crate) fn unresolved(error: &tracecast_model::UnknownName) -> PredictError {
    unsupported("a name that nothing bears", error.to_string())
}
