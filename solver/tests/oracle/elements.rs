//! What layered models have beyond plain services.

use tracecast_model::{
    Activity, Alternative, Call, CallCount, CallOrder, Choice, Distribution, Fork, Forward, Host, Load, Loop,
    Multiplicity, Operation, OperationRef, Reply, Scheduling, Service, Step, System, Workload,
    fixtures::{open_station, station},
};
use tracecast_solver::open;

use crate::{close, predict, response_time};

/// What the iteration leaves: its tolerance is 1e-8.
const ITERATION: f64 = 1e-6;

fn work(mean: f64) -> Step {
    Step::Activity(Activity::working(Distribution::exponential(mean)))
}

/// Services on hosts of their own without queues, with an open workload at the first.
fn system(services: Vec<Service>, rate: f64) -> System {
    let mut hosts: Vec<Host> =
        services.iter().map(|s| Host::new(&s.host).with_cores(Multiplicity::Infinite)).collect();
    hosts.dedup_by(|a, b| a.name == b.name);
    let first = OperationRef::new(&services[0].name, &services[0].operations[0].name);
    let workloads = vec![Workload::new("users", first, Load::Poisson { rate })];
    System { hosts, services, workloads, ..System::default() }
}

fn service(name: &str, steps: Vec<Step>) -> Service {
    let operation = Operation { steps, ..Operation::new("serve") };
    Service::new(name, name).with_operation(operation)
}

/// Means by conditioning on the branch and on the number of rounds.
#[test]
fn choices_and_loops() {
    let choice = Step::Choice(Choice {
        branches: vec![
            Alternative { probability: 0.3, steps: vec![work(2.0)] },
            Alternative { probability: 0.7, steps: Vec::new() },
        ],
    });
    let repeated = Step::Loop(Loop { mean: 2.5, count: CallCount::Geometric, steps: vec![work(0.4)] });
    let system = system(vec![service("station", vec![choice, repeated])], 0.1);
    close(response_time(&predict(&system)), 0.3 * 2.0 + 2.5 * 0.4, 1e-12);
}

/// One thread with work S1, the reply, and work S2: others wait for S1 + S2 (Pollaczek and Khinchine), the caller only
/// for S1. The variance of the sum of two exponentials is that of its parts.
#[test]
fn work_after_the_reply() {
    let (first, second, rate) = (0.4, 0.8, 0.5);
    let station = service("station", vec![work(first), Step::Reply(Reply::default()), work(second)]);
    let prediction = predict(&system(vec![station.with_concurrency(1)], rate));
    let (mean, variance) = (first + second, first * first + second * second);
    let wait = rate * (variance + mean * mean) / (2.0 * (1.0 - rate * mean));
    close(response_time(&prediction), wait + first, ITERATION);
    let operation = &prediction.operations["station/serve"];
    close(operation.holding_time[0].mean, first, 1e-12);
    close(operation.holding_time[1].mean, second, 1e-12);
    close(operation.utilization.unwrap().mean, rate * mean, 1e-12);
}

/// A request that is passed on leaves the first thread free: two M/M/1 queues in a row (Burke 1956).
#[test]
fn forwarding() {
    let (first, second, rate) = (0.5, 0.7, 1.0);
    let onward =
        Forward { to: OperationRef::new("back", "serve"), probability: 1.0, latency: Distribution::zero() };
    let front = service("front", vec![work(first), Step::Reply(Reply { forward: vec![onward] })]);
    let back = service("back", vec![work(second)]);
    let prediction = predict(&system(vec![front.with_concurrency(1), back.with_concurrency(1)], rate));
    let mm1 = |mean: f64| mean / (1.0 - rate * mean);
    close(response_time(&prediction), mm1(first) + mm1(second), ITERATION);
}

/// Order statistics of exponentials with one mean (David and Nagaraja 2003, eq. 2.5.4): the q-th of n comes after the
/// sum of mean/(n-k), k < q. Tolerance: that of the numerical integration.
#[test]
fn quorum_joins() {
    for (quorum, sum) in [(1, 1.0 / 4.0), (2, 1.0 / 4.0 + 1.0 / 3.0), (4, 25.0 / 12.0)] {
        let fork = Fork { branches: vec![vec![work(1.5)]; 4], quorum: Some(quorum) };
        let prediction = predict(&system(vec![service("station", vec![Step::Fork(fork)])], 0.01));
        close(response_time(&prediction), 1.5 * sum, 1e-5);
    }
}

