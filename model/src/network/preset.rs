//! Measured figures of kinds of links and proxies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A kind of link, as measured with qperf between two machines by G. Rushgrove (*Containers and Microservices make performance
/// worse*): other machines have other figures, but their ratio tells what an overlay costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LinkPreset {
    /// The network of the machines: 48.1 µs, 1.2 GB/s.
    Direct,
    /// An overlay network over it: 61.9 µs, 1.09 GB/s.
    Overlay,
}

/// A kind of proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProxyPreset {
    /// A sidecar of Istio (Envoy), by its documentation's *Performance and Scalability* of an earlier release: 0.5 vCPU for 1000
    /// requests of 1 kB per second, which is 0.5 ms for a request and its reply; and 2.76 ms more at the 90th percentile for
    /// both sidecars of a call. What of the latter is not processor time is taken as the latency of four passages, 0.44 ms
    /// each. That is a percentile in place of a mean, so rather too much.
    IstioSidecar,
}

impl LinkPreset {
    /// One way (s).
    pub fn latency(self) -> f64 {
        match self {
            Self::Direct => 48.1e-6,
            Self::Overlay => 61.9e-6,
        }
    }

    /// Bytes per second.
    pub fn bandwidth(self) -> f64 {
        match self {
            Self::Direct => 1.2e9,
            Self::Overlay => 1.09e9,
        }
    }
}

impl ProxyPreset {
    /// Processor time of a message (s).
    pub fn cpu(self) -> f64 {
        match self {
            Self::IstioSidecar => 0.25e-3,
        }
    }

    /// Time that a message takes longer (s).
    pub fn latency(self) -> f64 {
        match self {
            Self::IstioSidecar => (2.76e-3 - 4.0 * Self::IstioSidecar.cpu()) / 4.0,
        }
    }
}
