//! Groups of services with shares of a host, and hosts of several machines.

use tracecast_model::{Distribution, Host, LoadBalancing, ShareGroup, System, fixtures};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker};
use crate::theory;

fn group(name: &str, share: f64, capped: bool) -> ShareGroup {
    ShareGroup { name: name.into(), share, capped }
}

/// Services of so much work each, in those groups of one host, started together.
fn sharing(cores: u32, groups: Vec<ShareGroup>, services: &[(&str, Option<&str>, f64, u32)]) -> System {
    let mut machine = host("machine", cores);
    machine.share_groups = groups;
    let mut system = System { hosts: vec![machine], ..System::default() };
    for &(name, group, seconds, requests) in services {
        let mut service = worker(name, "machine", seconds);
        service.share_group = group.map(str::to_owned);
        system.services.push(service);
        system.workloads.push(burst(name, requests));
    }
    system
}

fn assert_makespans(system: &System, expected: &[(&str, f64)]) {
    let prediction = simulate(system, &twice());
    for &(name, makespan) in expected {
        assert_exactly(prediction.workloads[name].makespan, makespan);
    }
}

/// One core, three quarters against one: both have 3 s and 1 s of work and end at 4, however many requests it is in.
#[test]
fn groups_share_by_their_shares() {
    let groups = || vec![group("gold", 0.75, false), group("iron", 0.25, false)];
    let services = [("a", Some("gold"), 3.0, 1), ("b", Some("iron"), 0.25, 4)];
    assert_makespans(&sharing(1, groups(), &services), &[("a", 4.0), ("b", 4.0)]);
    // What one does not use, the other gets: b ends at 4, a has had 3 s and goes on alone.
    let services = [("a", Some("gold"), 5.0, 1), ("b", Some("iron"), 1.0, 1)];
    assert_makespans(&sharing(1, groups(), &services), &[("a", 6.0), ("b", 4.0)]);
}

/// Enough for all: shares do not matter. A single thread of each on two cores.
#[test]
fn shares_matter_only_where_there_is_not_enough() {
    let groups = vec![group("gold", 0.9, false), group("iron", 0.1, false)];
    let services = [("a", Some("gold"), 3.0, 1), ("b", Some("iron"), 2.0, 1)];
    assert_makespans(&sharing(2, groups, &services), &[("a", 3.0), ("b", 2.0)]);
}

/// A capped group has no more than its share of the idle host: half a core of two, so one second takes two.
#[test]
fn a_cap_holds_also_when_nothing_else_runs() {
    let groups = vec![group("capped", 0.25, true)];
    assert_makespans(&sharing(2, groups.clone(), &[("a", Some("capped"), 1.0, 1)]), &[("a", 2.0)]);
    // Beside it, the others may have all the rest.
    let services = [("a", Some("capped"), 1.0, 1), ("b", None, 3.0, 2)];
    assert_makespans(&sharing(2, groups, &services), &[("a", 2.0), ("b", 0.5 * (6.0 + 1.0))]);
}

/// Services without a group form one with the rest, here a half of the core, whatever their number; inside it they are
/// equal. "b" and "c" get a quarter each until "a" is done at 2; each has 0.5 s of its second left, and ends at 3.
#[test]
fn services_without_a_group_share_the_rest() {
    let groups = vec![group("half", 0.5, false)];
    let services = [("a", Some("half"), 1.0, 1), ("b", None, 1.0, 1), ("c", None, 1.0, 1)];
    assert_makespans(&sharing(1, groups, &services), &[("a", 2.0), ("b", 3.0), ("c", 3.0)]);
    // Where the groups have all of it, the rest gets what they leave: nothing until 2.
    let groups = vec![group("half", 0.5, false), group("other", 0.5, false)];
    let services = [("a", Some("half"), 1.0, 1), ("b", Some("other"), 1.0, 1), ("c", None, 1.0, 1)];
    assert_makespans(&sharing(1, groups, &services), &[("a", 2.0), ("b", 2.0), ("c", 3.0)]);
}

/// Two replicas on two machines, requests in turn: each machine is E₂/M/1 with half the rate.
#[test]
fn replicas_have_machines_of_their_own() {
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), 1.4);
    system.hosts[0] = Host { replicas: 2, ..system.hosts[0].clone() };
    system.services[0].replicas = 2;
    let prediction = simulate(&system, &quick());
    assert_mean(response(&prediction, "users").metric(), theory::e2m1_response(0.7, 1.0));
    assert_mean(prediction.hosts["machine"].utilization.unwrap(), 1.4);
}

/// Four replicas of one service and one of another on two machines: replicas 0 and 2 with the other service on the
/// first, 1 and 3 on the second. One request each of a second: five on two cores, three of them on the first.
#[test]
fn machines_are_filled_in_turn() {
    let mut system = sharing(1, Vec::new(), &[("a", None, 1.0, 4), ("b", None, 1.0, 1)]);
    system.hosts[0].replicas = 2;
    system.services[0].replicas = 4;
    system.services[0].load_balancing = LoadBalancing::RoundRobin;
    let prediction = simulate(&system, &twice());
    assert_exactly(Some(response(&prediction, "a").metric()), 0.5 * (3.0 + 2.0));
    assert_exactly(Some(response(&prediction, "b").metric()), 3.0);
}
