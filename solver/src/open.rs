//! Single stations under Poisson arrivals: closed formulas.
//!
//! All rates per second, all times in seconds. A station whose load is 1 or more has no steady state; every function
//! then answers `None`. Notation: arrival rate λ, mean demand S, squared coefficient of variation c², servers c,
//! offered load a = λS, load ρ = a/c.

/// Means of a station at steady state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Station {
    /// Mean busy servers.
    pub utilization: f64,
    /// Mean time in the queue (s).
    pub waiting_time: f64,
    /// Mean time in queue and service (s).
    pub response_time: f64,
    /// Mean number waiting and in service.
    pub queue_length: f64,
    /// Served requests per second.
    pub throughput: f64,
}

impl Station {
    fn new(throughput: f64, demand: f64, waiting_time: f64) -> Self {
        let response_time = waiting_time + demand;
        Self {
            utilization: throughput * demand,
            waiting_time,
            response_time,
            queue_length: throughput * response_time,
            throughput,
        }
    }
}

/// Is this a station with a steady state?
fn load(arrival_rate: f64, demand: f64, servers: u32) -> Option<f64> {
    let load = arrival_rate * demand / f64::from(servers);
    (arrival_rate >= 0.0 && demand >= 0.0 && servers > 0 && load < 1.0).then_some(load)
}

/// M/M/1: R = S/(1-ρ) (Kleinrock, *Queueing Systems* I, 1975, eq. 3.26).
pub fn mm1(arrival_rate: f64, demand: f64) -> Option<Station> {
    mg1(arrival_rate, demand, 1.0)
}

/// M/D/1: the Pollaczek–Khinchine formula with c² = 0 (Kleinrock I, eq. 5.72).
pub fn md1(arrival_rate: f64, demand: f64) -> Option<Station> {
    mg1(arrival_rate, demand, 0.0)
}

/// M/G/1 first come first served: W = ρS(1+c²)/(2(1-ρ)) (Pollaczek–Khinchine; Kleinrock I, eq. 5.70).
pub fn mg1(arrival_rate: f64, demand: f64, scv: f64) -> Option<Station> {
    let load = load(arrival_rate, demand, 1)?;
    let waiting = load * demand * (1.0 + scv) / (2.0 * (1.0 - load));
    Some(Station::new(arrival_rate, demand, waiting))
}

/// M/G/1 processor sharing: R = S/(1-ρ) for any distribution of demands (Kleinrock, *Queueing Systems* II, 1976,
/// eq. 4.17). The waiting time is what sharing adds to the demand.
pub fn mg1_processor_sharing(arrival_rate: f64, demand: f64) -> Option<Station> {
    let load = load(arrival_rate, demand, 1)?;
    Some(Station::new(arrival_rate, demand, load * demand / (1.0 - load)))
}

/// Probability that an arrival finds all servers of an M/M/c busy (Erlang C; Kleinrock I, eq. 3.41), by the recursion
/// of Erlang B, which neither overflows nor cancels. `None` where the offered load reaches the servers.
pub fn erlang_c(servers: u32, offered_load: f64) -> Option<f64> {
    let servers_f = f64::from(servers);
    if servers == 0 || offered_load < 0.0 || offered_load >= servers_f {
        return None;
    }
    let blocking = erlang_b(servers, offered_load);
    let load = offered_load / servers_f;
    Some(blocking / (1.0 - load * (1.0 - blocking)))
}

/// Probability that an arrival at an M/G/c/c finds all servers busy and is lost (Erlang B): B(0) = 1,
/// B(n) = aB(n-1)/(n + aB(n-1)) (Jagerman 1974).
pub fn erlang_b(servers: u32, offered_load: f64) -> f64 {
    (1..=servers).fold(1.0, |blocking, n| {
        let product = offered_load * blocking;
        product / (f64::from(n) + product)
    })
}

