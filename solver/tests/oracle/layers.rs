//! What layers add: forks, messages, work queues, limits, bounds of systems.

use tracecast_model::{
    Activity, Call, Completion, Distribution, Host, Load, Multiplicity, Operation, OperationRef, Service,
    Step, System, WorkQueue, Workload, fixtures,
};
use tracecast_solver::bounds::{self, Resource};
use tracecast_solver::open;

use crate::{close, predict, response_time};

fn exponential(mean: f64) -> Activity {
    Activity::working(Distribution::exponential(mean))
}

fn constant(value: f64) -> Activity {
    Activity::working(Distribution::deterministic(value))
}

/// A service per operation on hosts without contention, called at a low Poisson rate.
fn uncontended(operations: Vec<Operation>) -> System {
    let entry = OperationRef::new("service0", &operations[0].name);
    let services = operations
        .into_iter()
        .enumerate()
        .map(|(i, operation)| Service::new(format!("service{i}"), "cores").with_operation(operation));
    System {
        hosts: vec![Host::new("cores").with_cores(Multiplicity::Infinite)],
        services: services.collect(),
        workloads: vec![Workload::new("users", entry, Load::Poisson { rate: 1.0 })],
        ..System::default()
    }
}

/// The maximum of n equal exponential times is H_n times their mean. Tolerance: the quadrature.
#[test]
fn exponential_branches_join_after_the_harmonic_sum() {
    for branches in [2u32, 3, 8] {
        let fork = (0..branches).map(|_| vec![Step::Activity(exponential(0.3))]).collect();
        let system = uncontended(vec![Operation::new("work").with_fork(fork)]);
        let harmonic: f64 = (1..=branches).map(|j| 1.0 / f64::from(j)).sum();
        close(response_time(&predict(&system)), 0.3 * harmonic, 1e-6);
    }
}

/// Constant times: the longest branch; and all work ends with the message that is sent on the way.
#[test]
fn constant_branches_and_messages() {
    let fork = vec![vec![Step::Activity(constant(1.0))], vec![Step::Activity(constant(2.5))]];
    close(response_time(&predict(&uncontended(vec![Operation::new("work").with_fork(fork)]))), 2.5, 1e-9);

    let mut message = Call::new(OperationRef::new("service1", "later")).asynchronous();
    message.latency = Distribution::deterministic(2.0);
    let sender =
        Operation::new("send").with_activity(constant(1.0)).with_call(message).with_activity(constant(0.5));
    let mut system = uncontended(vec![sender, Operation::new("later").with_activity(constant(3.0))]);
    close(response_time(&predict(&system)), 1.5, 1e-9);
    system.workloads[0].completion = Completion::AllWork;
    let prediction = predict(&system);
    close(response_time(&prediction), 6.0, 1e-9);
    close(prediction.workloads[0].reply_time.unwrap().mean, 1.5, 1e-9);
}

/// Messages in one queue for two workers: M/M/2 (Kleinrock 1975, §3.5); a queue each, filled at random: two M/M/1.
#[test]
fn work_queues_are_shared() {
    let (rate, demand) = (1.6, 1.0);
    let mut worker = Service::new("worker", "cores")
        .with_concurrency(1)
        .with_replicas(2)
        .with_operation(Operation::new("work").with_activity(exponential(demand)));
    worker.work_queue = Some(WorkQueue::new("tasks"));
    let send =
        Operation::new("send").with_call(Call::new(OperationRef::new("worker", "work")).asynchronous());
    let mut system = uncontended(vec![send]);
    system.services.push(worker);
    system.workloads[0].load = Load::Poisson { rate };
    let time = |system: &System| predict(system).operations["worker/work"].response_time.unwrap().mean;
    close(time(&system), open::mmc(rate, demand, 2).unwrap().response_time, 1e-6);
    system.services[1].work_queue = None;
    system.services[1].load_balancing = tracecast_model::LoadBalancing::Random;
    close(time(&system), open::mm1(rate / 2.0, demand).unwrap().response_time, 1e-6);
}

/// Half a core makes a lone thread half as fast: M/M/1 with twice the demand.
#[test]
fn a_limit_below_one_core_slows_down() {
    let mut system = fixtures::open_station(8, Distribution::exponential(0.1), 2.0);
    system.services[0].cpu_limit = Some(0.5);
    close(response_time(&predict(&system)), open::mm1(2.0, 0.2).unwrap().response_time, 1e-6);
    close(predict(&system).hosts[0].utilization.unwrap().mean, 0.2, 1e-9);
}

/// Web 5 ms, application 2 × 4 ms, database 6 × 2 ms, as the fixture says.
#[test]
fn bounds_name_the_bottleneck() {
    let limits = &bounds::bounds(&fixtures::three_tiers(10.0)).unwrap()[0];
    close(limits.capacity.unwrap(), 1.0 / 0.012, 1e-12);
    assert_eq!(limits.bottleneck, Some(Resource::Host { host: "database".into(), service: None }));
    close(limits.response_time, 0.025, 1e-12);
    let threads =
        limits.demands.iter().find(|demand| demand.resource == Resource::Threads { service: "web".into() });
    close(threads.unwrap().demand, 0.025, 1e-12);
}
