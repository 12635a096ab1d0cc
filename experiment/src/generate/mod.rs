//! Synthetic systems of a chosen size and shape, to try tools on.
//!
//! Call graphs of production systems look like trees, have sizes with heavy tails, and some services that very many others
//! call (S. Luo et al., "Characterizing microservice dependency and performance: Alibaba trace analysis", SoCC 2021). So
//! [`Shape::Graph`] is a tree with more calls to the services that are called by most already. Only the kind of its shape is
//! taken from there, not the numbers.
//!
//! Every service has a host of its own, threads without limit, and the demand that gives its host the asked utilization by
//! the forced flow law; such a system has a steady state below a utilization of 1.

mod graph;
mod recipe;

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tracecast_model::{
    Activity, Call, Distribution, Host, Load, Multiplicity, Operation, OperationRef, Service, Step, System,
    Workload,
};

use graph::Graph;
pub use recipe::{GenerateError, Recipe, Shape, Size};

/// Calls of one request at most, over all services: more cannot be simulated in a reasonable time.
const MOST_CALLS: f64 = 20_000.0;

/// Draws a system. Same recipe, same system.
///
/// # Errors
/// A number outside its range, or a size that does not fit the shape.
pub fn generate(recipe: &Recipe) -> Result<System, GenerateError> {
    recipe.check()?;
    let mut random = Xoshiro256PlusPlus::seed_from_u64(recipe.seed);
    let graph = graph::draw(&recipe.size, &mut random)?;
    let visits = visits(&graph);
    let calls: f64 = visits.iter().skip(1).sum();
    if calls > MOST_CALLS {
        return Err(GenerateError::TooManyCalls { calls });
    }
    let is_asynchronous = chosen(graph.edges.len(), recipe.asynchronous, &mut random);
    let names = names(recipe.size.services);
    let mut system = System {
        name: Some(format!("Synthetic system of {} services", recipe.size.services)),
        description: Some(format!(
            "Drawn with seed {}: {} calls between services in {} layers, every host {:.0} % busy at {} requests/s",
            recipe.seed,
            graph.edges.len(),
            graph.layers.last().map_or(1, |layer| layer + 1),
            recipe.utilization * 100.0,
            recipe.rate
        )),
        ..System::default()
    };
    let mut callers_with_choice = Vec::new();
    for (service, name) in names.iter().enumerate() {
        // Forced flow: a visit may take so much of what its host has in a second.
        let mean = recipe.utilization * f64::from(recipe.cores) / (recipe.rate * visits[service]);
        // Ranges were checked.
        let demand =
            Distribution::with_scv(mean, recipe.scv).unwrap_or_else(|_| Distribution::exponential(mean));
        let mut operation = Operation::new("handle").with_activity(Activity::working(demand));
        let calls = graph.edges.iter().zip(&is_asynchronous).filter(|((caller, _), _)| *caller == service);
        let (sent, awaited): (Vec<_>, Vec<_>) = calls.partition(|(_, asynchronous)| **asynchronous);
        let call = |called: usize| {
            let mut call = Call::new(OperationRef::new(&names[called], "handle"));
            if recipe.latency > 0.0 {
                call.latency = Distribution::exponential(recipe.latency);
            }
            call
        };
        operation.steps.extend(awaited.iter().map(|((_, called), _)| Step::call(call(*called))));
        operation.steps.extend(sent.iter().map(|((_, called), _)| Step::call(call(*called).asynchronous())));
        if awaited.len() > 1 {
            callers_with_choice.push((service, awaited.len()));
        }
        system.hosts.push(Host::new(name).with_cores(Multiplicity::Finite(recipe.cores)));
        system.services.push(Service::new(name, name).with_operation(operation));
    }
    let is_parallel = chosen(callers_with_choice.len(), recipe.parallel, &mut random);
    for ((service, awaited), _) in callers_with_choice.into_iter().zip(is_parallel).filter(|(_, is)| *is) {
        fork(&mut system.services[service].operations[0], awaited);
    }
    let entry = OperationRef::new(&names[0], "handle");
    system.workloads.push(Workload::new("users", entry, Load::Poisson { rate: recipe.rate }));
    Ok(system)
}

/// Mean requests at each service for one from outside.
fn visits(graph: &Graph) -> Vec<f64> {
    let mut visits = vec![0.0; graph.layers.len()];
    visits[0] = 1.0;
    // By caller, and callers come before the called.
    for &(caller, called) in &graph.edges {
        visits[called] += visits[caller];
    }
    visits
}

