//! A table of measured runs.

use std::io::Read;

use indexmap::IndexMap;

/// Measured runs: a row for each, with what was set and what was measured.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// Names of the columns.
    pub columns: Vec<String>,
    /// The runs, in the order of the file.
    pub rows: Vec<Run>,
}

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Line in the file, from 1.
    pub line: u64,
    /// Column → text.
    pub values: IndexMap<String, String>,
}

/// Why a table cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RunsError {
    /// Not CSV, or rows of different lengths.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// No rows below the header.
    #[error("the table has no runs")]
    Empty,
    /// A column that the plan names and the table does not have.
    #[error("there is no column \"{column}\"; there are {}", .columns.join(", "))]
    UnknownColumn {
        /// The column.
        column: String,
        /// Those there are.
        columns: Vec<String>,
    },
    /// A measured value that is no positive number.
    #[error("line {line}, column \"{column}\": expected a positive number, found \"{value}\"")]
    Value {
        /// Where.
        line: u64,
        /// Which column.
        column: String,
        /// What stands there.
        value: String,
    },
}

impl Runs {
    /// Reads CSV with a header line; blanks around fields are ignored.
    ///
    /// # Errors
    /// Text that is not CSV, or a table without runs.
    pub fn read(input: impl Read) -> Result<Self, RunsError> {
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(input);
        let columns: Vec<String> = reader.headers()?.iter().map(str::to_string).collect();
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record?;
            let line = record.position().map_or(0, csv::Position::line);
            let values = columns.iter().cloned().zip(record.iter().map(str::to_string)).collect();
            rows.push(Run { line, values });
        }
        if rows.is_empty() {
            return Err(RunsError::Empty);
        }
        Ok(Self { columns, rows })
    }

    /// Checks that a column exists.
    ///
    /// # Errors
    /// The columns that there are, where it does not.
    pub fn column(&self, column: &str) -> Result<(), RunsError> {
        if self.columns.iter().any(|other| other == column) {
            return Ok(());
        }
        Err(RunsError::UnknownColumn { column: column.into(), columns: self.columns.clone() })
    }
}

impl Run {
    /// The text in a column; empty where the table does not have it.
    pub fn text(&self, column: &str) -> &str {
        self.values.get(column).map_or("", String::as_str)
    }

    /// A measured value.
    ///
    /// # Errors
    /// Text that is not a positive number.
    pub fn measured(&self, column: &str) -> Result<f64, RunsError> {
        let value = self.text(column);
        match value.parse::<f64>() {
            Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
            _ => Err(RunsError::Value { line: self.line, column: column.into(), value: value.into() }),
        }
    }
}
