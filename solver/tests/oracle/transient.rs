//! Uniformization against closed forms.

use tracecast_solver::transient::Station;

use crate::close;

/// The modified Bessel function I_k(x) times e^-x by its series, whose terms are all positive.
fn scaled_bessel(k: f64, x: f64) -> f64 {
    let factorial: f64 = (1..=k as u32).map(|j| f64::from(j).ln()).sum();
    let mut term = (k * (0.5 * x).ln() - factorial - x).exp();
    let mut sum = 0.0;
    let mut m = 0.0;
    while term > 1e-18 * sum || m < x {
        sum += term;
        m += 1.0;
        term *= 0.25 * x * x / (m * (m + k));
    }
    sum
}

/// Probability of n requests in an M/M/1 queue (μ = 1) that had i at time 0 (Morse 1958; Kleinrock 1975, eq. 2.163).
fn morse(rho: f64, i: u32, n: u32, time: f64) -> f64 {
    let (i, n) = (f64::from(i), f64::from(n));
    let x = 2.0 * rho.sqrt() * time;
    let bessel = |k: f64| scaled_bessel(k, x);
    let tail: f64 =
        (0..300).map(|j| n + i + 2.0 + f64::from(j)).map(|j| rho.powf(-j / 2.0) * bessel(j)).sum();
    let sum = rho.powf((n - i) / 2.0) * bessel((n - i).abs())
        + rho.powf((n - i - 1.0) / 2.0) * bessel(n + i + 1.0)
        + (1.0 - rho) * rho.powf(n) * tail;
    sum * (x - (1.0 + rho) * time).exp()
}

/// Below, near and above critical load, from empty and from a queue.
#[test]
fn a_single_server_follows_bessel_functions() {
    let station = Station { servers: 1, service_rate: 1.0, capacity: 400 };
    for rho in [0.5, 0.95, 1.2] {
        for (start, time) in [(0, 0.5), (0, 20.0), (10, 3.0), (10, 30.0)] {
            let found = station.after(&station.holding(start), time, |_| rho);
            for n in 0..20 {
                let exact = morse(rho, start as u32, n, time);
                assert!((found[n as usize] - exact).abs() < 1e-9, "ρ {rho}, {start} to {n} in {time}");
            }
        }
    }
}

/// Steady state of M/M/c (Erlang): two servers, ρ = 0.75 each: P₀ = (1-ρ)/(1+ρ), mean 2ρ/(1-ρ²).
#[test]
fn a_long_time_is_the_steady_state() {
    let station = Station { servers: 2, service_rate: 1.0, capacity: 300 };
    let found = station.after(&station.holding(0), 2000.0, |_| 1.5);
    close(found[0], 0.25 / 1.75, 1e-9);
    close(Station::mean(&found), 1.5 / (1.0 - 0.5625), 1e-9);
}

/// Servers for all: Poisson with mean ∫₀ᵗ λ(u) e^{-μ(t-u)} du, whatever the rate does (Eick, Massey and Whitt 1993). For
/// λ = a·u and μ = 1 that is a(t - 1 + e^-t).
#[test]
fn servers_for_all_under_a_ramp() {
    let station = Station { servers: 200, service_rate: 1.0, capacity: 200 };
    let found = station.after(&station.holding(0), 8.0, |t| 5.0 * t);
    let mean = 5.0 * (8.0 - 1.0 + (-8.0f64).exp());
    close(Station::mean(&found), mean, 1e-8);
    close(Station::variance(&found), mean, 1e-8);
}

/// A burst without further arrivals, one worker each: a pure death process, P(empty by t) = (1-e^-t)^N.
#[test]
fn a_burst_with_a_worker_for_each() {
    let station = Station { servers: 20, service_rate: 1.0, capacity: 20 };
    for time in [0.3f64, 2.0, 5.0] {
        let found = station.after(&station.holding(20), time, |_| 0.0);
        close(found[0], (1.0 - (-time).exp()).powi(20), 1e-9);
    }
}

/// Mean makespan of N on c workers: (N-c)/c + H_c, as the integral of P(not empty); Simpson's rule with steps that are
/// small against its shape.
#[test]
fn a_burst_on_fewer_workers() {
    let (requests, workers) = (60, 5);
    let station = Station { servers: workers, service_rate: 1.0, capacity: requests };
    let (step, steps) = (0.1, 400);
    let mut now = station.holding(requests);
    let mut integral = 1.0;
    for i in 1..=steps {
        now = station.after(&now, step, |_| 0.0);
        let weight = if i == steps {
            1.0
        } else if i % 2 == 1 {
            4.0
        } else {
            2.0
        };
        integral += weight * (1.0 - now[0]);
    }
    let harmonic: f64 = (1..=workers).map(|j| 1.0 / j as f64).sum();
    let exact = (requests - workers) as f64 / workers as f64 + harmonic;
    close(integral * step / 3.0, exact, 1e-6);
}
