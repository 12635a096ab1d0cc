//! What an arriving customer finds at one copy of a station.

use std::cmp::Ordering;

use super::interlock;
use super::network::{Network, Order, Station};
use super::returns::Returns;
use super::solve::State;

/// Those of other groups.
#[derive(Clone, Debug, Default)]
pub(crate) struct Met {
    /// Busy servers.
    pub(crate) busy: f64,
    /// Sums over the busy servers of the mean service time, and of its second moment over its mean.
    pub(crate) first: f64,
    pub(crate) second: f64,
    /// Waiting work (time, or relative where shared), at the delays of the last round.
    pub(crate) closed_waiting: f64,
    /// The same of those who come, like the arriving customer, whatever the delay is; and their load.
    pub(crate) open_waiting: f64,
    pub(crate) open_load: f64,
    /// Of those with a higher priority: busy servers, waiting work, mean number there and how it is distributed.
    pub(crate) higher_busy: f64,
    pub(crate) higher_waiting: f64,
    /// Servers busy with them while the arriving customer is there.
    pub(crate) higher_load: f64,
    /// Of those among them that are higher than callers from the same host, too.
    pub(crate) highest_busy: f64,
    pub(crate) highest_waiting: f64,
    higher_present: f64,
    higher_concentration: f64,
    /// Mean number there, and how it is distributed: Σ number²/customers, and for two groups the product of their
    /// numbers times the probability that both work for the same customer.
    present: f64,
    concentration: f64,
    /// The latter for the own group and all others, per customer of the own group.
    kinship: f64,
    /// Of all groups: busy servers for an observer from outside, those that have replied, the number there, and how it
    /// is distributed.
    pub(crate) total: f64,
    late: f64,
    all_present: f64,
    all_concentration: f64,
    /// Part of the arrivals that come at random times.
    pub(crate) random: f64,
    /// Busy servers, with the arriving customer there.
    pub(crate) steady: f64,
    /// Holding times of others while the arriving customer waits here, relative to the mean ones.
    pub(crate) pace: f64,
    pub(crate) returns: Returns,
    /// Of the arriving customer: mean service time, its second moment over its mean, and the busy servers of its group.
    pub(crate) service: f64,
    spread: f64,
    pub(crate) share: f64,
    /// The same of the time after the reply.
    late_mean: f64,
    late_spread: f64,
}

/// Those of the own group.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Own {
    /// Busy servers of other customers, and of the arriving one itself after an earlier reply.
    pub(crate) busy: f64,
    pub(crate) late: f64,
    pub(crate) closed_waiting: f64,
    pub(crate) open_waiting: f64,
    pub(crate) open_load: f64,
    /// Mean number there, of so many customers in all.
    pub(crate) present: f64,
    pub(crate) customers: f64,
}

impl Own {
    pub(crate) fn first(&self, met: &Met, free: f64) -> f64 {
        free * self.busy * met.service * met.pace + self.late * met.late_mean
    }

    pub(crate) fn second(&self, met: &Met, free: f64) -> f64 {
        free * self.busy * met.spread * met.pace + self.late * met.late_spread
    }
}

impl Met {
    /// Customers that can come besides the arriving one, were they all alike; infinite for those from outside.
    pub(crate) fn sources(&self, own: &Own) -> f64 {
        let own_concentration =
            if own.customers > 0.0 { own.present * own.present / own.customers } else { 0.0 };
        let present = self.present + own.present;
        let concentration = self.concentration + own_concentration + 2.0 * own.present * self.kinship;
        // Servers that have replied are busy without a customer.
        if concentration > 1e-9 * present * present {
            present * present / concentration + 2.0 * self.late
        } else if present > 0.0 {
            f64::INFINITY
        } else {
            2.0 * self.late
        }
    }

    /// Part of the customers with a higher priority that is here.
    pub(crate) fn higher_gathered(&self) -> f64 {
        if self.higher_present > 0.0 {
            (self.higher_concentration / self.higher_present).min(1.0)
        } else {
            0.0
        }
    }

    /// How much arrivals are at random times. The residual of a renewal process holds for such. The larger the part of all
    /// customers that is here, the more an arrival follows a completion and finds a full service ahead, as in product
    /// form. The busier it is with that, the more.
    ///
    /// The same goes for those who come back soon after they left: the service that they find began when they left.
    fn random(&self, servers: f64, soon: f64) -> f64 {
        let load = (self.total / servers).min(1.0);
        if self.all_concentration > 1e-9 * self.all_present * self.all_present {
            let gathered = (self.all_concentration / self.all_present).min(1.0);
            (1.0 - gathered) * (1.0 - load.powf(2.0 / gathered)) * (1.0 - soon)
        } else {
            1.0 - soon
        }
    }

