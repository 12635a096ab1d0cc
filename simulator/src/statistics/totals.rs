//! Everything counted in a run, as plain sums that differences can be taken of.

/// Sums since the start of a run, over which means are quotients of differences.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    /// Seconds.
    pub(crate) time: f64,
    pub(crate) workloads: Vec<WorkloadTotals>,
    pub(crate) operations: Vec<OperationTotals>,
    /// By host: busy core-seconds.
    pub(crate) hosts: Vec<f64>,
    /// By operation: replies that were errors.
    pub(crate) errors: Vec<f64>,
    /// By service with an autoscaler.
    pub(crate) replicas: Vec<ReplicaTotals>,
    /// By service with processor time by periods.
    pub(crate) throttled: Vec<ThrottleTotals>,
    /// By service that leaves replicas out.
    pub(crate) outliers: Vec<OutlierTotals>,
    /// By work queue that looks after messages that were fetched.
    pub(crate) queues: Vec<QueueTotals>,
    /// By guard.
    pub(crate) guards: Vec<GuardTotals>,
    /// By workload and place: seconds that requests done had spent there; empty unless asked for, as all below.
    pub(crate) spent: Vec<Vec<f64>>,
    /// By operation: visits that arrived.
    pub(crate) arrived: Vec<f64>,
    /// By operation: visits that those found at the service.
    pub(crate) found: Vec<f64>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WorkloadTotals {
    /// Requests sent.
    pub(crate) started: f64,
    /// Requests done, in the sense of the workload's completion.
    pub(crate) completed: f64,
    /// Requests that failed.
    pub(crate) failed: f64,
    /// Response times of those done.
    pub(crate) response: f64,
    /// Replies received.
    pub(crate) replies: f64,
    /// Times until them.
    pub(crate) reply: f64,
    /// Integral of the requests in flight.
    pub(crate) in_flight: f64,
    /// Of those done, those of which something had to be tried again.
    pub(crate) retried: f64,
    /// Those that failed, by [`Trouble`].
    pub(crate) failed_by: [f64; Trouble::COUNT],
}

/// What can go wrong with a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// A reply was an error by itself.
    #[default]
    Error,
    /// Somebody waited too long.
    TimedOut,
    /// A service turned it away, or a caller did not let a call through.
    Shed,
    /// A queue was full.
    NoPlace,
    /// A replica was gone.
    Crash,
}

impl Trouble {
    pub(crate) const COUNT: usize = Self::Crash as usize + 1;
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OperationTotals {
    /// Visits that have replied or passed the request on.
    pub(crate) replied: f64,
    /// Visits that ended.
    pub(crate) completed: f64,
    /// Visits that found a full queue.
    pub(crate) lost: f64,
    /// Times from arrival to reply.
    pub(crate) response: f64,
    /// Times with a thread until the reply.
    pub(crate) holding: f64,
    /// Times with a thread after it.
    pub(crate) second: f64,
    /// Integral of the visits present.
    pub(crate) present: f64,
    /// Integral of the visits that hold a thread.
    pub(crate) busy: f64,
}

/// Replicas of a service with an autoscaler.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ReplicaTotals {
    /// Integrals of those that take requests, and of all that exist.
    pub(crate) ready: f64,
    pub(crate) existing: f64,
    /// Of those that start up for the first time, and of those that finish what they are at.
    pub(crate) starting: f64,
    pub(crate) stopping: f64,
    /// Those killed for the memory that they took.
    pub(crate) killed: f64,
    /// Of those that were asked for and that no machine has room for.
    pub(crate) pending: f64,
    /// The least and the largest number that took requests, since the start of the run.
    pub(crate) least: u32,
    pub(crate) most: u32,
}

impl ReplicaTotals {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            ready: self.ready - earlier.ready,
            existing: self.existing - earlier.existing,
            starting: self.starting - earlier.starting,
            stopping: self.stopping - earlier.stopping,
            killed: self.killed - earlier.killed,
            pending: self.pending - earlier.pending,
            ..*self
        }
    }

    fn add(&mut self, other: &Self) {
        self.ready += other.ready;
        self.existing += other.existing;
        self.starting += other.starting;
        self.stopping += other.stopping;
        self.killed += other.killed;
        self.pending += other.pending;
        (self.least, self.most) = (self.least.min(other.least), self.most.max(other.most));
    }
}

/// Replicas that stand still where their processor time of a period is used up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct ThrottleTotals {
    /// Integral of those that stand still.
    pub(crate) standing: f64,
    /// Periods with work, and those in which the quota was used up.
    pub(crate) periods: f64,
    pub(crate) used_up: f64,
}

