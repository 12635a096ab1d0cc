//! Choices between machines, against the sources' own tests.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

use tracecast_model::placement::{Cluster, NoRoom, ResourceRequest, at_start};
use tracecast_model::{Host, Multiplicity, Placement, Service, System, feature, validate};

fn host(placement: Placement, machines: u32, cores: u32, memory: f64) -> Host {
    Host {
        placement,
        replicas: machines,
        memory: Some(memory),
        ..Host::new("node").with_cores(Multiplicity::Finite(cores))
    }
}

fn request(cpu: f64, memory: f64) -> ResourceRequest {
    ResourceRequest::new(Some(cpu), Some(memory))
}

/// The score of a machine of that size with these requests on it.
fn score(placement: Placement, (cores, memory): (u32, f64), there: &[(f64, f64)], more: (f64, f64)) -> u64 {
    let mut cluster = Cluster::new(&host(placement, 1, cores, memory), 1);
    there.iter().for_each(|&(cpu, memory)| cluster.add(0, 0, &request(cpu, memory)));
    cluster.score(0, &request(more.0, more.1))
}

/// `TestLeastAllocatedScoringStrategy` in Kubernetes' `least_allocated_test.go`. Its pods without a container ask for 0.
#[test]
fn least_allocated_as_in_its_own_test() {
    let score = |size, there: &[_], more| score(Placement::LeastAllocated, size, there, more);
    let (none, some): ([(f64, f64); 0], _) = ([], (3000.0, 5000.0));
    let idle = (3000.0, 0.0);
    assert_eq!(score((4000, 1e4), &none, (0.0, 0.0)), 100);
    assert_eq!(score((4000, 1e4), &none, some), 37);
    assert_eq!(score((6000, 1e4), &none, some), 50);
    assert_eq!(score((10_000, 2e4), &[idle, idle], (0.0, 0.0)), 70);
    assert_eq!(score((10_000, 2e4), &[idle, some], (0.0, 0.0)), 57);
    assert_eq!(score((10_000, 2e4), &[idle], some), 57);
    assert_eq!(score((10_000, 2e4), &[some], some), 45);
    assert_eq!(score((10_000, 5e4), &[some], some), 60);
    // What asks for more than there is.
    assert_eq!(score((4000, 1e4), &[idle], idle), 50);
    assert_eq!(score((4000, 1e4), &[some], idle), 25);
}

/// `TestMostAllocatedScoringStrategy` in `most_allocated_test.go`.
#[test]
fn most_allocated_as_in_its_own_test() {
    let score = |size, there: &[_], more| score(Placement::MostAllocated, size, there, more);
    let (none, some): ([(f64, f64); 0], _) = ([], (3000.0, 5000.0));
    let idle = (3000.0, 0.0);
    assert_eq!(score((4000, 1e4), &none, (0.0, 0.0)), 0);
    assert_eq!(score((4000, 1e4), &none, some), 62);
    assert_eq!(score((6000, 1e4), &none, some), 50);
    assert_eq!(score((10_000, 2e4), &[idle, idle], (0.0, 0.0)), 30);
    assert_eq!(score((10_000, 2e4), &[idle, some], (0.0, 0.0)), 42);
    assert_eq!(score((10_000, 2e4), &[idle], some), 42);
    assert_eq!(score((10_000, 2e4), &[some], some), 55);
    assert_eq!(score((5000, 1e4), &none, (5000.0, 9000.0)), 95);
    assert_eq!(score((10_000, 9000.0), &none, (5000.0, 9000.0)), 75);
}

/// "no resources requested, pods scheduled, nonzero request for resource" there, on 1000m of a core instead of 250m: with two that
/// ask for nothing on the machine, 300m and 600Mi of 1000Mi, and of an empty one 100m and 200Mi.
#[test]
fn what_is_not_asked_for_counts_in_scores_only() {
    let unset = ResourceRequest::default();
    let mut cluster = Cluster::new(&host(Placement::MostAllocated, 2, 1, 1000.0 * 1048576.0), 1);
    cluster.add(0, 0, &unset);
    cluster.add(0, 0, &unset);
    assert_eq!((cluster.score(0, &unset), cluster.score(1, &unset)), ((30 + 60) / 2, (10 + 20) / 2));
    (0..100).for_each(|_| cluster.add(0, 0, &unset));
    assert!(cluster.has_room(0, &unset) && cluster.has_room(0, &request(1.0, 1e9)));
}

