//! OTLP protobuf: one message (`ExportTraceServiceRequest` or `TracesData`, which are the same bytes), or many, each
//! after its length: as protobuf number (`writeDelimitedTo`) or in four bytes, the highest first (the file exporter of
//! the OpenTelemetry collector).
//!
//! One message after its length, or of one message one resource's spans, is in memory at a time.

use std::borrow::Cow;
use std::io::{self, BufRead, Read};

use super::resource::Resource;
use super::wire::{self, Value, WireError, fields, varint};
use super::{TraceFormat, ids, otlp};
use crate::span::SpanLink;
use crate::{ImportError, Intake, Nanos};

/// See the module.
pub(super) struct OtlpProtobuf;

const NAME: &str = "otlp-protobuf";

impl TraceFormat for OtlpProtobuf {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "OpenTelemetry (OTLP) protobuf: one message, or many after their lengths"
    }

    fn detect(&self, head: &[u8]) -> bool {
        Framing::of(head).is_some()
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        let framing = Framing::of(input.fill_buf()?);
        let framing = framing.ok_or_else(|| malformed(0, "there is no span at its beginning"))?;
        let mut messages = Messages { input, framing, place: 0, bytes: Vec::new(), whole: true };
        let before = intake.report.spans;
        loop {
            let place = messages.place;
            let result = match messages.next() {
                Ok(Some(Inside::Message)) => message(&messages.bytes, intake),
                Ok(Some(Inside::ResourceSpans)) => resource_spans(&messages.bytes, intake),
                Ok(Some(Inside::Unknown)) => Ok(()),
                Ok(None) => return Ok(()),
                // Where the next message begins cannot be told.
                Err(Stop::Wire(error)) if intake.report.spans == before => {
                    return Err(malformed(place, &error.to_string()));
                }
                Err(Stop::Wire(error)) => {
                    intake.skip("malformed-record", || format!("byte {place}: {error}"));
                    return Ok(());
                }
                Err(Stop::Read(error)) => return Err(error.into()),
            };
            if !messages.whole {
                intake
                    .report
                    .warn("truncated", || format!("the input breaks off within what begins at byte {place}"));
                return Ok(());
            }
            if let Err(error) = result {
                intake.skip("malformed-record", || format!("message at byte {place}: {error}"));
            }
            intake.settle();
        }
    }
}

fn malformed(place: u64, message: &str) -> ImportError {
    let column = usize::try_from(place).unwrap_or(usize::MAX).saturating_add(1);
    ImportError::Syntax { format: NAME, line: 1, column, message: message.into() }
}

/// How messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    /// There is but one; its fields are read as if they were messages.
    None,
    /// By their lengths as protobuf numbers.
    Varint,
    /// By their lengths in four bytes.
    BigEndian,
}

/// What a stretch of input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Message,
    ResourceSpans,
    /// A field of a later version of the format.
    Unknown,
}

impl Framing {
    /// Of input that begins so; none where no framing leads to a span.
    fn of(head: &[u8]) -> Option<Self> {
        [Self::BigEndian, Self::Varint, Self::None].into_iter().find(|framing| framing.leads_to_a_span(head))
    }

    fn leads_to_a_span(self, head: &[u8]) -> bool {
        let mut rest = head;
        while let Ok((inside, length)) = self.prefix(&mut rest) {
            let (bytes, after) = rest.split_at(length.min(rest.len()));
            let found = match inside {
                Inside::Message => has_span(bytes),
                Inside::ResourceSpans => resource_has_span(bytes),
                Inside::Unknown => None,
            };
            match found {
                Some(found) => return found,
                None if after.is_empty() => return false,
                None => rest = after,
            }
        }
        false
    }

    /// Takes off what stands before a message: what follows, and its length.
    fn prefix(self, rest: &mut &[u8]) -> Result<(Inside, usize), WireError> {
        let number = |rest: &mut &[u8]| varint(rest).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
        match self {
            Self::Varint => Ok((Inside::Message, number(rest)?)),
            Self::BigEndian => {
                let (length, after) = rest.split_first_chunk().ok_or(WireError::BreaksOff)?;
                *rest = after;
                Ok((Inside::Message, u32::from_be_bytes(*length) as usize))
            }
            Self::None => match number(rest)? {
                0x0a => Ok((Inside::ResourceSpans, number(rest)?)),
                key if key & 7 == 2 => Ok((Inside::Unknown, number(rest)?)),
                _ => Err(WireError::Malformed("a field that is no message")),
            },
        }
    }
}

