//! How many cores the replicas of a service have, told from how long work takes while so much of it is there.
//!
//! # Method
//! Under processor sharing by n active segments each of them has the part r(n) = min(1, c/n) of a core, so that one that was
//! active from a to b did the work D = ∫ r(n) dt over that time. For every number of cores c this gives the work of all
//! segments, and the likelihood of what was seen: with f the density of the work of the same part of the same operation,
//! whatever else goes on, a segment ends at b with the density f(D)·dD/db = f(D)·r(n(b)), as in a change of variables (the
//! complete information of Pérez, Pacheco-Sanchez and Casale 2013, §4, with the parameter c free). f is the most likely gamma
//! density, which covers work that hardly varies as well as exponential work. The most likely c makes the work of segments
//! most alike, whether these were active alone or beside many others.

use statrs::function::gamma::{digamma, ln_gamma};

/// What is needed to believe in more cores than one: a ratio of likelihoods, as twice its logarithm, which by chance is
/// larger once in ten thousand times (χ² with one degree of freedom).
const CONVINCING: f64 = 15.1;

/// Numbers of cores are tried one by one up to this, and then in steps of a quarter.
const ONE_BY_ONE: u32 = 8;

/// Work (s) below which clocks tell nothing.
const LEAST: f64 = 1e-8;

/// The greatest shape of a gamma density; beyond, work does not vary.
const MOST_ALIKE: f64 = 1e6;

/// Segments of one group of which there are fewer say nothing.
const FEW: f64 = 3.0;

/// The number of cores with the greatest likelihood, of up to as many as were ever active at once; 1 unless the likelihood
/// speaks clearly against it. There may be more, where there was never more work at once.
pub(super) fn most_likely(most: u32, likelihood: impl Fn(u32) -> f64) -> u32 {
    if most <= 1 {
        return 1;
    }
    let one = likelihood(1);
    let mut best = (1, one);
    let mut cores = 1;
    while cores < most {
        cores = if cores < ONE_BY_ONE { cores + 1 } else { cores + cores / 4 }.min(most);
        let found = likelihood(cores);
        if found > best.1 {
            best = (cores, found);
        }
    }
    if 2.0 * (best.1 - one) > CONVINCING { best.0 } else { 1 }
}

/// The work of all segments of a service, by group.
#[derive(Debug, Default)]
pub(super) struct Demands(Vec<Group>);

/// Sums over segments.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    count: f64,
    work: f64,
    logarithms: f64,
    /// Of the part of a core at the end.
    shares: f64,
}

impl Demands {
    /// A segment of that group did so much work (s) and had that part of a core when it ended.
    pub(super) fn add(&mut self, group: usize, work: f64, share: f64) {
        let work = work.max(LEAST);
        if self.0.len() <= group {
            self.0.resize(group + 1, Group::default());
        }
        let group = &mut self.0[group];
        group.count += 1.0;
        group.work += work;
        group.logarithms += work.ln();
        group.shares += if share == 1.0 { 0.0 } else { share.ln() };
    }

    /// The logarithm of the likelihood.
    pub(super) fn likelihood(&self) -> f64 {
        self.0.iter().filter(|group| group.count >= FEW).map(Group::likelihood).sum()
    }
}

impl Group {
    /// With the most likely gamma density of shape k and mean m, whose logarithm at x is
    /// k·ln(k/m) + (k - 1)·ln x - k·x/m - ln Γ(k).
    fn likelihood(&self) -> f64 {
        let mean = self.work / self.count;
        let logarithm = self.logarithms / self.count;
        let shape = shape(mean.ln() - logarithm);
        let density = shape * (shape / mean).ln() + (shape - 1.0) * logarithm - shape - ln_gamma(shape);
        self.count * density + self.shares
    }
}

/// The most likely shape of a gamma density where the logarithm of the mean is so much above the mean logarithm: the root of
/// ln k - ψ(k) = s, by Newton's method on 1/k from a close start (Minka 2002, *Estimating a gamma distribution*, eq. 10).
fn shape(s: f64) -> f64 {
    if s < 0.5 / MOST_ALIKE {
        return MOST_ALIKE;
    }
    let mut shape = (3.0 - s + ((s - 3.0).powi(2) + 24.0 * s).sqrt()) / (12.0 * s);
    for _ in 0..4 {
        // ψ′(k) = 1/k + 1/2k² + 1/6k³ - …, from ψ itself by a symmetric difference.
        let step = 1e-4 * shape;
        let trigamma = (digamma(shape + step) - digamma(shape - step)) / (2.0 * step);
        let inverse =
            1.0 / shape + (-s + shape.ln() - digamma(shape)) / (shape * shape * (1.0 / shape - trigamma));
        shape = (1.0 / inverse).clamp(1e-3, MOST_ALIKE);
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::*;

    /// ln k - ψ(k) at some k; ψ(1) = -γ, ψ(1/2) = -γ - 2 ln 2 (Abramowitz and Stegun 1964, 6.3.2 f.).
    #[test]
    fn shapes_solve_their_equation() {
        let euler = 0.577_215_664_901_532_9;
        for (k, psi) in [(1.0, -euler), (0.5, -euler - 2.0 * 2f64.ln()), (4.0, 11.0 / 6.0 - euler)] {
            let found = shape(f64::ln(k) - psi);
            assert!((found / k - 1.0).abs() < 1e-6, "{found} instead of {k}");
        }
    }

    /// Segments beside none to seven others, of work with mean 1 and that coefficient of variation, which share that many cores.
    fn seen(cores: u32, spread: f64, count: u32) -> impl Fn(u32) -> f64 {
        move |tried| {
            let mut demands = Demands::default();
            for i in 0..count {
                let active = f64::from(1 + i % 8);
                let share = |cores: u32| (f64::from(cores) / active).min(1.0);
                let work = 1.0 + spread * (f64::from(i / 8 % 5) - 2.0);
                let time = work / share(cores);
                demands.add(0, time * share(tried), share(tried));
            }
            demands.likelihood()
        }
    }

    #[test]
    fn cores_make_work_alike() {
        for cores in 1..=8 {
            for spread in [0.0, 0.1, 0.3] {
                assert_eq!(most_likely(8, seen(cores, spread, 800)), cores, "spread {spread}");
            }
        }
        assert_eq!(most_likely(8, seen(8, 0.3, 2)), 1, "two segments tell nothing");
        assert_eq!(most_likely(0, |_| 0.0), 1);
    }
}
