//! Two sets of traces.
//!
//! An observation is a request, not a call, since calls within one request depend on each other. There are two families of
//! tests, each corrected for its number (Holm 1979): whether requests differ, and what differs within them.

mod differences;
mod measured;
mod only_one;
mod requests;
#[cfg(test)]
mod tests;

use serde::Serialize;
use tracecast_importers::Name;

use super::statistics::holm;
use super::{Estimate, LEVEL, Pair};
use crate::call_tree::{CallTree, Part};
use requests::shared_types;

pub use measured::{Arrivals, measured};
pub use only_one::{Kind, OnlyOne};

/// Where a difference of this part of the base's median would probably have been missed, not seeing one says nothing.
pub const TELLING: f64 = 0.25;

/// What differs between two sets of traces.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceComparison {
    /// Requests compared.
    pub requests: Pair<usize>,
    /// Trees left out since their beginning is missing.
    pub incomplete: Pair<usize>,
    /// How fast requests of all types arrived.
    pub arrivals: Arrivals,
    /// Tests made.
    pub tests: Tests,
    /// By type of requests that both have, the most frequent first.
    pub types: Vec<TypeDifference>,
    /// What only one side has.
    pub only_one: Vec<OnlyOne>,
}

/// Numbers of tests, which are corrected together in each of two families.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tests {
    /// Of response times and errors of requests.
    pub requests: usize,
    /// Of operations within them, and of what only one side has.
    pub within: usize,
}

/// Requests of one type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TypeDifference {
    /// Name of the type.
    pub name: String,
    /// How fast they arrived.
    pub arrivals: Arrivals,
    /// From request to reply, in seconds.
    pub response_time: Difference,
    /// Share of requests that failed.
    pub errors: ShareDifference,
    /// By operation, the largest change of the time on the critical path first.
    pub operations: Vec<OperationDifference>,
}

/// An operation in the requests of one type.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct OperationDifference {
    /// Service.
    pub service: Name,
    /// Operation.
    pub operation: Name,
    /// Its work, or the way to it.
    pub part: Part,
    /// On the critical path. The changes of all operations sum to the change of the mean response time.
    pub critical: Contribution,
    /// Seconds of one call, the mean over those of a request, in requests that make it; absent where a side has none.
    pub time: Option<Difference>,
    /// Calls per request; of the work only.
    pub calls: Option<Difference>,
    /// Share of requests with a failed call of it among those that make it; of the work only.
    pub errors: Option<ShareDifference>,
}

/// What an operation contributes to the mean response time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Contribution {
    /// Seconds per request.
    pub mean: Pair<f64>,
    /// The change.
    pub change: Estimate,
    /// As a part of the change of the response time; negative where it goes the other way. Absent where that is 0.
    pub share: Option<f64>,
}

/// What a test says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The candidate's figure is larger.
    Larger,
    /// It is smaller.
    Smaller,
    /// No difference is seen, and one that matters ([`TELLING`]) probably would have been.
    NotSeen,
    /// None is seen, but there are too few observations to see one that matters.
    CannotTell,
}

/// A quantity observed once per request.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Requests that have it.
    pub observations: Pair<usize>,
    /// Means.
    pub mean: Pair<f64>,
    /// Medians.
    pub median: Pair<f64>,
    /// 95th percentiles.
    pub p95: Pair<f64>,
    /// Change of the mean (Welch 1947).
    pub change: Estimate,
    /// How much larger values of the candidate are, whatever the tails (Hodges and Lehmann 1963).
    pub shift: Estimate,
    /// Part of the pairs in which the candidate's value is larger, ties by half: 0.5 where nothing differs.
    pub larger: f64,
    /// Probability of such ranks by chance (Mann and Whitney 1947).
    pub p: f64,
    /// The same over all tests of its family (Holm 1979).
    pub adjusted_p: f64,
    /// Whether it differs.
    pub finding: Finding,
    /// The smallest shift that one such test would have seen in 4 of 5 cases; absent where there are too few for any.
    pub detectable: Option<f64>,
}

