//! Things that go wrong at known times.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that goes wrong for a while, to see what becomes of the system meanwhile and afterwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// Seconds since the start; ≥ 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub at: f64,
    /// Seconds that it lasts; > 0.
    #[serde(with = "crate::seconds")]
    #[schemars(with = "crate::seconds::Schematic")]
    pub duration: f64,
    /// What goes wrong.
    pub effect: FaultEffect,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultEffect {
    /// Work of a service that begins meanwhile takes longer.
    Slow {
        /// Whose.
        service: String,
        /// Of only one of its replicas, from 0 on; of all where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// How many times as long; > 0.
        factor: f64,
    },
    /// Replies of a service are errors, instead of at their usual rates.
    Errors {
        /// Whose.
        service: String,
        /// Of only one of its replicas, from 0 on; of all where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replica: Option<u32>,
        /// Share of the replies; 0 to 1.
        rate: f64,
    },
    /// Calls of other services to a service, and what is passed on to it, take longer on the network.
    Network {
        /// Whom they go to.
        service: String,
        /// Those of one service only; those of all where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// Seconds longer for each call, both ways together; ≥ 0.
        #[serde(default, with = "crate::seconds")]
        #[schemars(with = "crate::seconds::Schematic")]
        delay: f64,
        /// Share of the messages that are lost on their way, the request or the reply; in [0, 1). They are sent again as by TCP on
        /// Linux, see [`retransmission`](FaultEffect::retransmission).
        #[serde(default)]
        loss: f64,
    },
    /// Replicas of a service are gone at once, with all that they had: their callers get errors, messages of a work queue are
    /// delivered again. Afterwards they start up anew.
    Crash {
        /// Whose.
        service: String,
        /// How many, those that have run longest first; all where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        replicas: Option<u32>,
    },
}

impl Fault {
    /// When it is over (s).
    pub fn end(&self) -> f64 {
        self.at + self.duration
    }
}

impl FaultEffect {
    /// Whom it strikes.
    pub fn service(&self) -> &str {
        match self {
            Self::Slow { service, .. }
            | Self::Errors { service, .. }
            | Self::Network { service, .. }
            | Self::Crash { service, .. } => service,
        }
    }

    /// Seconds that a message loses which is lost so many times: the sender waits for its timer, which begins with 0.2 s, doubles each
    /// time and is never longer than 120 s (RFC 6298, section 5; Linux' `TCP_RTO_MIN` and `TCP_RTO_MAX`, which with 15
    /// retransmissions give the 924.6 s of `tcp_retries2` in its `ip-sysctl.rst`). Nobody gives up here but by a timeout of a call.
    pub fn retransmission(losses: u32) -> f64 {
        const FIRST: f64 = 0.2;
        const LONGEST: f64 = 120.0;
        (0..losses.min(1024)).map(|loss| (FIRST * f64::from(loss).exp2()).min(LONGEST)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linux' documentation: with 15 retransmissions, and the wait after the last of them, "924.6 seconds".
    #[test]
    fn retransmissions_take_as_long_as_documented() {
        assert!((FaultEffect::retransmission(16) - 924.6).abs() < 1e-9);
        assert_eq!(FaultEffect::retransmission(0), 0.0);
    }
}
