//! Where the numbers of the model come from: how often each was observed, how sure its mean is, and how it was obtained.

use std::collections::BTreeMap;

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::build::Findings;
use super::moments::Moments;
use super::operations::Key;
use super::sketch::rounded;
use super::timing::Latency;
use super::visit::Slot;
use crate::ParameterSummary;

/// Quantile of the normal distribution at 97.5 %.
pub(super) const Z: f64 = 1.959_964;

/// Calls of one operation to another, in all courses and places.
#[derive(Default)]
struct Calls {
    calls: u64,
    /// Sum over visits and places of the square of the number of calls.
    squares: u64,
    /// On the network: all, and where the callee had nothing else to do.
    latency: Latency,
}

/// Demands and error rates of operations, numbers of calls, attempts and latencies, by their paths.
///
/// Half widths are those of 95 % intervals of means by Student's t, as if observations did not depend on each other. Where a
/// callee is called at several places of an operation, the number of calls has none.
pub(super) fn parameters(findings: &Findings) -> Vec<ParameterSummary> {
    let mut demands: BTreeMap<Key, Moments> = BTreeMap::new();
    for (key, timing) in &findings.timing.operations {
        demands.entry(key.plain()).or_default().merge(timing.demand);
    }
    let mut visits: BTreeMap<Key, u64> = BTreeMap::new();
    let mut calls: BTreeMap<(Key, Key), BTreeMap<&Slot, Calls>> = BTreeMap::new();
    for (key, shape) in &findings.shape.operations {
        *visits.entry(key.plain()).or_default() += shape.visits;
        for (slot, seen) in &shape.slots {
            let places = calls.entry((key.plain(), slot.to.plain())).or_default();
            let found = places.entry(slot).or_default();
            found.calls += seen.calls;
            found.squares += seen.squares;
            let timing = findings.timing.operations.get(key);
            if let Some(latency) = timing.and_then(|timing| timing.latency.get(slot)) {
                found.latency.merge(latency);
            }
        }
    }
    let mut all: Vec<ParameterSummary> = demands
        .iter()
        .filter(|(key, demand)| demand.count() > 0 && !findings.roles.is_outside(key.service))
        .map(|(key, demand)| {
            let path = format!("{}.demand", findings.operations.full_name(*key));
            of_mean(path, demand, findings.how_work_is_told(key.service))
        })
        .collect();
    all.extend(error_rates(findings));
    for ((from, to), places) in &calls {
        let name = |key: &Key| findings.operations.full_name(*key);
        let path = format!("{} -> {}", name(from), name(to));
        all.push(number(&path, places, visits.get(from).copied().unwrap_or(0)));
        if let Some(attempts) = findings.retries.get(&(*from, *to)) {
            all.push(ParameterSummary {
                path: format!("{path}.attempts"),
                value: f64::from(attempts.limit()),
                half_width: None,
                observations: attempts.further,
                method: if attempts.shows_limit() {
                    "most attempts seen of one call; observed are further ones".into()
                } else {
                    "so many that all calls are likely served, as they were; observed are further ones".into()
                },
            });
        }
        let mut latency = Latency::default();
        places.values().for_each(|calls| latency.merge(&calls.latency));
        let (values, method) = latency.used();
        if values.count() > 0 {
            all.push(of_mean(format!("{path}.latency"), values.moments(), method.into()));
        }
    }
    all
}

/// The parts of replies that are errors.
fn error_rates(findings: &Findings) -> impl Iterator<Item = ParameterSummary> {
    findings.failures.own.iter().map(|(key, share)| ParameterSummary {
        path: format!("{}.error_rate", findings.operations.full_name(*key)),
        value: rounded(share.rate()),
        half_width: Some(rounded(half_width_of_share(share.failed, share.all))),
        observations: share.all,
        method: "replies counted".into(),
    })
}

/// Of the 95 % score interval of a probability (Wilson 1927), which is not quite around the part seen.
fn half_width_of_share(failed: u64, all: u64) -> f64 {
    let (n, p) = (all as f64, failed as f64 / all as f64);
    Z / (1.0 + Z * Z / n) * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt()
}

pub(super) fn of_mean(path: String, values: &Moments, method: String) -> ParameterSummary {
    let half_width = half_width(values.variance(), values.count());
    ParameterSummary { path, value: rounded(values.mean()), half_width, observations: values.count(), method }
}

/// Calls per visit.
fn number(path: &str, places: &BTreeMap<&Slot, Calls>, visits: u64) -> ParameterSummary {
    let sum = |of: fn(&Calls) -> u64| places.values().map(of).sum::<u64>() as f64;
    let n = visits as f64;
    let mean = sum(|calls| calls.calls) / n;
    let variance = (sum(|calls| calls.squares) - n * mean * mean) / (n - 1.0);
    ParameterSummary {
        path: format!("{path}.mean"),
        value: rounded(mean),
        half_width: half_width(variance.max(0.0), visits).filter(|_| places.len() == 1),
        observations: visits,
        method: "counted".into(),
    }
}

/// Of the 95 % interval of a mean; none of fewer than two values.
fn half_width(variance: f64, count: u64) -> Option<f64> {
    let n = count as f64;
    let t = StudentsT::new(0.0, 1.0, n - 1.0).ok()?.inverse_cdf(0.975);
    let half_width = t * (variance / n).sqrt();
    half_width.is_finite().then(|| rounded(half_width))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Student (1908), table of the additional hours of sleep by the second drug: mean 2.33, standard deviation 2.002 of ten
    /// (n - 1); t at 0.975 with 9 degrees of freedom is 2.262.
    #[test]
    fn students_sleep() {
        let half_width = half_width(2.002_249_f64.powi(2), 10).unwrap();
        assert!((half_width - 1.4323).abs() < 1e-3, "{half_width}");
        assert_eq!(super::half_width(1.0, 1), None);
    }

    /// Newcombe (1998), *Two-sided confidence intervals for the single proportion*, table I, method 3: 0.2553 to 0.3662 for 81
    /// of 263, 0.0061 to 0.1718 for 1 of 29.
    #[test]
    fn newcombes_examples() {
        for (failed, all, low, high) in [(81, 263, 0.2553, 0.3662), (1, 29, 0.0061, 0.1718)] {
            let found = half_width_of_share(failed, all);
            assert!((found - 0.5 * (high - low)).abs() < 1e-4, "{failed} of {all}: {found}");
        }
    }
}
