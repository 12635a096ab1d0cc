//! What a fit found, and how well the model then predicts.

use egui::{Grid, RichText, Role, Ui, WidgetInfo};
use tracecast_calibration::{CellReport, Fitted, NextRun};
use tracecast_experiment::text::signed_percent;
use tracecast_experiment::{Kind, Setting};
use tracecast_model::seconds;

use super::plots;
use super::setup::in_model;
use crate::command::Command;
use crate::format::{ABSENT, counted, number, percent};
use crate::measured::Calibrated;
use crate::panels::Columns;
use crate::project::{Change, Content, Value};
use crate::source::Source;
use crate::theme;

/// Runs in the table, at most.
const SHOWN: usize = 200;

pub(super) fn ui(
    source: &Source,
    calibrated: &Calibrated,
    commands: &mut Vec<Command>,
    columns: &mut Columns<'_>,
) {
    let assessment = &calibrated.assessment;
    theme::section("Fitted parameters", columns.left(), |ui| {
        parameters(source, calibrated, commands, ui);
        ui.label(summary(&assessment.cells));
        for next in &assessment.next {
            ui.label(sentence(next)).on_hover_text("The run whose prediction the fitted parameters leave most uncertain shrinks their joint confidence region most (Wynn 1970; Kiefer and Wolfowitz 1960). Looked at are the measured runs and combinations of their values.");
        }
    });
    theme::section("Measured and predicted", columns.right(), |ui| plots::ui(&assessment.cells, ui));
    theme::section("Every run", columns.right(), |ui| table(calibrated, ui));
}

fn parameters(source: &Source, calibrated: &Calibrated, commands: &mut Vec<Command>, ui: &mut Ui) {
    let group = calibrated.plan.group.as_deref();
    let table = Grid::new("fitted").num_columns(6).striped(true).spacing([14.0, 4.0]);
    theme::table(table, "fitted", ui, |ui| {
        for title in [group.unwrap_or(""), "parameter", "fitted", "95 % interval", "in the model", ""] {
            ui.label(RichText::new(title).small().weak());
        }
        ui.end_row();
        for fitted in &calibrated.assessment.fitted {
            for (number, parameter) in fitted.parameters.iter().enumerate() {
                ui.label(if number == 0 { fitted.group.as_str() } else { "" });
                ui.label(&parameter.path);
                ui.strong(show(&parameter.path, parameter.value));
                ui.label(match (parameter.low, parameter.high) {
                    (Some(low), Some(high)) => {
                        format!("{} … {}", show(&parameter.path, low), show(&parameter.path, high))
                    }
                    _ => "not known".into(),
                });
                ui.label(in_model(&source.system, &parameter.path).unwrap_or_else(|| ABSENT.into()));
                if number == 0 {
                    adopt(fitted, commands, ui);
                }
                ui.end_row();
            }
        }
    });
}

/// Makes a scenario with the fitted values.
fn adopt(fitted: &Fitted, commands: &mut Vec<Command>, ui: &mut Ui) {
    let button = ui.add(theme::small_button("Adopt"));
    let of_group = if fitted.group.is_empty() { String::new() } else { format!(" of {}", fitted.group) };
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Make it a scenario{of_group}")));
    if button.on_hover_text("Makes a scenario with these values").clicked() {
        let name = if fitted.group.is_empty() {
            "Calibrated".into()
        } else {
            format!("Calibrated {}", fitted.group)
        };
        let settings = fitted
            .parameters
            .iter()
            .map(|parameter| (parameter.path.clone(), Value::new(digits(parameter.value))));
        commands.push(Command::Change(Change::Adopt(name, Box::new(Content::default().with(settings)))));
    }
}

/// Six significant digits, which no measurement exceeds.
fn digits(value: f64) -> String {
    let decimals = (5 - value.abs().log10().floor() as i32).clamp(0, 17) as usize;
    format!("{value:.decimals$}")
}

/// A parameter with its unit.
fn show(path: &str, value: f64) -> String {
    let name = path.rsplit_once('.').map_or(path, |(_, name)| name);
    let is_time =
        Setting::all().any(|setting| setting.name == name && matches!(setting.kind, Kind::Duration));
    if is_time { seconds::display(value) } else { number(value) }
}

/// The errors in short.
fn summary(cells: &[CellReport]) -> String {
    let of = |cells: &[&CellReport]| {
        let errors = cells.iter().map(|cell| cell.error.abs());
        let largest = errors.clone().fold(0.0, f64::max);
        let mean = errors.sum::<f64>() / cells.len() as f64;
        format!("mean absolute error {}, largest {}", percent(mean), percent(largest))
    };
    let (fitted, left_out): (Vec<_>, Vec<_>) = cells.iter().partition(|cell| cell.fitted);
    let mut text = format!("Fitted on {}: {}.", counted(fitted.len(), "figure", "figures"), of(&fitted));
    if !left_out.is_empty() {
        text += &format!(
            " Predicted {} left out: {}.",
            counted(left_out.len(), "figure", "figures"),
            of(&left_out)
        );
    }
    text
}

/// What to measure next.
fn sentence(next: &NextRun) -> String {
    let run: Vec<String> = next.columns.iter().map(|(column, value)| format!("{column} {value}")).collect();
    let run = if run.is_empty() { "the same".into() } else { run.join(", ") };
    let group = if next.group.is_empty() { String::new() } else { format!("{}: ", next.group) };
    let what = match (next.is_measured, next.is_fitted) {
        (true, true) => "measure once more",
        (true, false) => "fit also on",
        (false, _) => "measure",
    };
    format!(
        "{group}To know more, {what} the run with {run}: the fit tells its {} least surely, to ±{}.",
        next.metric,
        percent(next.half_width)
    )
}

fn table(calibrated: &Calibrated, ui: &mut Ui) {
    let cells = &calibrated.assessment.cells;
    let several = calibrated.plan.measured.len() > 1;
    let grid = Grid::new("residuals").striped(true).spacing([16.0, 3.0]);
    theme::table(grid, "every run", ui, |ui| {
        let mut titles = vec!["run"];
        titles.extend(several.then_some("metric"));
        titles.extend(["measured", "predicted", "95 % interval", "error", ""]);
        for title in titles {
            ui.label(RichText::new(title).small().weak());
        }
        ui.end_row();
        for cell in cells.iter().take(SHOWN) {
            ui.label(format!("{} {}", cell.group, cell.run).trim());
            if several {
                ui.label(&cell.metric);
            }
            ui.label(number(cell.measured));
            ui.label(number(cell.predicted));
            ui.label(match (cell.low, cell.high) {
                (Some(low), Some(high)) => format!("{} … {}", number(low), number(high)),
                _ => ABSENT.into(),
            });
            let inside =
                cell.low.zip(cell.high).is_none_or(|(low, high)| (low..=high).contains(&cell.measured));
            let color = if inside { ui.visuals().text_color() } else { theme::attention(ui.visuals()) };
            ui.label(RichText::new(signed_percent(cell.error)).color(color));
            ui.label(RichText::new(if cell.fitted { "fitted" } else { "" }).small().weak());
            ui.end_row();
        }
    });
    let rest = cells.len().saturating_sub(SHOWN);
    if rest > 0 {
        ui.label(RichText::new(format!("and {}", counted(rest, "more", "more"))).weak());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_six_digits() {
        for (value, expected) in
            [(0.261_234_567, "0.261235"), (123_456.7, "123457"), (1.0e-5, "0.0000100000")]
        {
            assert_eq!(digits(value), expected);
        }
    }
}
