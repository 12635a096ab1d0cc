//! Waiting at one station, given what an arriving customer finds there.

use super::met::{Met, Own};
use super::network::{Order, Station};
use super::occupancy::{Occupancy, Search};
use super::returns;

/// Load above which open customers count as too many.
const FULL: f64 = 0.9999;

/// Part of the servers that may go to those of higher priority, at most: they do not starve the others for good.
const MOST_OVERTAKING: f64 = 0.99;

/// How the threads of a pool get on with each other, where the station is one.
pub(crate) struct Pace<'a> {
    /// Rate of completions with 1, 2, … threads busy, relative to one; empty where servers do not hinder each other.
    pub(crate) rates: &'a [f64],
    /// Holding time with all threads busy, relative to the mean one.
    pub(crate) slowest: f64,
    /// Can all threads be busy at all?
    pub(crate) fills: bool,
    /// How close the search for the number of busy servers comes.
    pub(crate) closeness: f64,
}

/// An answer of the station.
#[derive(Clone, Copy, Default)]
pub(crate) struct Waiting {
    pub(crate) delay: f64,
    /// The part of it that the own group causes.
    pub(crate) own: f64,
    /// Delay that every open customer has per unit of delay of this group.
    pub(crate) growth: f64,
    /// Probability that all servers are busy.
    pub(crate) full: f64,
}

impl Waiting {
    /// With delays that are so much longer.
    fn times(mut self, factor: f64) -> Self {
        for delay in [&mut self.delay, &mut self.own, &mut self.growth] {
            *delay *= factor;
        }
        self
    }

    /// Adds a part of another answer.
    pub(crate) fn add(&mut self, other: &Self, weight: f64) {
        self.delay += weight * other.delay;
        self.own += weight * other.own;
        self.growth += weight * other.growth;
        self.full += weight * other.full;
    }
}

/// A station as one of its visitors meets it, whatever the visitor's own group does there.
pub(crate) struct Queue<'a> {
    met: &'a Met,
    pace: Pace<'a>,
    servers: f64,
    /// Time that a unit of work ahead takes.
    per_server: f64,
    sharing: bool,
    preempts: bool,
    arrival_scv: f64,
    passed: Passed,
    /// Delay by those who come while the visitor is served.
    interrupted: f64,
}

impl<'a> Queue<'a> {
    pub(crate) fn new(station: &Station, met: &'a Met, pace: Pace<'a>) -> Self {
        let servers = station.servers.max(1.0);
        let per_server = pace.slowest / servers;
        let passed = Passed::new(overtaking(per_server, met), met.higher_gathered());
        let preempts = station.order == Order::Preemptive;
        let interrupted = if preempts { met.service * (passed.low - 1.0) } else { 0.0 };
        let (sharing, arrival_scv) = (station.is_sharing(), station.arrival_scv);
        Self { met, pace, servers, per_server, sharing, preempts, arrival_scv, passed, interrupted }
    }

    /// W = (Σ work waiting ahead + P(all servers busy) · mean residual work of those in service) / servers,
    ///
    /// with what the customer meets at one customer less (Reiser and Lavenberg 1980). For Poisson arrivals at one server
    /// this is the Pollaczek–Khinchine formula, at several that of Lee and Longton (1959). Sharing stations have the same
    /// with all work relative to the demand and residuals of exponential service, to which their means are insensitive.
    pub(crate) fn waiting(&self, own: &Own, search: &mut Search) -> Waiting {
        let Self { met, servers, .. } = *self;
        // A server that is still at the customer's own last request has nobody else in service.
        let free = 1.0 - own.late / servers;
        let busy = free * (met.busy + own.busy) + own.late;
        if busy <= 0.0 {
            return self.idle(own);
        }
        let load = busy / servers;
        let full = self.all_busy(busy, own, search);
        let (mean, residual, scv) = if self.sharing {
            (1.0, 1.0, 1.0)
        } else {
            let first = free * met.first + own.first(met, free);
            let second = free * met.second + own.second(met, free);
            let mean = first / busy;
            (mean, 0.5 * second / busy, (second / (mean * first) - 1.0).max(0.0))
        };
        let remaining = mean + (residual - mean) * met.random;
        // Only arrivals at random times come in turn; the others follow completions.
        let regularity = regularity(self.arrival_scv, scv, load.min(1.0));
        let residual = full * remaining * (1.0 + (regularity - 1.0) * met.random);
        let cut = self.cut(own);
        // Until throughputs have settled there may be more work in service than servers; the rest of it waits.
        let excess = (busy - servers).max(0.0) * mean;
        let each = residual / busy;
        let higher = met.higher_waiting + each * free * met.higher_busy;
        let others =
            met.closed_waiting + cut * met.open_waiting + excess + each * free * (met.busy - met.higher_busy);
        let of_own = own.closed_waiting + cut * own.open_waiting + each * (free * own.busy + own.late);
        if !met.returns.any() || servers > 1.0 || self.sharing {
            return self.answer(higher, others, of_own, full);
        }
        let highest = met.highest_waiting + each * free * met.highest_busy;
        let answer = self.answer(self.left_behind(higher, highest, mean), others, of_own, full);
        if own.late > 0.0 {
            return answer;
        }
        let behind = met.steady + own.busy * (1.0 - load.min(1.0) / (own.customers + 1.0));
        let far = (remaining - met.service).abs() / (remaining + met.service);
        let again = (met.returns.again(mean, behind) + met.returns.handed(mean, behind)).min(1.0);
        answer.times(returns::factor(again, answer.delay, behind, met.service, far))
    }

