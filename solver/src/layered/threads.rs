//! The threads of a pool: how many are busy, and how fast they are together.

use super::level::Level;
use super::network::Network;
use super::occupancy::Occupancy;
use super::solve::State;
use super::waiting::Pace;

/// Probability per thread that all are busy below which nobody waits for one: what is left out is this part of a holding
/// time.
const NEVER_FULL: f64 = 2e-5;
/// Rounds after which these bounds only rise.
const SETTLING: u32 = 8;
/// Probability below which larger numbers of busy threads are not looked at.
const UNLIKELY: f64 = 1e-6;

/// Records how fast a pool is with every number of busy threads.
pub(super) fn update_pace(
    network: &Network<'_>,
    state: &mut State,
    station: usize,
    group: usize,
    levels: &[Level],
) {
    let pool = &network.stations[station];
    let threads = pool.servers.max(1.0) as usize;
    if threads == 1 {
        return;
    }
    let rates = interpolate(levels, threads);
    let throughput = state.throughput[group] / pool.copies;
    let busy = busy(network, state, station);
    let slowest = pool.servers * throughput / (busy * levels[0].throughput * rate(&rates, threads));
    state.slowest[group] = if slowest.is_finite() { slowest.clamp(1.0, 10.0) } else { 1.0 };
    state.rates[group] = rates;
}

/// How often each number of busy threads is met by one of them. Records which numbers are likely, and what part of the
/// pool's activity a thread sees.
pub(super) fn weights(
    network: &Network<'_>,
    state: &mut State,
    station: usize,
    group: usize,
    levels: &[Level],
) -> Vec<f64> {
    let busy = busy(network, state, station);
    let numbers = numbers(network, state, station, group, busy);
    let threads = numbers.len() - 1;
    // A bound that went to and fro would keep the iteration from settling.
    let most = most(&numbers) as f64;
    let settled = state.rounds > SETTLING;
    state.most_busy[group] = if settled { most.max(state.most_busy[group]) } else { most };
    let full = numbers[threads] > NEVER_FULL * threads as f64;
    state.fills[group] = full || (settled && state.fills[group]);
    let mut weights = vec![0.0; levels.len()];
    let (mut others, mut above) = (0.0, 0);
    for (n, part) in (1..=threads).zip(completions(&numbers, &state.rates[group])) {
        others += part * (n - 1) as f64;
        while above < levels.len() && levels[above].customers < n as f64 {
            above += 1;
        }
        spread(levels, above, n as f64, part, &mut weights);
    }
    state.seen[group] = if busy > 0.0 { (others / busy).clamp(0.0, 1.0) } else { 0.0 };
    weights
}

/// Mean busy threads of one copy of a pool.
fn busy(network: &Network<'_>, state: &State, station: usize) -> f64 {
    let pool = &network.stations[station];
    pool.visits.iter().map(|&v| state.flow.busy[v]).sum::<f64>() / pool.copies
}

/// Probabilities of 0, 1, … busy threads, given the mean number.
fn numbers(network: &Network<'_>, state: &mut State, station: usize, group: usize, busy: f64) -> Vec<f64> {
    let rates = &state.rates[group];
    if rates.is_empty() {
        return vec![0.0, 1.0];
    }
    let occupancy = Occupancy {
        servers: network.stations[station].servers,
        rates,
        sources: sources(network, state, station),
        closeness: state.closeness,
    };
    occupancy.distribution(busy, &mut state.pool_searches[station])
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
