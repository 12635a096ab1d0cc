//! Replicas that are killed for their memory, against first-passage times and exact schedules.

use tracecast_model::{
    Activity, Burst, Distribution, Load, Memory, Operation, OperationRef, System, Workload,
};

use crate::support::{assert_exactly, assert_mean, burst, host, quick, simulate, twice, worker};

/// One replica with one core, which has room for so many requests, and exponential work of mean 1.
fn system(most: u32, load: Load) -> System {
    let mut service = worker("serve", "machine", 1.0);
    let work = Activity::working(Distribution::exponential(1.0));
    service.operations[0] = Operation::new("serve").with_activity(work);
    service.memory =
        Some(Memory { back_off: 0.0, max_back_off: 0.0, ..Memory::new(100.0 + f64::from(most), 100.0, 1.0) });
    System {
        hosts: vec![host("machine", 1)],
        services: vec![service],
        workloads: vec![Workload::new("users", OperationRef::new("serve", "serve"), load)],
        ..System::default()
    }
}

/// M/M/1 until the so-manieth request is there, then empty again: from i to i + 1 requests it takes Σ_{j ≤ i} (1/λ)(μ/λ)^j on
/// average (birth and death: Karlin and Taylor 1975, *A First Course in Stochastic Processes*, section 4.7), and each time all
/// that are there are lost.
#[test]
fn kills_are_first_passages() {
    for (most, rate) in [(4, 0.8), (3, 1.5)] {
        let system = system(most, Load::Poisson { rate });
        let prediction = simulate(&system, &quick());
        let step = |i: u32| (0..=i).map(|j| (1.0 / rate).powi(j as i32)).sum::<f64>() / rate;
        let passage: f64 = (0..=most).map(step).sum();
        assert_mean(prediction.services["serve"].memory_kills.unwrap(), 1.0 / passage);
        let lost = f64::from(most + 1) / (rate * passage);
        let users = &prediction.workloads["users"];
        assert_mean(users.failed_share.unwrap(), lost);
        assert_mean(users.fates.clone().unwrap().lost.unwrap(), lost);
    }
}

/// Three at once are one too many, three times. It starts up anew at once at 0, after 10 s at 1 and after 20 s at 40, and takes a
/// second for that each time: requests at 100 find it there.
#[test]
fn a_container_backs_off() {
    let mut system = system(2, Load::Poisson { rate: 1.0 });
    system.services[0].memory = Some(Memory::new(102.0, 100.0, 1.0));
    system.services[0].start_up = Distribution::deterministic(1.0).into();
    system.services[0].operations[0] =
        Operation::new("serve").with_activity(Activity::working(Distribution::deterministic(1.0)));
    system.workloads = vec![burst("serve", 3)];
    let bursts = |times: &[(f64, u32)]| Load::Burst {
        bursts: times.iter().map(|&(at, size)| Burst { at, size }).collect(),
    };
    let run = |load: Load| {
        let mut system = system.clone();
        system.workloads[0].load = load;
        simulate(&system, &twice())
    };
    // From 1 s on it is there again; two share its core until 7.
    let once = run(bursts(&[(0.0, 3), (5.0, 2)]));
    assert_exactly(once.workloads["serve"].makespan, 7.0);
    assert_eq!(once.workloads["serve"].failed, Some(3));
    // Killed at 5 for the second time it is there at 5 + 10 + 1, for the third at 40 + 20 + 1.
    let again = run(bursts(&[(0.0, 3), (5.0, 3), (6.0, 1)]));
    assert_exactly(again.workloads["serve"].makespan, 17.0);
    let third = run(bursts(&[(0.0, 3), (5.0, 3), (40.0, 3), (41.0, 1)]));
    assert_exactly(third.workloads["serve"].makespan, 62.0);
    // What waits for it comes in at once when it is there, and is too much, too.
    let crowd = run(bursts(&[(0.0, 3), (0.5, 3), (20.0, 1)]));
    assert_eq!(crowd.workloads["serve"].failed, Some(6));
    // More than ten minutes after the last restart all is forgotten.
    let late = run(bursts(&[(0.0, 3), (700.0, 3), (702.0, 1)]));
    assert_exactly(late.workloads["serve"].makespan, 703.0);
}
