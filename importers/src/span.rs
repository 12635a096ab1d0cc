//! The one record that every format is turned into.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::Name;

/// A point in time: nanoseconds since the epoch.
pub type Nanos = i64;

/// Times beyond this are cut off, so that no difference of two overflows.
pub(crate) const FAR: Nanos = Nanos::MAX / 4;

/// Identifies a trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(pub [u8; 16]);

/// Identifies a span within its trace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(pub [u8; 8]);

/// One unit of work of one service, as its instrumentation saw it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Span {
    /// Which trace it belongs to.
    pub trace_id: TraceId,
    /// Its own id.
    pub span_id: SpanId,
    /// The span in whose course it happened.
    pub parent: Option<SpanId>,
    /// Is the parent only what caused it, without waiting for it (`FOLLOWS_FROM`)?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follows: bool,
    /// Other spans that it refers to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<SpanLink>,
    /// Name of the service.
    pub service: Name,
    /// Which replica of the service: instance id, pod or host; absent where the trace does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<Name>,
    /// Name of the operation.
    pub name: Name,
    /// Which side of a call it is.
    pub kind: SpanKind,
    /// When it began.
    pub start: Nanos,
    /// When it ended; not before `start`.
    pub end: Nanos,
    /// Did it fail?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub error: bool,
    /// What else extraction looks at.
    #[serde(default, skip_serializing_if = "Attributes::is_empty")]
    pub attributes: Attributes,
}

/// A reference to a span, perhaps of another trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SpanLink {
    /// Its trace.
    pub trace_id: TraceId,
    /// Its id.
    pub span_id: SpanId,
}

/// Which side of a call a span is (OpenTelemetry span kind).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SpanKind {
    /// The trace does not say.
    #[default]
    Unspecified,
    /// Neither: work within a service.
    Internal,
    /// Handles a call.
    Server,
    /// Makes a call.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
}

/// The few attributes that extraction looks at.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Attributes {
    /// Name of the service at the other end (`peer.service`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peer_service: Option<Name>,
    /// Kind of database (`db.system`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<Name>,
    /// Address of the other end (`server.address`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_address: Option<Name>,
    /// Queue or topic (`messaging.destination.name`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destination: Option<Name>,
    /// What is done with the message: send, receive, process, settle (`messaging.operation.type`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_operation: Option<Name>,
    /// Who asked: the session (`session.id`), or else the user (`enduser.id`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Name>,
    /// How the trace came to be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
}

/// Part of the traces that were recorded.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Probability that a trace was recorded, in (0, 1].
    pub probability: f64,
}

impl Span {
    /// Seconds from start to end.
    pub fn duration(&self) -> f64 {
        seconds(self.end - self.start)
    }

    /// Does it only fetch messages (poll a queue), so that its time is waiting and not work?
    pub(crate) fn only_fetches(&self) -> bool {
        self.attributes.message_operation.as_deref() == Some("receive")
    }

    /// Makes it hold the intake's forms of its names.
    pub(crate) fn share_names(&mut self, intake: &mut crate::Intake) {
        let attributes = &mut self.attributes;
        let optional = [
            &mut self.instance,
            &mut attributes.peer_service,
            &mut attributes.database,
            &mut attributes.server_address,
            &mut attributes.destination,
            &mut attributes.message_operation,
            &mut attributes.session,
        ];
        for name in [&mut self.service, &mut self.name].into_iter().chain(optional.into_iter().flatten()) {
            *name = intake.name(name);
        }
    }

    /// Puts times in range: neither far beyond any clock nor with the end before the start.
    pub(crate) fn normalize(&mut self) {
        self.start = self.start.clamp(-FAR, FAR);
        self.end = self.end.clamp(self.start, FAR);
    }
}

/// Nanoseconds as seconds.
pub(crate) fn seconds(nanos: Nanos) -> f64 {
    nanos as f64 * 1e-9
}

impl Attributes {
    /// Keeps the value of an attribute that extraction looks at, by any of the keys that conventions have given it;
    /// ignores all others. `value` is asked only where it is needed.
    pub(crate) fn set<'a>(
        &mut self,
        key: &str,
        value: impl FnOnce() -> Option<std::borrow::Cow<'a, str>>,
        intake: &mut crate::Intake,
    ) {
        let place = match key {
            "peer.service" => &mut self.peer_service,
            "db.system" | "db.system.name" => &mut self.database,
            "server.address" | "net.peer.name" | "peer.hostname" => &mut self.server_address,
            "messaging.destination.name" | "messaging.destination" | "message_bus.destination" => {
                &mut self.destination
            }
            "messaging.operation.type" | "messaging.operation" => &mut self.message_operation,
            "session.id" | "enduser.id" | "user.id" => &mut self.session,
            _ => return,
        };
        if place.is_none() {
            *place = value().and_then(|text| intake.non_empty(&text));
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn hex(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}

fn parse_hex<const N: usize>(text: &str) -> Result<[u8; N], String> {
    let wrong = || format!("expected {} hexadecimal digits, found \"{text}\"", 2 * N);
    let digits = text.as_bytes();
    if digits.len() != 2 * N || !digits.iter().all(u8::is_ascii_hexdigit) {
        return Err(wrong());
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(bytes)
}

/// Ids are shown and saved in hexadecimal.
macro_rules! hexadecimal {
    ($id:ident) => {
        impl fmt::Display for $id {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                hex(&self.0, f)
            }
        }

        impl std::str::FromStr for $id {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                parse_hex(text).map(Self)
            }
        }

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(de::Error::custom)
            }
        }
    };
}

hexadecimal!(TraceId);
hexadecimal!(SpanId);
