//! Files with tables of a prediction: CSV, the one of figures over time as a picture too.

use std::path::Path;

use tracecast_experiment::picture;
use tracecast_model::{Prediction, System};
use tracecast_report::tables;

use super::show::image;
use crate::exit::Failure;
use crate::output;

/// Writes the figures over time: as CSV, or as the picture that the file's name asks for.
pub(super) fn write_series(path: &Path, system: &System, prediction: &Prediction) -> Result<(), Failure> {
    let Some(series) = &prediction.series else {
        return Err(Failure::at(
            "--series",
            format_args!("the {} engine gives no figures over time", prediction.engine),
        )
        .hint("use --engine simulation"));
    };
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg" | "png") => {
            let title = system.name.as_deref().unwrap_or("Figures over time");
            image(path, picture::over_time_svg(title, series, &prediction.scaling))?
        }
        _ => tables::series(series).into_bytes(),
    };
    output::write(path, &bytes)
}

/// Writes the distributions of the response times.
pub(super) fn write_histogram(path: &Path, prediction: &Prediction) -> Result<(), Failure> {
    if prediction.workloads.values().all(|workload| workload.histogram.is_empty()) {
        return Err(Failure::at(
            "--histogram",
            format_args!("the {} engine gives no distribution of response times here", prediction.engine),
        )
        .hint("use --engine simulation, and a load within the capacity"));
    }
    output::write(path, tables::histograms(prediction).as_bytes())
}
