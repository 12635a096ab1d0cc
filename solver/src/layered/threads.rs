//! Threads of one pool among themselves.

use super::network::Network;
use super::solve::State;

/// How busy threads of a pool slow each other down.
pub(crate) struct Slowdown {
    /// Per other busy thread, relative to a lone one.
    pub(crate) slope: f64,
    /// Holding time with all threads busy, relative to the mean one.
    pub(crate) factor: f64,
}

/// The holding time of a thread is taken as linear in the number of the other busy ones: h(n) = h(1) + (n-1)b, where
/// b is what they add on average now. Exact for work on one shared core (h(n) = nh(1)), for balanced networks
/// (Lazowska et al. 1984, §5.4), and for work without contention.
pub(crate) fn slowdown(network: &Network<'_>, state: &State, station: usize) -> Slowdown {
    let none = Slowdown { slope: 0.0, factor: 1.0 };
    let pool = &network.stations[station];
    let Some(group) = network.pool_of(station) else { return none };
    let throughput = state.throughput[group];
    let busy: f64 = pool.visits.iter().map(|&v| state.flow.busy[v]).sum();
    let holding = busy / throughput;
    let others = (1.0 - (1.0 - state.seen[group]) / pool.copies) * busy;
    if pool.servers <= 1.0 || !others.is_finite() || others < 1e-9 || !holding.is_finite() || holding <= 0.0 {
        return none;
    }
    let own: f64 =
        network.visits_of(group).map(|v| state.own_wait_rate(network, v)).sum::<f64>() / throughput;
    let per_other = own / others;
    let met = state.seen[group] * busy / pool.copies;
    let lone = (holding - per_other * met).max(0.1 * holding);
    Slowdown {
        slope: per_other / lone,
        factor: 1.0 + per_other * (pool.servers - 1.0 - met).max(0.0) / holding,
    }
}

/// For a pool: the part of its busy threads that a thread sees when it starts, E[min(n, c-1)]/E[min(n, c)].
pub(crate) fn update_seen(network: &Network<'_>, state: &mut State, k: usize, (sum, rate): (f64, f64)) {
    let station = &network.stations[k];
    let Some(group) = network.pool_of(k) else { return };
    let busy: f64 = station.visits.iter().map(|&v| state.flow.busy[v]).sum::<f64>() / station.copies;
    let most = 1.0 - 1.0 / station.servers;
    let seen = if rate > 0.0 && busy > 0.0 { (sum / rate / busy).clamp(0.0, 1.0) } else { most };
    let seen = if station.servers <= 1.0 { 0.0 } else { seen };
    state.seen[group] = seen;
}
