//! How Linux keeps a container to its CPU limit.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::seconds;

/// CFS bandwidth control, as containers have it (Linux, *CFS Bandwidth Control*, `sched-bwc.rst`; Turner, Rao and Rao 2010, "CPU
/// bandwidth control for CFS"): in each period a container gets processor time of its limit times the period, its quota. It
/// runs at full speed until that is used up, then it stands still until the next period begins. So n busy threads with a core
/// each use the quota Q up within Q/n, and stand still for the rest of the period, P - Q/n.
///
/// The periods of a container begin at a time of their own, which bears no relation to its requests, and which differs between
/// the replications of a simulation.
///
/// Without a [`slice`](Self::slice) the quota is one pool for all threads. The kernel hands it out to cores in slices: where the
/// last of them are gone the threads of some cores stand still, while others run on with what is left of theirs. Within a period
/// the time used then differs from the pool's by less than a slice for each busy core and 1 ms for each idle one; over many
/// periods it does not.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cfs {
    /// Length of a period (`cpu.cfs_period_us`, `--cpu-period`), in seconds from 0.001 to 1.
    #[serde(default = "usual_period", with = "seconds")]
    #[schemars(with = "seconds::Schematic")]
    pub period: f64,
    /// Processor time that is left over in earlier periods may be used later, up to so many seconds beyond the quota
    /// (`cpu.cfs_burst_us`); at most the quota.
    #[serde(default, with = "seconds", skip_serializing_if = "is_zero")]
    #[schemars(with = "seconds::Schematic")]
    pub burst: f64,
    /// Processor time that a core gets at once (`sched_cfs_bandwidth_slice_us`, 5 ms where it has not been changed), from 0.000001
    /// to 1 s; where absent the cores of a container share its quota without slices.
    ///
    /// A core without work gives its slice back but for 1 ms, which it keeps for later, also beyond a period. From 5 ms later on
    /// others get that, if it is more than a slice and the next period is more than 7 ms away. These three times are fixed
    /// in the kernel (`kernel/sched/fair.c`, as of Linux 5.4, which made slices outlive their period).
    ///
    /// Assumed: a thread that wakes up gets the core of the machine with the fewest threads of its container, and threads leave a
    /// core only for an idle one, where there are at least two. The host has a number of cores.
    #[serde(default, with = "seconds::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<seconds::Schematic>")]
    pub slice: Option<f64>,
}

impl Default for Cfs {
    /// A period of 100 ms without bursts, the kernel's own; without slices.
    fn default() -> Self {
        Self { period: usual_period(), burst: 0.0, slice: None }
    }
}

fn usual_period() -> f64 {
    0.1
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}
