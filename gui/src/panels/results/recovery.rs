//! Whether a system comes back when what went wrong is over.

use egui::{RichText, Ui};
use tracecast_model::seconds;

use crate::answers::Answer;
use crate::format::percent;
use crate::theme;

pub(super) fn ui(answer: &Answer, ui: &mut Ui) {
    if answer.recoveries.is_empty() {
        return;
    }
    theme::section("After the faults", ui, |ui| {
        for recovery in &answer.recoveries {
            let (text, color) = match recovery.after {
                Some(after) => (
                    format!(
                        "{}: all is as before {} after the last fault.",
                        recovery.workload,
                        seconds::display(after)
                    ),
                    theme::good(ui.visuals()),
                ),
                None => (
                    format!(
                        "{} does not come back in the {} that were seen: {} of the requests succeed, before it was {}.",
                        recovery.workload,
                        seconds::display(recovery.seen),
                        percent(recovery.at_the_end),
                        percent(recovery.before)
                    ),
                    theme::problem(ui.visuals()),
                ),
            };
            ui.label(RichText::new(text).color(color));
            for reason in &recovery.reasons {
                ui.label(format!("•  {reason}"));
            }
        }
    });
}
