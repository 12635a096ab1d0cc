//! What the columns of a table of spans mean.

use std::io::BufRead;

use serde::Deserialize;

use super::table::{Header, Table};
use crate::formats::{ids, times};
use crate::{Attributes, ImportError, Intake, Nanos, Span, SpanKind};

/// What the columns of a table of spans mean, as a TOML file says it.
///
/// ```toml
/// no_parent = ["root"]      # what stands in the column `parent` of a span without one
/// [columns]                 # by the names in the header
/// trace = "TraceID"
/// span = "SpanID"
/// parent = "ParentID"
/// service = "Service"       # or `pod`, the name of a Kubernetes pod
/// operation = "Operation"
/// start = "Start"
/// end = "End"               # or `duration`
/// [units]                   # s, ms, us or ns since the epoch, or iso
/// start = "us"
/// end = "us"
/// [kinds]                   # what stands in the column `kind`
/// Entry = "server"
/// ```
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ColumnMap {
    pub(super) columns: Columns,
    #[serde(default)]
    pub(super) units: Units,
    #[serde(default)]
    pub(super) no_parent: Vec<String>,
    #[serde(default)]
    pub(super) kinds: std::collections::BTreeMap<String, SpanKind>,
    #[serde(default)]
    pub(super) delimiter: Option<char>,
}

/// Names of columns.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Columns {
    pub(super) trace: String,
    pub(super) span: String,
    pub(super) parent: Option<String>,
    pub(super) service: Option<String>,
    pub(super) pod: Option<String>,
    pub(super) instance: Option<String>,
    pub(super) operation: String,
    pub(super) start: String,
    pub(super) end: Option<String>,
    pub(super) duration: Option<String>,
    pub(super) kind: Option<String>,
    pub(super) error: Option<String>,
    pub(super) peer: Option<String>,
}

/// Units of the columns of times.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Units {
    pub(super) start: Unit,
    pub(super) end: Unit,
    pub(super) duration: Unit,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Unit {
    #[default]
    S,
    Ms,
    Us,
    Ns,
    Iso,
}

impl Unit {
    fn nanos(self, text: &str) -> Option<Nanos> {
        match self {
            Self::S => times::decimal(text, 1_000_000_000),
            Self::Ms => times::decimal(text, 1_000_000),
            Self::Us => times::decimal(text, 1_000),
            Self::Ns => times::decimal(text, 1),
            Self::Iso => times::iso(text),
        }
    }
}

/// The places of columns in a table.
struct Places {
    trace: usize,
    span: usize,
    parent: Option<usize>,
    service: Option<usize>,
    pod: Option<usize>,
    instance: Option<usize>,
    operation: usize,
    start: usize,
    end: Option<usize>,
    duration: Option<usize>,
    kind: Option<usize>,
    error: Option<usize>,
    peer: Option<usize>,
}