    /// Work of higher priority that is met, where `higher` is what is there at any time, and `highest` that of it which was
    /// not there either when callers left the host.
    fn left_behind(&self, higher: f64, highest: f64, mean: f64) -> f64 {
        let met = self.met;
        if higher <= 0.0 {
            return higher;
        }
        let since = if self.preempts { 0.0 } else { met.service };
        let again = met.returns.again(mean, met.higher_busy);
        let handed = met.returns.handed(mean, met.highest_busy);
        let less = again * (higher - since * met.higher_busy) + handed * (highest - since * met.highest_busy);
        (higher - less).max(0.0)
    }

    /// With nobody in service; those ahead, if any, wait for nothing.
    fn idle(&self, own: &Own) -> Waiting {
        let (met, cut) = (self.met, self.cut(own));
        let others = met.closed_waiting + cut * met.open_waiting;
        self.answer(met.higher_waiting, others, own.closed_waiting + cut * own.open_waiting, 0.0)
    }

    fn answer(&self, higher: f64, others: f64, own: f64, full: f64) -> Waiting {
        let Passed { low, high } = self.passed;
        Waiting {
            delay: self.per_server * (high * higher + low * (others + own)) + self.interrupted,
            own: self.per_server * low * own,
            growth: self.per_server * low * self.met.share,
            full,
        }
    }

    /// Open load at or beyond capacity, which passes on the way to the solution or ends in saturation, is cut.
    fn cut(&self, own: &Own) -> f64 {
        let open_load = self.met.open_load + own.open_load;
        if open_load > 0.0 { FULL / (self.per_server * open_load).max(FULL) } else { 1.0 }
    }

    /// Probability that the arriving customer finds all servers busy.
    fn all_busy(&self, busy: f64, own: &Own, search: &mut Search) -> f64 {
        if !self.pace.fills {
            return 0.0;
        }
        if self.servers == 1.0 {
            return busy.min(1.0);
        }
        let sources = self.met.sources(own);
        Occupancy { servers: self.servers, rates: self.pace.rates, sources, closeness: self.pace.closeness }
            .all_busy(busy, search)
    }
}

/// By what factor work ahead takes longer since those of higher priority who come meanwhile go first.
struct Passed {
    /// Work of others.
    low: f64,
    /// Work of those with the higher priority, of whom the fewer can come the more are there already.
    high: f64,
}

impl Passed {
    /// With the load ρ of higher priority, 1/(1-ρ) for open arrivals (Cobham 1954) and in mean value analysis (Bryant,
    /// Krzesinski, Lakshmi and Chandy 1984). Of N customers of which P are here on average, each absent one comes at the
    /// rate λ/(N-P). Work of others begins when none is here, and takes 1/(1-ρ) times as long whatever N is; work of
    /// their own is met when P/ρ are, which leaves the factor (1-P/N)/(1-ρ).
    fn new(load: f64, gathered: f64) -> Self {
        let low = 1.0 / (1.0 - load.min(MOST_OVERTAKING));
        Self { low, high: (low * (1.0 - gathered)).max(1.0) }
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

/// Load of higher priority that goes first. Those come a little oftener while the arriving customer is not there, and as
/// often as they do while it waits; in between, as far as there is capacity left.
fn overtaking(per_server: f64, met: &Met) -> f64 {
    let (load, without) = (per_server * met.higher_load, per_server * met.higher_busy);
    load + (without - load) * (1.0 - load.min(1.0))
}
