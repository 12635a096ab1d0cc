//! Resilience policies, held to the documented rules and the tests of the systems that they come from.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

mod adaptive;
mod consecutive;
mod given;
mod gradient;
mod hystrix;
mod limits;
mod outlier;
mod resilience4j;
mod settings;
mod throttles;
