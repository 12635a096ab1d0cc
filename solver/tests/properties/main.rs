//! Algorithms against each other, and laws that every solution obeys.

mod laws;
mod mva;
mod order;
mod systems;
