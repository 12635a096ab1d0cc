//! Drain of counted requests: makespan and completion times.
//!
//! # Approach
//! A finite load passes through a *front* (all that a request waits for) and then through *stages* (services that
//! get its messages). Both are recursions over the requests in the order in which they are served:
//!
//! * The front of a burst is a closed network that loses its customers one by one: with n left, the next leaves after
//!   1/X(n), X being its throughput by mean value analysis ([`front`]). A serial client's k-th post is back after k
//!   response times.
//! * A stage with c threads takes its messages first come first served: the recursion of Kiefer and Wolfowitz (1955)
//!   over the times at which its threads become free. Means, variances and covariances of these times are carried
//!   through its maxima and minima by Clark's (1961) formulas ([`workers`]). Without variance that is exact, so the
//!   start, starving workers, uneven last rounds and the end, when some threads have nothing left, come out right;
//!   with variance it costs the error of taking the times as normal.
//! * How long a thread is held depends on how many others are busy beside it: the residence time in a closed network
//!   with so many customers ([`rates`]).
//!
//! The clock of a [`SerialClient`](tracecast_model::SerialClient) is read by [`clock`].

mod clock;
mod front;
mod greatest;
mod plan;
mod rates;
mod report;
mod stage;
mod workers;

use tracecast_model::{EngineOptions, PredictError, Prediction, RunControl, Status, System};

use plan::Plan;

/// Follows the only workload of the system to its end.
pub(crate) fn predict(
    method: &str,
    system: &System,
    options: &EngineOptions,
    control: &RunControl<'_>,
) -> Result<Prediction, PredictError> {
    let plan = Plan::new(system)?;
    let mut prediction = Prediction::new(crate::ENGINE, method);
    let mut solver = rates::Solver::new(&plan, options, control);
    let front = front::departures(&plan, &mut solver)?;
    let stages = stage::all(&plan, &front, &mut solver)?;
    prediction.status = solver.status();
    prediction.iterations = Some(solver.iterations());
    if prediction.status != Status::Cancelled {
        report::fill(&plan, &front, &stages, &mut prediction);
    }
    Ok(prediction)
}
