//! `tracecast check`: lists every problem of a model.

use std::fmt;

use serde::Serialize;
use tracecast_model::{Severity, validate};

use super::print;
use crate::args::Check;
use crate::exit::{Exit, Failure};
use crate::input::{self, Source};
use crate::render;

/// One problem, with its line where the file is known to have it.
#[derive(Serialize)]
struct Finding {
    code: &'static str,
    severity: Severity,
    element: String,
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
}

pub(super) fn run(args: &Check) -> Result<Exit, Failure> {
    let source = input::source(&args.model)?;
    let found = findings(&source);
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
    if args.json {
        print(&render::json(&found))?;
    } else if errors == 0 {
        let lines: String = found.iter().map(|finding| format!("{finding}\n")).collect();
        let system = &source.system;
        let operations = system.operations().count();
        print(&format!(
            "{lines}{}: valid; {} services, {operations} operations, {} workloads, {} warnings\n",
            args.model.display(),
            system.services.len(),
            system.workloads.len(),
            found.len()
        ))?;
    }
    if errors > 0 {
        let lines: String = found.iter().map(|finding| format!("\n  {finding}")).collect();
        let message = format!("the model is not valid: {errors} errors{lines}");
        return Err(Failure::at(args.model.display(), message));
    }
    Ok(Exit::Done)
}

/// What the reader found beside the model, and what is wrong with the model.
fn findings(source: &Source) -> Vec<Finding> {
    let reading = source.reading.as_ref();
    let warnings = reading.iter().flat_map(|reading| &reading.warnings).map(|warning| Finding {
        code: warning.rule.name(),
        severity: Severity::Warning,
        element: warning.element.clone(),
        message: warning.message.clone(),
        line: Some(warning.line),
    });
    let diagnostics = validate(&source.system).into_iter().map(|diagnostic| Finding {
        code: diagnostic.code.name(),
        severity: diagnostic.severity,
        line: reading.and_then(|reading| reading.line(&diagnostic.element)),
        element: diagnostic.element,
        message: diagnostic.message,
    });
    warnings.chain(diagnostics).collect()
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{severity}[{}] {}: {}", self.code, self.element, self.message)
    }
}