/// Which of so many are the given part of them, as nearly as whole numbers can be.
fn chosen(count: usize, part: f64, random: &mut impl Rng) -> Vec<bool> {
    let mut order: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        order.swap(i, random.random_range(0..=i));
    }
    let mut chosen = vec![false; count];
    order.into_iter().take((part * count as f64).round() as usize).for_each(|i| chosen[i] = true);
    chosen
}

/// The calls that follow the work become branches of a fork.
fn fork(operation: &mut Operation, calls: usize) {
    let branches: Vec<Vec<Step>> = operation.steps.splice(1..=calls, []).map(|step| vec![step]).collect();
    operation.steps.insert(1, Step::Fork(tracecast_model::Fork::new(branches)));
}

/// `service-07` and the like, all of a length.
fn names(services: u32) -> Vec<String> {
    let digits = services.to_string().len();
    (1..=services).map(|number| format!("service-{number:0digits$}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::{CallKind, EngineOptions, RunControl, validate};

    fn recipe() -> Recipe {
        Recipe {
            size: Size { services: 20, layers: 4, fan_out: 2.0, shape: Shape::Graph },
            asynchronous: 0.2,
            parallel: 0.5,
            rate: 40.0,
            utilization: 0.6,
            cores: 2,
            scv: 1.0,
            latency: 0.001,
            seed: 3,
        }
    }

    /// Utilization law with forced flow: what is asked for is what both the solution and the bounds have.
    #[test]
    fn hosts_are_as_busy_as_asked() {
        for shape in [Shape::Chain, Shape::Tree, Shape::Graph] {
            let layers = if shape == Shape::Chain { 20 } else { 5 };
            for seed in 0..5 {
                let mut recipe = Recipe { seed, ..recipe() };
                recipe.size = Size { shape, layers, fan_out: 3.0, ..recipe.size };
                let system = generate(&recipe).unwrap();
                assert_eq!(validate::errors(&system), []);
                let options = EngineOptions::default();
                let engine = crate::EngineChoice::Analytic;
                let prediction = crate::predict(&system, engine, &options, &RunControl::none()).unwrap();
                assert_eq!(prediction.hosts.len(), 20);
                for (name, host) in &prediction.hosts {
                    let busy = host.utilization.unwrap().mean / 2.0;
                    assert!((busy - 0.6).abs() < 1e-6, "{shape:?} {seed} {name}: {busy}");
                }
            }
        }
    }

    #[test]
    fn parts_are_as_asked() {
        let system = generate(&recipe()).unwrap();
        let calls: Vec<&Call> = system
            .operations()
            .flat_map(|(_, operation)| operation.activities())
            .flat_map(|activity| &activity.calls)
            .collect();
        let asynchronous = calls.iter().filter(|call| call.kind == CallKind::Asynchronous).count();
        assert_eq!(asynchronous, (0.2 * calls.len() as f64).round() as usize);
        let forks = |share| {
            let system = generate(&Recipe { parallel: share, ..recipe() }).unwrap();
            let has =
                |(_, operation): (_, &Operation)| operation.has_step(|step| matches!(step, Step::Fork(_)));
            system.operations().filter(|operation| has(operation.clone())).count()
        };
        assert_eq!(forks(0.0), 0);
        assert!(forks(0.5) * 2 >= forks(1.0) && forks(1.0) > 1);
    }

    #[test]
    fn same_recipe_same_system() {
        assert_eq!(generate(&recipe()), generate(&recipe()));
        assert_ne!(generate(&recipe()), generate(&Recipe { seed: 4, ..recipe() }));
    }

    #[test]
    fn refusals() {
        let refused = |recipe: Recipe| generate(&recipe).unwrap_err().to_string();
        assert!(refused(Recipe { utilization: 1.0, ..recipe() }).contains("the utilization is 1"));
        assert!(refused(Recipe { rate: 0.0, ..recipe() }).contains("the rate"));
        assert!(refused(Recipe { asynchronous: 1.5, ..recipe() }).contains("asynchronous"));
        let size = Size { services: 300, layers: 30, fan_out: 5.0, shape: Shape::Graph };
        assert!(refused(Recipe { size, ..recipe() }).contains("calls"));
        assert!("ring".parse::<Shape>().is_err());
    }
}