/// `testHA` in swarmkit's `scheduler_test.go`, where ties go to any node.
#[test]
fn spread_as_in_swarms_own_test() {
    let mut cluster = Cluster::new(&host(Placement::Spread, 5, 1, 1e9), 2);
    let unset = ResourceRequest::default();
    let place = |cluster: &mut Cluster, service: usize, count: u32| -> Vec<usize> {
        (0..count)
            .map(|replica| {
                let machine = cluster.choose(service, replica, &unset).unwrap();
                cluster.add(machine, service, &unset);
                machine
            })
            .collect()
    };
    let counts = |cluster: &Cluster, service: usize| -> Vec<u32> {
        cluster.replicas().map(|replicas| replicas[service]).collect()
    };
    let with = |counts: &[u32], count: u32| counts.iter().filter(|&&other| other == count).count();
    place(&mut cluster, 0, 18);
    let first = counts(&cluster, 0);
    assert_eq!((with(&first, 4), with(&first, 3)), (3, 2));
    // "They should fill the nodes that only have" few.
    let second = place(&mut cluster, 1, 2);
    assert!(second[0] != second[1] && second.iter().all(|&machine| first[machine] == 3));
    // "It should cover the two nodes that service 2 was assigned to, and also one other node."
    let more = place(&mut cluster, 0, 3);
    assert!(second.iter().all(|machine| more.contains(machine)));
    let first = counts(&cluster, 0);
    assert_eq!((with(&first, 4), with(&first, 5)), (4, 1));
    // "It must not land on the node that has 5 service1 tasks."
    let last = place(&mut cluster, 1, 1)[0];
    assert!(!second.contains(&last) && first[last] == 4);
    // "Remove all tasks on node id1. … All instances of service1 should land on node id1, and one of the two service2 instances".
    for service in [0, 1] {
        (0..counts(&cluster, service)[0]).for_each(|_| cluster.remove(0, service, &unset));
    }
    assert_eq!(place(&mut cluster, 0, 4), [0; 4]);
    assert_eq!(place(&mut cluster, 1, 2).iter().filter(|&&machine| machine == 0).count(), 1);
}

/// Swarm's and Kubernetes' filters: "insufficient resources" where the sum of the requests is more than there is, not before.
#[test]
fn machines_without_room_are_left_out() {
    for placement in [Placement::Spread, Placement::LeastAllocated, Placement::MostAllocated] {
        let mut cluster = Cluster::new(&host(placement, 2, 1, 8e9), 1);
        let (third, much) = (request(0.3, 1e9), request(0.1, 7e9));
        for _ in 0..6 {
            let machine = cluster.choose(0, 0, &third).unwrap();
            cluster.add(machine, 0, &third);
        }
        assert_eq!(cluster.replicas().map(|replicas| replicas[0]).collect::<Vec<_>>(), [3, 3]);
        // Of each machine a tenth of the cores and 5 GB are left.
        assert_eq!(cluster.choose(0, 0, &third), None);
        assert_eq!(cluster.choose(0, 0, &much), None);
        assert!(cluster.choose(0, 0, &request(0.1, 5e9)).is_some());
        cluster.remove(1, 0, &third);
        assert_eq!(cluster.choose(0, 0, &third), Some(1));
    }
}

fn system(placement: Placement, replicas: &[u32]) -> System {
    let service = |(number, &replicas): (usize, &u32)| Service {
        cpu_request: Some(1.0),
        ..Service::new(format!("service{number}"), "node").with_replicas(replicas)
    };
    System {
        hosts: vec![host(placement, 3, 2, 8e9)],
        services: replicas.iter().enumerate().map(service).collect(),
        ..System::default()
    }
}

/// Three machines with two cores each.
#[test]
fn replicas_of_the_start_are_placed_in_order() {
    let places = |placement, replicas: &[u32]| {
        let system = system(placement, replicas);
        at_start(&system, &system.hosts[0]).unwrap().map(|start| start.machines)
    };
    assert_eq!(places(Placement::Spread, &[2, 2]).unwrap(), [[0, 1], [2, 0]]);
    assert_eq!(places(Placement::ByNumber, &[2, 2]).unwrap(), [[0, 1], [0, 1]]);
    assert_eq!(places(Placement::MostAllocated, &[2, 2]).unwrap(), [[0, 0], [1, 1]]);
    assert_eq!(places(Placement::LeastAllocated, &[2, 2]).unwrap(), [[0, 1], [2, 0]]);
    assert_eq!(places(Placement::Spread, &[4, 3]).unwrap_err(), NoRoom { service: 1, replica: 2 });
    assert_eq!(places(Placement::ByNumber, &[4, 3]).unwrap(), [vec![0, 1, 2, 0], vec![0, 1, 2]]);
}

/// The choice says so only where it leads to something else than numbers do.
#[test]
fn engines_are_asked_only_where_it_matters() {
    let matters = |placement, replicas: &[u32]| {
        let found = feature::features(&system(placement, replicas));
        found.iter().any(|(feature, _)| *feature == feature::Feature::Placement)
    };
    assert!(!matters(Placement::Spread, &[3, 3]));
    assert!(matters(Placement::Spread, &[2, 2]));
    assert!(matters(Placement::MostAllocated, &[3, 3]));
    assert!(!matters(Placement::ByNumber, &[2, 2]));
}

#[test]
fn refusals_name_what_is_asked_for() {
    let mut system = system(Placement::Spread, &[4, 3]);
    let message = |system: &System, element: &str| {
        let found = validate(system);
        let found =
            found.into_iter().find(|found| found.element == element && found.message.contains("machine"));
        found.map(|found| found.message).unwrap_or_default()
    };
    let found = message(&system, "service \"service1\"");
    assert!(found.contains("replica 3 of the 3"), "{found}");
    assert!(found.contains("asks for 1 core,") && found.contains("2 cores and 8000000000 bytes"), "{found}");
    system.hosts[0].per_replica = true;
    let found = message(&system, "host \"node\"");
    assert!(found.contains("per_replica"), "{found}");
    // So many that nobody waits for their places.
    system.hosts[0].per_replica = false;
    system.services[0].replicas = u32::MAX;
    assert!(at_start(&system, &system.hosts[0]).is_none());
}
