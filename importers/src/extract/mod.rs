//! Traces to a model.
//!
//! Operations, whose names hold no identifiers ([`routes`]), are numbered in the order of their names ([`operations`]); from
//! then on nothing is looked up or compared by name. Each trace is turned into visits ([`visit`]). Calls are given their
//! places in the course of the operation ([`slots`]), and visits of one operation that take different courses are told apart
//! ([`courses`]); before, further attempts at a call are made one with it ([`retries`]), and visits that a failed call has
//! ended are set aside ([`failures`]). Visits are folded twice, in parallel and into summaries that merge: first into the structure ([`shape`]),
//! from which the steps of every course follow ([`plan`]), then into the times of these steps ([`timing`]). In between one
//! sweep over the visits of each replica ([`timeline`]) tells work from waiting for the processor ([`work`], [`cores`]). The
//! summaries grow with the number of operations, not of spans. Last, numbers of calls ([`count`]) and times ([`fit`]) become
//! those of a model ([`build`]).

mod build;
mod cores;
mod count;
mod courses;
mod cycle;
mod failures;
mod fit;
mod idle;
mod moments;
mod naming;
mod operations;
mod parameters;
mod plan;
mod queue;
mod reply;
mod retries;
mod role;
mod routes;
mod shape;
mod sketch;
mod slots;
mod summary;
mod timeline;
mod timing;
mod visit;
mod work;
mod workload;

use rayon::prelude::*;
use tracecast_model::System;

use crate::assemble::CHUNK;
use crate::{ImportError, ImportReport, Trace};
use build::Findings;
use failures::Failures;
use operations::Operations;
use retries::Retries;
use role::Roles;
use shape::Shape;
use timing::Timing;
use visit::Visit;
use work::Worked;
pub use workload::ArrivalModel;

/// Extracts the model that the traces show, and completes the report by what it is made of and what was assumed.
///
/// The model always passes [`tracecast_model::validate()`] without errors.
///
/// # Errors
/// [`ImportError::NoSpans`] where no trace has a span that is work.
pub fn extract(
    traces: &[Trace],
    model: ArrivalModel,
    report: &mut ImportReport,
) -> Result<System, ImportError> {
    let operations = Operations::new(traces, report);
    let (visits, failures, retries) = visits(traces, &operations, report);
    let shape = fold(&visits, |shape: &mut Shape, visits: &Vec<Visit>| shape.add(visits), Shape::merge);
    if shape.operations.is_empty() {
        return Err(ImportError::NoSpans);
    }
    let plans = plan::plans(&shape);
    let roles = Roles::new(&shape);
    let mut work: Vec<Worked<'_>> =
        visits.par_iter().map(|visits| (visits.as_slice(), work::self_times(visits, &plans))).collect();
    let cores = work::share_processors(&mut work, &operations, &roles, &shape);
    let timing = Timing::new(&work, &plans);
    let queues = queue::queues(&visits, &plans, &operations, report);
    work.into_par_iter().for_each(drop); // Many small parts take as long to free as to fill.
    visits.into_par_iter().for_each(drop);
    let findings = Findings { operations, shape, plans, roles, cores, timing, queues, failures, retries };
    let mut system = findings.system(report);
    let driven = workload::driven(model, &findings.shape, &findings.timing, &findings.operations, report);
    system.workloads = driven.workloads;
    cycle::break_cycles(&mut system, &findings, report);
    report.parameters = driven.parameters;
    report.parameters.extend(parameters::parameters(&findings));
    summary::complete(report, &system);
    Ok(system)
}

/// The visits of every trace, and what failed in them.
fn visits(
    traces: &[Trace],
    operations: &Operations,
    report: &mut ImportReport,
) -> (Vec<Vec<Visit>>, Failures, Retries) {
    let mut visits = visit::all(traces, operations, report);
    reply::mark(&mut visits);
    let retries = retries::join(&mut visits);
    let failures = failures::mark(&mut visits);
    slots::assign(&mut visits);
    courses::assign(&mut visits);
    idle::mark(&mut visits, operations);
    (visits, failures, retries)
}

/// Folds all items, in parallel over chunks whose results are merged in order.
fn fold<T: Sync, S: Default + Send>(
    items: &[T],
    add: impl Fn(&mut S, &T) + Sync,
    mut merge: impl FnMut(&mut S, S),
) -> S {
    let chunk = |items: &[T]| {
        let mut summary = S::default();
        items.iter().for_each(|item| add(&mut summary, item));
        summary
    };
    let parts: Vec<S> = items.par_chunks(CHUNK).map(chunk).collect();
    let mut whole = S::default();
    parts.into_iter().for_each(|part| merge(&mut whole, part));
    whole
}
