//! Antithetic pairs of replications.
//!
//! The replications 2k and 2k+1 draw from the same streams, the second with the complement of every random number: 1 - u
//! in place of u. What one draws long, the other draws short; a mean response time that is high in one tends to be low in
//! the other, and their mean varies less than that of two independent replications (Hammersley and Morton 1956; Law 2015,
//! §11.3). A pair is one sample: its two figures depend on each other, and are averaged before intervals are computed.
//!
//! For that each value has to grow with the random numbers that it is made of, so in such replications all of them are
//! drawn by inversion, and not by the faster rejection methods, which use numbers that bear no such relation to the value:
//!
//! | distribution | value of u |
//! |---|---|
//! | exponential, Weibull, geometric | logarithm of 1 - u |
//! | uniform, a number with a fraction | u itself |
//! | gamma, Erlang, log-normal | quantile, from one u |
//! | hyper-exponential | one u for the branch, with those of short means first, one for the value |
//! | recorded values | the values in order |
//! | the rest of something running | one u for the part, and those of the whole |
//!
//! Choices among operations, branches, replicas or hidden states use u as they do else, which is a complement too, but of
//! no order; the pick of the next by random scheduling is the same in both. Whether pairs help depends on the system: on
//! M/M/1 at loads of 0.5, 0.8 and 0.9 the variance of the mean response time over the same number of replications falls to
//! three quarters of itself (0.73 to 0.79); where a figure rises with some and falls with other random numbers, nothing is
//! gained.

use statrs::function::erf::erfc_inv;
use statrs::function::gamma::{gamma_lr, gamma_ur, ln_gamma};
use tracecast_model::EngineOptions;

use crate::program::Program;
use crate::run::Run;
use crate::run::probe::Probe;
use crate::sampler::Sampler;
use crate::streams::Stream;

/// What replications play, and which random numbers they draw.
pub(crate) struct Cast {
    program: Program,
    /// The same with the complementary numbers, where there are pairs.
    complementary: Option<Program>,
    seed: u64,
}

impl Cast {
    pub(crate) fn new(mut program: Program, options: &EngineOptions) -> Self {
        let complementary = options.antithetic.then(|| {
            let other = inverted(program.clone(), true);
            program = inverted(std::mem::take(&mut program), false);
            other
        });
        Self { program, complementary, seed: options.seed }
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// Are the replications pairs?
    pub(crate) fn has_pairs(&self) -> bool {
        self.complementary.is_some()
    }

    /// The start of a replication with something that looks on, see [`Run::with_probe`].
    pub(crate) fn run<P: Probe>(&self, replication: u32, origin: f64, probe: P) -> Run<'_, P> {
        match &self.complementary {
            None => Run::with_probe(&self.program, self.seed, replication, origin, probe),
            Some(other) => {
                let program = if replication.is_multiple_of(2) { &self.program } else { other };
                Run::with_probe(program, self.seed, replication / 2, origin, probe)
            }
        }
    }
}

fn inverted(mut program: Program, complement: bool) -> Program {
    for plan in &mut program.variates {
        let plain = std::mem::replace(&mut plan.sampler, Sampler::Constant(0.0));
        plan.sampler = Sampler::Inverse(Box::new(Inverse::new(plain, complement)));
    }
    program
}

/// Draws by inversion.
#[derive(Clone, Debug)]
pub(crate) struct Inverse {
    of: Sampler,
    complement: bool,
}

impl Inverse {
    /// With the random numbers themselves, or with their complements.
    pub(crate) fn new(of: Sampler, complement: bool) -> Self {
        let of = match of {
            Sampler::HyperExponential(branches) => {
                let mut begin = 0.0;
                let parts = branches.iter().map(|&(end, mean)| {
                    let part = (end - begin, mean);
                    begin = end;
                    part
                });
                let mut parts: Vec<(f64, f64)> = parts.collect();
                parts.sort_by(|a, b| a.1.total_cmp(&b.1));
                let mut end = 0.0;
                let ends = parts.into_iter().map(|(part, mean)| {
                    end += part;
                    (end, mean)
                });
                Sampler::HyperExponential(ends.collect())
            }
            Sampler::Empirical(values) => {
                let mut values = values.to_vec();
                values.sort_by(f64::total_cmp);
                Sampler::Empirical(values.into())
            }
            Sampler::Residual(whole) => {
                Sampler::Residual(Box::new(Sampler::Inverse(Box::new(Self::new(*whole, complement)))))
            }
            other => other,
        };
        Self { of, complement }
    }

