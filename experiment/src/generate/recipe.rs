//! What to generate, and in which ranges.

use std::str::FromStr;

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
    /// A large system to try tools on: a graph of so many services and layers in which some calls are not waited for, some are
    /// made at the same time, and hosts of two cores are half busy.
    pub fn large(services: u32, layers: u32) -> Self {
        Self {
            size: Size { services, layers, fan_out: 2.0, shape: Shape::Graph },
            asynchronous: 0.1,
            parallel: 0.2,
            rate: 20.0,
            utilization: 0.5,
            cores: 2,
            scv: 1.0,
            latency: 0.0005,
            seed: 1,
        }
    }

    pub(super) fn check(&self) -> Result<(), GenerateError> {
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
