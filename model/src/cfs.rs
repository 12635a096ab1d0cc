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
/// the replications of a simulation. The kernel hands the quota out to cores in slices of 5 ms, of which up to 1 ms per core is
/// kept beyond a period; here it is one pool.
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
}

impl Default for Cfs {
    /// A period of 100 ms without bursts, the kernel's own.
    fn default() -> Self {
        Self { period: usual_period(), burst: 0.0 }
    }
}

fn usual_period() -> f64 {
    0.1
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}
