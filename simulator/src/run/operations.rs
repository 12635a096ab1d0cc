//! What operations count, beside what they need for it.

use tracecast_model::LockAction;

use super::visits::NONE;
use crate::program::{Assignment, OperationPlan, ServicePlan};
use crate::statistics::Count;
use crate::statistics::totals::OperationTotals;

/// An operation at run time.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct OperationState {
    pub(super) service: u32,
    /// Its number among those of the service.
    pub(super) place: u32,
    /// The only replica of the service; [`NONE`] where there are several or visits do not simply go to it.
    pub(super) replica: u32,
    /// Is nothing of the following so, and there is no lock?
    pub(super) frees_threads_only: bool,
    /// Does the thread of the service go round its operations?
    pub(super) is_polled: bool,
    /// Do replicas of the service come and go?
    pub(super) is_elastic: bool,
    /// Is there something to be done when a visit arrives: is it to get a token, is there a limit, does it go by its key, is its message to be reserved, or may it cost another
    /// its place?
    pub(super) has_gate: bool,
    /// The same when a thread is free for a visit that has waited: may it be dropped, or is its message to be reserved?
    pub(super) has_exit: bool,
    /// Its place among the work queues that look after messages; else [`NONE`].
    pub(super) queue: u32,
    /// Its first instruction.
    pub(super) start: u32,
    pub(super) action: Option<LockAction>,
    /// The variate that makes replies errors; else [`NONE`].
    pub(super) error: u32,
    /// Visits present, and those that hold a thread.
    pub(super) present: Count,
    pub(super) busy: Count,
    replied: f64,
    completed: f64,
    lost: f64,
    response: f64,
    holding: f64,
    second: f64,
}

impl OperationState {
    /// Nothing counted.
    pub(super) fn new(number: u32, plan: &OperationPlan, service: &ServicePlan, reserves: bool) -> Self {
        let is_balanced = matches!(service.assignment, Assignment::Balanced(..));
        let (is_polled, is_elastic) =
            (matches!(service.assignment, Assignment::Polled(..)), service.elastic.is_some());
        let has_exit = service.shedding.is_some() || reserves;
        let is_alone = service.replicas == 1 && is_balanced && service.elastic.is_none();
        Self {
            service: plan.service,
            place: number - service.operations.0,
            replica: if is_alone { service.first_replica } else { NONE },
            frees_threads_only: !(is_polled || is_elastic || has_exit || plan.action.is_some()),
            is_polled,
            is_elastic,
            has_gate: service.is_by_key()
                || service.rate.is_some()
                || service.admission.is_some()
                || service.memory.is_some()
                || service.judges_rejections()
                || reserves
                || service.fetching.drops_head,
            has_exit,
            queue: service.queue.unwrap_or(NONE),
            start: plan.start,
            action: plan.action,
            error: plan.error.unwrap_or(NONE),
            present: Count::default(),
            busy: Count::default(),
            replied: 0.0,
            completed: 0.0,
            lost: 0.0,
            response: 0.0,
            holding: 0.0,
            second: 0.0,
        }
    }

    /// Counts the first phase of a visit, which ends now.
    #[inline]
    pub(super) fn count_reply(&mut self, now: f64, arrived: f64, began: f64) {
        self.replied += 1.0;
        self.response += now - arrived;
        self.holding += now - began;
    }

    /// Counts the second phase of a visit, which ends now.
    pub(super) fn count_second(&mut self, now: f64, began: f64) {
        self.second += now - began;
    }

    /// Counts the end of a visit.
    #[inline]
    pub(super) fn count_end(&mut self, now: f64) {
        self.completed += 1.0;
        self.present.fall(now);
        self.busy.fall(now);
    }

    /// Counts a visit that finds a full queue.
    pub(super) fn count_loss(&mut self, now: f64) {
        self.lost += 1.0;
        self.present.fall(now);
    }

    /// Counts a visit whose replica is gone.
    pub(super) fn count_kill(&mut self, now: f64) {
        self.count_loss(now);
        self.busy.fall(now);
    }

    /// Sums of everything counted, until now.
    pub(super) fn totals(&self, now: f64) -> OperationTotals {
        OperationTotals {
            replied: self.replied,
            completed: self.completed,
            lost: self.lost,
            response: self.response,
            holding: self.holding,
            second: self.second,
            present: self.present.area(now),
            busy: self.busy.area(now),
        }
    }
}
