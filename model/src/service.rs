//! A microservice.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AdmissionLimit, Autoscaler, Breakdowns, Cfs, LoadBalancing, Memory, Multiplicity, Operation,
    OutlierDetection, Polling, RateLimit, Resilience, Scheduling, Shedding, StartUp, WarmPool, WarmUp,
    WorkQueue, seconds,
};

/// A microservice: replicas of a container that queue requests and hold a thread while working (LQN task).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Service {
    /// Unique among the services; without `/`.
    pub name: String,
    /// Name of the host that its replicas run on.
    pub host: String,
    /// Copies, each with threads of its own; at least 1. With an autoscaler, those at the start, of which there may be none.
    #[serde(default = "one")]
    pub replicas: u32,
    /// What changes the number of replicas while the system runs; nothing where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autoscaler: Option<Autoscaler>,
    /// Time from when a replica is asked for until it takes requests, as a whole or in parts. None where absent. A replica that
    /// was gone starts up anew where it was, without `placement` and `image_pull`.
    #[serde(default = "StartUp::zero", skip_serializing_if = "StartUp::is_zero")]
    pub start_up: StartUp,
    /// How much slower a replica works at first; not at all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_up: Option<WarmUp>,
    /// Replicas that are kept ready for the autoscaler; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub warm_pool: Option<WarmPool>,
    /// Seconds that a replica that is to stop has for the requests at it; what is left then goes as in a
    /// [crash](crate::FaultEffect::Crash). As long as it takes where absent.
    #[serde(default, with = "seconds::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<seconds::Schematic>")]
    pub grace_period: Option<f64>,
    /// How its replicas break down by themselves; never where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breakdowns: Option<Breakdowns>,
    /// What a replica costs per hour, in any currency, from when it is asked for until it is gone; ≥ 0. Unknown where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<f64>,
    /// Threads in each replica (LQN multiplicity): requests in progress at once; the others queue.
    /// `"infinite"`: requests contend for the host only.
    #[serde(default = "infinite", skip_serializing_if = "is_infinite")]
    pub concurrency: Multiplicity,
    /// Upper bound of the processor time that a replica gets, in cores (0.5 = half a core); none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_limit: Option<f64>,
    /// Where present, the limit holds by periods, as the Linux kernel enforces it: full speed, then standstill. Else the
    /// replica never runs faster than its limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cfs: Option<Cfs>,
    /// Memory that a replica takes, and its limit; no limit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<Memory>,
    /// Processor time that is set aside for a replica, in cores (Kubernetes' request), as far as autoscalers measure
    /// against it and the [placement](crate::Placement) of its host looks at it; `cpu_limit` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_request: Option<f64>,
    /// Bytes of memory that are set aside for a replica (Kubernetes' request), as far as the placement of its host looks at it; ≥ 0.
    /// The limit of `memory` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_request: Option<f64>,
    /// In which order waiting requests get a thread.
    #[serde(default, skip_serializing_if = "is_default")]
    pub scheduling: Scheduling,
    /// On hosts with priorities, and at services with priorities that it calls: a higher number comes first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub priority: i32,
    /// On processor-sharing hosts: how fast each piece of its work goes relative to those of other services, when there is
    /// not a core for each (discriminatory processor sharing); > 0.
    #[serde(default = "unweighted", skip_serializing_if = "is_unweighted")]
    pub weight: f64,
    /// Requests that may wait for a thread at each replica; none where absent: no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_capacity: Option<u32>,
    /// Requests per second that it takes, all replicas together; the others wait or get an error before they are in a queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate_limit: Option<RateLimit>,
    /// Which requests it drops instead of giving them a thread; none where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shedding: Option<Shedding>,
    /// How many requests a replica has in progress, waiting ones included, until their replies; the others get an error before they are
    /// in a queue. It adapts itself, at each replica by itself; no limit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admission_limit: Option<AdmissionLimit>,
    /// When a replica is left out for a while since its replies are errors; never where absent. Messages of a work queue are
    /// fetched, so that there nobody can leave one out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlier_detection: Option<OutlierDetection>,
    /// Name of the share group of its host that it belongs to (LQN processor group).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_group: Option<String>,
    /// Where present, the service is a lock, and its operations take and release it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock: Option<Lock>,
    /// How requests are spread over the replicas.
    #[serde(default, skip_serializing_if = "is_default")]
    pub load_balancing: LoadBalancing,
    /// Where present, requests wait in one queue outside the replicas, and idle threads fetch them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_queue: Option<WorkQueue>,
    /// Where present, its one thread goes round its operations; `scheduling` is the order within each of their lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub polling: Option<Polling>,
    /// What its callers do where its reply is late or is an error, unless a call says otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resilience: Option<Resilience>,
    /// Known only from its callers (a database seen through client spans, say), so its inside is a guess.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub external: bool,
    /// What it offers; at least one.
    pub operations: Vec<Operation>,
}