impl ColumnMap {
    /// Reads the TOML file.
    ///
    /// # Errors
    /// A message with the place, where the file is malformed, or lacks a column that every span needs.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let map: Self = toml::from_str(text).map_err(|error| error.to_string().trim_end().to_string())?;
        if map.columns.end.is_none() && map.columns.duration.is_none() {
            return Err("[columns] has neither \"end\" nor \"duration\"".into());
        }
        if map.columns.service.is_none() && map.columns.pod.is_none() {
            return Err("[columns] has neither \"service\" nor \"pod\"".into());
        }
        if map.units.duration == Unit::Iso {
            return Err("[units] a duration is a number of s, ms, us or ns".into());
        }
        if map.delimiter.is_some_and(|delimiter| !delimiter.is_ascii()) {
            return Err("the delimiter is one ASCII character".into());
        }
        Ok(map)
    }

    /// The map that lies in the folder, or else the one given beforehand.
    pub(super) fn of(intake: &Intake) -> Option<&Self> {
        intake.folder.get().or_else(|| intake.pending.get())
    }

    /// What divides fields.
    pub(super) fn delimiter(&self) -> u8 {
        self.delimiter.and_then(|delimiter| u8::try_from(delimiter).ok()).unwrap_or(b',')
    }

    /// The first of the columns that the table lacks.
    pub(super) fn missing(&self, header: &Header) -> Option<&str> {
        let Columns { trace, span, operation, start, .. } = &self.columns;
        let Columns { parent, service, pod, instance, end, duration, kind, error, peer, .. } = &self.columns;
        let optional = [parent, service, pod, instance, end, duration, kind, error, peer];
        let named = [trace, span, operation, start].into_iter().chain(optional.into_iter().flatten());
        named.map(String::as_str).find(|name| header.find(&[name]).is_none())
    }

    /// Reads a table.
    pub(super) fn read(
        &self,
        format: &'static str,
        input: &mut dyn BufRead,
        intake: &mut Intake,
    ) -> Result<(), ImportError> {
        let delimiter = match self.delimiter {
            Some(_) => self.delimiter(),
            None => crate::delimited::delimiter(input.fill_buf()?),
        };
        let mut table = Table::new(format, delimiter, input)?;
        let places = self.places(&table.header).ok_or_else(|| ImportError::Syntax {
            format,
            line: 1,
            column: 1,
            message: format!("there is no column \"{}\"", self.missing(&table.header).unwrap_or_default()),
        })?;
        while table.next()? {
            match self.span(&places, &table, intake) {
                Some(span) => intake.push(span),
                None => table.skip(intake),
            }
        }
        table.finish(intake);
        Ok(())
    }

    fn places(&self, header: &Header) -> Option<Places> {
        if self.missing(header).is_some() {
            return None;
        }
        let place = |name: &str| header.find(&[name]);
        let optional = |name: &Option<String>| name.as_deref().and_then(place);
        let columns = &self.columns;
        Some(Places {
            trace: place(&columns.trace)?,
            span: place(&columns.span)?,
            parent: optional(&columns.parent),
            service: optional(&columns.service),
            pod: optional(&columns.pod),
            instance: optional(&columns.instance),
            operation: place(&columns.operation)?,
            start: place(&columns.start)?,
            end: optional(&columns.end),
            duration: optional(&columns.duration),
            kind: optional(&columns.kind),
            error: optional(&columns.error),
            peer: optional(&columns.peer),
        })
    }

    fn span(&self, places: &Places, table: &Table<'_>, intake: &mut Intake) -> Option<Span> {
        let optional = |place: Option<usize>| place.and_then(|place| table.get(place));
        let pod = optional(places.pod).and_then(|pod| intake.non_empty(&pod));
        let service = optional(places.service).and_then(|name| intake.non_empty(&name));
        let service = match (service, &pod) {
            (Some(service), _) => service,
            (None, Some(pod)) => intake.non_empty(workload_of(pod))?,
            (None, None) => return None,
        };
        let start = self.units.start.nanos(&table.get(places.start)?)?;
        let end = match places.end {
            Some(end) => self.units.end.nanos(&table.get(end)?)?,
            None => start.saturating_add(self.units.duration.nanos(&optional(places.duration)?)?),
        };
        let parent = optional(places.parent).filter(|id| !self.no_parent.iter().any(|none| none == id));
        let operation = table.get(places.operation)?;
        let error = optional(places.error);
        Some(Span {
            trace_id: ids::trace_id(&table.get(places.trace)?)?,
            span_id: ids::span_id(&table.get(places.span)?)?,
            parent: parent.and_then(|id| ids::span_id(&id)),
            follows: false,
            links: Vec::new(),
            service,
            instance: optional(places.instance).and_then(|name| intake.non_empty(&name)).or(pod),
            name: intake.non_empty(&operation).unwrap_or_else(|| intake.name("unnamed")),
            kind: optional(places.kind).map(|kind| self.kind(&kind)).unwrap_or_default(),
            start,
            end,
            error: error.is_some_and(|error| is_true(&error)),
            attributes: Attributes {
                peer_service: optional(places.peer).and_then(|peer| intake.non_empty(&peer)),
                ..Attributes::default()
            },
        })
    }

    /// By the file, else by the names that OpenTelemetry has for kinds.
    fn kind(&self, text: &str) -> SpanKind {
        let text = text.trim();
        if let Some(kind) = self.kinds.get(text) {
            return *kind;
        }
        match text.strip_prefix("SPAN_KIND_").unwrap_or(text).to_ascii_lowercase().as_str() {
            "server" => SpanKind::Server,
            "client" => SpanKind::Client,
            "producer" => SpanKind::Producer,
            "consumer" => SpanKind::Consumer,
            "internal" => SpanKind::Internal,
            _ => SpanKind::Unspecified,
        }
    }
}

fn is_true(text: &str) -> bool {
    let text = text.trim();
    ["true", "1", "yes", "error", "status_code_error"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// The workload that a Kubernetes pod belongs to: its name without the two random parts of a deployment
/// (`cart-579f59597d-wc2lz`), the one of a daemon set (`proxy-x7k2p`), or the number of a stateful set (`db-0`).
fn workload_of(pod: &str) -> &str {
    let random = |text: &str| text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let has_digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    let Some((rest, last)) = pod.rsplit_once('-').filter(|(rest, _)| !rest.is_empty()) else { return pod };
    if last.len() == 5 && random(last) {
        return match rest.rsplit_once('-') {
            Some((name, hash)) if (6..=10).contains(&hash.len()) && random(hash) && has_digit(hash) => name,
            _ if has_digit(last) => rest,
            _ => pod,
        };
    }
    if !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit()) { rest } else { pod }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_belong_to_workloads() {
        for (pod, workload) in [
            ("cartservice-579f59597d-wc2lz", "cartservice"),
            ("cart-service-cf787dd48-vpjrd", "cart-service"),
            ("proxy-x7k2p", "proxy"),
            ("db-0", "db"),
            ("front-store", "front-store"),
            ("plain", "plain"),
            ("-0", "-0"),
            ("", ""),
        ] {
            assert_eq!(workload_of(pod), workload);
        }
    }

    #[test]
    fn maps_that_cannot_be_used_are_told() {
        for (text, word) in [
            ("[columns]\ntrace = 1", "line 2"),
            ("[columns]\ntrace = \"a\"", "missing field `span`"),
            ("[columns]\ntrace=\"t\"\nspan=\"s\"\noperation=\"o\"\nstart=\"b\"\nservice=\"x\"", "duration"),
            ("[columns]\ntrace=\"t\"\nspan=\"s\"\noperation=\"o\"\nstart=\"b\"\nend=\"e\"", "pod"),
            ("[column]", "column"),
        ] {
            let error = ColumnMap::parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
