//! The architecture model of tracecast and its meaning.
//!
//! A [`System`] says what a microservice system *is*: [`Host`]s with cores, [`Service`]s with replicas and threads
//! on them, [`Operation`]s that work and call each other, and [`Workload`]s that drive it. [`validate()`] lists what is
//! wrong with one. An [`Engine`] turns one into a [`Prediction`]; the engines live in other crates.
//!
//! # Conventions
//! Every time is `f64` seconds, every rate is per second. Files also accept `"12ms"`-style strings ([`seconds`]).
//! Names refer to each other as `"service"` or `"service/operation"` ([`OperationRef`]); [`Index`] resolves them once.
//!
//! # Semantics that every engine shares
//! * A request to an operation first takes one of the service's threads ([`Service::concurrency`] of them in each
//!   replica) in the order of [`Service::scheduling`], holds it for the whole body, and releases it at the end.
//! * Work is done on the host: cores are shared as [`Host::scheduling`] says; with [`Scheduling::Fcfs`] one piece of
//!   work holds one core, with [`Scheduling::Ps`] every thread gets an equal share of the cores, at most one core each.
//! * A synchronous call holds the caller's thread (not its core) until the reply. An asynchronous call returns at
//!   once; the message queues at the callee.
//! * The reply goes out at the [`Reply`] step; the thread is held until all steps are done. A forwarded request waits for
//!   the reply of the operation that it was passed on to.
//! * A request fails where it finds a full queue, where the reply is an error ([`Operation::error_rate`]), or where whoever
//!   waits has a [`Resilience`] and its time is over. A caller whose call has failed for good stops where it is and replies
//!   with an error, unless its [`Resilience`] has something else to go on with; a fork fails as soon as too few branches are
//!   left for its join. What other branches do goes on, and so does a callee that nobody waits for any more.
//! * A call fails, too, where the caller itself does not let it through (a circuit breaker, a limit of its [`Resilience`]), and
//!   a request where its service does not take it ([`Service::rate_limit`], [`Service::admission_limit`], [`Service::shedding`]).
//! * A service with an autoscaler starts with [`Service::replicas`]; from the first evaluation on it has as many as the policy
//!   says ([`autoscaling`]).
//! * Randomness is independent between activities and requests.
//!
//! # Invariants
//! This crate does no input or output besides serde, owns no clock and no random numbers, and knows no engine.

mod activity;
mod arrivals;
pub mod autoscaling;
mod breakdowns;
mod call;
mod cfs;
mod diagnostic;
mod distribution;
mod engine;
mod fault;
pub mod feature;
mod host;
mod index;
mod load_balancing;
mod memory;
mod metric_path;
mod multiplicity;
mod network;
mod operation;
pub mod placement;
mod polling;
mod prediction;
mod rate_profile;
mod residence;
mod resilience;
mod run_control;
mod scheduling;
mod service;
mod start_up;
mod step;
mod system;
mod warm_pool;
mod work_queue;
mod workload;

pub mod lqn;
pub mod native;
pub mod seconds;
pub mod validate;
pub mod visits;

#[cfg(any(test, feature = "fixtures"))]
pub mod fixtures;

pub use activity::{Activity, CallOrder};
pub use arrivals::MarkovArrivals;
pub use autoscaling::Autoscaler;
pub use breakdowns::Breakdowns;
pub use call::{Call, CallCount, CallKind};
pub use cfs::Cfs;
pub use diagnostic::{Code, Diagnostic, Severity};
pub use distribution::{Branch, Distribution, DistributionError, Family};
pub use engine::{Engine, EngineOptions, OptionsError, PredictError};
pub use fault::{Fault, FaultEffect};
pub use feature::Feature;
pub use host::{Host, ShareGroup};
pub use index::{HostId, Index, OperationId, OperationRef, ServiceId, UnknownName};
pub use load_balancing::{LoadBalancing, Maglev, RingHash};
pub use memory::Memory;
pub use metric_path::{MetricError, MetricPath};
pub use multiplicity::Multiplicity;
pub use network::{Link, LinkPreset, Network, Payload, Proxy, ProxyPreset};
pub use operation::{LockAction, Operation};
pub use placement::Placement;
pub use polling::{Polling, PollingVisit};
pub use prediction::{
    CallResult, Cost, Fates, HalfWidths, HistogramBin, HostResult, Metric, OperationResult, Prediction,
    Replicas, ResponseTime, ScalingEvent, Series, ServiceResult, Status, Warning, WorkloadResult,
};
pub use rate_profile::{RatePoint, RateProfile};
pub use residence::Residence;
pub use resilience::{
    Adapted, AdaptiveThrottling, Admission, AdmissionControl, AdmissionLimit, AdmissionMemory, Aimd, Backoff,
    BreakerMemory, BudgetMemory, CallOutcome, CircuitBreaker, ConcurrencyLimit, ConsecutiveFailures,
    ConsecutiveMemory, EnvoyThresholds, Gradient2, GradientController, GradientMemory, Hedging, Hystrix,
    HystrixMemory, Jitter, Occupancy, OnFailure, OutlierDetection, OutlierMemory, RateLimit, Resilience,
    Resilience4j, Resilience4jMemory, Retry, RetryBudget, Sample, Semaphore, Served, Shedding, SlidingWindow,
    Sweep, ThreadPool, ThrottleMemory, TokenBucket, Vegas, WrittenOut, success_rate_threshold,
};
pub use run_control::{Observer, Phase, Progress, RunControl, Snapshot, WorkloadSnapshot};
pub use scheduling::Scheduling;
pub use service::{Lock, Service};
pub use start_up::{StartUp, StartUpParts, WarmUp, WarmUpOver};
pub use step::{Alternative, Choice, Element, Fork, Forward, Loop, Reply, Step};
pub use system::System;
pub use validate::validate;
pub use warm_pool::WarmPool;
pub use work_queue::{FetchOrder, Lane, Overflow, Reservation, WorkQueue};
pub use workload::{Burst, Completion, Load, Request, SerialClient, Workload};
