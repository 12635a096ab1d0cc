//! Traces to a model.
//!
//! Each trace is turned into visits ([`visit`]), of operations whose names hold no identifiers ([`routes`]). Calls are given
//! their places in the course of the operation ([`slots`]), and visits of one operation that take different courses are told
//! apart ([`courses`]). Visits are folded twice, in parallel and into summaries that merge: first into the structure
//! ([`shape`]), from which the steps of every course follow ([`plan`]), then into the times of these steps ([`timing`]). In
//! between one sweep over the visits of each instance ([`timeline`]) tells work from waiting for the processor ([`work`],
//! [`cores`]). The summaries grow with the number of operations, not of spans. Last, numbers of calls ([`count`]) and times
//! ([`fit`]) become those of a model ([`build`]).

mod arrivals;
mod build;
mod cores;
mod count;
mod courses;
mod cycle;
mod fit;
mod idle;
mod parameters;
mod plan;
mod queue;
mod reply;
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

use std::collections::HashSet;

use rayon::prelude::*;
use tracecast_model::System;

use crate::{ImportError, ImportReport, Name, Trace};
use build::Findings;
use role::Roles;
use routes::Routes;
use shape::Shape;
use timing::Timing;
use visit::{Known, Visit};
use work::Worked;

/// Traces folded by one task. Fixed, so that sums do not depend on the number of threads.
const CHUNK: usize = 256;

/// Extracts the model that the traces show, and completes the report by what it is made of and what was assumed.
///
/// The model always passes [`tracecast_model::validate()`] without errors.
///
/// # Errors
/// [`ImportError::NoSpans`] where no trace has a span that is work.
pub fn extract(traces: &[Trace], report: &mut ImportReport) -> Result<System, ImportError> {
    let visits = all_visits(traces, report);
    let shape = fold(&visits, |shape: &mut Shape, visits: &Vec<Visit>| shape.add(visits), Shape::merge);
    if shape.operations.is_empty() {
        return Err(ImportError::NoSpans);
    }
    let plans = plan::plans(&shape);
    let roles = Roles::new(&shape);
    let mut work: Vec<Worked<'_>> =
        visits.par_iter().map(|visits| (visits.as_slice(), work::self_times(visits, &plans))).collect();
    let cores = work::share_processors(&mut work, &roles, &shape);
    let add = |timing: &mut Timing, (visits, segments): &Worked<'_>| timing.add(visits, segments, &plans);
    let timing = fold(&work, add, Timing::merge);
    let queues = queue::queues(visits.iter().map(Vec::as_slice), &plans, report);
    let findings = Findings { shape, plans, roles, cores, timing, queues };
    let mut system = findings.system(report);
    cycle::break_cycles(&mut system, &findings.timing, report);
    report.parameters = parameters::parameters(&findings);
    summary::complete(report, &system);
    Ok(system)
}

/// The visits of every trace.
fn all_visits(traces: &[Trace], report: &mut ImportReport) -> Vec<Vec<Visit>> {
    let services: HashSet<Name> =
        traces.iter().flat_map(|trace| &trace.nodes).map(|node| visit::clean(&node.span.service)).collect();
    let known = Known { services, routes: Routes::new(traces, report) };
    let read = |trace: &Trace| {
        let mut report = ImportReport::default();
        (visit::visits(trace, &known, &mut report), report.warnings)
    };
    let (mut visits, warnings): (Vec<_>, Vec<_>) = traces.par_iter().map(read).unzip();
    reply::mark(&mut visits);
    slots::assign(&mut visits);
    courses::assign(&mut visits);
    idle::mark(&mut visits);
    report.add_warnings(warnings.into_iter().flatten());
    visits
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
