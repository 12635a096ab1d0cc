//! What lies between services: links with their latency and bandwidth, and the proxies that messages go through.

mod expand;
mod preset;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CallKind, Distribution, seconds};

pub(crate) use expand::LINK_PREFIX;
pub use preset::{LinkPreset, ProxyPreset};

/// What messages between services go through, beside what calls say of themselves.
///
/// Engines solve the system that [`System::on_network`](crate::System::on_network) makes of it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Ways from service to service. Of a call the first counts that fits it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// What messages go through at services on their way in and out: every one that fits counts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proxies: Vec<Proxy>,
}

/// A way from some services to others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Unique among the links.
    pub name: String,
    /// Callers; any where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<String>,
    /// Callees; any where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub to: Vec<String>,
    /// Measured latency and bandwidth of a kind of link, where they are not given here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<LinkPreset>,
    /// Time of a message on its way, one way, without its bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency: Option<Distribution>,
    /// Bytes per second; without limit where absent. > 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth: Option<f64>,
    /// Do all messages on the link share its bandwidth, in equal parts? Else each has all of it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared: bool,
}

/// What messages of a service go through: a sidecar, a load balancer, an eBPF data plane, serialization.
///
/// Its processor time is spent in the replica of the service, under its limit. A call from one service to another passes the
/// proxies of both ends, with the request and with the reply.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proxy {
    /// Whose messages; those of all services where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<String>,
    /// Measured costs of a kind of proxy, where they are not given here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<ProxyPreset>,
    /// Time that a message takes longer, beside the processor time; ≥ 0.
    #[serde(default, with = "seconds::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<seconds::Schematic>")]
    pub latency: Option<f64>,
    /// Processor time for each message, in seconds; ≥ 0.
    #[serde(default, with = "seconds::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<seconds::Schematic>")]
    pub cpu: Option<f64>,
    /// Processor time for each byte, in seconds; ≥ 0.
    #[serde(default, with = "seconds::optional", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<seconds::Schematic>")]
    pub cpu_per_byte: Option<f64>,
}

/// How large the messages of an operation are, on average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Payload {
    /// Bytes of a request; ≥ 0.
    #[serde(default)]
    pub request: f64,
    /// Bytes of the reply; ≥ 0.
    #[serde(default)]
    pub reply: f64,
}

impl Network {
    /// The link that calls from the one service to the other take.
    pub fn link(&self, from: &str, to: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.fits(from, to))
    }

    /// The proxies that messages of a service go through.
    pub fn proxies_at(&self, service: &str) -> impl Iterator<Item = &Proxy> {
        self.proxies.iter().filter(move |proxy| proxy.is_at(service))
    }
}

impl Payload {
    /// What of it a call of that kind sends.
    pub fn sent_by(self, kind: CallKind) -> Self {
        match kind {
            CallKind::Synchronous => self,
            CallKind::Asynchronous => Self { reply: 0.0, ..self },
        }
    }

    /// Bytes of both messages.
    pub fn bytes(self) -> f64 {
        self.request + self.reply
    }
}

impl Link {
    /// A link between all services.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            from: Vec::new(),
            to: Vec::new(),
            preset: None,
            latency: None,
            bandwidth: None,
            shared: false,
        }
    }

    /// Do calls from the one service to the other take it?
    pub fn fits(&self, from: &str, to: &str) -> bool {
        let any = |names: &[String], name: &str| names.is_empty() || names.iter().any(|other| other == name);
        any(&self.from, from) && any(&self.to, to)
    }

    /// The latency that holds.
    pub fn effective_latency(&self) -> Distribution {
        let of_preset = || self.preset.map(|preset| Distribution::deterministic(preset.latency()));
        self.latency.clone().or_else(of_preset).unwrap_or_else(Distribution::zero)
    }

    /// The bandwidth that holds; none where there is no limit.
    pub fn effective_bandwidth(&self) -> Option<f64> {
        self.bandwidth.or_else(|| self.preset.map(LinkPreset::bandwidth))
    }
}

impl Proxy {
    /// Does it stand at this service?
    pub fn is_at(&self, service: &str) -> bool {
        self.services.is_empty() || self.services.iter().any(|other| other == service)
    }

    /// Processor time of a message of so many bytes (s).
    pub fn cpu_of(&self, bytes: f64) -> f64 {
        let each = self.cpu.or_else(|| self.preset.map(ProxyPreset::cpu)).unwrap_or(0.0);
        each + self.cpu_per_byte.unwrap_or(0.0) * bytes
    }

    /// The latency that holds (s).
    pub fn effective_latency(&self) -> f64 {
        self.latency.or_else(|| self.preset.map(ProxyPreset::latency)).unwrap_or(0.0)
    }
}
