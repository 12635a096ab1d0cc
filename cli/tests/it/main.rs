//! The command line as its users see it: what it prints, where, and with which exit status.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "in helpers of tests, too")]

mod batch;
mod breakdown;
mod compare;
mod contract;
mod dependency_direction;
mod fluid;
mod generate;
mod image_system;
mod inputs;
mod loads;
mod lqn;
mod manifests;
mod parts;
mod plan;
mod refusals;
mod report;
mod reproducible;
mod requests;
mod sensitivity;
mod show_traces;
mod support;
mod traces;