/// Calls in random order: the number of rounds is geometric with the sum of the means, so that the time in the thread
/// is known with its variance, and the wait for it by Pollaczek and Khinchine.
#[test]
fn calls_in_random_order() {
    let call = |to: &str, mean: f64| Call {
        count: CallCount::Geometric,
        ..Call::new(OperationRef::new(to, "serve")).with_mean(mean)
    };
    let activity = Activity {
        calls: vec![call("a", 1.0), call("b", 2.0)],
        call_order: CallOrder::Random,
        ..Activity::default()
    };
    let front = service("front", vec![Step::Activity(activity)]).with_concurrency(1);
    let (a, b, rate) = (0.1, 0.2, 0.8);
    let system = system(vec![front, service("a", vec![work(a)]), service("b", vec![work(b)])], rate);
    let (round, second) = (a / 3.0 + 2.0 * b / 3.0, 2.0 * a * a / 3.0 + 4.0 * b * b / 3.0);
    let mean = 3.0 * round;
    let variance = 3.0 * (second - round * round) + 12.0 * round * round;
    let wait = rate * (variance + mean * mean) / (2.0 * (1.0 - rate * mean));
    close(response_time(&predict(&system)), wait + mean, ITERATION);
}

/// Two classes of priority at one server (Cobham 1954; with interruption White and Christie 1958).
#[test]
fn priorities() {
    let (demand, low_rate, high_rate) = (0.5, 0.6, 0.8);
    for (scheduling, interrupts) in [(Scheduling::Priority, false), (Scheduling::PreemptivePriority, true)] {
        let mut system =
            station(1, Distribution::exponential(demand), scheduling, Load::Poisson { rate: low_rate });
        let mut urgent = system.services[0].clone();
        urgent.name = "urgent".into();
        urgent.priority = 1;
        system.services.push(urgent);
        let operation = OperationRef::new("urgent", "serve");
        system.workloads.push(Workload::new("urgent", operation, Load::Poisson { rate: high_rate }));
        let prediction = predict(&system);
        let (low, high) = (low_rate * demand, high_rate * demand);
        let all = low + high;
        let (low_time, high_time) = if interrupts {
            let residual = all * demand / ((1.0 - high) * (1.0 - all));
            (demand / (1.0 - high) + residual, demand / (1.0 - high))
        } else {
            let residual = all * demand;
            (demand + residual / ((1.0 - high) * (1.0 - all)), demand + residual / (1.0 - high))
        };
        let time = |workload: &str| prediction.workloads[workload].response_time.unwrap().mean;
        close(time("users"), low_time, ITERATION);
        close(time("urgent"), high_time, ITERATION);
    }
}

/// The time in M/M/1 is exponential; the wait in M/M/c is 0 or exponential (Kleinrock 1975, §5.7; Gross and Harris 1998,
/// eq. 2.39 for c servers). Tolerance: that of the search for a percentile.
#[test]
fn percentiles_of_open_stations() {
    let prediction = predict(&open_station(1, Distribution::exponential(1.0), 0.7));
    let time = prediction.workloads[0].response_time.unwrap();
    for (part, found) in [(0.5, time.p50), (0.9, time.p90), (0.95, time.p95), (0.99, time.p99)] {
        close(found.unwrap(), -(1.0f64 - part).ln() / 0.3, 3e-3);
    }
    let (servers, load) = (3, 2.4);
    let prediction = predict(&open_station(servers, Distribution::exponential(1.0), load));
    let waits = open::erlang_c(servers, load).unwrap();
    let spare = f64::from(servers) - load;
    // P(T > t) = (1-C)·exp(-t) + C·(exp(-st) - s·exp(-t))/(1-s) with s = c - a, for mean 1.
    let above = |t: f64| {
        (1.0 - waits) * (-t).exp() + waits * ((-spare * t).exp() - spare * (-t).exp()) / (1.0 - spare)
    };
    let time = prediction.workloads[0].response_time.unwrap();
    for (part, found) in [(0.5, time.p50), (0.9, time.p90), (0.99, time.p99)] {
        let found = found.unwrap();
        // Between the parts that are above at a little less and a little more time.
        let inside = above(found * 1.003) <= 1.0 - part && 1.0 - part <= above(found * 0.997);
        assert!(inside, "{part} {found}: above are {}", above(found));
    }
}
