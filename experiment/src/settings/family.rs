//! Families of distributions by name, with a mean and a variation.

use tracecast_model::{Distribution, Family};

/// The families that a mean and a squared coefficient of variation determine, as in files.
pub(super) const NAMES: [&str; 8] = [
    "deterministic",
    "exponential",
    "erlang",
    "hyper_exponential",
    "gamma",
    "log_normal",
    "weibull",
    "uniform",
];

/// What a distribution is, as in files.
pub(super) fn name(distribution: &Distribution) -> &'static str {
    match distribution.family() {
        Family::Deterministic { .. } => "deterministic",
        Family::Exponential { .. } => "exponential",
        Family::Erlang { .. } => "erlang",
        Family::HyperExponential { .. } => "hyper_exponential",
        Family::Gamma { .. } => "gamma",
        Family::LogNormal { .. } => "log_normal",
        Family::Weibull { .. } => "weibull",
        Family::Uniform { .. } => "uniform",
        Family::Empirical { .. } => "empirical",
    }
}

/// The distribution of a family with this mean (s), > 0, and with this SCV where the family can have it: else with the usual
/// one nearby. None where there is no such family.
pub(super) fn of(name: &str, mean: f64, scv: f64) -> Option<Distribution> {
    let varied = if scv > 0.0 { scv } else { 1.0 };
    let family = match name {
        "deterministic" => Family::Deterministic { value: mean },
        "exponential" => Family::Exponential { mean },
        "erlang" => {
            // More stages than this are as good as constant.
            let stages = (1.0 / scv).clamp(2.0, 1000.0).round();
            Family::Erlang { mean, stages: if scv > 0.0 { stages as u32 } else { 2 } }
        }
        "hyper_exponential" => return Distribution::with_scv(mean, if scv > 1.0 { scv } else { 2.0 }).ok(),
        "gamma" => Family::Gamma { mean, scv: varied },
        "log_normal" => Family::LogNormal { mean, scv: varied },
        "weibull" => weibull(mean, varied)?,
        "uniform" => {
            // Up to a third, where it begins at 0.
            let part = if scv > 0.0 { (3.0 * scv).sqrt().min(1.0) } else { 1.0 };
            Family::Uniform { low: mean * (1.0 - part), high: mean * (1.0 + part) }
        }
        _ => return None,
    };
    Distribution::new(family).ok()
}

/// The same family with another SCV; where it cannot have that one, the usual family that can.
pub(super) fn with_scv(distribution: &Distribution, scv: f64) -> Option<Distribution> {
    let has_it = |same: &Distribution| (same.scv() - scv).abs() <= 1e-6 * scv;
    let mean = distribution.mean();
    let same = of(name(distribution), mean, scv).filter(|same| mean > 0.0 && has_it(same));
    same.or_else(|| Distribution::with_scv(mean, scv).ok())
}

/// By bisection of the logarithm of the shape: the larger that is, the less it varies.
fn weibull(mean: f64, scv: f64) -> Option<Family> {
    let unit = |shape: f64| Distribution::new(Family::Weibull { shape, scale: 1.0 }).ok();
    let (mut low, mut high) = (-2.5_f64, 5.0_f64);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if unit(middle.exp())?.scv() > scv { low = middle } else { high = middle }
    }
    let shape = (0.5 * (low + high)).exp();
    Some(Family::Weibull { shape, scale: mean / unit(shape)?.mean() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_keep_the_mean_and_the_scv_that_they_can_have() {
        for (name, scv, expected) in [
            ("deterministic", 0.5, 0.0),
            ("exponential", 0.5, 1.0),
            ("erlang", 0.25, 0.25),
            ("erlang", 3.0, 0.5),
            ("erlang", 0.0, 0.5),
            ("hyper_exponential", 4.0, 4.0),
            ("hyper_exponential", 0.5, 2.0),
            ("gamma", 0.3, 0.3),
            ("log_normal", 5.0, 5.0),
            ("log_normal", 0.0, 1.0),
            ("weibull", 3.0, 3.0),
            ("weibull", 0.1, 0.1),
            ("uniform", 0.2, 0.2),
            ("uniform", 2.0, 1.0 / 3.0),
        ] {
            let made = of(name, 0.2, scv).unwrap();
            assert_eq!(super::name(&made), name);
            assert!((made.mean() - 0.2).abs() < 1e-9, "{name} {scv}: {}", made.mean());
            assert!((made.scv() - expected).abs() < 1e-6, "{name} {scv}: {}", made.scv());
        }
        assert!(NAMES.into_iter().all(|name| of(name, 1.0, 1.0).is_some()));
        assert_eq!(of("empirical", 1.0, 1.0), None);
    }

    /// Weibull of shape 1 is exponential: SCV 1; of shape 1/2 it has SCV 5 (Γ(5)/Γ(3)² − 1).
    #[test]
    fn weibull_has_the_shape_of_its_scv() {
        for (scv, shape) in [(1.0, 1.0), (5.0, 0.5)] {
            let Some(Family::Weibull { shape: found, .. }) = weibull(1.0, scv) else { panic!("{scv}") };
            assert!((found - shape).abs() < 1e-9, "{found}");
        }
    }

    #[test]
    fn another_scv_keeps_the_family_where_it_can() {
        let with = |name: &str, scv: f64| {
            let made = with_scv(&of(name, 1.0, 0.25).unwrap(), scv).unwrap();
            assert!((made.scv() - scv).abs() < 1e-6, "{name} {scv}");
            super::name(&made)
        };
        assert_eq!(with("log_normal", 9.0), "log_normal");
        assert_eq!(with("erlang", 0.5), "erlang");
        assert_eq!(with("erlang", 0.4), "gamma");
        assert_eq!(with("exponential", 4.0), "hyper_exponential");
        assert_eq!(with("uniform", 0.0), "deterministic");
    }
}
