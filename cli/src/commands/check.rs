//! `tracecast check`: lists every problem of a model.

use tracecast_model::{Severity, validate};

use super::print;
use crate::args::Check;
use crate::exit::{Exit, Failure};
use crate::{input, render};

pub(super) fn run(args: &Check) -> Result<Exit, Failure> {
    let system = input::model(&args.model)?;
    let found = validate(&system);
    let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    if args.json {
        print(&render::json(&found))?;
    } else if errors == 0 {
        let lines: String = found.iter().map(|diagnostic| format!("{diagnostic}\n")).collect();
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
        let message =
            format_args!("the model is not valid: {errors} errors{}", super::list(&found)).to_string();
        return Err(Failure::at(args.model.display(), message));
    }
    Ok(Exit::Done)
}