/// Does the first span of a message look like one? None where there is no span to look at.
fn has_span(message: &[u8]) -> Option<bool> {
    first_inside(message, &[1], &[], resource_has_span)
}

fn resource_has_span(resource_spans: &[u8]) -> Option<bool> {
    first_inside(resource_spans, &SCOPE_SPANS, &[1, 3], |scope_spans| {
        first_inside(scope_spans, &[2], &[1, 3], |span| {
            let ids = fields(span).filter_map(Result::ok).filter_map(|field| match field {
                wire::Field { number: 1, value: Value::Bytes { bytes, .. } } => Some(bytes.len() == 16),
                wire::Field { number: 2, value: Value::Bytes { bytes, .. } } => Some(bytes.len() == 8),
                _ => None,
            });
            Some(ids.collect::<Vec<_>>() == [true, true])
        })
    })
}

/// What `look` says of the first field of these numbers; false where others than these and the `beside` are there.
fn first_inside(
    message: &[u8],
    numbers: &[u64],
    beside: &[u64],
    look: impl Fn(&[u8]) -> Option<bool>,
) -> Option<bool> {
    for field in fields(message) {
        match field {
            Ok(wire::Field { number, value: Value::Bytes { bytes, .. } }) if numbers.contains(&number) => {
                if let Some(found) = look(bytes) {
                    return Some(found);
                }
            }
            Ok(wire::Field { number, value: Value::Bytes { .. } }) if beside.contains(&number) => {}
            Err(WireError::BreaksOff) => return None,
            _ => return Some(false),
        }
    }
    None
}

/// Why there is no further message.
enum Stop {
    Wire(WireError),
    Read(io::Error),
}

/// The messages of the input, one at a time, in one buffer.
struct Messages<'a> {
    input: &'a mut dyn BufRead,
    framing: Framing,
    /// How many bytes were read.
    place: u64,
    bytes: Vec<u8>,
    /// Is the present message all there?
    whole: bool,
}

/// More than any prefix has: two numbers.
const LONGEST_PREFIX: usize = 20;

impl Messages<'_> {
    /// Reads the next message, or of an input that breaks off what there is of it.
    fn next(&mut self) -> Result<Option<Inside>, Stop> {
        self.bytes.clear();
        let (inside, length) = loop {
            if !self.append(1)? {
                self.whole = self.bytes.is_empty();
                return Ok((!self.whole).then_some(Inside::Unknown));
            }
            let mut rest = self.bytes.as_slice();
            match self.framing.prefix(&mut rest) {
                Err(WireError::BreaksOff) if self.bytes.len() < LONGEST_PREFIX => {}
                Err(error) => return Err(Stop::Wire(error)),
                Ok(prefix) => break prefix,
            }
        };
        self.bytes.clear();
        self.whole = self.append(length)?;
        Ok(Some(inside))
    }

    /// Appends the next `length` bytes; false where there are fewer. Memory grows with what comes, not with what a
    /// length claims.
    fn append(&mut self, length: usize) -> Result<bool, Stop> {
        let before = self.bytes.len();
        let result = (&mut *self.input).take(length as u64).read_to_end(&mut self.bytes);
        let read = self.bytes.len() - before;
        self.place += read as u64;
        match result {
            // A packed stream that breaks off.
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(Stop::Read(error)),
            _ => Ok(read == length),
        }
    }
}

/// Numbers of the fields with spans: the present one, and that of "instrumentation library spans" (until 2022).
const SCOPE_SPANS: [u64; 2] = [2, 1000];

/// Hands the messages in the fields of these numbers to `take`, those that the input breaks off within, too.
fn each_inside(
    message: &[u8],
    numbers: &[u64],
    mut take: impl FnMut(&[u8]) -> Result<(), WireError>,
) -> Result<(), WireError> {
    for field in fields(message) {
        if let wire::Field { number, value: Value::Bytes { bytes, whole } } = field? {
            if numbers.contains(&number) {
                take(bytes)?;
            }
            if !whole {
                return Err(WireError::BreaksOff);
            }
        }
    }
    Ok(())
}

fn message(bytes: &[u8], intake: &mut Intake) -> Result<(), WireError> {
    each_inside(bytes, &[1], |resource| resource_spans(resource, intake))
}

