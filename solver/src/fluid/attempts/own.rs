//! How much the work of a request varies by itself.

use tracecast_model::{CallKind, Element, Index, OperationId, System};

/// The variance of what an operation takes without contention, its calls included, as far as numbers of calls are what they
/// are on average (s²).
#[derive(Clone, Debug)]
pub(super) struct Own {
    delays: f64,
    /// That of the work, by service.
    work: Vec<f64>,
}

impl Own {
    /// The same where services are so many times as fast as usual.
    pub(super) fn variance(&self, pace: impl Fn(usize) -> f64) -> f64 {
        let work = self.work.iter().enumerate();
        self.delays + work.map(|(service, variance)| variance / pace(service).powi(2)).sum::<f64>()
    }
}

/// That of an operation; ends, since validation refuses cycles.
pub(super) fn of(system: &System, index: &Index, operation: OperationId) -> Own {
    own(system, index, operation, &mut vec![None; index.operation_count()])
}

fn own(system: &System, index: &Index, operation: OperationId, known: &mut [Option<Own>]) -> Own {
    if let Some(known) = &known[operation.0] {
        return known.clone();
    }
    let (_, description) = index.get(system, operation);
    let service = index.service_of(operation);
    let speed = system.hosts[index.host_of(service).0].speed;
    let mut sum = Own { delays: 0.0, work: vec![0.0; system.services.len()] };
    description.walk(&mut |element, times| {
        let Element::Activity(activity) = element else { return };
        sum.work[service.0] += times * activity.demand.variance() / (speed * speed);
        sum.delays += times * activity.delay.variance();
        for call in activity.calls.iter().filter(|call| call.kind == CallKind::Synchronous) {
            let times = times * call.mean;
            sum.delays += times * call.latency.variance();
            let Some(to) = index.operation(&call.to) else { continue };
            let callee = own(system, index, to, known);
            sum.delays += times * callee.delays;
            sum.work.iter_mut().zip(callee.work).for_each(|(sum, work)| *sum += times * work);
        }
    });
    known[operation.0] = Some(sum.clone());
    sum
}
