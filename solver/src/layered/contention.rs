//! Waiting at every station by the arrival theorem.

use super::interlock;
use super::network::{Network, Source, Station};
use super::occupancy::Occupancy;
use super::solve::State;

/// Recomputes what an arriving customer of each group meets at each station, and how long it waits:
///
/// W = (Σ work waiting ahead + P(all servers busy) · mean residual work of those in service) / servers,
///
/// with what the customer meets at one customer less (Reiser and Lavenberg 1980). For Poisson arrivals at one server
/// this is the Pollaczek–Khinchine formula, at several that of Lee and Longton (1959). Sharing stations have the same
/// with all work relative to the demand and residuals of exponential service, to which their means are insensitive.
pub(crate) fn update(network: &Network<'_>, state: &mut State) {
    state.causes = interlock::update(network, state);
    own_parts(network, state);
    let mut delay = state.delay.clone();
    for (k, station) in network.stations.iter().enumerate() {
        let slowdown = thread_slowdown(network, state, k);
        let mut seen = (0.0, 0.0);
        for &arriving in &station.visits {
            if state.flow.rate[arriving] <= 0.0 {
                continue;
            }
            let met = met(network, state, k, arriving);
            let full = all_busy(station, &met, slowdown.slope);
            let answer = waiting(station, &met, full, slowdown.factor);
            delay[arriving] = answer.delay;
            state.own_delay[arriving] = answer.own;
            seen.0 += state.flow.rate[arriving] * (met.busy - full).max(0.0);
            seen.1 += state.flow.rate[arriving];
            state.all_busy[k] = full;
        }
        update_seen(network, state, k, seen);
    }
    state.delay = delay;
}

/// What an arriving customer meets at one copy of a station.
struct Met {
    /// Busy servers.
    busy: f64,
    /// Waiting work (time, or relative where shared), at the delays of the last round.
    work_waiting: f64,
    /// Load of those who come, like the arriving customer, whatever the delay is.
    open_load: f64,
    /// Mean residual work of one in service at a random time, and its mean work.
    residual: f64,
    mean: f64,
    /// Part of the customers of all groups that is here.
    gathered: f64,
    /// Squared coefficient of variation of service.
    scv: f64,
    /// Customers that can come.
    sources: f64,
    /// Its delay in the last round.
    before: f64,
    /// Load of the arriving customer's own group, as it meets it.
    own_busy: f64,
    own_waiting: f64,
}

fn met(network: &Network<'_>, state: &State, k: usize, arriving: usize) -> Met {
    let station = &network.stations[k];
    let group = network.visits[arriving].group;
    let arriving_open = state.open_part(group);
    let mut met = Met {
        busy: 0.0,
        work_waiting: 0.0,
        open_load: 0.0,
        residual: 1.0,
        mean: 1.0,
        gathered: 0.0,
        scv: 1.0,
        sources: f64::INFINITY,
        before: state.delay[arriving],
        own_busy: 0.0,
        own_waiting: 0.0,
    };
    let absent = absence(network, state, k, arriving);
    let (mut first, mut second, mut present, mut concentration) = (0.0, 0.0, 0.0, 0.0);
    for &visit in &station.visits {
        let (busy, other) = (state.flow.busy[visit] / station.copies, network.visits[visit].group);
        if busy <= 0.0 {
            continue;
        }
        let (sees_busy, sees_waiting) = if visit == arriving {
            (state.own_busy[visit], state.own_waiting[visit])
        } else {
            let rest = 1.0 - interlock::blocked(state, group, other);
            (rest, rest)
        };
        let delay = state.delay[visit];
        let open = if state.throughput[other] > 0.0 {
            state.flow.open[other] / state.throughput[other]
        } else {
            0.0
        };
        met.busy += sees_busy * busy;
        let delay = if visit == arriving { delay } else { (delay - absent).max(0.0) };
        met.work_waiting += sees_waiting * busy * delay;
        met.open_load += sees_waiting * open * arriving_open * busy;
        first += sees_busy * busy * state.flow.service(visit);
        second += sees_busy * busy * state.flow.second[visit] / state.flow.busy[visit];
        let number = state.present(network, visit) / station.copies;
        present += number;
        concentration += number * number * state.one[visit];
        if visit == arriving {
            met.own_busy = sees_busy * busy;
            met.own_waiting = sees_waiting * busy;
        }
    }
    if met.busy > 0.0 && !station.sharing {
        met.residual = 0.5 * second / met.busy;
        met.mean = first / met.busy;
        met.scv = (second / (met.mean * first) - 1.0).max(0.0);
    }
    if concentration > 1e-9 * present * present {
        let leaving = if network.groups[group].is_open() { 0.0 } else { 1.0 };
        met.sources = (present * present / concentration - leaving).max(0.0);
        met.gathered = (concentration / present).min(1.0);
    }
    met
}

