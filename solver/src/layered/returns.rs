//! Customers who come back soon after they left.
//!
//! An execution that calls the same server several times in a row finds there those who came behind it while it was there
//! last, whatever it had found then: with the load B of the others and its own service time S, their work is B(W + S)
//! (single-server queues with feedback: Takács 1963). Mean value analysis lets every call meet the mean queue. Both come to
//! the same in product form, where W = B(W + S); but short calls among long ones do not meet a long one each time, and long
//! ones among short ones meet more of these.

use super::met::Met;

/// Load of others beyond which the queue takes for ever to forget.
const MOST: f64 = 0.99;

/// By what factor the delay of all calls is longer than that of one at a random time, which is `first`.
///
/// `behind`: servers busy with others while the customer is there; `service`, `remaining`: of those in service there, the
/// mean service time and what a customer finds left of it (s).
pub(super) fn factor(met: &Met, first: f64, behind: f64, service: f64, remaining: f64) -> f64 {
    if first <= 0.0 {
        return 1.0;
    }
    let behind = behind.min(MOST);
    // What was left behind counts as long as the queue is not as at any time: the relaxation time of M/M/1 (Morse 1955).
    let relaxation = service / (1.0 - behind.sqrt()).powi(2);
    let again = met.again * relaxation / (relaxation + met.gap);
    let all = ((1.0 - again) * first + again * behind * met.service) / (1.0 - again * behind);
    // How far from product form, where all customers have the same exponential service.
    let far = (remaining - met.service).abs() / (remaining + met.service);
    1.0 + far * (all / first - 1.0)
}
