//! Queues of limited length, and locks.

use tracecast_model::{
    Activity, Burst, Call, Distribution, EngineOptions, Load, Lock, LockAction, Multiplicity, Operation,
    OperationRef, Service, Status, Step, System, Workload, fixtures,
};

use crate::support::{
    assert_exact, assert_exactly, assert_mean, burst, host, quick, response, simulate, twice, worker,
};
use crate::theory;

/// M/M/1/K (Kleinrock 1975, §3.6): a request is lost with probability (1-ρ)ρᴷ/(1-ρᴷ⁺¹).
#[test]
fn a_full_queue_loses_requests() {
    let (rho, places) = (0.8_f64, 3);
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), rho);
    system.hosts[0].cores = Multiplicity::Infinite;
    system.services[0].concurrency = Multiplicity::Finite(1);
    system.services[0].queue_capacity = Some(places - 1);
    let prediction = simulate(&system, &quick());
    let k = places as i32;
    let lost = (1.0 - rho) * rho.powi(k) / (1.0 - rho.powi(k + 1));
    let users = &prediction.workloads["users"];
    assert_mean(users.throughput.unwrap(), rho * (1.0 - lost));
    assert_mean(prediction.services["station"].utilization.unwrap(), rho * (1.0 - lost));
    let station = &prediction.services["station"];
    assert_mean(users.failed_share.unwrap(), lost);
    assert_mean(station.loss_share.unwrap(), lost);
    assert_mean(station.loss_rate.unwrap(), rho * lost);
    assert_eq!(station.loss_share, prediction.operations["station/serve"].loss_share);
}

/// Five at once, one thread, two places: three are done, two fail. A work queue has its places outside the replicas.
#[test]
fn counts_of_a_burst() {
    let mut service = worker("front", "machine", 1.0).with_concurrency(1);
    service.queue_capacity = Some(2);
    let mut system = System {
        hosts: vec![host("machine", 9)],
        services: vec![service],
        workloads: vec![burst("front", 5)],
        ..System::default()
    };
    let front = &simulate(&system, &twice()).workloads["front"];
    assert_eq!((front.started, front.completed, front.failed), (Some(5), Some(3), Some(2)));
    assert_exact(front.failed_share.unwrap().mean, 0.4);
    assert_exactly(front.makespan, 3.0);
    system.services[0].work_queue = Some(tracecast_model::WorkQueue::new("tasks"));
    system.services[0].replicas = 2;
    let front = &simulate(&system, &twice()).workloads["front"];
    assert_eq!((front.completed, front.failed), (Some(4), Some(1)));
    assert_exactly(front.makespan, 2.0);
}

/// A place for all but one request in some ten million, so that none is lost: how rare it is cannot be known, and a
/// queue without limit loses nothing, so there is no figure.
#[test]
fn what_is_too_rare_has_no_interval() {
    let mut system = fixtures::open_station(1, Distribution::exponential(1.0), 0.2);
    system.services[0].concurrency = Multiplicity::Finite(1);
    system.services[0].queue_capacity = Some(10);
    let prediction = simulate(&system, &quick());
    let share = prediction.services["station"].loss_share.unwrap();
    assert_eq!((share.mean, share.half_width), (0.0, None));
    system.services[0].queue_capacity = None;
    let prediction = simulate(&system, &quick());
    let station = &prediction.services["station"];
    assert_eq!((station.loss_share, station.loss_rate), (None, None));
    assert_eq!(prediction.workloads["users"].failed_share, None);
    // Without a limit of threads nobody waits for one.
    system.services[0].concurrency = Multiplicity::Infinite;
    assert_eq!(simulate(&system, &quick()).services["station"].waiting_time, None);
}

/// A load all of whose requests find no place has ended, once: the other load is played to its end, a second later.
#[test]
fn a_burst_of_which_all_fail_ends_once() {
    let mut front = worker("front", "machine", 1.0).with_concurrency(1);
    front.queue_capacity = Some(0);
    let mut late = burst("front", 2);
    late.name = "late".to_owned();
    late.load = Load::Burst { bursts: vec![Burst { size: 2, at: 0.5 }] };
    let system = System {
        hosts: vec![host("machine", 9)],
        services: vec![front],
        workloads: vec![burst("front", 1), late],
        ..System::default()
    };
    let prediction = simulate(&system, &twice());
    let (front, late) = (&prediction.workloads["front"], &prediction.workloads["late"]);
    assert_eq!((late.started, late.completed, late.failed), (Some(2), Some(0), Some(2)));
    assert_exactly(late.makespan, 0.0);
    assert_eq!((front.completed, front.failed), (Some(1), Some(0)));
    assert_exactly(front.makespan, 1.0);
}

/// A caller whose call is lost goes on at once, and its request counts as failed: of three callers at one thread
/// without places to wait, two are back after half a second.
#[test]
fn a_lost_call_returns_at_once() {
    let mut back = worker("back", "machine", 1.0).with_concurrency(1);
    back.queue_capacity = Some(0);
    let mut front = worker("front", "machine", 0.5);
    front.operations[0] =
        front.operations[0].clone().with_call(Call::new(OperationRef::new("back", "serve")));
    let system = System {
        hosts: vec![host("machine", 9)],
        services: vec![front, back],
        workloads: vec![burst("front", 3)],
        ..System::default()
    };
    let prediction = simulate(&system, &twice());
    let front = &prediction.workloads["front"];
    assert_eq!((front.completed, front.failed), (Some(1), Some(2)));
    assert_exactly(prediction.operations["front/serve"].response_time, (1.5 + 0.5 + 0.5) / 3.0);
    assert_exactly(Some(response(&prediction, "front").metric()), 1.5);
}

