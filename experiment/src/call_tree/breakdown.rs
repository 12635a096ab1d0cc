//! Time by request type and operation.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tracecast_importers::{Name, Nanos};

use super::{CallTree, RequestType, as_seconds, critical_path};

/// Where requests spent their time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breakdown {
    /// By type, the most frequent first.
    pub types: Vec<TypeBreakdown>,
    /// Trees left out since their beginning is missing.
    pub incomplete: usize,
}

/// The requests of one type. All times are means per request, in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TypeBreakdown {
    /// Name of the type.
    pub name: String,
    /// How many there are.
    pub requests: usize,
    /// How many of them failed.
    pub failed: usize,
    /// From request to reply. The `critical_time` of all `operations` sums to it.
    pub response_time: f64,
    /// By operation, the most critical time first.
    pub operations: Vec<OperationTime>,
}

/// An operation in the requests of one type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationTime {
    /// Service.
    pub service: Name,
    /// Operation.
    pub operation: Name,
    /// Work of the operation, or what lies between it and its callers?
    pub part: Part,
    /// Seconds per request on its critical path ([`critical_path()`]).
    pub critical_time: f64,
    /// Seconds per request in all, whether anything waited for it or not: handle time ([`own`](super::Call::own)), or
    /// [`network`](super::Call::network).
    pub time: f64,
    /// Calls per request.
    pub calls: f64,
    /// Failed calls per request; counted with the work.
    pub errors: f64,
}

/// What a time was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The work of an operation, without the calls that it waits for.
    Work,
    /// Between the caller's side of a call and the callee's: network, proxies, and queues on the way.
    Network,
}

/// An operation, and what its time was spent on.
pub(crate) type Spent<'a> = (&'a Name, &'a Name, Part);

/// What one or more requests spent on an operation.
#[derive(Clone, Copy, Default)]
pub(crate) struct Sum {
    /// On the critical path.
    pub(crate) critical: Nanos,
    /// In all.
    pub(crate) all: Nanos,
    /// Calls.
    pub(crate) calls: usize,
    /// Calls that failed.
    pub(crate) errors: usize,
}

/// What one request spent.
pub(crate) fn of_request(tree: &CallTree) -> BTreeMap<Spent<'_>, Sum> {
    let mut sums = BTreeMap::<Spent<'_>, Sum>::new();
    for call in &tree.calls {
        let work = sums.entry((&call.service, &call.operation, Part::Work)).or_default();
        work.all += call.own;
        work.calls += 1;
        work.errors += usize::from(call.error);
        if let Some(network) = call.network {
            let way = sums.entry((&call.service, &call.operation, Part::Network)).or_default();
            way.all += network;
            way.calls += 1;
        }
    }
    for segment in critical_path(tree) {
        let call = &tree.calls[segment.call];
        sums.entry((&call.service, &call.operation, segment.part)).or_default().critical +=
            segment.end - segment.start;
    }
    sums
}

/// The services of these types, those with the most time (on critical paths and in all) first: the order of their colors.
pub fn by_time(types: &[TypeBreakdown]) -> Vec<&str> {
    let mut totals = BTreeMap::<&str, f64>::new();
    for operation in types.iter().flat_map(|requests| &requests.operations) {
        if operation.part == Part::Work {
            *totals.entry(&operation.service).or_default() += operation.critical_time + operation.time;
        }
    }
    let mut services: Vec<(&str, f64)> = totals.into_iter().collect();
    services.sort_by(|a, b| b.1.total_cmp(&a.1));
    services.into_iter().map(|(service, _)| service).collect()
}

/// Sums up the time of the requests of each type.
pub fn breakdown(trees: &[CallTree], types: &[RequestType]) -> Breakdown {
    let used: usize = types.iter().map(|requests| requests.trees.len()).sum();
    Breakdown {
        types: types.iter().map(|requests| of_type(trees, requests)).collect(),
        incomplete: trees.len() - used,
    }
}

fn of_type(trees: &[CallTree], requests: &RequestType) -> TypeBreakdown {
    let mut sums = BTreeMap::<Spent<'_>, Sum>::new();
    let mut total = 0;
    for tree in requests.trees.iter().map(|&tree| &trees[tree]) {
        total += tree.root().seen.length();
        for (spent, of_request) in of_request(tree) {
            let sum = sums.entry(spent).or_default();
            sum.critical += of_request.critical;
            sum.all += of_request.all;
            sum.calls += of_request.calls;
            sum.errors += of_request.errors;
        }
    }
    let count = requests.trees.len() as f64;
    let mut operations: Vec<OperationTime> = sums
        .into_iter()
        .map(|((service, operation, part), sum)| OperationTime {
            service: service.clone(),
            operation: operation.clone(),
            part,
            critical_time: as_seconds(sum.critical) / count,
            time: as_seconds(sum.all) / count,
            calls: sum.calls as f64 / count,
            errors: sum.errors as f64 / count,
        })
        .collect();
    operations
        .sort_by(|a, b| b.critical_time.total_cmp(&a.critical_time).then_with(|| b.time.total_cmp(&a.time)));
    TypeBreakdown {
        name: requests.name.clone(),
        requests: requests.trees.len(),
        failed: requests.trees.iter().filter(|&&tree| trees[tree].root().error).count(),
        response_time: as_seconds(total) / count,
        operations,
    }
}