/// A share of requests.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ShareDifference {
    /// Requests.
    pub of: Pair<usize>,
    /// Those that do.
    pub hits: Pair<usize>,
    /// The change of the share (Newcombe 1998).
    pub change: Estimate,
    /// Probability by chance (Fisher 1935).
    pub p: f64,
    /// The same over all tests of its family (Holm 1979).
    pub adjusted_p: f64,
}

impl Difference {
    /// The shift as a part of the base's median; absent where that is 0.
    pub fn relative_shift(&self) -> Option<f64> {
        (self.median.base > 0.0).then(|| self.shift.value / self.median.base)
    }

    /// Is there a difference that chance does not explain?
    pub fn is_significant(&self) -> bool {
        matches!(self.finding, Finding::Larger | Finding::Smaller)
    }
}

impl ShareDifference {
    /// Is there a difference that chance does not explain?
    pub fn is_significant(&self) -> bool {
        self.adjusted_p <= LEVEL
    }
}

impl TraceComparison {
    /// The types whose response time has become significantly longer, by more than this part of the base's median.
    pub fn regressions(&self, more_than: f64) -> impl Iterator<Item = &TypeDifference> {
        self.types.iter().filter(move |requests| {
            let time = &requests.response_time;
            time.finding == Finding::Larger && time.relative_shift().is_none_or(|shift| shift > more_than)
        })
    }
}

/// Compares the requests of two sets of call trees.
///
/// Types of requests are told apart among both sets together. A type of which either side has none is paired with the only
/// other such type of the same operation on the other side, if there is one: then the requests call others than before.
pub fn compare_traces(trees: Pair<&[CallTree]>) -> TraceComparison {
    let sides = shared_types(trees);
    let mut comparison = TraceComparison {
        requests: sides.count(),
        incomplete: sides.incomplete,
        arrivals: Arrivals::new(&sides.begins()),
        tests: Tests::default(),
        types: sides.types.iter().filter_map(differences::of_type).collect(),
        only_one: only_one::find(&sides),
    };
    correct(&mut comparison);
    comparison
}

/// Corrects the tests of each family, and says what they find.
fn correct(comparison: &mut TraceComparison) {
    comparison.tests = Tests {
        requests: correct_family(comparison, each_of_requests),
        within: correct_family(comparison, each_within),
    };
    for requests in &mut comparison.types {
        requests.response_time.settle();
        for operation in &mut requests.operations {
            operation.time.iter_mut().chain(&mut operation.calls).for_each(Difference::settle);
        }
    }
}

/// Looks at all tests of a family, always in the same order.
type Family = fn(&mut TraceComparison, &mut dyn FnMut(Test<'_>));

/// The two figures of a test that the correction takes and sets.
struct Test<'a> {
    p: f64,
    adjusted_p: &'a mut f64,
}

impl Difference {
    fn test(&mut self) -> Test<'_> {
        Test { p: self.p, adjusted_p: &mut self.adjusted_p }
    }
}

impl ShareDifference {
    fn test(&mut self) -> Test<'_> {
        Test { p: self.p, adjusted_p: &mut self.adjusted_p }
    }
}

/// Returns the number of tests.
fn correct_family(comparison: &mut TraceComparison, each: Family) -> usize {
    let mut probabilities = Vec::new();
    each(comparison, &mut |test| probabilities.push(test.p));
    let mut adjusted = holm(&probabilities).into_iter();
    each(comparison, &mut |test| {
        if let Some(adjusted) = adjusted.next() {
            *test.adjusted_p = adjusted;
        }
    });
    probabilities.len()
}

fn each_of_requests(comparison: &mut TraceComparison, look: &mut dyn FnMut(Test<'_>)) {
    for requests in &mut comparison.types {
        look(requests.response_time.test());
        look(requests.errors.test());
    }
}

fn each_within(comparison: &mut TraceComparison, look: &mut dyn FnMut(Test<'_>)) {
    for operation in comparison.types.iter_mut().flat_map(|requests| &mut requests.operations) {
        operation.time.iter_mut().chain(&mut operation.calls).for_each(|each| look(each.test()));
        operation.errors.iter_mut().for_each(|errors| look(errors.test()));
    }
    comparison.only_one.iter_mut().for_each(|one| look(one.requests.test()));
}
