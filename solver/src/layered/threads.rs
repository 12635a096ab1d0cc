//! The threads of a pool: how many are busy, and how fast they are together.

use super::level::Level;
use super::network::{Network, Source};
use super::occupancy::Occupancy;
use super::own;
use super::solve::State;
use super::waiting::Pace;

/// Probability per thread that all are busy below which nobody waits for one: what is left out is this part of a holding
/// time.
const NEVER_FULL: f64 = 2e-5;
/// Rounds after which these bounds only rise.
const SETTLING: u32 = 8;
/// Probability below which larger numbers of busy threads are not looked at.
const UNLIKELY: f64 = 1e-6;

/// Records how fast a pool is with every number of busy threads; how often each number is met by one of them.
pub(super) fn weights(
    network: &Network<'_>,
    state: &mut State,
    station: usize,
    group: usize,
    levels: &[Level],
) -> Vec<f64> {
    let pool = &network.stations[station];
    let threads = pool.servers.max(1.0) as usize;
    let alone = levels[0].throughput;
    let rates = if threads > 1 { interpolate(levels, threads) } else { Vec::new() };
    let (busy, numbers) = numbers(network, state, station, &rates);
    // A bound that went to and fro would keep the iteration from settling.
    let most = most(&numbers) as f64;
    let settled = state.rounds > SETTLING;
    state.most_busy[group] = if settled { most.max(state.most_busy[group]) } else { most };
    let full = numbers.get(threads).copied().unwrap_or(0.0) > NEVER_FULL * threads as f64;
    state.fills[group] = full || (settled && state.fills[group]);
    let parts = completions(&numbers, &rates);
    let mut weights = vec![0.0; levels.len()];
    let mut above = 0;
    for (n, part) in (1..=threads).zip(parts) {
        while above < levels.len() && levels[above].customers < n as f64 {
            above += 1;
        }
        spread(levels, above, n as f64, part, &mut weights);
    }
    let throughput = state.throughput[group] / pool.copies;
    let slowest = threads as f64 * throughput / (busy * alone * rate(&rates, threads));
    state.slowest[group] = if threads > 1 && slowest.is_finite() { slowest.clamp(1.0, 10.0) } else { 1.0 };
    state.rates[group] = rates;
    weights
}

/// Recomputes what part of a pool's activity one of its threads sees: callers before the called, as the number of
/// customers that can come to a pool depends on what its callers see.
pub(super) fn update_seen(network: &Network<'_>, state: &mut State) {
    for &group in network.group_order.iter().rev() {
        if let Source::Pool { station, .. } = network.groups[group].source
            && state.throughput[group] > 0.0
        {
            let rates = std::mem::take(&mut state.rates[group]);
            let (busy, numbers) = numbers(network, state, station, &rates);
            let others: f64 =
                completions(&numbers, &rates).zip(0_u32..).map(|(part, n)| part * f64::from(n)).sum();
            state.seen[group] = if busy > 0.0 { (others / busy).clamp(0.0, 1.0) } else { 0.0 };
            state.rates[group] = rates;
        }
        own::update_one(network, state, group);
    }
}

/// Mean busy threads of one copy of a pool, and the probabilities of 0, 1, … of them.
fn numbers(network: &Network<'_>, state: &mut State, station: usize, rates: &[f64]) -> (f64, Vec<f64>) {
    let pool = &network.stations[station];
    let busy = pool.visits.iter().map(|&v| state.flow.busy[v]).sum::<f64>() / pool.copies;
    if rates.is_empty() {
        return (busy, vec![0.0, 1.0]);
    }
    let occupancy = Occupancy {
        servers: pool.servers,
        rates,
        sources: sources(network, state, station),
        closeness: state.closeness,
    };
    (busy, occupancy.distribution(busy, &mut state.pool_searches[station]))
}

/// Which parts of the completions find 1, 2, … threads busy; all of them all, if there are none.
fn completions(numbers: &[f64], rates: &[f64]) -> impl Iterator<Item = f64> {
    let rate = |n: usize| rate(rates, n);
    let sum: f64 = (1..numbers.len()).map(|n| numbers[n] * rate(n)).sum();
    (1..numbers.len()).map(move |n| {
        if sum > 0.0 { numbers[n] * rate(n) / sum } else { f64::from(u8::from(n + 1 == numbers.len())) }
    })
}

/// Rate of completions with so many threads busy, relative to one.
fn rate(rates: &[f64], n: usize) -> f64 {
    if rates.is_empty() { n as f64 } else { rates[n - 1] }
}

/// More than this many are hardly ever busy.
fn most(numbers: &[f64]) -> usize {
    let mut above = 0.0;
    let unlikely = numbers.iter().rev().take_while(|&&probability| {
        above += probability;
        above < UNLIKELY
    });
    numbers.len() - unlikely.count()
}

/// Gives a weight to the levels next to a number of customers, the upper of which is `above`.
fn spread(levels: &[Level], above: usize, n: f64, weight: f64, weights: &mut [f64]) {
    if above == 0 || above == levels.len() || levels[above].customers == n {
        weights[above.min(levels.len() - 1)] += weight;
        return;
    }
    let (low, high) = (levels[above - 1].customers, levels[above].customers);
    let part = (n - low) / (high - low);
    weights[above - 1] += weight * (1.0 - part);
    weights[above] += weight * part;
}

/// Throughputs with 1, 2, … customers relative to the first, linear between the levels and, as before the last, beyond.
fn interpolate(levels: &[Level], count: usize) -> Vec<f64> {
    let alone = levels[0].throughput;
    let [_, _, ..] = levels else { return (1..=count).map(|n| n as f64).collect() };
    let mut above = 1;
    let rate = |n: usize| {
        while above + 1 < levels.len() && levels[above].customers < n as f64 {
            above += 1;
        }
        let (low, high) = (&levels[above - 1], &levels[above]);
        let slope = (high.throughput - low.throughput) / (high.customers - low.customers);
        (low.throughput + slope.max(0.0) * (n as f64 - low.customers)) / alone
    };
    (1..=count).map(rate).collect()
}

/// Customers of a pool, were they all alike.
fn sources(network: &Network<'_>, state: &State, station: usize) -> f64 {
    let (mut present, mut concentration, mut late) = (0.0, 0.0, 0.0);
    for &v in &network.stations[station].visits {
        let number = state.present(network, v) / network.stations[station].copies;
        present += number;
        concentration += number * number * state.one[v];
        late += state.flow.late[v] / network.stations[station].copies;
    }
    let alike = if concentration > 1e-9 * present * present {
        present * present / concentration
    } else {
        f64::INFINITY
    };
    alike + 2.0 * late
}

/// How the threads of the pool that a station is get on with each other; independent servers where it is none.
pub(super) fn pace<'a>(network: &Network<'_>, state: &'a State, station: usize) -> Pace<'a> {
    match network.pool_of(station) {
        Some(group) => Pace {
            rates: &state.rates[group],
            slowest: state.slowest[group],
            fills: state.fills[group],
            closeness: state.closeness,
        },
        None => Pace { rates: &[], slowest: 1.0, fills: true, closeness: state.closeness },
    }
}
