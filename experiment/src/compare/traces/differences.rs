//! The figures of one type of requests on both sides.

use std::collections::{BTreeMap, BTreeSet};

use super::super::statistics::{
    Estimate, fisher, hodges_lehmann, mann_whitney, mean, newcombe, quantile, welch,
};
use super::requests::Requests;
use super::{
    Arrivals, Contribution, Difference, Finding, LEVEL, OperationDifference, Pair, ShareDifference, TELLING,
    TypeDifference,
};
use crate::call_tree::{CallTree, Part, Spent, Sum, as_seconds, of_request};

/// The quantile of the normal distribution for 4 of 5 over that for the interval (Cohen 1988, "Statistical Power Analysis",
/// section 2.3): a shift of so many half widths more than one is seen in 4 of 5 cases.
const POWER: f64 = 0.841_621 / 1.959_964;

/// `None` where one side has none.
pub(super) fn of_type(requests: &Pair<Requests<'_>>) -> Option<TypeDifference> {
    let trees = requests.as_ref().map(|side| side.trees.as_slice());
    let spent = trees.map(|trees| trees.iter().map(|tree| of_request(tree)).collect::<Vec<_>>());
    let response_time = Pair {
        base: trees.base.iter().map(|tree| tree.response_time()).collect::<Vec<f64>>(),
        candidate: trees.candidate.iter().map(|tree| tree.response_time()).collect(),
    };
    let times = Difference::of(response_time.as_ref().map(Vec::as_slice))?;
    let change = times.change.value;
    let operations: BTreeSet<Spent<'_>> =
        spent.base.iter().chain(&spent.candidate).flat_map(BTreeMap::keys).copied().collect();
    let mut operations: Vec<OperationDifference> =
        operations.into_iter().map(|operation| of_operation(operation, spent.as_ref(), change)).collect();
    operations.sort_by(|a, b| b.critical.change.value.abs().total_cmp(&a.critical.change.value.abs()));
    let failed = |trees: &[&CallTree]| trees.iter().filter(|tree| tree.root().error).count();
    Some(TypeDifference {
        name: requests.base.name.clone(),
        arrivals: Arrivals::new(&trees.map(|trees| trees.iter().map(|tree| tree.begin).collect())),
        response_time: times,
        errors: ShareDifference::new(trees.map(failed), trees.map(<[_]>::len)),
        operations,
    })
}

fn of_operation(
    operation: Spent<'_>,
    requests: Pair<&Vec<BTreeMap<Spent<'_>, Sum>>>,
    change: f64,
) -> OperationDifference {
    let (service, name, part) = operation;
    let each = requests.map(|requests| {
        requests.iter().map(|sums| sums.get(&operation).copied().unwrap_or_default()).collect::<Vec<Sum>>()
    });
    let values = |of: fn(&Sum) -> Option<f64>| {
        each.as_ref().map(|sums| sums.iter().filter_map(of).collect::<Vec<f64>>())
    };
    let difference = |of: fn(&Sum) -> Option<f64>| Difference::of(values(of).as_ref().map(Vec::as_slice));
    let critical = values(|sum| Some(as_seconds(sum.critical)));
    let contribution = welch(&critical.base, &critical.candidate);
    let counted = |is: fn(&Sum) -> bool| each.as_ref().map(|sums| sums.iter().filter(|sum| is(sum)).count());
    let callers = counted(|sum| sum.calls > 0);
    let work = part == Part::Work && callers.base > 0 && callers.candidate > 0;
    OperationDifference {
        service: service.clone(),
        operation: name.clone(),
        part,
        critical: Contribution {
            mean: critical.as_ref().map(|values| mean(values)),
            change: contribution,
            share: (change != 0.0).then(|| contribution.value / change),
        },
        time: difference(|sum| (sum.calls > 0).then(|| as_seconds(sum.all) / sum.calls as f64)),
        calls: if work { difference(|sum| Some(sum.calls as f64)) } else { None },
        errors: work.then(|| ShareDifference::new(counted(|sum| sum.errors > 0), callers)),
    }
}

impl Difference {
    /// Compares two samples; `None` where one is empty. What it finds is only said by [`settle`](Self::settle).
    pub(super) fn of(values: Pair<&[f64]>) -> Option<Self> {
        let test = mann_whitney(values.base, values.candidate)?;
        let shift = hodges_lehmann(values.base, values.candidate)?;
        let observations = values.map(<[_]>::len);
        let sorted = values.map(|values| {
            let mut values = values.to_vec();
            values.sort_by(f64::total_cmp);
            values
        });
        let at = |part: f64| sorted.as_ref().map(|sorted| quantile(sorted, part).unwrap_or(f64::NAN));
        let half_width = shift.interval.map(|[low, high]| (high - low) / 2.0);
        Some(Self {
            observations,
            mean: values.map(mean),
            median: at(0.5),
            p95: at(0.95),
            change: welch(values.base, values.candidate),
            shift,
            larger: test.u / (observations.base as f64 * observations.candidate as f64),
            p: test.p,
            adjusted_p: 1.0,
            finding: Finding::CannotTell,
            detectable: half_width.map(|half_width| half_width * (1.0 + POWER)),
        })
    }

    /// Says what the corrected test finds.
    pub(super) fn settle(&mut self) {
        self.finding = if self.adjusted_p <= LEVEL {
            if self.larger > 0.5 { Finding::Larger } else { Finding::Smaller }
        } else if self.detectable.is_some_and(|seen| seen <= TELLING * self.median.base) {
            Finding::NotSeen
        } else {
            Finding::CannotTell
        };
    }
}

impl ShareDifference {
    /// Compares two shares of at least one request each.
    pub(super) fn new(hits: Pair<usize>, of: Pair<usize>) -> Self {
        let (hits_of, all) = ([hits.base, hits.candidate], [of.base, of.candidate]);
        let change: Estimate = newcombe(hits_of, all);
        Self { of, hits, change, p: fisher(hits_of, all), adjusted_p: 1.0 }
    }
}