/// By how much the others wait less while the arriving customer is not here: by the work that one of its kind
/// brings on average, to first order.
fn absence(network: &Network<'_>, state: &State, k: usize, arriving: usize) -> f64 {
    let station = &network.stations[k];
    let one = state.one[arriving] * state.present(network, arriving) / station.copies;
    let work = if station.sharing { 1.0 } else { state.flow.service(arriving) };
    let hindrance = if station.servers > 1.0 { state.all_busy[k] / station.servers } else { 1.0 };
    one * work * hindrance
}

/// Probability that the arriving customer finds all servers busy.
fn all_busy(station: &Station, met: &Met, slope: f64) -> f64 {
    let servers = station.servers.max(1.0);
    if servers == 1.0 {
        return met.busy.min(1.0);
    }
    Occupancy { servers, slope, sources: met.sources }.all_busy(met.busy)
}

struct Waiting {
    delay: f64,
    /// The part of it that the arriving customer's own group causes.
    own: f64,
}

fn waiting(station: &Station, met: &Met, full: f64, slowdown: f64) -> Waiting {
    let per_server = slowdown / station.servers.max(1.0);
    let regularity = regularity(station.arrival_scv, met.scv, (met.busy / station.servers.max(1.0)).min(1.0));
    // The residual of a renewal process holds for arrivals at random times. The larger the part of all customers that
    // is here, the more an arrival follows a completion and finds a full service ahead, as in product form.
    // The busier it is with that, the more.
    let load = (met.busy / station.servers.max(1.0)).min(1.0);
    let random =
        if met.gathered > 0.0 { (1.0 - met.gathered) * (1.0 - load.powf(2.0 / met.gathered)) } else { 1.0 };
    let residual = met.mean + (met.residual - met.mean) * random;
    let residual = full * residual * regularity;
    // The delays of open customers grow together: W = A + BW is solved for W instead of being iterated, which would
    // take ever longer as B approaches 1. Any B leaves the fixed point where it is.
    let feedback = (per_server * met.open_load).min(0.9999);
    // Until throughputs have settled there may be more work in service than servers; the rest of it waits.
    let excess = (met.busy - station.servers.max(1.0)).max(0.0) * met.mean;
    let plain = per_server * (met.work_waiting + residual + excess);
    let delay = ((plain - feedback * met.before) / (1.0 - feedback)).max(0.0);
    let own_residual = if met.busy > 0.0 { residual * met.own_busy / met.busy } else { 0.0 };
    Waiting { delay, own: per_server * (met.own_waiting * delay + own_residual) }
}

/// Waiting time relative to Poisson arrivals when gaps have another SCV (Krämer and Langenbach-Belz 1976, for
/// c_a² ≤ 1; the first factor is that of Allen and Cunneen).
fn regularity(arrival_scv: f64, service_scv: f64, load: f64) -> f64 {
    if arrival_scv >= 1.0 || load <= 0.0 {
        return 1.0;
    }
    let sum = arrival_scv + service_scv;
    let exponent = -2.0 * (1.0 - load) * (1.0 - arrival_scv).powi(2) / (3.0 * load * sum);
    sum / (1.0 + service_scv) * exponent.exp()
}

/// How busy threads of a pool slow each other down.
struct Slowdown {
    /// Per other busy thread, relative to a lone one.
    slope: f64,
    /// Holding time with all threads busy, relative to the mean one.
    factor: f64,
}

