//! Loads that end by themselves: exact arithmetic.

use tracecast_model::{
    Activity, Burst, Call, Completion, Distribution, EngineOptions, Load, Operation, OperationRef, Request,
    SerialClient, System, WorkQueue, Workload, fixtures,
};

use crate::support::{
    assert_exact, assert_exactly, assert_mean, burst, host, response, simulate, twice, worker,
};

/// One request: post, fetch, task, store.
#[test]
fn burst_of_one() {
    let system = fixtures::burst_queue(1, 1, Distribution::deterministic(0.5));
    let prediction = simulate(&system, &EngineOptions::default());
    assert_eq!(prediction.replications, Some(10));
    assert_exactly(prediction.workloads["burst"].makespan, 0.001 + 0.01 + 0.5 + 0.01);
}

/// A queue of equal tasks drains in rounds: ⌈N/c⌉ tasks one after the other on the busiest of c workers.
#[test]
fn a_work_queue_drains_in_rounds() {
    for (size, replicas, threads) in [(10, 1, 1), (10, 3, 1), (11, 2, 2), (3, 5, 1)] {
        let mut crop = worker("crop", "machine", 2.0).with_concurrency(threads).with_replicas(replicas);
        crop.work_queue = Some(WorkQueue::new("tasks"));
        let system = System {
            hosts: vec![host("machine", 16)],
            services: vec![crop],
            workloads: vec![burst("crop", size)],
            ..System::default()
        };
        let prediction = simulate(&system, &twice());
        let rounds = f64::from(size.div_ceil(replicas * threads));
        let found = &prediction.workloads["crop"];
        assert_exactly(found.makespan, 2.0 * rounds);
        assert_exactly(found.throughput, f64::from(size) / (2.0 * rounds));
        assert_exactly(prediction.services["crop"].utilization, f64::from(size) / rounds);
        assert_eq!(
            (found.started, found.completed, found.failed),
            (Some(size.into()), Some(size.into()), Some(0))
        );
    }
}

/// Bursts one after the other: the makespan runs from the first, response times from the own one.
#[test]
fn several_bursts() {
    let mut system = System {
        hosts: vec![host("machine", 1)],
        services: vec![worker("crop", "machine", 1.0).with_concurrency(1)],
        workloads: vec![burst("crop", 1)],
        ..System::default()
    };
    // Written out of order; the machine is idle from 3 to 10.
    let bursts = vec![Burst { size: 3, at: 10.0 }, Burst { size: 1, at: 2.0 }];
    system.workloads[0].load = Load::Burst { bursts };
    let prediction = simulate(&system, &twice());
    let found = &prediction.workloads["crop"];
    assert_exactly(found.makespan, 11.0);
    assert_exactly(Some(response(&prediction, "crop").metric()), (1.0 + 1.0 + 2.0 + 3.0) / 4.0);
    // Rates are over the time from 0 until all is done, at 13.
    assert_exactly(found.throughput, 4.0 / 13.0);
    assert_exactly(prediction.hosts["machine"].utilization, 4.0 / 13.0);
}

/// A gateway that answers a post after `post` seconds and hands the task to workers of `task` seconds each.
fn image_system(requests: u32, poll_interval: f64, post: f64, task: f64, workers: u32) -> System {
    let mut crop = worker("crop", "pool", task).with_concurrency(1).with_replicas(workers);
    crop.work_queue = Some(WorkQueue::new("tasks"));
    let mut gateway = worker("gateway", "front", post);
    let call = Call::new(OperationRef::new("crop", "serve")).asynchronous();
    gateway.operations[0].steps.push(tracecast_model::Step::Activity(Activity::calling(call)));
    let load = Load::SerialClient(SerialClient { requests, poll_interval, ..SerialClient::default() });
    System {
        hosts: vec![host("front", 1), host("pool", 8)],
        services: vec![gateway, crop],
        workloads: vec![Workload::new("script", OperationRef::new("gateway", "serve"), load)],
        ..System::default()
    }
}

