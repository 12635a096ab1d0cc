//! Whether a system comes back after something has gone wrong.

use tracecast_experiment::recovery::Recovery;
use tracecast_experiment::text::percent;
use tracecast_model::seconds;

/// A paragraph for each workload.
pub(crate) fn recoveries(recoveries: &[Recovery]) -> String {
    recoveries.iter().map(paragraph).collect()
}

fn paragraph(recovery: &Recovery) -> String {
    let Recovery { workload, before, at_the_end, after, seen, reasons } = recovery;
    let (before, end, seen) = (percent(*before), percent(*at_the_end), seconds::display(*seen));
    match after {
        Some(0.0) => format!("\nworkload {workload} is as before as soon as the last fault is over\n"),
        Some(after) => {
            format!("\nworkload {workload} is as before {} after the last fault\n", seconds::display(*after))
        }
        None => {
            let mut text = format!(
                "\nworkload {workload} DOES NOT COME BACK: {seen} after the last fault\n\
                 {end} of the requests succeed, where {before} did before\n"
            );
            for reason in reasons {
                text.push_str(&format!("  {reason}\n"));
            }
            text
        }
    }
}