impl ThrottleTotals {
    pub(crate) fn add(&mut self, other: &Self) {
        self.standing += other.standing;
        self.periods += other.periods;
        self.used_up += other.used_up;
    }

    fn since(&self, earlier: &Self) -> Self {
        Self {
            standing: self.standing - earlier.standing,
            periods: self.periods - earlier.periods,
            used_up: self.used_up - earlier.used_up,
        }
    }
}

/// Replicas that are left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct OutlierTotals {
    /// Integral of their number.
    pub(crate) ejected: f64,
    /// Times that one was.
    pub(crate) ejections: f64,
}

impl OutlierTotals {
    fn add(&mut self, other: &Self) {
        self.ejected += other.ejected;
        self.ejections += other.ejections;
    }

    fn since(&self, earlier: &Self) -> Self {
        Self { ejected: self.ejected - earlier.ejected, ejections: self.ejections - earlier.ejections }
    }
}

/// What became of messages whose deliveries failed.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct QueueTotals {
    /// Times that one was delivered again.
    pub(crate) again: f64,
    /// Those that were not, any more.
    pub(crate) dead: f64,
    /// Reservations that were over before their handlers were.
    pub(crate) expired: f64,
    /// Handlers that came to their ends after that.
    pub(crate) repeated: f64,
}

impl QueueTotals {
    fn add(&mut self, other: &Self) {
        self.again += other.again;
        self.dead += other.dead;
        self.expired += other.expired;
        self.repeated += other.repeated;
    }

    fn since(&self, earlier: &Self) -> Self {
        Self {
            again: self.again - earlier.again,
            dead: self.dead - earlier.dead,
            expired: self.expired - earlier.expired,
            repeated: self.repeated - earlier.repeated,
        }
    }
}

/// What became of calls whose callers do not wait for ever.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GuardTotals {
    /// Calls that ended, well or not.
    pub(crate) calls: f64,
    /// Attempts that ended, the first ones too.
    pub(crate) attempts: f64,
    /// Attempts begun that were not the first.
    pub(crate) retries: f64,
    /// Attempts that took too long.
    pub(crate) timeouts: f64,
    /// Retries that a budget did not allow.
    pub(crate) refused: f64,
    /// Attempts that the caller did not let through.
    pub(crate) rejected: f64,
    /// Calls that failed for good.
    pub(crate) failed: f64,
    /// Seconds that circuit breakers were not closed, over all callers.
    pub(crate) open: f64,
    /// Callers with breakers that have called at all, since the start of the run.
    pub(crate) callers: usize,
}

impl Totals {
    /// Adds those of another run.
    pub(crate) fn add(&mut self, other: &Self) {
        self.time += other.time;
        self.workloads.iter_mut().zip(&other.workloads).for_each(|(own, other)| own.add(other));
        self.operations.iter_mut().zip(&other.operations).for_each(|(own, other)| own.add(other));
        add_to(&mut self.hosts, &other.hosts);
        add_to(&mut self.errors, &other.errors);
        for (own, other) in self.replicas.iter_mut().zip(&other.replicas) {
            own.add(other);
        }
        self.throttled.iter_mut().zip(&other.throttled).for_each(|(own, other)| own.add(other));
        self.outliers.iter_mut().zip(&other.outliers).for_each(|(own, other)| own.add(other));
        self.queues.iter_mut().zip(&other.queues).for_each(|(own, other)| own.add(other));
        self.guards.iter_mut().zip(&other.guards).for_each(|(own, other)| own.add(other));
        self.spent.iter_mut().zip(&other.spent).for_each(|(own, other)| add_to(own, other));
        add_to(&mut self.arrived, &other.arrived);
        add_to(&mut self.found, &other.found);
    }

    /// What came after an earlier state of the same run.
    pub(crate) fn since(&self, earlier: &Self) -> Self {
        let operations = self.operations.iter().zip(&earlier.operations);
        let workloads = self.workloads.iter().zip(&earlier.workloads);
        Self {
            time: self.time - earlier.time,
            workloads: workloads.map(|(now, then)| now.since(then)).collect(),
            operations: operations.map(|(now, then)| now.since(then)).collect(),
            hosts: differences(&self.hosts, &earlier.hosts),
            errors: differences(&self.errors, &earlier.errors),
            replicas: self
                .replicas
                .iter()
                .zip(&earlier.replicas)
                .map(|(now, then)| now.since(then))
                .collect(),
            throttled: self
                .throttled
                .iter()
                .zip(&earlier.throttled)
                .map(|(now, then)| now.since(then))
                .collect(),
            outliers: self
                .outliers
                .iter()
                .zip(&earlier.outliers)
                .map(|(now, then)| now.since(then))
                .collect(),
            queues: self.queues.iter().zip(&earlier.queues).map(|(now, then)| now.since(then)).collect(),
            guards: self.guards.iter().zip(&earlier.guards).map(|(now, then)| now.since(then)).collect(),
            spent: self.spent.iter().zip(&earlier.spent).map(|(now, then)| differences(now, then)).collect(),
            arrived: differences(&self.arrived, &earlier.arrived),
            found: differences(&self.found, &earlier.found),
        }
    }

