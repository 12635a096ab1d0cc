//! Waiting at every station by the arrival theorem.

use std::cmp::Ordering;

use super::network::{Network, Order, Station};
use super::occupancy::Occupancy;
use super::solve::State;
use super::{interlock, own, threads};

/// Recomputes what an arriving customer of each group meets at each station, and how long it waits:
///
/// W = (Σ work waiting ahead + P(all servers busy) · mean residual work of those in service) / servers,
///
/// with what the customer meets at one customer less (Reiser and Lavenberg 1980). For Poisson arrivals at one server
/// this is the Pollaczek–Khinchine formula, at several that of Lee and Longton (1959). Sharing stations have the same
/// with all work relative to the demand and residuals of exponential service, to which their means are insensitive.
pub(crate) fn update(network: &Network<'_>, state: &mut State) {
    state.causes = interlock::update(network, state);
    own::update(network, state);
    let mut delay = state.delay.clone();
    for (k, station) in network.stations.iter().enumerate() {
        let slowdown = threads::slowdown(network, state, k);
        let mut answers = Vec::with_capacity(station.visits.len());
        let mut seen = (0.0, 0.0);
        for &arriving in &station.visits {
            if state.flow.rate[arriving] <= 0.0 {
                continue;
            }
            let met = met(network, state, k, arriving);
            let full = all_busy(station, &met, slowdown.slope, &mut state.log_intensity[arriving]);
            let service = state.flow.service(arriving);
            answers.push((arriving, waiting(station, &met, service, full, slowdown.factor)));
            seen.0 += state.flow.rate[arriving] * (met.busy - full).max(0.0);
            seen.1 += state.flow.rate[arriving];
            state.all_busy[k] = full;
        }
        let ahead = look_ahead(network, state, &answers);
        for (arriving, answer) in answers {
            let open = state.open_part(network.visits[arriving].group);
            delay[arriving] = (answer.delay + open * ahead).max(0.0);
            state.own_delay[arriving] = answer.own_growth * delay[arriving] + answer.own_residual;
        }
        threads::update_seen(network, state, k, seen);
    }
    state.delay = delay;
}

/// The delays at a station of those who come whatever the delay is: all grow together, W = A + BW with their load B.
/// Instead of iterating that, which takes ever longer as B approaches 1, the change so far is extrapolated to all
/// that it brings about (Newton's method for their common part). The fixed point stays where it is.
fn look_ahead(network: &Network<'_>, state: &State, answers: &[(usize, Waiting)]) -> f64 {
    let (mut load, mut change) = (0.0, 0.0);
    for &(arriving, ref answer) in answers {
        let open = state.open_part(network.visits[arriving].group);
        let part = open * answer.growth;
        load += part;
        change += part * (answer.delay - state.delay[arriving]);
    }
    change / (1.0 - load.min(0.95))
}

/// What an arriving customer meets at one copy of a station.
struct Met {
    /// Busy servers.
    busy: f64,
    /// Waiting work (time, or relative where shared), at the delays of the last round.
    closed_waiting: f64,
    /// The same of those who come, like the arriving customer, whatever the delay is; and their load.
    open_waiting: f64,
    open_load: f64,
    /// Mean residual work of one in service at a random time, and its mean work.
    residual: f64,
    mean: f64,
    /// Busy servers, for an observer from outside.
    total: f64,
    /// Servers busy after the reply.
    late: f64,
    /// Busy servers of those who come later but are served before.
    overtaking: f64,
    /// Part of the customers of all groups that is here.
    gathered: f64,
    /// Squared coefficient of variation of service.
    scv: f64,
    /// Customers that can come.
    sources: f64,
    /// Busy servers of the arriving customer's own group, all told.
    share: f64,
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
        closed_waiting: 0.0,
        open_waiting: 0.0,
        open_load: 0.0,
        residual: 1.0,
        mean: 1.0,
        total: 0.0,
        late: 0.0,
        overtaking: 0.0,
        gathered: 0.0,
        scv: 1.0,
        sources: f64::INFINITY,
        share: state.flow.busy[arriving] / station.copies,
        own_busy: 0.0,
        own_waiting: 0.0,
    };
    let absent = absence(network, state, k, arriving);
    let (mut first, mut second, mut present, mut concentration) = (0.0, 0.0, 0.0, 0.0);
    let mine = network.visits[arriving].priority;
    for &visit in &station.visits {
        let (busy, other) = (state.flow.busy[visit] / station.copies, network.visits[visit].group);
        if busy <= 0.0 {
            continue;
        }
        let number = state.present(network, visit) / station.copies;
        let late = state.flow.late[visit] / station.copies;
        met.total += busy;
        met.late += late;
        present += number;
        concentration += number * number * state.one[visit];
        let rank = network.visits[visit].priority.cmp(&mine);
        if rank == Ordering::Less && station.order == Order::Preemptive {
            continue;
        }
        // What has replied is worked on without a caller, so nobody is at two places at once there.
        let (sees_busy, sees_late, sees_waiting) = if visit == arriving {
            (state.own_busy[visit], state.own_busy[visit], state.own_waiting[visit])
        } else {
            let rest = 1.0 - interlock::blocked(state, group, other);
            (rest, 1.0, rest)
        };
        let delay = state.delay[visit];
        // Without the arriving customer the others wait less here, and so are here more often.
        let (delay, hurry) = if visit == arriving {
            (delay, 0.0)
        } else {
            let saved = absent.min(delay);
            let hurry = state.weight(network, visit) * saved / state.customers(network, other);
            (delay - saved, hurry.min(0.9))
        };
        let found = (sees_busy * (busy - late) + sees_late * late) / (1.0 - hurry);
        met.busy += found;
        if rank != Ordering::Less {
            let open = state.open_part(other) * arriving_open;
            let waiting = sees_waiting * busy / (1.0 - hurry);
            met.closed_waiting += (1.0 - open) * waiting * delay;
            met.open_waiting += open * waiting * delay;
            met.open_load += open * waiting;
        }
        if rank == Ordering::Greater {
            met.overtaking += found;
        }
        first += found * state.flow.service(visit);
        second += found * state.flow.second[visit] / state.flow.busy[visit];
        if visit == arriving {
            let own = state.own_late[visit].min(1.0);
            met.busy += own;
            if late > 0.0 {
                first += own * state.flow.late[visit] / state.flow.rate[visit];
                second += own * state.flow.late_second[visit] / state.flow.late[visit];
            }
            met.own_busy = found;
            met.own_waiting = sees_waiting * busy;
        }
    }
    if met.busy > 0.0 && !station.is_sharing() {
        met.residual = 0.5 * second / met.busy;
        met.mean = first / met.busy;
        met.scv = (second / (met.mean * first) - 1.0).max(0.0);
    }
    if concentration > 1e-9 * present * present {
        let leaving = if network.groups[group].is_open() { 0.0 } else { 1.0 };
        // Servers that have replied are busy without a customer.
        met.sources = (present * present / concentration - leaving).max(0.0) + 2.0 * met.late;
        met.gathered = (concentration / present).min(1.0);
    }
    met
}

