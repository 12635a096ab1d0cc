//! Limits to the requests in progress at replicas: what counts there is what is there.

use crate::run::Run;
use crate::run::visits::{DEAD, NONE, REPLIED};

/// Every request that counts is at its replica and is not replied to. Where a limit does not forget those whose callers have given
/// up, and nobody waits for a token, every such request counts.
pub(super) fn check(run: &Run<'_>, number: u64) {
    if run.program.admissions.is_empty() {
        return;
    }
    let counted: Vec<(u32, u32, u32)> = run.admissions.counted().collect();
    for &(visit, limit, replica) in &counted {
        let plan = &run.program.services[run.program.admissions[limit as usize].service as usize];
        let flow = &run.flows[visit];
        let is_there = flow.strand.visit == visit && flow.visit.replica == plan.first_replica + replica;
        assert!(is_there, "system {number}: visit {visit} counts at replica {replica}");
        assert!(!matches!(flow.visit.caller, REPLIED | DEAD), "system {number}: visit {visit} is over");
    }
    for (limit, plan) in run.program.admissions.iter().enumerate() {
        let known = run.admissions.in_progress(limit);
        let of_this = counted.iter().filter(|place| place.1 as usize == limit).count();
        assert_eq!(known, of_this as u32, "system {number}, limit {limit}");
        let service = &run.program.services[plan.service as usize];
        if plan.limit.forgets_abandoned() || service.rate.is_some() {
            continue;
        }
        let visits = run.flows.numbers().filter(|&visit| run.flows[visit].strand.visit == visit);
        let there = visits.map(|visit| &run.flows[visit].visit).filter(|visit| {
            run.operations[visit.operation as usize].service == plan.service
                && visit.replica != NONE
                && !visit.arrived.is_nan()
                && !matches!(visit.caller, REPLIED | DEAD)
        });
        assert_eq!(known, there.count() as u32, "system {number}, limit {limit}");
    }
}

/// Requests in progress at replicas with limits.
pub(super) fn present(run: &Run<'_>) -> u64 {
    run.admissions.counted().count() as u64
}
