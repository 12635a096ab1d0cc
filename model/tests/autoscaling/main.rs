//! Autoscaling policies, held to the documented examples and the test tables of the systems that they come from.

#![allow(clippy::unwrap_used, reason = "in helpers of tests, too")]

mod alerts;
mod given;
mod hpa_behavior;
mod hpa_metrics;
mod hpa_replicas;
mod hpa_zero;
mod keda;
mod knative;
mod laws;
mod openfaas;
mod promql;
mod schedule;
mod settings;
mod step;