fn resource_spans(bytes: &[u8], intake: &mut Intake) -> Result<(), WireError> {
    let mut resource = Resource::default();
    // The resource may stand behind its spans; what is wrong with the bytes is told when these are read.
    let _ = each_inside(bytes, &[1], |bytes| {
        each_inside(bytes, &[1], |bytes| {
            let KeyValue { key, value } = KeyValue::read(bytes)?;
            resource.set(&key, || value, intake);
            Ok(())
        })
    });
    each_inside(bytes, &SCOPE_SPANS, |scope| {
        for field in fields(scope) {
            match field? {
                wire::Field { number: 2, value: Value::Bytes { bytes, whole: true } } => {
                    span(bytes, intake)?.take_in(&resource, intake);
                }
                wire::Field { value: Value::Bytes { whole: false, .. }, .. } => {
                    return Err(WireError::BreaksOff);
                }
                _ => {}
            }
        }
        Ok(())
    })
}

fn span<'a>(bytes: &'a [u8], intake: &mut Intake) -> Result<otlp::Fields<'a>, WireError> {
    let mut span = otlp::Fields::default();
    for field in fields(bytes) {
        let wire::Field { number, value } = field?;
        match (number, value) {
            (_, Value::Bytes { whole: false, .. }) => return Err(WireError::BreaksOff),
            (1, Value::Bytes { bytes, .. }) => span.trace_id = ids::trace_id_of(bytes),
            (2, Value::Bytes { bytes, .. }) => span.span_id = ids::span_id_of(bytes),
            (3, Value::Bytes { bytes, .. }) => span.trace_state = text(bytes),
            (4, Value::Bytes { bytes, .. }) => span.parent = ids::span_id_of(bytes),
            (5, Value::Bytes { bytes, .. }) => span.name = text(bytes),
            (6, Value::Number(kind)) => span.kind = otlp::kind(kind as i64),
            (7, Value::Number(time)) => span.start = nanos(time),
            (8, Value::Number(time)) => span.end = nanos(time),
            (9, Value::Bytes { bytes, .. }) => {
                let KeyValue { key, value } = KeyValue::read(bytes)?;
                span.attributes.set(&key, || value, intake);
            }
            (13, Value::Bytes { bytes, .. }) => span.links.extend(link(bytes)?),
            (15, Value::Bytes { bytes, .. }) => span.error = is_error(bytes)?,
            _ => {}
        }
    }
    Ok(span)
}

fn nanos(time: u64) -> Nanos {
    Nanos::try_from(time).unwrap_or(Nanos::MAX)
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

fn link(bytes: &[u8]) -> Result<Option<SpanLink>, WireError> {
    let (mut trace_id, mut span_id) = (None, None);
    for field in fields(bytes) {
        match field? {
            wire::Field { number: 1, value: Value::Bytes { bytes, .. } } => {
                trace_id = ids::trace_id_of(bytes);
            }
            wire::Field { number: 2, value: Value::Bytes { bytes, .. } } => span_id = ids::span_id_of(bytes),
            _ => {}
        }
    }
    Ok(trace_id.zip(span_id).map(|(trace_id, span_id)| SpanLink { trace_id, span_id }))
}

fn is_error(status: &[u8]) -> Result<bool, WireError> {
    let mut error = false;
    for field in fields(status) {
        if let wire::Field { number: 3, value: Value::Number(code) } = field? {
            error = code == otlp::ERROR as u64;
        }
    }
    Ok(error)
}

/// An attribute with a value of text or a whole number.
struct KeyValue<'a> {
    key: Cow<'a, str>,
    value: Option<Cow<'a, str>>,
}

impl<'a> KeyValue<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, WireError> {
        let mut read = Self { key: Cow::Borrowed(""), value: None };
        for field in fields(bytes) {
            match field? {
                wire::Field { number: 1, value: Value::Bytes { bytes, .. } } => read.key = text(bytes),
                wire::Field { number: 2, value: Value::Bytes { bytes, .. } } => {
                    read.value = any_value(bytes)?;
                }
                _ => {}
            }
        }
        Ok(read)
    }
}

fn any_value(bytes: &[u8]) -> Result<Option<Cow<'_, str>>, WireError> {
    let mut value = None;
    for field in fields(bytes) {
        match field? {
            wire::Field { number: 1, value: Value::Bytes { bytes, .. } } => value = Some(text(bytes)),
            wire::Field { number: 3, value: Value::Number(n) } => value = Some((n as i64).to_string().into()),
            _ => {}
        }
    }
    Ok(value)
}