/// M/M/c: W = C(c, a)·S/(c(1-ρ)) (Kleinrock I, §3.5).
pub fn mmc(arrival_rate: f64, demand: f64, servers: u32) -> Option<Station> {
    mgc(arrival_rate, demand, 1.0, servers)
}

/// M/G/c, approximated as W(M/M/c)·(1+c²)/2 (Lee and Longton 1959); exact for one server and for c² = 1.
pub fn mgc(arrival_rate: f64, demand: f64, scv: f64, servers: u32) -> Option<Station> {
    let load = load(arrival_rate, demand, servers)?;
    let waiting_mmc =
        erlang_c(servers, arrival_rate * demand)? * demand / (f64::from(servers) * (1.0 - load));
    Some(Station::new(arrival_rate, demand, waiting_mmc * (1.0 + scv) / 2.0))
}

/// M/G/c, approximated by interpolation between M/M/c and M/D/c (Kimura 1986, *A two-moment approximation for the
/// mean waiting time in the GI/G/s queue*, with Poisson arrivals): W = (1+c²) / (2c²/W(M/M/c) + (1-c²)/W(M/D/c))
/// for c² ≤ 1, with Cosmetatos' (1975) approximation W(M/D/c) = ½·W(M/M/c)·(1 + (1-ρ)(c-1)(√(4+5c)-2)/(16ρc)).
/// Above c² = 1 that of Lee and Longton. Closer than theirs at low load.
pub fn mgc_kimura(arrival_rate: f64, demand: f64, scv: f64, servers: u32) -> Option<Station> {
    let load = load(arrival_rate, demand, servers)?;
    let base = mmc(arrival_rate, demand, servers)?;
    if scv >= 1.0 || base.waiting_time == 0.0 {
        return mgc(arrival_rate, demand, scv, servers);
    }
    let c = f64::from(servers);
    let correction = (1.0 - load) * (c - 1.0) * ((4.0 + 5.0 * c).sqrt() - 2.0) / (16.0 * load * c);
    let waiting_mdc = 0.5 * base.waiting_time * (1.0 + correction.min(1.0));
    let waiting = (1.0 + scv) / (2.0 * scv / base.waiting_time + (1.0 - scv) / waiting_mdc);
    Some(Station::new(arrival_rate, demand, waiting))
}

/// M/M/c/K: at most `capacity` requests waiting and in service, others are lost (Gross and Harris, *Fundamentals of
/// Queueing Theory*, §2.5). Steady at any load; `throughput` is of those let in. `None` where the capacity is smaller
/// than the number of servers, or a parameter is not finite and positive.
pub fn mmck(arrival_rate: f64, demand: f64, servers: u32, capacity: u32) -> Option<LossStation> {
    let valid = |value: f64| value > 0.0 && value.is_finite();
    if servers == 0 || capacity < servers || !valid(arrival_rate) || !valid(demand) {
        return None;
    }
    // Weights relative to the largest so far, so that no power overflows.
    let mut weights = vec![1.0_f64];
    let mut largest = 1.0_f64;
    for n in 1..=capacity {
        let next = weights[n as usize - 1] * arrival_rate * demand / f64::from(n.min(servers));
        weights.push(next);
        largest = largest.max(next);
        if next > 1e200 {
            weights.iter_mut().for_each(|weight| *weight /= largest);
            largest = 1.0;
        }
    }
    let total: f64 = weights.iter().sum();
    let blocking = weights[capacity as usize] / total;
    let queue_length = weights.iter().enumerate().map(|(n, weight)| n as f64 * weight).sum::<f64>() / total;
    let throughput = arrival_rate * (1.0 - blocking);
    let response_time = queue_length / throughput;
    let station = Station {
        utilization: throughput * demand,
        waiting_time: (response_time - demand).max(0.0),
        response_time,
        queue_length,
        throughput,
    };
    Some(LossStation { station, blocking })
}

/// Means of a station that turns requests away when full.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossStation {
    /// Of the requests let in.
    pub station: Station,
    /// Part of the requests that are turned away.
    pub blocking: f64,
}
