//! Single stations. λ is the arrival rate, μ the service rate, ρ the load of a server.

use tracecast_model::Distribution;

/// M/M/c response time: Erlang's C formula (Kleinrock 1975, *Queueing Systems* I, §3.5; Allen 1990, table 5 of
/// appendix C).
pub(crate) fn mmc_response(servers: u32, rate: f64, mean: f64) -> f64 {
    let offered = rate * mean;
    let c = f64::from(servers);
    let b = erlang_b(servers, offered);
    let rho = offered / c;
    let waits = b / (1.0 - rho * (1.0 - b));
    mean + waits * mean / (c * (1.0 - rho))
}

/// Share of the requests lost at M/G/c/c under so much offered work, by the recursion of Erlang's B formula (Kleinrock
/// 1975, eq. 3.45).
pub(crate) fn erlang_b(servers: u32, offered: f64) -> f64 {
    (1..=servers).fold(1.0, |b, n| offered * b / (f64::from(n) + offered * b))
}

/// M/G/1 response time: Pollaczek and Khinchine (Kleinrock 1975, eq. 5.113).
pub(crate) fn mg1_response(rate: f64, demand: &Distribution) -> f64 {
    demand.mean() + mg1_waiting(rate, demand.mean(), demand.second_moment())
}

/// M/G/1 waiting time for a service time of these first two moments: Pollaczek and Khinchine.
pub(crate) fn mg1_waiting(rate: f64, mean: f64, second_moment: f64) -> f64 {
    rate * second_moment / (2.0 * (1.0 - rate * mean))
}

/// M/D/c response time (Crommelin 1932, "Delay probability formulae when the holding times are constant"; Franx 2001):
/// the number waiting goes from Q to (Q + N - c)⁺ in one service time D, with N Poisson of mean a = λD, so by Spitzer's
/// identity W = D Σᵢ (P(Nᵢ ≥ ic) - c/a P(Nᵢ > ic)), with Nᵢ Poisson of mean ia.
pub(crate) fn mdc_response(servers: u32, rate: f64, demand: f64) -> f64 {
    let (c, a) = (f64::from(servers), rate * demand);
    let mut waiting = 0.0;
    for i in 1_u32.. {
        let (places, mean) = (f64::from(i) * c, f64::from(i) * a);
        let more = poisson_tail(mean, places + 1.0);
        let term = poisson_tail(mean, places) - c / a * more;
        waiting += term;
        if term < 1e-14 {
            break;
        }
    }
    demand * (1.0 + waiting)
}

/// P(N ≥ k) for a Poisson number of a mean below k.
fn poisson_tail(mean: f64, k: f64) -> f64 {
    let mut term = (k * mean.ln() - mean - libm::lgamma(k + 1.0)).exp();
    let (mut sum, mut next) = (0.0, k);
    while term > 1e-18 {
        sum += term;
        next += 1.0;
        term *= mean / next;
    }
    sum
}

/// Throughput and mean number of a birth-death process on 0 to `most`, with births at `up(n)` and deaths at `down(n)`
/// (Kleinrock 1975, eq. 3.11): p(n) ∝ Π up(i-1)/down(i).
pub(crate) fn birth_death(most: u32, up: impl Fn(u32) -> f64, down: impl Fn(u32) -> f64) -> (f64, f64) {
    let (mut weight, mut total, mut number, mut throughput) = (1.0, 1.0, 0.0, 0.0);
    for n in 1..=most {
        weight *= up(n - 1) / down(n);
        total += weight;
        number += f64::from(n) * weight;
        throughput += down(n) * weight;
    }
    (throughput / total, number / total)
}

/// Throughput and response time of what is not lost at M/M/c/K: `places` are those of all present.
pub(crate) fn mmck(servers: u32, places: u32, rate: f64, mean: f64) -> (f64, f64) {
    let (throughput, number) = birth_death(places, |_| rate, |n| f64::from(n.min(servers)) / mean);
    (throughput, number / throughput)
}

