//! Shared cores against a plain solution: all rates worked out anew at every instant, all work counted down.

use proptest::prelude::*;

use super::*;
use crate::program::{ContainerPlan, GroupPlan, MachinePlan};

/// A piece of work that arrives: when, in which container, how much.
type Arrival = (f64, u32, f64);

/// A sharing machine of one host.
fn machine(cores: f64, groups: Vec<GroupPlan>, containers: Vec<ContainerPlan>) -> MachinePlan {
    let (discipline, speeds) = (Discipline::Sharing { cores }, Vec::new());
    MachinePlan { host: 0, discipline, speeds, groups, first_container: 0, containers }
}

/// Ends of all pieces, by number, from the engine's machine.
fn simulated(machine: &MachinePlan, arrivals: &[Arrival]) -> Vec<f64> {
    let (machine, machine_speeds) = (machine.clone(), machine.speeds.clone());
    let program = Program { machines: vec![machine], host_count: 1, ..Program::default() };
    let mut hosts = Hosts::new(&program, &[]);
    let mut calendar = Calendar::new(hosts.container_count());
    for (number, arrival) in arrivals.iter().enumerate() {
        calendar.schedule(arrival.0, Event::Arrival(number as u32));
    }
    let mut ends = vec![f64::NAN; arrivals.len()];
    while let Some((now, event)) = calendar.first() {
        calendar.take(event);
        match event {
            Event::Arrival(number) => {
                let (_, container, amount) = arrivals[number as usize];
                hosts.start(now, hosts.home(container), number, amount, &mut calendar);
            }
            Event::ShareDone(container) => {
                let Some(Done::Gone(strand)) = hosts.share_done(now, container, &mut calendar) else {
                    panic!("a sharing machine has let it go");
                };
                ends[strand as usize] = now;
            }
            other => panic!("{other:?} on a sharing machine"),
        }
    }
    let done: f64 = arrivals.iter().map(|arrival| arrival.2).sum();
    let busy: f64 = hosts.busy_areas(1e9).iter().sum();
    let is_done = (busy - done).abs() < 1e-6 * done.max(1.0);
    assert!(is_done || !machine_speeds.is_empty(), "busy {busy}, work {done}");
    ends
}

/// What every container could use, in cores.
fn usable(machine: &MachinePlan, counts: &[usize]) -> Vec<f64> {
    let plans = machine.containers.iter().zip(counts);
    plans.map(|(plan, &count)| (count as f64).min(plan.limit.unwrap_or(f64::INFINITY))).collect()
}

/// Cores of every group: in each round, what is left is offered in proportion to the shares of those that still want
/// more, and who needs no more than that has it.
fn group_cores(machine: &MachinePlan, cores: f64, counts: &[usize]) -> Vec<f64> {
    let all = usable(machine, counts);
    let wanted = |number: usize| {
        let plan = machine.groups[number];
        let containers =
            machine.containers.iter().zip(&all).filter(|(container, _)| container.group == number);
        let sum: f64 = containers.map(|(_, usable)| usable).sum();
        if plan.capped { sum.min(plan.share * cores) } else { sum }
    };
    let mut found = vec![0.0; machine.groups.len()];
    let mut open: Vec<usize> = (0..machine.groups.len()).collect();
    let mut left = cores;
    while !open.is_empty() {
        let shares: f64 = open.iter().map(|&number| machine.groups[number].share).sum();
        let fair = |number: usize| left * machine.groups[number].share / shares;
        let (met, rest): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|&&number| wanted(number) <= fair(number));
        if met.is_empty() {
            rest.iter().for_each(|&number| found[number] = fair(number));
            break;
        }
        met.iter().for_each(|&number| found[number] = wanted(number));
        left -= met.iter().map(|&number| wanted(number)).sum::<f64>();
        open = rest;
    }
    found
}

/// Rates of the pieces of every container.
fn rates(machine: &MachinePlan, cores: f64, counts: &[usize]) -> Vec<f64> {
    let mut found = vec![0.0; counts.len()];
    for (number, cores) in group_cores(machine, cores, counts).into_iter().enumerate() {
        let inside = |place: usize| machine.containers[place].group == number;
        let own: Vec<usize> =
            (0..counts.len()).map(|place| if inside(place) { counts[place] } else { 0 }).collect();
        let rates = fair_rates(cores, &machine.containers, &own);
        (0..counts.len()).filter(|&place| inside(place)).for_each(|place| found[place] = rates[place]);
    }
    let present: usize = counts.iter().sum();
    let speed = machine.speeds.get(present.max(1) - 1).or(machine.speeds.last()).copied().unwrap_or(1.0);
    found.into_iter().map(|rate| rate * speed).collect()
}

