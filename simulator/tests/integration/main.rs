//! The simulator against closed forms, exact arithmetic and operational laws.
//!
//! Oracle tests assert |simulated − theory| ≤ k · half-width, with fixed seeds. The half-width is that of a 95 %
//! interval of Student's t with 19 degrees of freedom, 2.09 standard errors; with k = 2 a correct simulator fails
//! one figure in about 2000, and a seed that passes once passes for ever.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod admission_limits;
mod antithetic;
mod arrivals;
mod balancing;
mod breakdowns;
mod breakers;
mod bursts;
mod calls;
mod client_limits;
mod closed;
mod control;
mod corpus;
mod coverage;
mod determinism;
mod disciplines;
mod fans;
mod fates;
mod faults;
mod fetching;
mod forks;
mod hedging;
mod histograms;
mod keyed;
mod laws;
mod limits;
mod memory;
mod network;
mod open;
mod outliers;
mod phases;
mod placement;
mod precise;
mod priorities;
mod queues;
mod redelivery;
mod reservations;
mod residence;
mod resilience;
mod saturation;
mod scaling;
mod series;
mod shares;
mod shedding;
mod steps;
mod support;
mod tails;
mod textbook;
mod theory;
mod throttles;
mod throttling;
mod varying;
mod warm_pools;
mod warmth;
