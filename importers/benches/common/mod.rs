//! Large inputs made of small recordings: the same traces again and again, under new ids and later.

#![allow(clippy::unwrap_used, reason = "a benchmark ends where its data is not as expected")]

use serde::Serialize;
use serde_json::Value;
use tracecast_importers::{ArrivalModel, Intake, extract, formats, open};
use tracecast_model::fixtures;

/// A recording, and how its traces are told apart.
#[derive(Clone, Copy)]
pub(crate) struct Recording {
    /// Format that it is in.
    pub(crate) format: &'static str,
    file: &'static str,
    trace_id: &'static str,
    /// Names of times, and what an hour is in their unit.
    times: &'static [&'static str],
    hour: i64,
}

/// What is measured.
pub(crate) const RECORDINGS: [Recording; 2] = [
    Recording {
        format: "jaeger-json",
        file: "data/traces/hotelreservation-jaeger-1.json",
        trace_id: "traceID",
        times: &["startTime"],
        hour: 3_600_000_000,
    },
    Recording {
        format: "otlp-json",
        file: "data/traces/airshipshop-otlpjsonl-1.jsonl",
        trace_id: "traceId",
        times: &["startTimeUnixNano", "endTimeUnixNano"],
        hour: 3_600_000_000_000,
    },
];

impl Recording {
    /// About `megabytes` MB in the form of the recording: one indented document (Jaeger), or a document a line. None
    /// where the recording is not there.
    pub(crate) fn repeated(&self, megabytes: usize) -> Option<Vec<u8>> {
        let text = std::fs::read(fixtures::shared(self.file)?).unwrap();
        let mut documents: Vec<Value> = serde_json::Deserializer::from_slice(&text)
            .into_iter()
            .map(|document| document.unwrap())
            .collect();
        let copies = (megabytes * 1_000_000).div_ceil(text.len());
        let mut bytes = Vec::with_capacity(copies * text.len());
        if self.format == "jaeger-json" {
            bytes.extend(b"{\n    \"data\": [\n");
        }
        for copy in 0..copies {
            for document in &mut documents {
                if copy > 0 {
                    self.shift(document, copy);
                }
                if self.format == "jaeger-json" {
                    for trace in document["data"].as_array().unwrap() {
                        let separator: &[u8] = if bytes.ends_with(b"}") { b",\n" } else { b"" };
                        bytes.extend(separator);
                        let indented = serde_json::ser::PrettyFormatter::with_indent(b"    ");
                        let mut to = serde_json::Serializer::with_formatter(&mut bytes, indented);
                        trace.serialize(&mut to).unwrap();
                    }
                } else {
                    serde_json::to_writer(&mut bytes, document).unwrap();
                    bytes.push(b'\n');
                }
            }
        }
        if self.format == "jaeger-json" {
            bytes.extend(b"\n    ]\n}\n");
        }
        Some(bytes)
    }

    /// Gives every trace id the number of the copy as its first four digits, and makes every time an hour later.
    fn shift(&self, value: &mut Value, copy: usize) {
        match value {
            Value::Array(list) => list.iter_mut().for_each(|element| self.shift(element, copy)),
            Value::Object(fields) => {
                for (key, field) in fields {
                    match field {
                        Value::String(id) if key == self.trace_id => {
                            id.replace_range(..4, &format!("{copy:04x}"));
                        }
                        Value::String(time) if self.times.contains(&key.as_str()) => {
                            *time = (time.parse::<i64>().unwrap() + self.hour).to_string();
                        }
                        Value::Number(time) if self.times.contains(&key.as_str()) => {
                            *field = (time.as_i64().unwrap() + self.hour).into();
                        }
                        _ => self.shift(field, copy),
                    }
                }
            }
            _ => {}
        }
    }

    /// Reads the bytes to spans.
    pub(crate) fn read(&self, bytes: &[u8]) -> Intake {
        let mut intake = Intake::keeping(Intake::USUAL);
        open::read(bytes, Some(formats::by_name(self.format).unwrap()), &mut intake).unwrap();
        intake.finish();
        intake
    }

    /// Reads the bytes and makes a model of them; answers the number of its services.
    pub(crate) fn import(&self, bytes: &[u8]) -> usize {
        let (traces, mut report) = self.read(bytes).traces();
        extract(&traces, ArrivalModel::Fitted, &mut report).unwrap().services.len()
    }
}

/// Parses the bytes by simd-json to a tape, a line at a time where `lines`; answers the number of its nodes. The bytes are
/// of no use after that.
pub(crate) fn tape(bytes: &mut [u8], lines: bool) -> usize {
    let documents = if lines { bytes.split_mut(|byte| *byte == b'\n').collect() } else { vec![bytes] };
    documents
        .into_iter()
        .filter(|document| !document.is_empty())
        .map(|document| simd_json::to_tape(document).unwrap().0.len())
        .sum()
}
