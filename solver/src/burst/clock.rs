//! What a clock shows that is read at intervals, and percentiles of many uncertain times.

use tracecast_model::SerialClient;

use crate::moments::Moments;
use crate::normal;

/// Mean of what the clock of a serial client shows ([`SerialClient::reading`]) when all work is done at a normal time
/// T: P·E⌈T/P⌉ and the time of a poll, where P·E⌈T/P⌉ = P·Σ_{k ≥ 0} P(T > kP) for the period P of its polls.
pub(crate) fn mean_reading(client: &SerialClient, end: Moments) -> f64 {
    let period = client.poll_period();
    let deviation = end.variance.sqrt();
    if deviation <= 1e-9 * period.max(end.mean.abs()) {
        return client.reading(end.mean);
    }
    if period == 0.0 {
        return positive_part(end);
    }
    // Surely later than the polls before the first one here, surely not later than the last.
    let first = ((end.mean - 9.0 * deviation) / period).floor().max(0.0);
    let last = ((end.mean + 9.0 * deviation) / period).ceil().max(0.0);
    if last - first > 1e5 {
        // So many polls within the spread make the sum an integral, half a period later.
        return positive_part(end) + 0.5 * period + client.poll_time;
    }
    let later = |k: usize| 1.0 - normal::probability_below(end, (first + k as f64) * period);
    let seen: f64 = (0..=(last - first) as usize).map(later).sum();
    (first + seen) * period + client.poll_time
}

/// E[max(T, 0)].
fn positive_part(time: Moments) -> f64 {
    super::greatest::later(time, Moments::ZERO).mean
}

/// The time below which the given part of the times lies, each being normal: the quantile of their mixture.
pub(crate) fn quantile(times: &[Moments], part: f64) -> Option<f64> {
    let spread = |sign: f64| move |time: &Moments| time.mean + sign * 9.0 * time.variance.sqrt();
    let mut low = times.iter().map(spread(-1.0)).reduce(f64::min)?;
    let mut high = times.iter().map(spread(1.0)).reduce(f64::max)?;
    let below = |x: f64| {
        times.iter().map(|&time| normal::probability_below(time, x)).sum::<f64>() / times.len() as f64
    };
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle) < part - 1e-12 { low = middle } else { high = middle }
    }
    Some(high.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(poll_interval: f64) -> SerialClient {
        SerialClient { requests: 1, poll_interval, poll_time: 0.01 }
    }

    #[test]
    fn certain_ends_are_read_as_they_are() {
        for end in [0.0, 0.1, 0.26, 2.7] {
            assert_eq!(mean_reading(&client(0.25), Moments::new(end, 0.0)), client(0.25).reading(end));
        }
    }

    /// An end spread over many periods is on average seen half a period late (Euler–Maclaurin: the error is
    /// exponentially small in the spread).
    #[test]
    fn uncertain_ends_are_seen_half_a_period_late() {
        let shown = mean_reading(&client(0.24), Moments::new(10.0, 1.0));
        assert!((shown - (10.0 + 0.125 + 0.01)).abs() < 1e-9);
    }

    #[test]
    fn quantiles_of_certain_times_are_order_statistics() {
        let times: Vec<Moments> = (1..=100).map(|n| Moments::new(f64::from(n), 0.0)).collect();
        assert!((quantile(&times, 0.95).unwrap() - 95.0).abs() < 1e-6);
    }
}
