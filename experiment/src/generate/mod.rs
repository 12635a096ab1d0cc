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

use std::str::FromStr;

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;
use tracecast_model::{
    Activity, Call, Distribution, Host, Load, Multiplicity, Operation, OperationRef, Service, Step, System,
    Workload,
};

use graph::Graph;

/// Calls of one request at most, over all services: more cannot be simulated in a reasonable time.
const MOST_CALLS: f64 = 20_000.0;

/// How a call graph looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shape {
    /// Each service calls the next.
    Chain,
    /// Each service but the entry has one caller.
    Tree,
    /// No cycles; few services are called by many.
    #[default]
    Graph,
}

/// How large a call graph is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Services; at least 1.
    pub services: u32,
    /// Services that are called one through the other, the entry included. A chain has as many as services.
    pub layers: u32,
    /// Services that one calls: in a graph the mean over those that call, in a tree at most. ≥ 1.
    pub fan_out: f64,
    /// How it looks.
    pub shape: Shape,
}

/// What to generate.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// The call graph.
    pub size: Size,
    /// Part of the calls, 0 to 1, that nobody waits for.
    pub asynchronous: f64,
    /// Part of the services with several calls to wait for, 0 to 1, that make them at the same time.
    pub parallel: f64,
    /// Requests from outside (1/s), > 0.
    pub rate: f64,
    /// Busy part of the cores of every host, in (0, 1).
    pub utilization: f64,
    /// Cores of every host; at least 1.
    pub cores: u32,
    /// Squared coefficient of variation of demands; ≥ 0. 1: exponential.
    pub scv: f64,
    /// Mean time on the network of a call, both ways (s), exponential; 0: none.
    pub latency: f64,
    /// Seed of all random numbers.
    pub seed: u64,
}

/// Why there is no such system.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum GenerateError {
    /// A name of no shape.
    #[error("there is no shape \"{0}\"; there are chain, graph and tree")]
    Shape(String),
    /// A number outside its range.
    #[error("{name} is {value} but must be {expected}")]
    Range {
        /// Which.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// More layers than services, or too few for the others.
    #[error("{layers} layers do not fit {services} services")]
    Layers {
        /// Layers.
        layers: u32,
        /// Services.
        services: u32,
    },
    /// A tree that is too narrow for its services.
    #[error("a tree of {layers} layers with a fan-out of {fan_out} has no room for {services} services")]
    TooNarrow {
        /// Services.
        services: u32,
        /// Layers.
        layers: u32,
        /// Calls of a service at most.
        fan_out: f64,
    },
    /// Requests that call too much.
    #[error("each request would make {calls:.0} calls; give fewer layers or a smaller fan-out")]
    TooManyCalls {
        /// Mean calls of a request over all services.
        calls: f64,
    },
}

impl FromStr for Shape {
    type Err = GenerateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "chain" => Ok(Self::Chain),
            "tree" => Ok(Self::Tree),
            "graph" => Ok(Self::Graph),
            _ => Err(GenerateError::Shape(text.into())),
        }
    }
}

impl Recipe {
    fn check(&self) -> Result<(), GenerateError> {
        let check = |name, value: f64, is_good: bool, expected| {
            if is_good { Ok(()) } else { Err(GenerateError::Range { name, value, expected }) }
        };
        let is_share = |value: f64| (0.0..=1.0).contains(&value);
        check("the number of services", f64::from(self.size.services), self.size.services > 0, "at least 1")?;
        let fan_out = self.size.fan_out;
        check("the fan-out", fan_out, fan_out >= 1.0 && fan_out.is_finite(), "at least 1")?;
        check("the asynchronous part", self.asynchronous, is_share(self.asynchronous), "between 0 and 1")?;
        check("the parallel part", self.parallel, is_share(self.parallel), "between 0 and 1")?;
        check("the rate", self.rate, self.rate > 0.0 && self.rate.is_finite(), "positive and finite")?;
        let is_stable = self.utilization > 0.0 && self.utilization < 1.0;
        check("the utilization", self.utilization, is_stable, "between 0 and 1")?;
        check("the number of cores", f64::from(self.cores), self.cores > 0, "at least 1")?;
        check("the variation", self.scv, self.scv >= 0.0 && self.scv.is_finite(), "not negative")?;
        check("the latency", self.latency, self.latency >= 0.0 && self.latency.is_finite(), "not negative")
    }
}

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
