//! The native file format: JSON that mirrors [`System`], and its JSON Schema.

use crate::System;

/// Why a text is not a system.
#[derive(Debug, thiserror::Error)]
#[error("line {line}, column {column}{}: {message}", at(.path))]
pub struct NativeError {
    /// Where in the text, from 1.
    pub line: usize,
    /// Where in the line, from 1.
    pub column: usize,
    /// Where in the document, e.g. `services[2].cpu_limit`; `.` for the whole.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

fn at(path: &str) -> String {
    if path == "." { String::new() } else { format!(", at {path}") }
}

/// Reads a system. Whether it makes sense is [`validate`](crate::validate())'s question.
///
/// # Errors
/// Text that is not JSON, or not of this shape, with its place.
pub fn read(text: &str) -> Result<System, NativeError> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let error = |path: String, error: &serde_json::Error| NativeError {
        line: error.line(),
        column: error.column(),
        path,
        message: without_place(&error.to_string()),
    };
    let system = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|e| error(e.path().to_string(), e.inner()))?;
    deserializer.end().map_err(|e| error(".".into(), &e))?;
    Ok(system)
}

/// serde_json ends its messages with the place, which [`NativeError`] gives in front.
fn without_place(message: &str) -> String {
    message.rsplit_once(" at line ").map_or(message, |(text, _)| text).to_string()
}

/// Writes a system, indented, with a newline at the end.
pub fn write(system: &System) -> String {
    let mut text = serde_json::to_string_pretty(system).expect("a system has only string keys");
    text.push('\n');
    text
}

/// The JSON Schema of the format, as checked in at `model/schema/system.schema.json`.
pub fn schema() -> String {
    pretty(&schemars::schema_for!(System))
}

/// The JSON Schema of predictions, as checked in at `model/schema/prediction.schema.json`.
pub fn prediction_schema() -> String {
    pretty(&schemars::schema_for!(crate::Prediction))
}

fn pretty(schema: &schemars::Schema) -> String {
    let mut text = serde_json::to_string_pretty(schema).expect("a schema is JSON");
    text.push('\n');
    text
}
