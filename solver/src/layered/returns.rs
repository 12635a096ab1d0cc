//! Customers who come back soon after they left.
//!
//! An execution that calls the same server several times in a row, or returns to its processor after each call, finds there
//! what was left behind when it went, whatever it had found when it came. Mean value analysis lets every visit meet the mean
//! queue instead. Here, a part of the visits ([`Returns`]) finds what was left behind, the others the mean queue.
//!
//! * First come, first served, it leaves those who came while it was there: with the load B of the others and its own
//!   service time S, work of B(W + S) ([`factor`]; single-server queues with feedback: Takács 1963). In product form that is
//!   what it finds at any time, W = B(W + S); but short visits among long ones do not meet a long one each time, and long
//!   ones among short ones meet more of these.
//! * With priorities, it is not served before all higher ones are gone, so it leaves those who came during its service, or
//!   none where they interrupt it. What it calls on the same processor finds none that is higher than both.

use super::flow::Flow;

/// Load beyond which a queue takes for ever to forget.
const MOST: f64 = 0.99;

/// Visits that follow others of the same request soon.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Returns {
    /// Part of the visits that follow one of the same execution, and how soon (s).
    again: f64,
    gap: f64,
    /// Part of them that come from a caller which has worked there, and how soon.
    handed: f64,
    handed_gap: f64,
}

impl Returns {
    pub(super) fn of(flow: &Flow, visit: usize) -> Self {
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            again: ratio(flow.again[visit], flow.rate[visit]).min(1.0),
            gap: ratio(flow.gaps[visit], flow.again[visit]),
            handed: ratio(flow.handed[visit], flow.rate[visit]).min(1.0),
            handed_gap: ratio(flow.handed_gaps[visit], flow.handed[visit]),
        }
    }

    /// Are there any?
    pub(super) fn any(&self) -> bool {
        self.again + self.handed > 0.0
    }

    /// Part of the visits that come within a service time (s) after the last one of the same execution.
    pub(super) fn soon(&self, service: f64) -> f64 {
        if service > 0.0 { self.again * service / (service + self.gap) } else { 0.0 }
    }

    /// Part of the visits that find what their own execution left behind, at a queue of that load and mean service time (s).
    pub(super) fn again(&self, service: f64, load: f64) -> f64 {
        self.again * remembered(self.gap, service, load)
    }

    /// Part of the visits that find what their caller left behind.
    pub(super) fn handed(&self, service: f64, load: f64) -> f64 {
        self.handed * remembered(self.handed_gap, service, load)
    }
}

/// How far a queue has not become what it is at any time after that many seconds: with the relaxation time of M/M/1 (Morse
/// 1955), as if the time were exponential.
fn remembered(gap: f64, service: f64, load: f64) -> f64 {
    let relaxation = service / (1.0 - load.min(MOST).sqrt()).powi(2);
    relaxation / (relaxation + gap)
}

/// By what factor the delay is longer than that of a visit at a random time, `first` (s).
///
/// `again`: part of the visits that find what was left behind; `load`: of others while the customer is there; `service`:
/// its own service time (s); `far`: 0 to 1, how far from product form the station is, where nothing changes.
pub(super) fn factor(again: f64, first: f64, load: f64, service: f64, far: f64) -> f64 {
    if first <= 0.0 {
        return 1.0;
    }
    let load = load.min(MOST);
    // W = (1 - p) first + p · load (W + service)
    let all = ((1.0 - again) * first + again * load * service) / (1.0 - again * load);
    1.0 + far * (all / first - 1.0)
}
