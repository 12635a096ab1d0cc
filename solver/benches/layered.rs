//! The layered solution of a system of ordinary size: 50 services in five layers.

use tracecast_model::{
    Activity, Call, Distribution, Engine, EngineOptions, Host, Load, Operation, OperationRef, RunControl,
    Service, System, Workload,
};
use tracecast_solver::Analytic;

fn main() {
    divan::main();
}

/// `layers` layers of `width` services; every one calls two of the next layer. A host for every two services.
fn layers(layers: usize, width: usize, load: Load) -> System {
    let name = |layer: usize, place: usize| format!("service{layer}x{}", place % width);
    let mut system = System::default();
    for layer in 0..layers {
        for place in 0..width {
            let mut operation =
                Operation::new("handle").with_activity(Activity::working(Distribution::exponential(0.001)));
            if layer + 1 < layers {
                for next in [place, place + 3] {
                    let callee = OperationRef::new(name(layer + 1, next), "handle");
                    operation = operation.with_call(Call::new(callee).with_mean(0.7));
                }
            }
            let host = format!("host{layer}x{}", place / 2);
            system
                .services
                .push(Service::new(name(layer, place), &host).with_concurrency(8).with_operation(operation));
            if place % 2 == 0 {
                system.hosts.push(Host::new(host));
            }
        }
    }
    let entries = (0..width).map(|place| OperationRef::new(name(0, place), "handle"));
    let mut workload = Workload::new("users", OperationRef::new(name(0, 0), "handle"), load);
    workload.requests =
        entries.map(|operation| tracecast_model::Request { operation, weight: 1.0 }).collect();
    system.workloads.push(workload);
    system
}

#[divan::bench(args = [10, 50, 200])]
fn closed(bencher: divan::Bencher<'_, '_>, services: usize) {
    let load = Load::Closed { population: 100, think_time: Distribution::exponential(0.1) };
    let system = layers(5, services / 5, load);
    bencher.bench(|| solve(&system));
}

#[divan::bench(args = [10, 50, 200])]
fn open(bencher: divan::Bencher<'_, '_>, services: usize) {
    let system = layers(5, services / 5, Load::Poisson { rate: 100.0 * services as f64 / 5.0 });
    bencher.bench(|| solve(&system));
}

fn solve(system: &System) -> Option<u64> {
    Analytic.predict(system, &EngineOptions::default(), &RunControl::none()).ok()?.iterations
}

/// One what-if: a demand that is a tenth longer, from the solution without that.
#[divan::bench(args = [10, 100, 200])]
fn what_if(bencher: divan::Bencher<'_, '_>, services: usize) {
    let load = Load::Closed { population: 100, think_time: Distribution::exponential(0.1) };
    let base = layers(5, services / 5, load);
    let mut changed = base.clone();
    changed.services[services / 2].operations[0]
        .for_each_activity_mut(&mut |activity| activity.demand = activity.demand.scaled(1.1));
    let (options, control) = (EngineOptions::default(), RunControl::none());
    let (_, start) = Analytic.predict_from(None, &base, &options, &control).expect("covered");
    bencher.bench(|| Analytic.predict_from(start.as_ref(), &changed, &options, &control).ok()?.0.iterations);
}