    /// The next value.
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        let mut unit = || open_unit(stream, self.complement);
        let exponential = |u: f64| -(-u).ln_1p();
        match &self.of {
            Sampler::Constant(value) => *value,
            Sampler::Exponential(mean) => mean * exponential(unit()),
            Sampler::Gamma(gamma) => gamma.scale * gamma_quantile(gamma.shape, unit()),
            Sampler::HyperExponential(branches) => {
                let u = unit();
                let branch = branches.iter().find(|(end, _)| u < *end).or(branches.last());
                branch.map_or(0.0, |(_, mean)| mean * exponential(unit()))
            }
            Sampler::LogNormal { mu, sigma } => (mu + sigma * normal_quantile(unit())).exp(),
            Sampler::Weibull { power, scale } => scale * exponential(unit()).powf(*power),
            Sampler::Uniform { low, width } => low + width * unit(),
            Sampler::Empirical(values) => {
                values[((unit() * values.len() as f64) as usize).min(values.len() - 1)]
            }
            Sampler::Whole { floor, fraction } => floor + f64::from(unit() > 1.0 - fraction),
            Sampler::Geometric { scale } => ((-unit()).ln_1p() * scale).floor(),
            Sampler::Residual(whole) => {
                let part = unit();
                part * whole.draw(stream)
            }
            // Only ever around others.
            whole @ Sampler::Disturbed(_) => whole.draw(stream),
            Sampler::Inverse(inverse) => inverse.draw(stream),
        }
    }
}

/// Uniform in (0, 1), from 53 random bits or their complement: the two add up to 1.
fn open_unit(stream: &mut Stream, complement: bool) -> f64 {
    use rand::Rng as _;
    let bits = stream.next_u64();
    let bits = if complement { !bits } else { bits };
    ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64
}

fn normal_quantile(p: f64) -> f64 {
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * p)
}