/// Max-min fair rates by raising all in proportion to their weights, in small numbers of rounds: whoever meets its cap
/// stops.
fn fair_rates(cores: f64, plans: &[ContainerPlan], counts: &[usize]) -> Vec<f64> {
    let cap = |place: usize| (plans[place].limit.unwrap_or(f64::INFINITY) / counts[place] as f64).min(1.0);
    let weight = |place: usize| plans[place].weight;
    let mut rates = vec![0.0; counts.len()];
    let mut open: Vec<usize> = (0..counts.len()).filter(|&place| counts[place] > 0).collect();
    let mut left = cores;
    while !open.is_empty() {
        let share = left / open.iter().map(|&place| counts[place] as f64 * weight(place)).sum::<f64>();
        let (met, rest): (Vec<usize>, Vec<usize>) =
            open.iter().partition(|&&place| cap(place) <= share * weight(place));
        if met.is_empty() {
            rest.iter().for_each(|&place| rates[place] = share * weight(place));
            break;
        }
        for place in met {
            rates[place] = cap(place);
            left -= cap(place) * counts[place] as f64;
        }
        open = rest;
    }
    rates
}

/// The same ends, with nothing but [`rates`] between arrivals and ends.
fn plain(machine: &MachinePlan, cores: f64, arrivals: &[Arrival]) -> Vec<f64> {
    let mut left: Vec<f64> = arrivals.iter().map(|arrival| arrival.2).collect();
    let mut ends = vec![f64::NAN; arrivals.len()];
    let mut now = 0.0;
    loop {
        let present: Vec<usize> =
            (0..arrivals.len()).filter(|&n| arrivals[n].0 <= now && ends[n].is_nan()).collect();
        let next_arrival = arrivals.iter().map(|a| a.0).filter(|&at| at > now).fold(f64::INFINITY, f64::min);
        let mut counts = vec![0; machine.containers.len()];
        present.iter().for_each(|&n| counts[arrivals[n].1 as usize] += 1);
        let rates = rates(machine, cores, &counts);
        let rate = |n: usize| rates[arrivals[n].1 as usize];
        let next_end = present.iter().map(|&n| now + left[n] / rate(n)).fold(f64::INFINITY, f64::min);
        let next = next_arrival.min(next_end);
        if next == f64::INFINITY {
            return ends;
        }
        for n in present {
            left[n] -= rate(n) * (next - now);
            if left[n] < 1e-9 {
                ends[n] = next;
            }
        }
        now = next;
    }
}

/// Asserts that pieces end as in the plain solution.
fn check(cores: f64, machine: &MachinePlan, arrivals: &[(f64, u32, f64)]) -> Result<(), TestCaseError> {
    let count = machine.containers.len() as u32;
    let arrivals: Vec<Arrival> = arrivals.iter().map(|&(at, c, amount)| (at, c % count, amount)).collect();
    let found = simulated(machine, &arrivals);
    let expected = plain(machine, cores, &arrivals);
    for (found, expected) in found.iter().zip(&expected) {
        // 1e-9 of work at a rate of at least 0.1/40 is 4e-7 seconds; more than the rounding of clocks.
        prop_assert!((found - expected).abs() < 1e-6, "{} instead of {}", found, expected);
    }
    Ok(())
}

proptest! {
    #[test]
    fn sharing_is_max_min_fair(
        cores in 1u32..5,
        limits in prop::collection::vec(prop::option::of(0.1f64..3.0), 1..5),
        arrivals in prop::collection::vec((0.0f64..10.0, 0u32..5, 0.01f64..4.0), 1..40),
    ) {
        let container = |&limit: &Option<f64>| ContainerPlan { limit, priority: 0, weight: 1.0, group: 0, quota: None };
        let containers = limits.iter().map(container).collect();
        let groups = vec![GroupPlan { share: 1.0, capped: false }];
        let cores = f64::from(cores);
        check(cores, &machine(cores, groups, containers), &arrivals)?;
    }

    #[test]
    fn weights_divide_and_speeds_follow_the_load(
        cores in 1u32..4,
        plans in prop::collection::vec((prop::option::of(0.5f64..3.0), 0.2f64..5.0), 1..5),
        speeds in prop::collection::vec(0.3f64..2.0, 0..6),
        arrivals in prop::collection::vec((0.0f64..10.0, 0u32..5, 0.01f64..4.0), 1..20),
    ) {
        let container =
            |&(limit, weight): &(Option<f64>, f64)| ContainerPlan { limit, priority: 0, weight, group: 0, quota: None };
        let containers = plans.iter().map(container).collect();
        let groups = vec![GroupPlan { share: 1.0, capped: false }];
        let cores = f64::from(cores);
        let machine = MachinePlan { speeds, ..machine(cores, groups, containers) };
        check(cores, &machine, &arrivals)?;
    }

    #[test]
    fn groups_have_their_shares(
        cores in 1u32..4,
        groups in prop::collection::vec((0.1f64..0.3, any::<bool>()), 1..4),
        places in prop::collection::vec((prop::option::of(0.1f64..3.0), 0usize..4), 1..6),
        arrivals in prop::collection::vec((0.0f64..10.0, 0u32..6, 0.01f64..4.0), 1..40),
    ) {
        let rest = 1.0 - groups.iter().map(|(share, _)| share).sum::<f64>();
        let groups: Vec<GroupPlan> = groups
            .into_iter()
            .chain([(rest, false)])
            .map(|(share, capped)| GroupPlan { share, capped })
            .collect();
        let containers = places.iter().map(|&(limit, group)| {
            ContainerPlan { limit, priority: 0, weight: 1.0, group: group % groups.len(), quota: None }
        });
        let containers = containers.collect();
        let cores = f64::from(cores);
        check(cores, &machine(cores, groups, containers), &arrivals)?;
    }
}