    /// What visits to an operation found at its service, where that was counted and there were any.
    pub(crate) fn mean_found(&self, operation: usize) -> Option<f64> {
        let arrived = *self.arrived.get(operation)?;
        (arrived > 0.0).then(|| self.found[operation] / arrived)
    }
}

fn add_to(own: &mut [f64], other: &[f64]) {
    own.iter_mut().zip(other).for_each(|(own, other)| *own += other);
}

fn differences(now: &[f64], then: &[f64]) -> Vec<f64> {
    now.iter().zip(then).map(|(now, then)| now - then).collect()
}

impl GuardTotals {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            calls: self.calls - earlier.calls,
            attempts: self.attempts - earlier.attempts,
            retries: self.retries - earlier.retries,
            timeouts: self.timeouts - earlier.timeouts,
            refused: self.refused - earlier.refused,
            rejected: self.rejected - earlier.rejected,
            failed: self.failed - earlier.failed,
            open: self.open - earlier.open,
            callers: self.callers,
        }
    }

    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.attempts += other.attempts;
        self.retries += other.retries;
        self.timeouts += other.timeouts;
        self.refused += other.refused;
        self.rejected += other.rejected;
        self.failed += other.failed;
        self.open += other.open;
        self.callers = self.callers.max(other.callers);
    }
}

impl WorkloadTotals {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            started: self.started - earlier.started,
            completed: self.completed - earlier.completed,
            failed: self.failed - earlier.failed,
            response: self.response - earlier.response,
            replies: self.replies - earlier.replies,
            reply: self.reply - earlier.reply,
            in_flight: self.in_flight - earlier.in_flight,
            retried: self.retried - earlier.retried,
            failed_by: std::array::from_fn(|trouble| self.failed_by[trouble] - earlier.failed_by[trouble]),
        }
    }

    fn add(&mut self, other: &Self) {
        self.started += other.started;
        self.completed += other.completed;
        self.failed += other.failed;
        self.response += other.response;
        self.replies += other.replies;
        self.reply += other.reply;
        self.in_flight += other.in_flight;
        self.retried += other.retried;
        add_to(&mut self.failed_by, &other.failed_by);
    }

    /// Mean response time; none where no request is done.
    pub(crate) fn mean_response(&self) -> Option<f64> {
        (self.completed > 0.0).then(|| self.response / self.completed)
    }

    /// Mean time to the reply; none without replies.
    pub(crate) fn mean_reply(&self) -> Option<f64> {
        (self.replies > 0.0).then(|| self.reply / self.replies)
    }
}

impl OperationTotals {
    fn since(&self, earlier: &Self) -> Self {
        Self {
            replied: self.replied - earlier.replied,
            completed: self.completed - earlier.completed,
            lost: self.lost - earlier.lost,
            response: self.response - earlier.response,
            second: self.second - earlier.second,
            holding: self.holding - earlier.holding,
            present: self.present - earlier.present,
            busy: self.busy - earlier.busy,
        }
    }

    fn add(&mut self, other: &Self) {
        self.replied += other.replied;
        self.completed += other.completed;
        self.lost += other.lost;
        self.response += other.response;
        self.second += other.second;
        self.holding += other.holding;
        self.present += other.present;
        self.busy += other.busy;
    }

    /// Mean response time; none where no visit replied.
    pub(crate) fn mean_response(&self) -> Option<f64> {
        (self.replied > 0.0).then(|| self.response / self.replied)
    }

    /// Times from arrival to the thread: of each visit its response time less its holding time. Rounding may have made
    /// their difference negative.
    pub(crate) fn waiting(&self) -> f64 {
        (self.response - self.holding).max(0.0)
    }

    /// Visits that found a place or did not.
    pub(crate) fn decided(&self) -> f64 {
        self.completed + self.lost
    }

    /// Mean holding time until the reply; none where no visit replied.
    pub(crate) fn mean_holding(&self) -> Option<f64> {
        (self.replied > 0.0).then(|| self.holding / self.replied)
    }

    /// Mean holding time after the reply; none where no visit ended.
    pub(crate) fn mean_second(&self) -> Option<f64> {
        (self.completed > 0.0).then(|| self.second / self.completed)
    }
}
