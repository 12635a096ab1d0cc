//! Load balancing by keys against queues of their own for each replica, and what follows from a request's one key.

use tracecast_model::{
    Call, Distribution, Fault, FaultEffect, Load, LoadBalancing, Maglev, Operation, OperationRef,
    OutlierDetection, Resilience, Retry, RingHash, Step, System, Workload, fixtures,
};

use crate::support::{assert_mean, quick, response, simulate, twice, worker};

/// By replica: the share of the requests whose keys are its own.
fn shares(balancing: LoadBalancing, replicas: u32) -> Vec<f64> {
    let all: Vec<u32> = (0..replicas).collect();
    let mut shares = vec![0.0; replicas as usize];
    for (share, owner) in balancing.key_shares().into_iter().zip(balancing.key_owners(&all)) {
        shares[owner as usize] += share;
    }
    shares
}

/// Each replica has a machine with one core and its share of a Poisson process: M/M/1 with λ·s of each, of which a request
/// sees one with probability s. One key makes one of them all.
#[test]
fn replicas_are_queues_with_the_shares_of_their_keys() {
    let lambda = 1.2;
    for balancing in [
        LoadBalancing::RingHash(RingHash::new(1000, 0.0)),
        LoadBalancing::RingHash(RingHash::new(50, 0.8)),
        LoadBalancing::Maglev(Maglev::new(50, 0.8)),
        LoadBalancing::Maglev(Maglev::new(1, 0.0)),
    ] {
        let rate = if balancing.key_shares().len() == 1 { 0.5 } else { lambda };
        let mut system = fixtures::open_station(1, Distribution::exponential(1.0), rate);
        system.hosts[0].per_replica = true;
        system.services[0].replicas = 3;
        system.services[0].load_balancing = balancing;
        let shares = shares(balancing, 3);
        assert!(shares.iter().all(|share| rate * share < 0.8), "{shares:?}");
        let expected: f64 = shares.iter().map(|share| share / (1.0 - rate * share)).sum();
        let prediction = simulate(&system, &quick());
        assert_mean(response(&prediction, "users").metric(), expected);
        assert_mean(prediction.hosts["machine"].utilization.unwrap(), rate);
    }
}

/// A service "front" that calls "back" so many times, of whose three replicas the second only makes errors.
fn bad_replica(balancing: LoadBalancing, calls: usize, load: Load) -> System {
    let mut front = worker("front", "machine", 0.0);
    let steps = (0..calls).map(|_| Step::call(Call::new(OperationRef::new("back", "serve")))).collect();
    front.operations[0] = Operation { steps, ..Operation::new("serve") };
    let mut back = worker("back", "machine", 0.001).with_replicas(3);
    back.load_balancing = balancing;
    let effect = FaultEffect::Errors { service: "back".into(), replica: Some(1), rate: 1.0 };
    System {
        hosts: vec![crate::support::host("machine", 64)],
        services: vec![front, back],
        workloads: vec![Workload::new("users", OperationRef::new("front", "serve"), load)],
        faults: vec![Fault { at: 0.0, duration: 1e9, effect }],
        ..System::default()
    }
}

/// A request keeps its key: retries go where the first attempt went, and all its calls fail or none, so that its share of failures is
/// that of the keys of the replica that makes errors. A random choice would leave s² and 1 - (1 - s)².
#[test]
fn all_calls_of_a_request_go_to_one_replica() {
    let balancing = LoadBalancing::RingHash(RingHash::new(200, 0.5));
    let share = shares(balancing, 3)[1];
    for (calls, resilience) in [(2, None), (1, Some(Resilience::default().with_retry(Retry::new(2))))] {
        let mut system = bad_replica(balancing, calls, Load::Poisson { rate: 20.0 });
        system.services[1].resilience = resilience;
        let prediction = simulate(&system, &quick());
        assert_mean(prediction.workloads["users"].failed_share.unwrap(), share);
    }
}

/// The first error leaves the replica out, and its keys belong to others: it stays the only one.
#[test]
fn keys_of_a_replica_that_is_left_out_belong_to_others() {
    for balancing in
        [LoadBalancing::RingHash(RingHash::new(200, 0.5)), LoadBalancing::Maglev(Maglev::new(200, 0.5))]
    {
        let at = (0..300).map(|call| 0.01 * f64::from(call)).collect();
        let mut system = bad_replica(balancing, 1, Load::Replay { at });
        system.services[1].outlier_detection = Some(OutlierDetection {
            consecutive_5xx: 1,
            base_ejection_time: 200.0,
            max_ejection_percent: 50,
            ..OutlierDetection::default()
        });
        let prediction = simulate(&system, &twice());
        assert_eq!(prediction.workloads["users"].failed, Some(1));
    }
}
