//! What differs between a base and a candidate, and whether that is more than chance.
//!
//! * [`compare_traces`] compares two sets of traces: request types, operations, calls, errors, load.
//! * [`compare_models`] compares two models: what was changed, and what that does to their predictions.
//! * [`measured`] makes figures of traces that objectives can judge.

mod models;
mod statistics;
mod traces;

use serde::Serialize;

use crate::{Slo, SloError, Verdict};
use tracecast_model::Prediction;

pub use models::{Change, Figure, Limit, ModelComparison, changes, compare_models};
pub use statistics::{Estimate, LEVEL};
pub use traces::{
    Arrivals, Contribution, Difference, Finding, Kind, OnlyOne, OperationDifference, ShareDifference,
    TELLING, Tests, TraceComparison, TypeDifference, compare_traces, measured,
};

/// The same of both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pair<T> {
    /// Of what is compared with.
    pub base: T,
    /// Of what is compared.
    pub candidate: T,
}

impl<T> Pair<T> {
    /// The same function of both.
    pub fn map<U>(self, mut of: impl FnMut(T) -> U) -> Pair<U> {
        Pair { base: of(self.base), candidate: of(self.candidate) }
    }

    /// References to both.
    pub fn as_ref(&self) -> Pair<&T> {
        Pair { base: &self.base, candidate: &self.candidate }
    }
}

impl Pair<f64> {
    /// The difference as a part of the base; absent where that is 0.
    pub fn relative(&self) -> Option<f64> {
        (self.base != 0.0).then(|| (self.candidate - self.base) / self.base.abs())
    }
}

/// An objective, judged for both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Judged {
    /// The objective.
    pub slo: String,
    /// What each side makes of it.
    pub verdict: Pair<Verdict>,
}

impl Judged {
    /// Does the base meet what the candidate misses?
    pub fn is_lost(&self) -> bool {
        self.verdict.base.met && !self.verdict.candidate.met
    }
}

/// Judges objectives for both sides.
///
/// # Errors
/// A figure that a side does not have.
pub fn judge(slos: &[Slo], sides: Pair<&Prediction>) -> Result<Vec<Judged>, SloError> {
    let each = |slo: &Slo| {
        let verdict = Pair { base: slo.judge(sides.base)?, candidate: slo.judge(sides.candidate)? };
        Ok(Judged { slo: slo.to_string(), verdict })
    };
    slos.iter().map(each).collect()
}
