//! Calls that took much longer than their peers.
//!
//! Peers are, in this order:
//! * calls that the same call made at the same time (a fan-out), where there are at least [`PEERS`] others;
//! * with fewer, the same group in other requests of the type: who is the slowest far more often than chance makes it;
//! * for all other calls, the same operation, called by the same one in requests of the same type.
//!
//! The request itself is none: nothing within it waits for it.

mod groups;
mod history;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tracecast_importers::{Name, TraceId};

use super::statistics::{binomial_tail, median, rank_probability};
use super::{CallTree, RequestType, as_seconds};

/// A straggler takes at least so many times as long as the median of its peers.
pub const MUCH_LONGER: f64 = 2.0;
/// And so much longer that the difference is at least this part of the request's response time.
pub const RELEVANT: f64 = 0.01;
/// And lies at least so many robust standard deviations above them, the limit that Iglewicz and Hoaglin (1993) recommend.
pub const ROBUST_Z: f64 = 3.5;
/// Fewer peers in a fan-out tell too little by themselves: the median absolute deviation of three is often nearly 0.
pub const PEERS: usize = 4;
/// Fewer other cases of an operation tell too little.
pub const OTHER_CASES: usize = 10;
/// An operation that is late in no more of its requests than this has a tail, as every distribution of times has on a machine
/// that does other things, too.
pub const NOW_AND_THEN: f64 = 0.05;
/// In small groups, one that is the slowest in so many requests that chance makes it so with no more than this
/// probability is a straggler.
pub const CHANCE: f64 = 0.001;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Stragglers {
    /// Every straggler, by what it costs, the most first.
    pub found: Vec<Straggler>,
    /// Calls that were as late by history, of operations that are so only now and then ([`NOW_AND_THEN`]).
    pub single: Vec<Straggler>,
    /// By request type and operation, the most frequent stragglers first.
    pub operations: Vec<StragglingOperation>,
    /// Requests looked at.
    pub requests: usize,
    /// Calls that could not be judged: too few peers, and too few requests of the type.
    pub undecided: usize,
}

/// A call that took much longer than its peers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Straggler {
    /// Its trace.
    pub trace: TraceId,
    /// Name of the type of the request.
    pub request_type: String,
    /// Position of the call in its tree.
    pub call: usize,
    /// Position of the tree.
    #[serde(skip)]
    pub tree: usize,
    /// Its service.
    pub service: Name,
    /// Its operation.
    pub operation: Name,
    /// What it was compared with.
    pub against: Against,
    /// Seconds that the callee worked on it; without the calls that it waited for where it is compared with other requests.
    pub duration: f64,
    /// Median of the peers, in seconds.
    pub typical: f64,
    /// The difference: how much later it ended than had it been as its peers, in seconds.
    pub delay: f64,
    /// Number of peers.
    pub peers: usize,
    /// Robust standard deviations above the peers, of logarithms; absent where they are all equal.
    pub z: Option<f64>,
    /// Probability that chance would make it so slow so often; for [`Against::Group`].
    pub chance: Option<f64>,
    /// How much earlier its caller could have gone on with the peers' median in its place, as far as that lies on the critical
    /// path of the request; in seconds.
    pub cost: f64,
    /// The same as a part of the response time.
    pub cost_share: f64,
    /// "service/operation" in its course where the most of its time on the critical path went; absent where that is itself.
    pub mostly_in: Option<String>,
}

/// What a straggler was compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The calls that were made at the same time.
    Peers,
    /// Few of these, but in many requests.
    Group,
    /// The same operation in other requests of the type.
    History,
}

/// How often an operation straggles.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StragglingOperation {
    /// Name of the type of the requests.
    pub request_type: String,
    /// Its service.
    pub service: Name,
    /// The operation.
    pub operation: Name,
    /// Requests in which it straggles.
    pub requests: usize,
    /// Requests of the type in which it takes part.
    pub of: usize,
    /// Median delay, in seconds.
    pub delay: f64,
    /// Mean share of the response time that it costs, in the requests where it straggles.
    pub cost_share: f64,
    /// Probability at most that chance makes it the slowest of its fan-outs so often; absent where it was found by history
    /// alone. Exact where all have the smallest one's size.
    pub chance: Option<f64>,
}

/// Finds stragglers among the requests of each type.
///
/// A straggler took at least [`MUCH_LONGER`] times as long as the median of its peers, at least [`ROBUST_Z`] robust standard
/// deviations longer, and its delay is at least [`RELEVANT`] of the response time. In groups with fewer than [`PEERS`] others
/// the second is replaced by how often it is the slowest. In a fan-out the whole time at the callee counts,
/// from the arrival there: time on the way is not the service's. Everywhere else it is handle time, so that a
/// call is not named for what it waited for; calls in the course of a straggler that was found by its peers are not named
/// once more. By history, an operation straggles if it is late in significantly more than [`NOW_AND_THEN`] of the requests
/// (a binomial test at the level [`CHANCE`]); else its cases are `single`.
pub fn stragglers(trees: &[CallTree], types: &[RequestType]) -> Stragglers {
    let mut all = Stragglers::default();
    for requests in types {
        let fan_outs = groups::find(trees, requests);
        let (slow, undecided) = history::find(trees, requests, &fan_outs);
        all.requests += requests.trees.len();
        all.undecided += undecided;
        let (often, single) = by_frequency(trees, requests, slow);
        let found: Vec<Straggler> = fan_outs.found.iter().cloned().chain(often).collect();
        all.single.extend(single);
        all.operations.extend(summary(trees, requests, &found, &fan_outs.seats));
        all.found.extend(found);
    }
    for cases in [&mut all.found, &mut all.single] {
        cases.sort_by(|a, b| b.cost.total_cmp(&a.cost).then_with(|| b.delay.total_cmp(&a.delay)));
    }
    all.operations.sort_by(|a, b| b.requests.cmp(&a.requests).then_with(|| b.delay.total_cmp(&a.delay)));
    all
}