fn lock(kind: Lock, tokens: u32, actions: &[(&str, LockAction)]) -> Service {
    let mut service = Service::new("lock", "machine").with_concurrency(tokens);
    service.lock = Some(kind);
    for &(name, action) in actions {
        service.operations.push(Operation { lock: Some(action), ..Operation::new(name) });
    }
    service
}

fn semaphore(tokens: u32, taken: u32) -> Service {
    let actions = [("wait", LockAction::Wait), ("signal", LockAction::Signal)];
    lock(Lock::Semaphore { taken }, tokens, &actions)
}

fn read_write() -> Service {
    let actions = [
        ("read", LockAction::ReadLock),
        ("end read", LockAction::ReadUnlock),
        ("write", LockAction::WriteLock),
        ("end write", LockAction::WriteUnlock),
    ];
    lock(Lock::ReadWrite, 10, &actions)
}

/// A service that works between two calls to the lock.
fn user(name: &str, (enter, leave): (&str, &str), demand: Distribution) -> Service {
    let call = |action: &str| Call::new(OperationRef::new("lock", action));
    let serve = Operation::new("serve")
        .with_call(call(enter))
        .with_activity(Activity::working(demand))
        .with_call(call(leave));
    Service::new(name, "machine").with_operation(serve)
}

fn locked(lock: Service, users: Vec<Service>, workloads: Vec<Workload>) -> System {
    let services = users.into_iter().chain([lock]).collect();
    System { hosts: vec![host("machine", 99)], services, workloads, ..System::default() }
}

/// A semaphore of c tokens around exponential work that never queues is M/M/c.
#[test]
fn a_semaphore_is_a_pool_of_tokens() {
    for tokens in [1, 2] {
        let users = user("users", ("wait", "signal"), Distribution::exponential(1.0));
        let rate = 0.75 * f64::from(tokens);
        let load = Load::Poisson { rate };
        let workload = Workload::new("users", OperationRef::new("users", "serve"), load);
        let mut system = locked(semaphore(tokens, 0), vec![users], vec![workload]);
        system.hosts[0].cores = Multiplicity::Infinite;
        let prediction = simulate(&system, &quick());
        let theory = theory::mmc_response(tokens, rate, 1.0);
        assert_mean(response(&prediction, "users").metric(), theory);
        assert_mean(prediction.operations["lock/wait"].response_time.unwrap(), theory - 1.0);
    }
}

/// A token that is taken at the start comes when somebody else signals: the consumer waits for the producer's second.
#[test]
fn a_semaphore_can_start_taken() {
    let call = |action: &str| Call::new(OperationRef::new("lock", action));
    let consumer =
        Service::new("consumer", "machine").with_operation(Operation::new("serve").with_call(call("wait")));
    let mut producer = worker("producer", "machine", 1.0);
    producer.operations[0].steps.push(Step::call(call("signal")));
    let workloads = vec![burst("consumer", 1), burst("producer", 1)];
    let mut system = locked(semaphore(1, 1), vec![consumer, producer], workloads);
    assert_exactly(simulate(&system, &twice()).workloads["consumer"].makespan, 1.0);
    // Without a producer, nothing ever happens.
    system.workloads.pop();
    let prediction = simulate(&system, &EngineOptions::default());
    assert_eq!(prediction.workloads["consumer"].makespan, None);
    assert_eq!(prediction.status, Status::EventLimit);
    assert_eq!(prediction.warnings[0].code, "deadlock");
}

/// Two readers of 2 s come in together at 0; a writer of 1 s waits until 2; a reader behind it until 3, although the
/// lock is being read when it comes.
#[test]
fn a_writer_at_the_head_blocks_later_readers() {
    let fixed = Distribution::deterministic;
    let users = vec![
        user("first", ("read", "end read"), fixed(2.0)),
        user("writer", ("write", "end write"), fixed(1.0)),
        user("last", ("read", "end read"), fixed(0.5)),
    ];
    let workloads = vec![burst("first", 2), burst("writer", 1), burst("last", 2)];
    let prediction = simulate(&locked(read_write(), users, workloads), &twice());
    for (name, end) in [("first", 2.0), ("writer", 3.0), ("last", 3.5)] {
        assert_exactly(Some(response(&prediction, name).metric()), end);
    }
}

/// Writers alone are M/M/1.
#[test]
fn writers_take_turns() {
    let writers = user("writers", ("write", "end write"), Distribution::exponential(1.0));
    let load = Load::Poisson { rate: 0.7 };
    let workload = Workload::new("users", OperationRef::new("writers", "serve"), load);
    let mut system = locked(read_write(), vec![writers], vec![workload]);
    system.hosts[0].cores = Multiplicity::Infinite;
    let found = response(&simulate(&system, &quick()), "users");
    assert_mean(found.metric(), theory::mmc_response(1, 0.7, 1.0));
}