/// Response time of M/M/1 whose speed has the n-th of these factors with n present, the last with more.
pub(crate) fn load_dependent_response(rate: f64, mean: f64, factors: &[f64]) -> f64 {
    let speed = |n: u32| factors[(n as usize - 1).min(factors.len() - 1)];
    // At 2000 present nothing is left of a queue with a load of at most 0.9.
    let (throughput, number) = birth_death(2000, |_| rate, |n| speed(n) / mean);
    number / throughput
}

/// Response times of two classes of exponential work under discriminatory processor sharing (Fayolle, Mitrani and
/// Iasnogorodski 1980, "Sharing a processor among many job classes"): for class 1, with weights g,
/// 1/(μ₁(1-ρ)) (1 + μ₁ρ₂(g₂-g₁)/(μ₁g₁(1-ρ₁) + μ₂g₂(1-ρ₂))). Each class is (rate, mean, weight).
pub(crate) fn discriminatory_responses(classes: [(f64, f64, f64); 2]) -> [f64; 2] {
    let [(l1, s1, g1), (l2, s2, g2)] = classes;
    let (r1, r2) = (l1 * s1, l2 * s2);
    let below = g1 / s1 * (1.0 - r1) + g2 / s2 * (1.0 - r2);
    let of = |s: f64, other: f64, own: f64, others: f64| {
        s / (1.0 - r1 - r2) * (1.0 + other * (others - own) / (s * below))
    };
    [of(s1, r2, g1, g2), of(s2, r1, g2, g1)]
}

/// Response times of classes under priorities, the first class the highest, each (rate, mean, second moment):
/// without preemption S + W₀/((1-σ₊)(1-σ)) with W₀ = Σ λE[S²]/2 over all classes (Cobham 1954, eq. 3); with preemptive
/// resume S/(1-σ₊) + W₀/((1-σ₊)(1-σ)), W₀ over the own and higher classes (Kleinrock 1976, *Queueing Systems* II, eq. 3.39).
pub(crate) fn priority_responses(classes: &[(f64, f64, f64)], preemptive: bool) -> Vec<f64> {
    let left = |classes: &[(f64, f64, f64)]| {
        classes.iter().map(|(rate, _, second)| rate * second / 2.0).sum::<f64>()
    };
    let mut higher = 0.0;
    let responses = classes.iter().enumerate().map(|(number, &(rate, mean, _))| {
        let own = higher + rate * mean;
        let disturbing = if preemptive { left(&classes[..=number]) } else { left(classes) };
        let service = if preemptive { mean / (1.0 - higher) } else { mean };
        let response = service + disturbing / ((1.0 - higher) * (1.0 - own));
        higher = own;
        response
    });
    responses.collect()
}

/// P(B > t) for a busy period B of M/M/1 with μ = 1, in steps of `width` up to `count` of them: the integral of the
/// density exp(-(1+ρ)t) I₁(2t√ρ)/(t√ρ) (Kleinrock 1975, §5.9) by the trapezoidal rule.
pub(crate) fn busy_period_tail(rho: f64, width: f64, count: usize) -> Vec<f64> {
    let density = |t: f64| {
        if t == 0.0 {
            return 1.0;
        }
        // I₁(x) = 1/π ∫ exp(x cos θ) cos θ dθ, with the factor exp(-(1+ρ)t) inside so that nothing overflows.
        let points = 400;
        let sum: f64 = (0..points)
            .map(|i| {
                let theta = std::f64::consts::PI * (f64::from(i) + 0.5) / f64::from(points);
                (2.0 * t * rho.sqrt() * theta.cos() - (1.0 + rho) * t).exp() * theta.cos()
            })
            .sum();
        sum / f64::from(points) / (t * rho.sqrt())
    };
    let mut tail = vec![1.0];
    let mut before = density(0.0);
    for step in 1..=count {
        let next = density(step as f64 * width);
        tail.push(tail[step - 1] - 0.5 * width * (before + next));
        before = next;
    }
    tail
}