/// Cases of operations that are late often, and of those that are so now and then.
fn by_frequency(
    trees: &[CallTree],
    requests: &RequestType,
    slow: Vec<Straggler>,
) -> (Vec<Straggler>, Vec<Straggler>) {
    let mut late = BTreeMap::<(Name, Name), BTreeSet<usize>>::new();
    for case in &slow {
        let key = (case.service.clone(), case.operation.clone());
        late.entry(key).or_default().insert(case.tree);
    }
    let often: BTreeSet<(Name, Name)> = late
        .into_iter()
        .filter(|(operation, late)| {
            let all = takes_part(trees, requests, operation);
            binomial_tail(late.len(), all, NOW_AND_THEN) <= CHANCE
        })
        .map(|(operation, _)| operation)
        .collect();
    slow.into_iter().partition(|case| often.contains(&(case.service.clone(), case.operation.clone())))
}

/// Requests of the type in which an operation takes part.
fn takes_part(trees: &[CallTree], requests: &RequestType, (service, operation): &(Name, Name)) -> usize {
    let in_it = |&&tree: &&usize| {
        trees[tree].calls.iter().any(|call| call.service == *service && call.operation == *operation)
    };
    requests.trees.iter().filter(in_it).count()
}

/// A call whose time is far above the `typical` one of its peers, as a straggler; `None` where the difference does not matter.
struct Candidate<'a> {
    trees: &'a [CallTree],
    requests: &'a RequestType,
    tree: usize,
    call: usize,
    against: Against,
    duration: f64,
    typical: f64,
    peers: usize,
}

impl Candidate<'_> {
    fn matters(&self) -> bool {
        let response = self.trees[self.tree].response_time();
        self.duration >= MUCH_LONGER * self.typical && self.duration - self.typical >= RELEVANT * response
    }

    fn straggler(
        self,
        z: Option<f64>,
        chance: Option<f64>,
        cost: f64,
        mostly_in: Option<String>,
    ) -> Straggler {
        let tree = &self.trees[self.tree];
        let call = &tree.calls[self.call];
        let response = tree.response_time();
        Straggler {
            trace: tree.trace,
            request_type: self.requests.name.clone(),
            call: self.call,
            tree: self.tree,
            service: call.service.clone(),
            operation: call.operation.clone(),
            against: self.against,
            duration: self.duration,
            typical: self.typical,
            delay: self.duration - self.typical,
            peers: self.peers,
            z: z.filter(|z| z.is_finite()),
            chance,
            cost,
            cost_share: if response > 0.0 { cost / response } else { 0.0 },
            mostly_in,
        }
    }
}

fn work(tree: &CallTree, call: usize) -> f64 {
    as_seconds(tree.calls[call].handled.length())
}

/// How often each operation stood in a fan-out, and the smallest one's size.
type Seats = BTreeMap<(Name, Name), Seat>;

#[derive(Default)]
struct Seat {
    groups: usize,
    slowest: usize,
    smallest: usize,
}

fn summary(
    trees: &[CallTree],
    requests: &RequestType,
    found: &[Straggler],
    seats: &Seats,
) -> Vec<StragglingOperation> {
    let mut by_operation = BTreeMap::<(Name, Name), Vec<&Straggler>>::new();
    for straggler in found {
        let key = (straggler.service.clone(), straggler.operation.clone());
        by_operation.entry(key).or_default().push(straggler);
    }
    let line = |(key, cases): ((Name, Name), Vec<&Straggler>)| {
        let delays: Vec<f64> = cases.iter().map(|case| case.delay).collect();
        let shares: f64 = cases.iter().map(|case| case.cost_share).sum();
        let mut places: Vec<usize> = cases.iter().map(|case| case.tree).collect();
        places.sort_unstable();
        places.dedup();
        let in_fan_out = cases.iter().any(|case| case.against != Against::History);
        let seat = seats.get(&key).filter(|_| in_fan_out);
        StragglingOperation {
            request_type: requests.name.clone(),
            requests: places.len(),
            of: takes_part(trees, requests, &key),
            delay: median(&delays).unwrap_or_default(),
            cost_share: shares / places.len() as f64,
            chance: seat.map(|seat| rank_probability(seat.slowest, seat.groups, seat.smallest)),
            service: key.0,
            operation: key.1,
        }
    };
    by_operation.into_iter().map(line).collect()
}