/// The holding time of a thread is taken as linear in the number of the other busy ones: h(n) = h(1) + (n-1)b, where
/// b is what they add on average now. Exact for work on one shared core (h(n) = nh(1)), for balanced networks
/// (Lazowska et al. 1984, §5.4), and for work without contention.
fn thread_slowdown(network: &Network<'_>, state: &State, station: usize) -> Slowdown {
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
fn update_seen(network: &Network<'_>, state: &mut State, k: usize, (sum, rate): (f64, f64)) {
    let station = &network.stations[k];
    let Some(group) = network.pool_of(k) else { return };
    let busy: f64 = station.visits.iter().map(|&v| state.flow.busy[v]).sum::<f64>() / station.copies;
    let most = 1.0 - 1.0 / station.servers;
    let seen = if rate > 0.0 && busy > 0.0 { (sum / rate / busy).clamp(0.0, 1.0) } else { most };
    let seen = if station.servers <= 1.0 { 0.0 } else { seen };
    state.seen[group] = seen;
}

/// Per visit: the part of what the own group has there that one of its customers meets.
fn own_parts(network: &Network<'_>, state: &mut State) {
    for (g, group) in network.groups.iter().enumerate() {
        match group.source {
            Source::Closed { population, think_time, .. } => {
                closed(network, state, g, population, think_time)
            }
            Source::Open { .. } | Source::Stream => {
                for v in network.visits_of(g) {
                    (state.own_busy[v], state.own_waiting[v], state.one[v]) = (1.0, 1.0, 0.0);
                }
            }
            Source::Pool { station, .. } => {
                for v in network.visits_of(g) {
                    let part = threads_met(network, station, network.visits[v].station, state.seen[g]);
                    (state.own_busy[v], state.own_waiting[v], state.one[v]) = (part, part, 1.0 - part);
                }
            }
        }
    }
}

/// A closed workload with one customer less, to first order: everyone else waits less where the missing one was, so
/// cycles get shorter and the rest is busier than Schweitzer's (N-1)/N says.
fn closed(network: &Network<'_>, state: &mut State, group: usize, population: f64, think_time: f64) {
    state.seen[group] = 1.0 - 1.0 / population;
    let throughput = state.throughput[group];
    if throughput <= 0.0 {
        return;
    }
    let cycle = (population / throughput).max(think_time);
    let saved: Vec<(usize, f64, f64)> = network
        .visits_of(group)
        .map(|v| {
            let station = &network.stations[network.visits[v].station];
            let demand = state.flow.busy[v] / throughput;
            let waiting = state.wait_rate(network, v) / throughput;
            let missing = state.present(network, v) / population / station.copies;
            let servers = station.servers.max(1.0);
            let hindrance =
                if servers > 1.0 { state.all_busy[network.visits[v].station] / servers } else { 1.0 };
            (v, (demand * missing * hindrance).min(waiting), waiting)
        })
        .collect();
    let total: f64 = saved.iter().map(|&(_, saved, _)| saved).sum();
    let others = (1.0 - 1.0 / population) * cycle / (cycle - total).max(0.5 * cycle);
    for (v, saved, waiting) in saved {
        state.one[v] = 1.0 / population;
        state.own_busy[v] = others.min(1.0);
        state.own_waiting[v] =
            if waiting > 0.0 { (others * (waiting - saved) / waiting).min(1.0) } else { others.min(1.0) };
    }
}

/// Part of the threads at one copy of a station that another thread of the same pool meets there.
fn threads_met(network: &Network<'_>, pool: usize, station: usize, seen: f64) -> f64 {
    let (queues, machines) = (network.stations[pool].copies, network.stations[station].copies);
    if queues == machines {
        return seen;
    }
    if machines == 1.0 {
        return 1.0 - (1.0 - seen) / queues;
    }
    // One queue for threads on several machines: only those on the same one are met.
    let threads = network.threads(pool);
    let on_machine = threads / machines;
    if threads <= 1.0 { 0.0 } else { seen * machines * (on_machine - 1.0).max(0.0) / (threads - 1.0) }
}
