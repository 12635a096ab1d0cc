//! Who gets a thread, and when.

use tracecast_model::Multiplicity;

use super::*;

fn threads(threads: Option<u32>, replicas: u32, assignment: Assignment) -> Threads {
    Threads::new(&[plan(threads, replicas, assignment)], &[])
}

fn plan(threads: Option<u32>, replicas: u32, assignment: Assignment) -> ServicePlan {
    let order = Order::Arrival;
    ServicePlan {
        name: String::new(),
        fetching: crate::program::FetchPlan::default(),
        queue: None,
        first_replica: 0,
        replicas,
        elastic: None,
        initial: replicas,
        threads,
        assignment,
        order,
        operations: (0, 1),
        capacity: None,
        rate: None,
        shedding: None,
        admission: None,
        outliers: None,
        memory: None,
        lock: None,
    }
}

fn arrive(service: &mut Threads, visit: u32) -> Option<u32> {
    match service.arrive(0, Arrival { visit, operation: 0, priority: 0, target: NONE }, &mut []) {
        Admission::Begins(replica) => Some(replica),
        Admission::Waits => None,
        Admission::Lost => panic!("no queue is full"),
    }
}

#[test]
fn idle_replicas_fetch_in_turn() {
    let mut service = threads(Some(2), 2, Assignment::Fetched);
    let granted: Vec<_> = (0..5).map(|visit| arrive(&mut service, visit)).collect();
    assert_eq!(granted, [Some(0), Some(1), Some(0), Some(1), None]);
    assert_eq!(service.leave(1), Some(4));
    assert_eq!((service.leave(1), service.leave(0)), (None, None));
    assert_eq!(arrive(&mut service, 5), Some(1));
    assert_eq!(arrive(&mut service, 6), Some(0));
}

/// With as many messages as it may hold a replica fetches no more, and each that ends makes place for one.
#[test]
fn replicas_hold_messages_that_others_could_work_on() {
    let mut plan = plan(Some(1), 2, Assignment::Fetched);
    plan.fetching.prefetch = Some(Multiplicity::Finite(2));
    let mut service = Threads::new(&[plan], &[]);
    let granted: Vec<_> = (0..5).map(|visit| arrive(&mut service, visit)).collect();
    assert_eq!(granted, [Some(0), Some(1), None, None, None]);
    assert_eq!((service.leave(1), service.leave(1), service.leave(1)), (Some(3), Some(4), None));
    assert_eq!((service.leave(0), service.leave(0)), (Some(2), None));
}

#[test]
fn round_robin_does_not_look_at_queues() {
    let balanced = Assignment::Balanced(LoadBalancing::RoundRobin, 0);
    let mut service = threads(Some(1), 2, balanced);
    let granted: Vec<_> = (0..3).map(|visit| arrive(&mut service, visit)).collect();
    assert_eq!(granted, [Some(0), Some(1), None]);
    assert_eq!(service.leave(1), None);
    assert_eq!(service.leave(0), Some(2));
}

#[test]
fn least_requests_prefers_the_emptiest() {
    let mut service = threads(None, 3, Assignment::Balanced(LoadBalancing::LeastRequests, 0));
    let granted: Vec<_> = (0..4).map(|visit| arrive(&mut service, visit)).collect();
    assert_eq!(granted, [Some(0), Some(1), Some(2), Some(0)]);
    service.leave(1);
    assert_eq!(arrive(&mut service, 4), Some(1));
}
