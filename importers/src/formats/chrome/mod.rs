//! Trace events as Chrome, Perfetto and many profilers write them: a JSON list of events, which need not be closed, or an
//! object with it under `traceEvents`. Times are in µs.
//!
//! A service is a process (its name, or else its number), an instance its number. What a thread does within something
//! else is its child, and so are asynchronous events of one id; a flow makes what it leads to follow from where it began.
//! A trace is what hangs together so.

mod slices;

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, Read};

use serde::de::{self, DeserializeSeed};
use serde::{Deserialize, Deserializer};

use super::broken::Tolerant;
use super::documents::each;
use super::lenient::{Pairs, Scalar, or_default};
use super::outline::Outline;
use super::{TraceFormat, times};
use crate::{ImportError, Intake};
use slices::{Slices, Thread};

/// See the module.
pub(super) struct Chrome;

const NAME: &str = "chrome-json";

impl TraceFormat for Chrome {
    fn name(&self) -> &'static str {
        NAME
    }

    fn summary(&self) -> &'static str {
        "Chrome trace events (JSON): a list, or an object with traceEvents"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let outline = Outline::of(head);
        outline.has(1, "traceEvents") || outline.has(1, "ph") && outline.has_any(1, &["ts", "pid"])
    }

    fn read(&self, input: &mut dyn BufRead, intake: &mut Intake) -> Result<(), ImportError> {
        let mut text = Vec::new();
        let mut input = Tolerant::new(input);
        input.read_to_end(&mut text)?;
        let json = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        let mut slices = Slices::default();
        let is_list = json.trim_ascii_start().starts_with(b"[");
        let mut deserializer = serde_json::Deserializer::from_slice(json);
        let mut malformed = 0;
        let take = |event: Event<'_>| malformed += u64::from(event.take_in(&mut slices).is_none());
        let result = Events(take).deserialize(&mut deserializer).and_then(|()| deserializer.end());
        intake.report.skipped += malformed;
        intake
            .report
            .warn_many("malformed-record", malformed, || "an event lacks its phase or its time".into());
        match result {
            Err(error) if !error.is_eof() || slices.is_empty() => {
                return Err(ImportError::Syntax {
                    format: NAME,
                    line: error.line().max(1),
                    column: error.column(),
                    message: error.to_string(),
                });
            }
            // Chrome itself leaves lists open.
            Err(error) if !is_list => {
                intake.report.warn("truncated", || format!("the input breaks off at line {}", error.line()));
            }
            _ => {}
        }
        input.report(json.iter().filter(|byte| **byte == b'\n').count(), intake);
        slices.finish(intake);
        Ok(())
    }
}

/// Hands every event to a function.
struct Events<F>(F);

impl<'de, F: FnMut(Event<'de>)> DeserializeSeed<'de> for Events<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(Event<'de>)> de::Visitor<'de> for Events<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events, or an object with \"traceEvents\"")
    }

    fn visit_seq<A: de::SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(event) = list.next_element()? {
            (self.0)(event);
        }
        Ok(())
    }

    fn visit_map<A: de::MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            if key == "traceEvents" {
                map.next_value_seed(each(&mut self.0))?;
            } else {
                map.next_value::<de::IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow)]
    name: Scalar<'a>,
    #[serde(borrow)]
    cat: Scalar<'a>,
    #[serde(borrow)]
    ph: Scalar<'a>,
    #[serde(borrow)]
    ts: Scalar<'a>,
    #[serde(borrow)]
    dur: Scalar<'a>,
    #[serde(borrow)]
    pid: Scalar<'a>,
    #[serde(borrow)]
    tid: Scalar<'a>,
    #[serde(borrow)]
    id: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    id2: Pairs<'a>,
    #[serde(borrow)]
    scope: Scalar<'a>,
    #[serde(borrow)]
    bp: Scalar<'a>,
    #[serde(borrow, deserialize_with = "or_default")]
    args: Pairs<'a>,
}

impl Event<'_> {
    /// None where the event cannot be used.
    fn take_in(&self, slices: &mut Slices) -> Option<()> {
        let text = |scalar: &Scalar<'_>| scalar.text().unwrap_or_default().into_owned();
        let phase = self.ph.text()?;
        let thread = Thread { process: text(&self.pid), thread: text(&self.tid) };
        let time = || times::scaled(&self.ts, 1_000);
        match &*phase {
            "X" => {
                let start = time()?;
                let took = times::scaled(&self.dur, 1_000).unwrap_or(0);
                slices.slice(thread, text(&self.name), start, start.saturating_add(took));
            }
            "B" => slices.begin(thread, None, text(&self.name), time()?),
            "E" => slices.end(thread, None, &text(&self.name), time()?),
            "b" | "S" => slices.begin(thread, Some(self.id()?), text(&self.name), time()?),
            "e" | "F" => slices.end(thread, Some(self.id()?), &text(&self.name), time()?),
            "s" => slices.flow(thread, self.flow()?, time()?, true, true),
            "t" => slices.flow(thread, self.flow()?, time()?, true, false),
            "f" => slices.flow(thread, self.flow()?, time()?, self.bp.text().as_deref() == Some("e"), false),
            "M" if self.name.text().as_deref() == Some("process_name") => {
                let name = self.args.iter().find(|(key, _)| *key == "name").and_then(|(_, name)| name.text());
                slices.name_process(thread.process, &name.unwrap_or_default());
            }
            _ => {}
        }
        Some(())
    }

    /// What the asynchronous events of one operation have in common.
    fn id(&self) -> Option<String> {
        let local = |key: &str| self.id2.iter().find(|(name, _)| *name == key).and_then(|(_, id)| id.text());
        let text = |scalar: &Scalar<'_>| scalar.text().unwrap_or_default().into_owned();
        let id = match (self.id.text(), local("global"), local("local")) {
            (Some(id), ..) | (None, Some(id), _) => id.into_owned(),
            (None, None, Some(id)) => format!("{id} of {}", text(&self.pid)),
            (None, None, None) => return None,
        };
        Some(format!("{}\u{0}{}\u{0}{id}", text(&self.cat), text(&self.scope)))
    }

    /// What the ends of a flow have in common.
    fn flow(&self) -> Option<String> {
        Some(format!("{}\u{0}{}", self.id()?, self.name.text().unwrap_or_default()))
    }
}