/// A lock that operations of other services hold across several calls (LQN semaphore and rw-lock tasks).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lock {
    /// As many tokens as the service has threads; one operation waits, one signals.
    Semaphore {
        /// Tokens taken at the start.
        #[serde(default)]
        taken: u32,
    },
    /// Many readers or one writer.
    ReadWrite,
}

impl Service {
    /// One replica with unlimited threads on a host, without operations yet.
    pub fn new(name: impl Into<String>, host: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            host: host.into(),
            replicas: 1,
            autoscaler: None,
            start_up: StartUp::zero(),
            warm_up: None,
            warm_pool: None,
            grace_period: None,
            breakdowns: None,
            price: None,
            concurrency: Multiplicity::Infinite,
            cpu_limit: None,
            cfs: None,
            memory: None,
            cpu_request: None,
            memory_request: None,
            scheduling: Scheduling::default(),
            priority: 0,
            weight: 1.0,
            queue_capacity: None,
            rate_limit: None,
            shedding: None,
            admission_limit: None,
            outlier_detection: None,
            share_group: None,
            lock: None,
            load_balancing: LoadBalancing::default(),
            work_queue: None,
            polling: None,
            resilience: None,
            external: false,
            operations: Vec::new(),
        }
    }

    /// The same with `threads` threads in each replica.
    pub fn with_concurrency(mut self, threads: u32) -> Self {
        self.concurrency = Multiplicity::Finite(threads);
        self
    }

    /// The same with so many replicas.
    pub fn with_replicas(mut self, replicas: u32) -> Self {
        self.replicas = replicas;
        self
    }

    /// The same with one more operation.
    pub fn with_operation(mut self, operation: Operation) -> Self {
        self.operations.push(operation);
        self
    }

    /// Can it turn requests away?
    pub fn can_lose(&self) -> bool {
        self.queue_capacity.is_some()
            || self.rate_limit.is_some()
            || self.shedding.is_some()
            || self.admission_limit.is_some()
    }

    /// Processor time that is set aside for a replica, in cores: `cpu_request`, else `cpu_limit`, as Kubernetes has it.
    pub fn requested_cpu(&self) -> Option<f64> {
        self.cpu_request.or(self.cpu_limit)
    }

    /// Bytes that are set aside for a replica: `memory_request`, else the limit of `memory`, as Kubernetes has it.
    pub fn requested_memory(&self) -> Option<f64> {
        self.memory_request.or(self.memory.map(|memory| memory.limit))
    }

    /// The largest number of replicas that there can be: with an autoscaler that knows no limit, a thousand.
    pub fn most_replicas(&self) -> u32 {
        const UNLIMITED: u32 = 1000;
        let most = |autoscaler: &Autoscaler| autoscaler.most_replicas().unwrap_or(UNLIMITED);
        self.autoscaler.as_ref().map_or(0, most).max(self.replicas)
    }

    /// Threads of all replicas together.
    pub fn total_threads(&self) -> Multiplicity {
        match self.concurrency {
            Multiplicity::Finite(threads) => Multiplicity::Finite(threads.saturating_mul(self.replicas)),
            Multiplicity::Infinite => Multiplicity::Infinite,
        }
    }
}

fn one() -> u32 {
    1
}

fn unweighted() -> f64 {
    1.0
}

fn is_unweighted(weight: &f64) -> bool {
    *weight == 1.0
}

fn infinite() -> Multiplicity {
    Multiplicity::Infinite
}

fn is_infinite(multiplicity: &Multiplicity) -> bool {
    multiplicity.is_infinite()
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
