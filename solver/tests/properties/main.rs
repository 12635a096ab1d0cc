//! Algorithms against each other, and laws that every solution obeys.

#![allow(clippy::unwrap_used)] // helpers of tests are outside of test functions

mod laws;
mod mva;
mod order;
mod replicas;
mod systems;
mod warm;