/// The p-quantile of the gamma distribution of that shape and scale 1: Newton's method on the incomplete gamma function
/// within a shrinking bracket, from the approximation of Wilson and Hilferty 1931 (Abramowitz and Stegun 26.4.17), or
/// near 0 from the first term of the series (6.5.29).
fn gamma_quantile(shape: f64, p: f64) -> f64 {
    let ninth = 1.0 / (9.0 * shape);
    let cube = 1.0 - ninth + normal_quantile(p) * ninth.sqrt();
    let small = ((p.ln() + ln_gamma(shape + 1.0)) / shape).exp();
    let mut x = if cube > 0.0 && shape >= 1.0 { shape * cube.powi(3) } else { small };
    if x < f64::MIN_POSITIVE {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, f64::INFINITY);
    let log_scale = ln_gamma(shape);
    for _ in 0..200 {
        // The smaller of both parts has more digits.
        let error = if p < 0.5 { gamma_lr(shape, x) - p } else { (1.0 - p) - gamma_ur(shape, x) };
        if error > 0.0 {
            high = x;
        } else {
            low = x;
        }
        let density = ((shape - 1.0) * x.ln() - x - log_scale).exp();
        let mut next = x - error / density;
        if !(next > low && next < high) {
            next = if high.is_finite() { f64::midpoint(low, high) } else { 2.0 * x };
        }
        if (next - x).abs() <= 1e-12 * x {
            return next;
        }
        x = next;
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampler::tests::{DRAWS, check, every_family};
    use crate::streams::stream;

    fn both(plain: &Sampler) -> [Inverse; 2] {
        [false, true].map(|complement| Inverse::new(plain.clone(), complement))
    }

    fn draws(sampler: &Inverse) -> Vec<f64> {
        let mut stream = stream(7, 0, "antithetic");
        (0..DRAWS).map(|_| sampler.draw(&mut stream)).collect()
    }

    /// As for the usual samplers: mean and mean square within 4.5 standard errors.
    #[test]
    fn moments() {
        for distribution in every_family() {
            for sampler in both(&Sampler::new(&distribution, 1.0).unwrap()) {
                let draws = draws(&sampler);
                check(draws.iter().copied(), distribution.mean(), &distribution);
                check(draws.iter().map(|x| x * x), distribution.second_moment(), &distribution);
            }
        }
    }

    fn covariance(a: &[f64], b: &[f64]) -> f64 {
        let n = a.len() as f64;
        let (mean_a, mean_b) = (a.iter().sum::<f64>() / n, b.iter().sum::<f64>() / n);
        a.iter().zip(b).map(|(x, y)| (x - mean_a) * (y - mean_b)).sum::<f64>() / n
    }

    /// Where one number makes a value, the longer one is, the shorter is the other; where two do, on the whole.
    #[test]
    fn complements_go_the_other_way() {
        let calls = [
            Sampler::calls(2.3, tracecast_model::CallCount::Fixed),
            Sampler::calls(3.0, tracecast_model::CallCount::Geometric),
        ];
        let all = every_family().into_iter().map(|distribution| Sampler::new(&distribution, 1.0).unwrap());
        for sampler in all.chain(calls) {
            let [plain, complementary] = both(&sampler);
            let (a, b) = (draws(&plain), draws(&complementary));
            if let Sampler::Constant(value) = sampler {
                assert!(a.iter().chain(&b).all(|x| *x == value));
                continue;
            }
            assert!(covariance(&a, &b) < 0.0, "{sampler:?}");
            if matches!(sampler, Sampler::HyperExponential(_)) {
                continue;
            }
            let mut pairs: Vec<(f64, f64)> = a.into_iter().zip(b).collect();
            pairs.sort_by(|x, y| x.0.total_cmp(&y.0).then(y.1.total_cmp(&x.1)));
            assert!(pairs.windows(2).all(|two| two[1].1 <= two[0].1), "{sampler:?}");
        }
    }

    /// Of the exponential distribution the covariance is 1 - π²/6, of the uniform one -1/12, each within 5 standard errors
    /// (the products have variances below 3 and 1/100).
    #[test]
    fn covariances() {
        let n = DRAWS as f64;
        let theory = 1.0 - std::f64::consts::PI.powi(2) / 6.0;
        for (sampler, theory, variance) in
            [(Sampler::Exponential(1.0), theory, 3.0), (Sampler::unit(), -1.0 / 12.0, 0.01)]
        {
            let [a, b] = both(&sampler).map(|sampler| draws(&sampler));
            let found = covariance(&a, &b);
            assert!((found - theory).abs() < 5.0 * f64::sqrt(variance / n), "{found}, theory {theory}");
        }
    }

    /// Shape 1 is exponential, and of shape 2 the distribution is 1 - (1+x)e⁻ˣ.
    #[test]
    fn gamma_quantiles() {
        for p in [1e-12, 1e-3, 0.3, 0.5, 0.9, 1.0 - 1e-9] {
            let one = gamma_quantile(1.0, p);
            assert!((one + (-p).ln_1p()).abs() <= 1e-9 * one, "{p}: {one}");
            let two = gamma_quantile(2.0, p);
            let beyond = (1.0 + two) * (-two).exp();
            assert!((beyond - (1.0 - p)).abs() <= 1e-9 * (1.0 - p).min(1.0) + 1e-15, "{p}: {two}");
            for shape in [0.05, 0.4, 7.5, 300.0] {
                let x = gamma_quantile(shape, p);
                let error = if p < 0.5 { gamma_lr(shape, x) / p } else { gamma_ur(shape, x) / (1.0 - p) };
                assert!(x == 0.0 || (error - 1.0).abs() < 1e-6, "shape {shape}, {p}: {x}");
            }
        }
    }
}
