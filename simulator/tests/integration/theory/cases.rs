//! The table of systems with the figures that theory gives for them.

use tracecast_model::{
    Branch, Distribution, Family, Host, Load, LoadBalancing, MarkovArrivals, Metric, Multiplicity,
    PollingVisit, Prediction, Scheduling, System, WorkQueue,
};

use super::systems::{
    Class, again, at_once, classes, core, exponential, exponential_server, family, in_turn, limited, network,
    one_of, open, polled, with_scv,
};
use super::{markov, networks, polling, renewal, stations};

/// A figure of a system, with its true value.
#[derive(Clone)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) system: System,
    pub(crate) figure: Figure,
    pub(crate) theory: f64,
}

impl Case {
    /// The n-th seed of the case with that number in the table. All cases have seeds of their own: with the same, those
    /// with the same elements would draw the same gaps and demands, and miss together.
    pub(crate) fn seed(number: usize, n: u64) -> u64 {
        1_000_000 * number as u64 + n
    }
}

/// Which figure.
#[derive(Clone, Copy)]
pub(crate) enum Figure {
    /// Mean response time of a workload.
    Response(&'static str),
    /// Throughput of a workload.
    Throughput(&'static str),
    /// Share of the requests of a workload that fail.
    Failed(&'static str),
    /// Mean waiting time at a service.
    Waiting(&'static str),
    /// Share of the visits to a service that find its queue full.
    Lost(&'static str),
}

impl Figure {
    /// The simulated value with its interval.
    pub(crate) fn of(self, prediction: &Prediction) -> Option<Metric> {
        match self {
            Self::Response(workload) => {
                prediction.workloads.get(workload)?.response_time.map(|time| time.metric())
            }
            Self::Throughput(workload) => prediction.workloads.get(workload)?.throughput,
            Self::Failed(workload) => prediction.workloads.get(workload)?.failed_share,
            Self::Waiting(service) => prediction.services.get(service)?.waiting_time,
            Self::Lost(service) => prediction.services.get(service)?.loss_share,
        }
    }
}

/// All cases.
pub(crate) fn all() -> Vec<Case> {
    let mut cases = Cases(Vec::new());
    cases.exponential_stations();
    cases.general_work();
    cases.sharing();
    cases.renewal_arrivals();
    cases.markovian_arrivals();
    cases.limited_queues();
    cases.orders();
    cases.priorities();
    cases.constant_work();
    cases.replicas();
    cases.polling();
    cases.open_networks();
    cases.closed_networks();
    cases.0
}

struct Cases(Vec<Case>);

const FCFS: Scheduling = Scheduling::Fcfs;
const PS: Scheduling = Scheduling::Ps;

impl Cases {
    fn add(&mut self, name: impl Into<String>, system: System, figure: Figure, theory: f64) {
        self.0.push(Case { name: name.into(), system, figure, theory });
    }

    /// The mean response time of workload "users".
    fn response(&mut self, name: impl Into<String>, system: System, theory: f64) {
        self.add(name, system, Figure::Response("users"), theory);
    }

    fn exponential_stations(&mut self) {
        for (servers, rho) in [(1, 0.5), (1, 0.8), (1, 0.9), (2, 0.6), (3, 0.7), (5, 0.8), (20, 0.9)] {
            let rate = rho * f64::from(servers);
            let system = open(servers, exponential(1.0), FCFS, rate);
            self.response(
                format!("M/M/{servers} at {rho}"),
                system,
                stations::mmc_response(servers, rate, 1.0),
            );
        }
    }

    fn general_work(&mut self) {
        for (name, demand, rate) in [
            ("D", Distribution::deterministic(1.0), 0.7),
            ("E4", family(Family::Erlang { mean: 1.0, stages: 4 }), 0.8),
            ("gamma, SCV 0.3", with_scv(1.0, 0.3), 0.6),
            ("uniform", family(Family::Uniform { low: 0.5, high: 1.5 }), 0.7),
            ("Weibull, shape 0.7", family(Family::Weibull { shape: 0.7, scale: 0.79 }), 0.6),
            ("log-normal, SCV 2", family(Family::LogNormal { mean: 1.0, scv: 2.0 }), 0.6),
            ("H2, SCV 4", with_scv(1.0, 4.0), 0.6),
            ("H2, SCV 10", with_scv(1.0, 10.0), 0.5),
            ("empirical", family(Family::Empirical { values: vec![0.2, 0.3, 0.5, 3.0] }), 0.6),
        ] {
            let theory = stations::mg1_response(rate, &demand);
            self.response(format!("M/G/1, {name}, at {rate}"), open(1, demand, FCFS, rate), theory);
        }
    }

    /// R = D/(1-ρ) whatever the distribution (Kleinrock 1976, *Queueing Systems* II, eq. 4.17); with several cores, or a
    /// speed that depends on the load, as with exponential work (Kelly 1979, *Reversibility and Stochastic Networks*, §3.3).
    fn sharing(&mut self) {
        for scv in [0.0, 1.0, 4.0, 10.0] {
            let system = open(1, with_scv(1.0, scv), PS, 0.7);
            self.response(format!("M/G/1-PS, SCV {scv}"), system, 1.0 / 0.3);
        }
        for (cores, scv, rate) in [(2, 4.0, 1.4), (4, 0.0, 3.0)] {
            let system = open(cores, with_scv(1.0, scv), PS, rate);
            let theory = stations::mmc_response(cores, rate, 1.0);
            self.response(format!("M/G/{cores}-PS, SCV {scv}"), system, theory);
        }
        for (factors, scv, rate) in [
            (vec![1.0, 2.0, 3.0], 1.0, 2.1),
            (vec![1.0, 1.5, 1.2], 4.0, 0.8),
            (vec![2.0, 1.5, 1.0], 0.0, 0.6),
        ] {
            let mut system = open(1, with_scv(1.0, scv), PS, rate);
            let theory = stations::load_dependent_response(rate, 1.0, &factors);
            let name = format!("M/G/1-PS of speed {factors:?}, SCV {scv}");
            system.hosts[0].speed_by_load = factors;
            self.response(name, system, theory);
        }
        for weights in [[1.0, 2.0], [1.0, 10.0]] {
            let parameters = [(0.3, 1.0, weights[0]), (0.8, 0.5, weights[1])];
            let parts =
                ["first", "second"].into_iter().zip(parameters).map(|(name, (rate, mean, weight))| Class {
                    weight,
                    ..Class::new(name, rate, exponential(mean))
                });
            let system = classes(core(PS), parts.collect());
            let theory = stations::discriminatory_responses(parameters);
            for (name, theory) in ["first", "second"].into_iter().zip(theory) {
                let title = format!("M/M/1-DPS, weights {weights:?}, {name}");
                self.add(title, system.clone(), Figure::Response(name), theory);
            }
        }
    }

    fn renewal_arrivals(&mut self) {
        let batches = [0.0, 5.0].map(|mean| Branch { probability: 0.5, mean }).to_vec();
        for (name, gap) in [
            ("exponential gaps", exponential(1.0 / 0.7)),
            ("D/M/1 at 0.7", Distribution::deterministic(1.0 / 0.7)),
            ("D/M/1 at 0.9", Distribution::deterministic(1.0 / 0.9)),
            ("E2/M/1 at 0.8", family(Family::Erlang { mean: 1.25, stages: 2 })),
            ("U/M/1 at 0.7", family(Family::Uniform { low: 0.0, high: 2.0 / 0.7 })),
            ("gamma/M/1, SCV 0.3, at 0.8", with_scv(1.25, 0.3)),
            ("H2/M/1, SCV 4, at 0.6", with_scv(1.0 / 0.6, 4.0)),
            ("H2/M/1, SCV 9, at 0.5", with_scv(2.0, 9.0)),
            ("geometric batches/M/1 at 0.4", family(Family::HyperExponential { branches: batches })),
        ] {
            let theory = renewal::gm1_response(&gap, 1.0);
            self.response(name, exponential_server(1.0, Load::Renewal { gap }), theory);
        }
    }

    fn markovian_arrivals(&mut self) {
        let changes = |out: f64, back: f64| [vec![0.0, out], vec![back, 0.0]];
        for (name, arrivals, mean) in [
            ("MMPP/M/1, mild", MarkovArrivals::modulated(&[0.8, 0.4], &changes(0.5, 0.5)), 1.0),
            (
                "MMPP/M/1, beyond its capacity at times",
                MarkovArrivals::modulated(&[1.6, 0.1], &changes(0.3, 0.1)),
                1.0,
            ),
            ("on-off/M/1", MarkovArrivals::modulated(&[1.0, 0.0], &changes(0.2, 0.2)), 1.0),
            (
                "MAP/M/1 of 3 states",
                MarkovArrivals {
                    d0: vec![vec![-2.0, 0.2, 0.0], vec![0.0, -0.5, 0.1], vec![0.3, 0.0, -1.0]],
                    d1: vec![vec![1.7, 0.0, 0.1], vec![0.05, 0.25, 0.1], vec![0.4, 0.3, 0.0]],
                },
                0.6,
            ),
        ] {
            let theory = markov::map_m1_response(&arrivals, mean);
            self.response(name, exponential_server(mean, Load::Markov(arrivals)), theory);
        }
    }

    /// Lost are those who find no place; without places to wait, whatever the distribution (Erlang's B formula).
    fn limited_queues(&mut self) {
        for (servers, places, rate) in [(1, 3, 0.8), (1, 5, 1.5), (2, 4, 1.6), (3, 10, 2.7)] {
            let system = limited(servers, places, exponential(1.0), rate);
            let (throughput, response) = stations::mmck(servers, places, rate, 1.0);
            let name = format!("M/M/{servers}/{places} at {rate}");
            self.add(format!("{name}, throughput"), system.clone(), Figure::Throughput("users"), throughput);
            // Poisson arrivals see time averages, so what is not done is lost.
            let lost = 1.0 - throughput / rate;
            self.add(format!("{name}, lost"), system.clone(), Figure::Lost("station"), lost);
            self.add(format!("{name}, failed"), system.clone(), Figure::Failed("users"), lost);
            self.add(format!("{name}, waiting"), system.clone(), Figure::Waiting("station"), response - 1.0);
            self.response(name, system, response);
        }
        for servers in [1, 3] {
            let rate = 0.7 * f64::from(servers);
            let mut system = limited(servers, servers, exponential(1.0), rate);
            system.services[0].queue_capacity = None;
            let waiting = stations::mmc_response(servers, rate, 1.0) - 1.0;
            let name = format!("M/M/{servers} at 0.7 in threads, waiting");
            self.add(name, system, Figure::Waiting("station"), waiting);
        }
        for scv in [0.0, 4.0] {
            let (throughput, _) = stations::mmck(3, 3, 2.0, 1.0);
            // Erlang's B formula, which holds for any distribution of the work.
            self.add(
                format!("M/G/3/3, SCV {scv}, lost"),
                limited(3, 3, with_scv(1.0, scv), 2.0),
                Figure::Lost("station"),
                stations::erlang_b(3, 2.0),
            );
            let system = limited(3, 3, with_scv(1.0, scv), 2.0);
            self.add(
                format!("M/G/3/3, SCV {scv}, throughput"),
                system,
                Figure::Throughput("users"),
                throughput,
            );
        }
    }

    /// Orders that do not look at the work have the mean of first come, first served (Kleinrock 1976, §3.4); with
    /// interruption by the last to come, that of processor sharing.
    fn orders(&mut self) {
        for (scheduling, scv) in [
            (Scheduling::Random, 1.0),
            (Scheduling::Random, 0.0),
            (Scheduling::Lcfs, 1.0),
            (Scheduling::Lcfs, 4.0),
        ] {
            let demand = with_scv(1.0, scv);
            let theory = stations::mg1_response(0.6, &demand);
            let name = format!("M/G/1, {}, SCV {scv}", scheduling.name());
            self.response(name, open(1, demand, scheduling, 0.6), theory);
        }
        for scv in [0.0, 1.0, 4.0] {
            let system = open(1, with_scv(1.0, scv), Scheduling::PreemptiveLcfs, 0.7);
            self.response(format!("M/G/1, preemptive_lcfs, SCV {scv}"), system, 1.0 / 0.3);
        }
        let system = open(2, exponential(1.0), Scheduling::PreemptiveLcfs, 1.4);
        self.response("M/M/2, preemptive_lcfs", system, stations::mmc_response(2, 1.4, 1.0));
        let system = open(3, exponential(1.0), Scheduling::Lcfs, 2.1);
        self.response("M/M/3, lcfs", system, stations::mmc_response(3, 2.1, 1.0));
    }

    fn priorities(&mut self) {
        let parts = [
            ("high", 0.3, with_scv(0.6, 1.0)),
            ("middle", 0.3, with_scv(1.0, 0.0)),
            ("low", 0.2, with_scv(1.0, 2.0)),
        ];
        for (scheduling, preemptive) in
            [(Scheduling::Priority, false), (Scheduling::PreemptivePriority, true)]
        {
            let list = (0..3).zip(&parts).map(|(number, (name, rate, demand))| Class {
                priority: -number,
                ..Class::new(name, *rate, demand.clone())
            });
            let system = classes(core(scheduling), list.collect());
            let moments: Vec<_> = parts
                .iter()
                .map(|(_, rate, demand)| (*rate, demand.mean(), demand.second_moment()))
                .collect();
            let theory = stations::priority_responses(&moments, preemptive);
            for ((name, ..), theory) in parts.iter().zip(theory) {
                let title = format!("M/G/1, {}, {name}", scheduling.name());
                self.add(title, system.clone(), Figure::Response(name), theory);
            }
        }
    }

    fn constant_work(&mut self) {
        for (servers, rho) in [(2, 0.7), (4, 0.8), (3, 0.9)] {
            let rate = rho * f64::from(servers);
            let system = open(servers, Distribution::deterministic(1.0), FCFS, rate);
            self.response(
                format!("M/D/{servers} at {rho}"),
                system,
                stations::mdc_response(servers, rate, 1.0),
            );
        }
    }

    /// Equal parts of the arrivals are Poisson, every second of them has Erlang gaps, and one queue before all replicas is
    /// that of M/M/c; half a core takes twice as long.
    fn replicas(&mut self) {
        let replicated = |count: u32, rate: f64| {
            let mut system = open(1, exponential(1.0), FCFS, rate);
            system.services[0].replicas = count;
            system.hosts[0].per_replica = true;
            system
        };
        let mut system = replicated(2, 1.4);
        system.services[0].load_balancing = LoadBalancing::Random;
        self.response("M/M/1 by random choice of 2", system, 1.0 / 0.3);
        self.response("E2/M/1 by turns of 2", replicated(2, 1.4), renewal::e2m1_response(0.7, 1.0));
        let mut system = replicated(3, 2.1);
        system.services[0].concurrency = Multiplicity::Finite(1);
        system.services[0].work_queue = Some(WorkQueue::new("tasks"));
        self.response("M/M/3 by a work queue", system, stations::mmc_response(3, 2.1, 1.0));
        let mut system = open(1, exponential(1.0), PS, 0.35);
        system.services[0].cpu_limit = Some(0.5);
        self.response("M/M/1-PS of half a core", system, 2.0 / 0.3);
    }

    fn polling(&mut self) {
        let constant = Distribution::deterministic(0.2);
        for (visit, service, switch_over, count) in [
            (PollingVisit::Exhaustive, exponential(1.0), constant.clone(), 2),
            (PollingVisit::Exhaustive, with_scv(1.0, 0.0), exponential(0.5), 3),
            (PollingVisit::Gated, exponential(1.0), constant.clone(), 2),
            (PollingVisit::Limited(1), exponential(1.0), exponential(0.1), 2),
            (PollingVisit::Limited(1), with_scv(1.0, 4.0), Distribution::zero(), 3),
        ] {
            let rate = 0.6 / count as f64;
            let system = polled(&vec![(rate, service.clone()); count], &switch_over, visit);
            let theory = polling::symmetric_response(count, rate, &service, &switch_over, visit);
            let name = format!("polling of {count}, {visit:?}, switch-over {}", switch_over.mean());
            self.add(name, system, Figure::Response("q0"), theory);
        }
    }

    /// Jackson 1957: every station is as if alone.
    fn open_networks(&mut self) {
        let poisson = |rate| Load::Poisson { rate };
        let alone = |rate: f64, mean: f64| mean / (1.0 - rate * mean);
        let tandem = [(exponential(1.0), FCFS), (exponential(0.8), FCFS), (exponential(0.5), FCFS)];
        let theory = [1.0, 0.8, 0.5].map(|mean| alone(0.7, mean)).iter().sum();
        self.response("tandem of 3 M/M/1", network(&tandem, poisson(0.7), in_turn), theory);
        let mixed = [
            (exponential(1.0), FCFS),
            (with_scv(1.0, 4.0), PS),
            (exponential(0.8), Scheduling::PreemptiveLcfs),
        ];
        let theory = [1.0, 1.0, 0.8].map(|mean| alone(0.6, mean)).iter().sum();
        self.response("tandem of FCFS, PS and LCFS-PR", network(&mixed, poisson(0.6), in_turn), theory);
        let system = network(&[(exponential(0.3), FCFS)], poisson(1.0), again(2.0));
        self.response("Jackson with feedback", system, 2.0 * alone(2.0, 0.3));
        let two = [(exponential(1.0), FCFS), (exponential(2.0), FCFS)];
        let theory = 0.75 * alone(0.75 * 0.8, 1.0) + 0.25 * alone(0.25 * 0.8, 2.0);
        self.response("Jackson with a choice", network(&two, poisson(0.8), one_of([0.75, 0.25])), theory);
        for rate in [0.4, 0.7] {
            let pair = vec![(exponential(1.0), FCFS); 2];
            let theory = networks::fork_join_response(rate, 1.0);
            self.response(
                format!("fork-join of 2 M/M/1 at {rate}"),
                network(&pair, poisson(rate), at_once),
                theory,
            );
        }
    }

    /// Baskett, Chandy, Muntz and Palacios 1975.
    fn closed_networks(&mut self) {
        let closed = |population, think: f64| Load::Closed { population, think_time: exponential(think) };
        for (name, demand, scheduling) in [
            ("FCFS", exponential(1.0), FCFS),
            ("PS, SCV 0", with_scv(1.0, 0.0), PS),
            ("PS, SCV 4", with_scv(1.0, 4.0), PS),
            ("LCFS-PR, SCV 4", with_scv(1.0, 4.0), Scheduling::PreemptiveLcfs),
        ] {
            let system = network(&[(demand, scheduling)], closed(10, 8.0), in_turn);
            let theory = networks::repairman_response(10, 8.0, 1.0);
            self.response(format!("10 users, {name}"), system, theory);
        }
        let (throughput, _) = stations::birth_death(12, |n| f64::from(12 - n) / 5.0, |n| f64::from(n.min(3)));
        let mut system = network(&[(exponential(1.0), FCFS)], closed(12, 5.0), in_turn);
        system.hosts[1].cores = Multiplicity::Finite(3);
        self.response("12 users, 3 servers", system, 12.0 / throughput - 5.0);
        let demands = [0.5, 0.3, 0.2];
        let balanced = [1.0, 1.0, 1.0];
        for (users, think, demands) in [(8, 2.0, demands), (20, 3.0, demands), (6, 0.0, balanced)] {
            let stations = demands.map(|demand| (exponential(demand), FCFS));
            let think_time = if think > 0.0 { exponential(think) } else { Distribution::zero() };
            let load = Load::Closed { population: users, think_time };
            let (throughput, _) = networks::exact_mva(users, think, &demands);
            let system = network(&stations, load, in_turn);
            self.response(
                format!("{users} users, stations {demands:?}"),
                system,
                f64::from(users) / throughput - think,
            );
        }
        let mixed = [
            (with_scv(0.5, 4.0), PS),
            (exponential(0.3), FCFS),
            (with_scv(0.2, 0.0), Scheduling::PreemptiveLcfs),
        ];
        let (throughput, _) = networks::exact_mva(8, 2.0, &demands);
        self.add(
            "8 users, BCMP of all kinds",
            network(&mixed, closed(8, 2.0), in_turn),
            Figure::Throughput("users"),
            throughput,
        );
        self.classes_of_users();
    }

    /// Two classes on one processor-sharing core.
    fn classes_of_users(&mut self) {
        let closed = |name, population, think: f64, demand: f64| Class {
            load: Load::Closed { population, think_time: exponential(think) },
            ..Class::new(name, 1.0, exponential(demand))
        };
        let two = vec![closed("first", 4, 4.0, 1.0), closed("second", 8, 10.0, 0.5)];
        let system = classes(Host::new("machine"), two);
        let theory = networks::exact_mva_of_two([4, 8], [4.0, 10.0], [&[1.0], &[0.5]]);
        for (name, throughput) in ["first", "second"].into_iter().zip(theory) {
            self.add(
                format!("two closed classes, {name}"),
                system.clone(),
                Figure::Throughput(name),
                throughput,
            );
        }
        let mixed = vec![closed("first", 5, 6.0, 1.0), Class::new("second", 0.5, exponential(0.8))];
        let system = classes(Host::new("machine"), mixed);
        let (first, second) = networks::mixed_responses(5, 6.0, &[1.0], 0.5, &[0.8]);
        self.add("closed beside open, closed", system.clone(), Figure::Response("first"), first);
        self.add("closed beside open, open", system, Figure::Response("second"), second);
    }
}
