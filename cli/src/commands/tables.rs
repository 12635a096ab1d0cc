//! Tables of a prediction as CSV, the one of figures over time as a picture too.

use std::path::Path;

use tracecast_experiment::picture;
use tracecast_model::{Prediction, Series, System};

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
        _ => csv_of_series(series).map_err(|error| Failure::at(path.display(), error))?,
    };
    output::write(path, &bytes)
}

fn csv_of_series(series: &Series) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let names = series.columns.keys().cloned();
    let widths = series.half_widths.keys().map(|name| format!("{name}.half_width"));
    writer.write_record(std::iter::once("time".to_owned()).chain(names).chain(widths))?;
    for (row, time) in series.time.iter().enumerate() {
        let columns = series.columns.values().chain(series.half_widths.values());
        writer
            .write_record(std::iter::once(time.to_string()).chain(columns.map(|column| cell(column[row]))))?;
    }
    writer.into_inner().map_err(|error| error.into_error().into())
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
    output::write(path, &csv_of_histograms(prediction).map_err(|error| Failure::at(path.display(), error))?)
}

fn csv_of_histograms(prediction: &Prediction) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(["workload", "low", "high", "count", "share", "cumulative", "half_width"])?;
    for (name, workload) in &prediction.workloads {
        let total: u64 = workload.histogram.iter().map(|bin| bin.count).sum();
        for bin in &workload.histogram {
            let share = bin.count as f64 / total as f64;
            let figures = [bin.low, bin.high, bin.count as f64, share, bin.cumulative];
            let cells = figures.iter().map(f64::to_string).chain([cell(bin.half_width)]);
            writer.write_record(std::iter::once(name.clone()).chain(cells))?;
        }
    }
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Empty for what is absent.
fn cell(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}
