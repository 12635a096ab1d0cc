//! Load shedding: requests that are not worked on, since it would be too late.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Ranges;

/// Which requests a service drops instead of giving them a thread. Whoever waits for one gets an error.
///
/// That is looked at when a thread is free for the request, so that no thread is lost for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Shedding {
    /// Those that have waited longer than this, in seconds; ≥ 0. None where absent.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "crate::seconds::optional")]
    #[schemars(with = "Option<crate::seconds::Schematic>")]
    pub max_queue_delay: Option<f64>,
    /// Those whose callers have given up, or the callers of these, as a deadline that is sent along tells (gRPC's deadline
    /// propagation).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub abandoned: bool,
    /// Does it look at that before each of its calls, too, and stop there with an error? What it works on, it finishes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancels: bool,
}

impl Shedding {
    /// Is a request dropped that has waited so long (s), and that its caller may have abandoned?
    pub fn drops(&self, waited: f64, is_abandoned: bool) -> bool {
        self.max_queue_delay.is_some_and(|most| waited > most) || (self.abandoned && is_abandoned)
    }

    /// Lists what is wrong with its settings.
    pub(crate) fn check(&self, ranges: &mut Ranges) {
        if let Some(delay) = self.max_queue_delay {
            ranges.not_negative("max_queue_delay", delay);
        }
    }
}
