//! Loads by their texts, with the files that they name.

use tracecast_experiment::LoadSpec;

use super::Task;
use crate::project::{Change, Value};
use crate::state::AppState;

/// Reads loads, and gives them to the shown scenario.
pub(crate) fn loads(texts: Vec<String>) -> Task {
    Box::new(move |_| {
        let read: Result<Vec<Value>, String> = texts.into_iter().map(read).collect();
        Box::new(move |state: &mut AppState| match read {
            Ok(loads) => state.change(Change::Loads(loads)),
            Err(problem) => state.complain(problem),
        })
    })
}

fn read(text: String) -> Result<Value, String> {
    let spec: LoadSpec = text.parse().map_err(|error: tracecast_experiment::LoadError| error.to_string())?;
    let content = spec
        .file()
        .map(|file| std::fs::read_to_string(file).map_err(|error| format!("{file}: {error}")))
        .transpose()?;
    Ok(Value { text, content })
}