/// The client posts for N·s seconds; the last task ends at s + N·D (one worker, D ≥ s). Its clock starts after the
/// last post, so without polls it shows N·D - (N-1)·s.
#[test]
fn a_serial_client_starts_its_clock_late() {
    for (n, post, task) in [(1, 0.5, 2.0), (10, 0.5, 2.0), (100, 0.03, 1.37)] {
        let prediction = simulate(&image_system(n, 0.0, post, task, 1), &twice());
        let n = f64::from(n);
        let found = &prediction.workloads["script"];
        assert_exactly(found.makespan, n * task - (n - 1.0) * post);
        // A reply takes the post; all is done at s + N·D.
        assert_exactly(Some(response(&prediction, "script").metric()), post);
        assert_exactly(found.throughput, n / (post + n * task));
    }
}

/// Polls at 0, P, 2P, … of that clock see the end late.
#[test]
fn a_serial_client_sees_the_end_at_a_poll() {
    // 10 posts of 0.5 s, tasks of 2 s: 15.5 s are left after the last post.
    for (interval, seen) in [(0.25, 15.5), (1.0, 16.0), (4.0, 16.0), (15.5, 15.5), (100.0, 100.0)] {
        let prediction = simulate(&image_system(10, interval, 0.5, 2.0, 1), &twice());
        assert_exactly(prediction.workloads["script"].makespan, seen);
    }
}

/// Two workers: posts at 0.5, 1, …, 5; worker one takes tasks at 0.5, 2.5, 4.5, 6.5, 8.5, worker two half a second
/// later, so the last ends at 11, 6 s after the last post.
#[test]
fn a_serial_client_with_two_workers() {
    let prediction = simulate(&image_system(10, 0.0, 0.5, 2.0, 2), &twice());
    assert_exactly(prediction.workloads["script"].makespan, 6.0);
}

/// Workers faster than posts: only the last task is left, and nothing is if the reply waits for it.
#[test]
fn a_serial_client_with_little_left() {
    let prediction = simulate(&image_system(5, 0.25, 1.0, 0.5, 1), &twice());
    assert_exactly(prediction.workloads["script"].makespan, 0.5);
    let mut synchronous = image_system(5, 0.25, 1.0, 0.5, 1);
    synchronous.workloads[0].requests[0] =
        Request { operation: OperationRef::new("crop", "serve"), weight: 1.0 };
    let prediction = simulate(&synchronous, &twice());
    let makespan = prediction.workloads["script"].makespan.unwrap();
    assert_exact(makespan.mean, 0.0);
}

/// The two completions of one load: the reply, and all the work.
#[test]
fn completion_chooses_the_end() {
    let mut system = image_system(1, 0.0, 0.5, 2.0, 1);
    assert_exactly(Some(response(&simulate(&system, &twice()), "script").metric()), 0.5);
    assert_eq!(simulate(&system, &twice()).workloads["script"].reply_time, None);
    system.workloads[0].completion = Completion::AllWork;
    let prediction = simulate(&system, &twice());
    assert_exactly(Some(response(&prediction, "script").metric()), 2.5);
    assert_exactly(prediction.workloads["script"].reply_time, 0.5);
}

/// A burst onto a steady background: the machine is half busy with it, so under processor sharing a burst of one
/// request of a second finds the stretch 1/(1-ρ) of any request (insensitivity, PASTA), once it has warmed up.
#[test]
fn a_burst_on_a_background() {
    let mut system = System {
        hosts: vec![host("machine", 1)],
        services: vec![
            worker("crop", "machine", 1.0),
            tracecast_model::Service::new("web", "machine").with_operation(
                Operation::new("serve").with_activity(Activity::working(Distribution::exponential(0.1))),
            ),
        ],
        workloads: vec![burst("crop", 1)],
        ..System::default()
    };
    let background = Load::Poisson { rate: 5.0 };
    system.workloads.push(Workload::new("visitors", OperationRef::new("web", "serve"), background));
    let options = EngineOptions { replications: Some(400), warm_up: Some(20.0), ..EngineOptions::default() };
    let prediction = simulate(&system, &options);
    assert_mean(response(&prediction, "crop").metric(), 2.0);
    assert_mean(prediction.workloads["crop"].makespan.unwrap(), 2.0);
}