    /// What others have at the station of a visit.
    pub(crate) fn others(network: &Network<'_>, state: &State, arriving: usize) -> Self {
        let k = network.visits[arriving].station;
        let station = &network.stations[k];
        let (group, mine) = (network.visits[arriving].group, network.visits[arriving].priority);
        let arriving_open = state.open_part(group);
        let absent = absence(network, state, k, arriving);
        let mut met = Self::of_arriving(state, station, arriving);
        met.pace = state.absence.pace(network, state, group, k);
        let mut found_there: Vec<(usize, f64, f64)> = Vec::with_capacity(station.visits.len());
        for &visit in &station.visits {
            let (mut busy, other) = (state.flow.busy[visit] / station.copies, network.visits[visit].group);
            if busy <= 0.0 {
                continue;
            }
            let whole = state.present(network, visit) / station.copies;
            let (mut number, mut late) = (whole, state.flow.late[visit] / station.copies);
            let links = network.visits[visit].links;
            let mut circles = links.circles;
            met.total += busy;
            met.late += late;
            met.all_present += number;
            met.all_concentration += number * number * state.one[visit];
            let rank = network.visits[visit].priority.cmp(&mine);
            if visit == arriving {
                // The other circles of the group are as other groups are.
                circles -= 1.0;
                [busy, number, late] = [busy, number, late].map(|all| all * circles / links.circles);
            }
            if circles <= 0.0 || (rank == Ordering::Less && station.order == Order::Preemptive) {
                continue;
            }
            // What has replied is worked on without a caller, so nobody is at two places at once there.
            let sees = 1.0 - interlock::blocked(network, state, group, (other, circles), visit == arriving);
            met.present += sees * number;
            met.concentration += sees * number * whole * state.one[visit];
            met.kinship += sees * number * (1.0 - sees);
            if circles > 1.0 {
                let kin = interlock::blocked(network, state, other, (other, circles - 1.0), true);
                met.concentration += sees * sees * number * number * (1.0 - 1.0 / circles) * kin;
            }
            found_there.push((other, circles, sees * number));
            // Without the arriving customer the others wait less here, and so are here more often.
            let saved = absent.min(state.delay[visit]);
            let delay = state.delay[visit] - saved;
            let visits = state.weight(network, visit) / (links.reach * links.here);
            let hurry = visits * saved / state.customers(network, other);
            let more = 1.0 / (1.0 - hurry.min(0.9));
            let there = sees * (busy - late) + late;
            let found = met.pace * more * there;
            met.busy += found;
            met.steady += there;
            met.first += found * met.pace * state.flow.service(visit);
            met.second += found * met.pace * state.flow.second[visit] / state.flow.busy[visit];
            let waiting = sees * busy * more * met.pace * met.pace;
            match rank {
                Ordering::Less => continue,
                Ordering::Equal => {}
                Ordering::Greater => {
                    met.higher_busy += found;
                    met.higher_load += there;
                    met.higher_waiting += waiting * delay;
                    if network.visits[visit].priority > network.visits[arriving].callers {
                        met.highest_busy += found;
                        met.highest_waiting += waiting * delay;
                    }
                    met.higher_present += number;
                    met.higher_concentration += number * whole * state.one[visit];
                    continue;
                }
            }
            let open = state.open_part(other) * arriving_open;
            met.closed_waiting += (1.0 - open) * waiting * delay;
            met.open_waiting += open * waiting * delay;
            met.open_load += open * waiting;
        }
        for (k, &(a, _, number)) in found_there.iter().enumerate() {
            for &(b, circles, other) in &found_there[..k] {
                met.concentration +=
                    2.0 * number * other * interlock::blocked(network, state, a, (b, circles), false);
            }
        }
        met.random = met.random(station.servers.max(1.0), met.returns.soon(met.service));
        met
    }

    fn of_arriving(state: &State, station: &Station, arriving: usize) -> Self {
        let flow = &state.flow;
        let ratio = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
        Self {
            service: flow.service(arriving),
            spread: ratio(flow.second[arriving], flow.busy[arriving]),
            share: flow.busy[arriving] / station.copies,
            returns: Returns::of(flow, arriving),
            late_mean: ratio(flow.late[arriving], flow.rate[arriving]),
            late_spread: ratio(flow.late_second[arriving], flow.late[arriving]),
            ..Self::default()
        }
    }
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
