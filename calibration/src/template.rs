//! Texts with `{column}` in them, filled from a run.

use crate::Run;

/// Why a text cannot be filled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A column that the run does not have.
    #[error("\"{text}\" names the column \"{column}\", which the table of runs does not have")]
    UnknownColumn {
        /// The whole text.
        text: String,
        /// The column.
        column: String,
    },
    /// An opening brace without its end.
    #[error("\"{0}\" has a {{ without its }}")]
    Unclosed(String),
}

/// Puts the run's values in place of each `{column}`.
pub(crate) fn fill(text: &str, run: &Run) -> Result<String, TemplateError> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let (column, after) = after.split_once('}').ok_or_else(|| TemplateError::Unclosed(text.into()))?;
        let value = run
            .values
            .get(column)
            .ok_or_else(|| TemplateError::UnknownColumn { text: text.into(), column: column.into() })?;
        filled.push_str(before);
        filled.push_str(value);
        rest = after;
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_filled_in() {
        let run = Run { line: 2, values: [("n".to_string(), "10".to_string())].into_iter().collect() };
        assert_eq!(fill("burst:{n}@{n}s", &run).unwrap(), "burst:10@10s");
        assert!(matches!(fill("{m}", &run), Err(TemplateError::UnknownColumn { .. })));
        assert!(matches!(fill("{n", &run), Err(TemplateError::Unclosed(_))));
    }
}