/// By how much the others wait less while the arriving customer is not here: by the work that one of its kind
/// brings on average, to first order.
fn absence(network: &Network<'_>, state: &State, k: usize, arriving: usize) -> f64 {
    let station = &network.stations[k];
    let one = state.one[arriving] * state.present(network, arriving) / station.copies;
    let work = if station.is_sharing() { 1.0 } else { state.flow.service(arriving) };
    let hindrance = if station.servers > 1.0 { state.all_busy[k] / station.servers } else { 1.0 };
    one * work * hindrance
}

/// Probability that the arriving customer finds all servers busy.
fn all_busy(station: &Station, met: &Met, slope: f64, log_intensity: &mut f64) -> f64 {
    let servers = station.servers.max(1.0);
    if servers == 1.0 {
        return met.busy.min(1.0);
    }
    Occupancy { servers, slope, sources: met.sources }.all_busy(met.busy, log_intensity)
}

/// Load above which open customers count as too many.
const FULL: f64 = 0.9999;

/// Part of the servers that may go to those of higher priority, at most: they do not starve the others for good.
const MOST_OVERTAKING: f64 = 0.99;

struct Waiting {
    delay: f64,
    /// Delay that every open customer has per unit of delay of this group.
    growth: f64,
    /// The part of the delay that the own group causes: so much of itself, and so much of those in service.
    own_growth: f64,
    own_residual: f64,
}

fn waiting(station: &Station, met: &Met, service: f64, full: f64, slowdown: f64) -> Waiting {
    let per_server = slowdown / station.servers.max(1.0);
    // Those of a higher priority who come during the wait go first (Cobham 1954; in closed networks Bryant, Krzesinski,
    // Lakshmi and Chandy 1984), or during the service too, if they interrupt it.
    let passed = 1.0 / (1.0 - (per_server * met.overtaking).min(MOST_OVERTAKING));
    let interrupted = if station.order == Order::Preemptive { service * (passed - 1.0) } else { 0.0 };
    let regularity = regularity(station.arrival_scv, met.scv, (met.busy / station.servers.max(1.0)).min(1.0));
    // The residual of a renewal process holds for arrivals at random times. The larger the part of all customers that
    // is here, the more an arrival follows a completion and finds a full service ahead, as in product form.
    // The busier it is with that, the more.
    let load = (met.total / station.servers.max(1.0)).min(1.0);
    let random =
        if met.gathered > 0.0 { (1.0 - met.gathered) * (1.0 - load.powf(2.0 / met.gathered)) } else { 1.0 };
    let residual = met.mean + (met.residual - met.mean) * random;
    let residual = full * residual * regularity;
    // Open load at or beyond capacity, which passes on the way to the solution or ends in saturation, is cut.
    let cut = FULL / (per_server * met.open_load).max(FULL);
    // Until throughputs have settled there may be more work in service than servers; the rest of it waits.
    let excess = (met.busy - station.servers.max(1.0)).max(0.0) * met.mean;
    Waiting {
        delay: passed * per_server * (met.closed_waiting + cut * met.open_waiting + residual + excess)
            + interrupted,
        growth: passed * per_server * met.share,
        own_growth: passed * per_server * met.own_waiting,
        own_residual: if met.busy > 0.0 {
            passed * per_server * residual * met.own_busy / met.busy
        } else {
            0.0
        },
    }
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
