//! M/M/c whose servers break down, each by itself, at rate ξ while they are up, and come back at rate η.

/// Mean requests of M/M/1 (White and Christie 1958, "Queuing with preemptive priorities or with breakdown"; Mitrany and Avi-Itzhak
/// 1968, "A many-server queue with service interruptions", the case of one server):
/// L = λ((ξ+η)² + ξμ) / ((ξ+η)(ημ - λ(ξ+η))).
pub(crate) fn mm1_queue_length(lambda: f64, mu: f64, xi: f64, eta: f64) -> f64 {
    let sum = xi + eta;
    lambda * (sum * sum + xi * mu) / (sum * (eta * mu - lambda * sum))
}

/// Mean requests of M/M/c: global balance of the chain of requests and servers that are up, with at most so many requests that more
/// are rarer than 10⁻⁹, solved by sweeps (Gauss-Seidel).
pub(crate) fn mmc_queue_length(servers: u32, lambda: f64, mu: f64, xi: f64, eta: f64) -> f64 {
    const MOST: usize = 250;
    let c = servers as usize;
    // By requests and servers that are up.
    let mut chance = vec![vec![1.0 / ((MOST + 1) * (c + 1)) as f64; c + 1]; MOST + 1];
    for _ in 0..200_000 {
        let mut change: f64 = 0.0;
        for n in 0..=MOST {
            for up in 0..=c {
                let arrive = if n < MOST { lambda } else { 0.0 };
                let out = arrive + mu * n.min(up) as f64 + xi * up as f64 + eta * (c - up) as f64;
                let mut inward = 0.0;
                if n > 0 {
                    inward += lambda * chance[n - 1][up];
                }
                if n < MOST {
                    inward += mu * (n + 1).min(up) as f64 * chance[n + 1][up];
                }
                if up < c {
                    inward += xi * (up + 1) as f64 * chance[n][up + 1];
                }
                if up > 0 {
                    inward += eta * (c - up + 1) as f64 * chance[n][up - 1];
                }
                let new = inward / out;
                change = change.max((new - chance[n][up]).abs());
                chance[n][up] = new;
            }
        }
        let total: f64 = chance.iter().flatten().sum();
        chance.iter_mut().flatten().for_each(|chance| *chance /= total);
        if change < 1e-13 {
            break;
        }
    }
    assert!(chance[MOST].iter().sum::<f64>() < 1e-9, "too many requests for this chain");
    chance.iter().enumerate().map(|(n, row)| n as f64 * row.iter().sum::<f64>()).sum()
}

#[test]
fn the_chain_agrees_with_the_formula() {
    let (chain, formula) = (mmc_queue_length(1, 0.5, 1.0, 0.1, 0.9), mm1_queue_length(0.5, 1.0, 0.1, 0.9));
    assert!((chain / formula - 1.0).abs() < 1e-6, "{chain} {formula}");
    // Without breakdowns M/M/2: L = 2ρ/(1-ρ²).
    let rho: f64 = 0.6;
    let chain = mmc_queue_length(2, 2.0 * rho, 1.0, 1e-12, 1.0);
    assert!((chain / (2.0 * rho / (1.0 - rho * rho)) - 1.0).abs() < 1e-6, "{chain}");
}
