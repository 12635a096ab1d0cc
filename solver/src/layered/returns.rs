//! Customers who come back soon after they left.
//!
//! An execution that calls the same server several times in a row, or returns to its processor after each call, finds there
//! what was left behind when it went, whatever it had found when it came. Mean value analysis lets every visit meet the mean
//! queue instead. Here, a part [`again`] of the visits finds what was left behind, the others the mean queue.
//!
//! * First come, first served, it leaves those who came while it was there: with the load B of the others and its own
//!   service time S, work of B(W + S) ([`factor`]; single-server queues with feedback: Takács 1963). In product form that is
//!   what it finds at any time, W = B(W + S); but short visits among long ones do not meet a long one each time, and long
//!   ones among short ones meet more of these.
//! * With priorities, it is not served before all higher ones are gone, so it leaves those who came during its service, or
//!   none where they interrupt it.

/// Load beyond which a queue takes for ever to forget.
const MOST: f64 = 0.99;

/// Part of the visits that find what the customer left behind: those that follow one of the same execution, `again`, as
/// far as the queue has not become what it is at any time since, `gap` seconds ago.
///
/// It does so with the relaxation time of M/M/1 (Morse 1955), of that mean service time (s) and load.
pub(super) fn again(again: f64, gap: f64, service: f64, load: f64) -> f64 {
    let relaxation = service / (1.0 - load.min(MOST).sqrt()).powi(2);
    again * relaxation / (relaxation + gap)
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
