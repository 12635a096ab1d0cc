//! What the fuzz targets do with bytes: whatever they are, there is an answer, and a model that is made is valid.

use tracecast_importers::formats::{self, TraceFormat};
use tracecast_importers::metrics::{self, Measurements};
use tracecast_importers::{ArrivalModel, Intake, extract, open};
use tracecast_model::validate;

/// Reads bytes as the trace format of that name, and makes a model of what they hold.
pub fn read_as(format: &str, bytes: &[u8]) {
    let format = formats::by_name(format).expect("a target is named like a format");
    import(bytes, Some(format));
}

/// Likewise, as the format that recognizes them.
pub fn read(bytes: &[u8]) {
    import(bytes, None);
}

fn import(bytes: &[u8], format: Option<&'static dyn TraceFormat>) {
    // So few that some are dropped of longer inputs.
    let mut intake = Intake::keeping(100);
    // Spans that were read before the error are used all the same: more of the code is reached.
    let _ = open::read(bytes, format, &mut intake);
    intake.finish();
    let (traces, mut report) = intake.traces();
    if let Ok(system) = extract(&traces, ArrivalModel::Fitted, &mut report) {
        assert_eq!(validate::errors(&system), [], "an extracted model is valid");
    }
}

/// Reads bytes as each of these formats of measurements, and makes of them all that can be made.
pub fn measure(formats: &[&str], bytes: &[u8]) {
    for name in formats {
        let format = metrics::all().iter().find(|format| format.name() == *name).expect("a format");
        let mut into = Measurements::new();
        let _ = format.detect(bytes);
        let _ = format.read(&mut &*bytes, &mut into);
        let _ = (into.utilization(), into.latencies(), into.arrivals(1.0));
        for series in &into.series {
            let _ = series.arrivals(1.0);
        }
    }
}
