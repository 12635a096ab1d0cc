//! Random layered systems.

use proptest::prelude::*;
use tracecast_model::{
    Activity, Call, Distribution, Host, Load, Multiplicity, Operation, OperationRef, Scheduling, Service,
    System, Workload,
};

/// One random service; it may call any later one.
#[derive(Clone, Debug)]
pub(crate) struct Tier {
    demand: f64,
    scv: f64,
    threads: Option<u32>,
    replicas: u32,
    cores: u32,
    sharing: bool,
    /// Does every replica have a machine?
    spread: bool,
    /// To which of the later services, how often, and does the caller wait?
    calls: Vec<(usize, f64, bool)>,
}

fn tier() -> impl Strategy<Value = Tier> {
    let call = (0usize..8, 0.1f64..2.0, prop::bool::weighted(0.85));
    let threads = prop_oneof![Just(None), (1u32..12).prop_map(Some)];
    let host = (any::<bool>(), any::<bool>());
    (0.001f64..0.02, 0.0f64..3.0, threads, 1u32..3, 1u32..4, host, prop::collection::vec(call, 0..3))
        .prop_map(|(demand, scv, threads, replicas, cores, (sharing, spread), calls)| Tier {
            demand,
            scv,
            threads,
            replicas,
            cores,
            sharing,
            spread,
            calls,
        })
}

pub(crate) fn tiers() -> impl Strategy<Value = Vec<Tier>> {
    prop::collection::vec(tier(), 1..6)
}

/// The services of these tiers, a host each, with the given loads on the first.
pub(crate) fn system(tiers: &[Tier], loads: Vec<Load>) -> System {
    let name = |i: usize| format!("tier{i}");
    let services = tiers.iter().enumerate().map(|(i, tier)| {
        let demand = Distribution::with_scv(tier.demand, tier.scv).unwrap();
        let mut operation = Operation::new("handle").with_activity(Activity::working(demand));
        for &(to, mean, waits) in &tier.calls {
            let to = i + 1 + to;
            if to < tiers.len() {
                let call = Call::new(OperationRef::new(name(to), "handle")).with_mean(mean);
                operation = operation.with_call(if waits { call } else { call.asynchronous() });
            }
        }
        let mut service =
            Service::new(name(i), name(i)).with_replicas(tier.replicas).with_operation(operation);
        service.concurrency = tier.threads.map_or(Multiplicity::Infinite, Multiplicity::Finite);
        service
    });
    let hosts = tiers.iter().enumerate().map(|(i, tier)| {
        let scheduling = if tier.sharing { Scheduling::Ps } else { Scheduling::Fcfs };
        let host =
            Host::new(name(i)).with_cores(Multiplicity::Finite(tier.cores)).with_scheduling(scheduling);
        Host { replicas: if tier.spread { tier.replicas } else { 1 }, ..host }
    });
    let entry = OperationRef::new(name(0), "handle");
    let workloads =
        loads.into_iter().enumerate().map(|(w, load)| Workload::new(format!("load{w}"), entry.clone(), load));
    System {
        services: services.collect(),
        hosts: hosts.collect(),
        workloads: workloads.collect(),
        ..System::default()
    }
}
