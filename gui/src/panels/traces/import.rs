//! What the import saw, what was odd, and how well the numbers of the model are known.

use egui::{RichText, Role, Sense, TextStyle, Ui, WidgetInfo, pos2, vec2};
use tracecast_importers::{ImportReport, ParameterSummary};

use crate::format::{ABSENT, count, percent, times};
use crate::panels::{scrolled, text};
use crate::provenance::{measured, with_interval};
use crate::source::{Source, Traces};
use crate::theme;

const ROW: f32 = 22.0;
/// Right edges of the columns: value, how sure, how often.
const COLUMNS: [f32; 3] = [190.0, 90.0, 14.0];

pub(super) fn ui(source: &Source, traces: &Traces, ui: &mut Ui) {
    scrolled(ui, |columns| {
        theme::section("What was seen", columns.left(), |ui| seen(source, &traces.report, ui));
        theme::section("What was odd, and what was assumed", columns.left(), |ui| odd(&traces.report, ui));
        theme::section("How well the numbers are known", columns.right(), |ui| {
            known(&traces.report.parameters, ui);
        });
    });
}

fn seen(source: &Source, report: &ImportReport, ui: &mut Ui) {
    let operations = report.services.iter().map(|service| service.operations.len() as u64).sum();
    let figures = [
        ("files", report.files),
        ("spans", report.spans),
        ("traces", report.traces),
        ("services", report.services.len() as u64),
        ("operations", operations),
        ("calls between them", report.calls.len() as u64),
        ("records left out", report.skipped),
    ];
    if let Some(path) = source.origin.path() {
        ui.add(egui::Label::new(RichText::new(path.display().to_string()).weak()).truncate());
    }
    ui.horizontal_wrapped(|ui| {
        for (name, figure) in figures {
            // Each as one label, so that no line ends within it.
            ui.add(egui::Label::new(format!("{} {name}", count(figure))).extend());
            ui.add_space(8.0);
        }
    });
}

fn odd(report: &ImportReport, ui: &mut Ui) {
    if report.warnings.is_empty() {
        ui.label(RichText::new("Nothing.").weak());
        return;
    }
    for warning in &report.warnings {
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 1.0;
            ui.spacing_mut().interact_size.y = 16.0;
            ui.horizontal(|ui| {
                ui.label(RichText::new(&warning.code).color(theme::attention(ui.visuals())));
                ui.label(RichText::new(times(warning.count)).weak());
            });
            ui.add(egui::Label::new(&warning.example).wrap());
        });
    }
}

fn known(parameters: &[ParameterSummary], ui: &mut Ui) {
    let note = "Means with half of their 95 % intervals by Student's t, as if observations did not depend on each other. Point at one to read how it was obtained.";
    ui.label(RichText::new(note).small().weak());
    ui.spacing_mut().item_spacing.y = 0.0;
    row(["number", "mean", "interval", "observed"], true, ui);
    for (place, parameter) in parameters.iter().enumerate() {
        let share = parameter.half_width.filter(|_| parameter.value > 0.0).map(|half| half / parameter.value);
        let sure = share.map_or_else(|| ABSENT.into(), |share| format!("±{}", percent(share)));
        let value = with_interval(parameter);
        let value = value.split(" ± ").next().unwrap_or_default();
        let times = count(parameter.observations);
        let response = row([&parameter.path, value, &sure, &times], false, ui);
        let Some(response) = response else { continue };
        let told = format!("{}: {}", parameter.path, measured(parameter));
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &told));
        let response = response.on_hover_text(told);
        if place % 2 == 0 {
            ui.painter().rect_filled(response.rect, 2.0, ui.visuals().faint_bg_color);
        }
    }
}

/// A row of a long table: only those in view are drawn.
fn row(cells: [&str; 4], is_head: bool, ui: &mut Ui) -> Option<egui::Response> {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return None;
    }
    let visuals = ui.visuals();
    let (style, color) = if is_head {
        (TextStyle::Small, visuals.weak_text_color())
    } else {
        (TextStyle::Body, visuals.text_color())
    };
    let y = rect.center().y;
    let names = rect.width() - COLUMNS[0] - 90.0;
    text::paint(ui.painter(), pos2(rect.left() + 4.0, y), text::line(ui, cells[0], &style, color, names));
    for (cell, edge) in cells[1..].iter().zip(COLUMNS) {
        let cell = text::line(ui, cell, &style, color, 90.0);
        text::paint_right(ui.painter(), pos2(rect.right() - edge, y), cell);
    }
    Some(response)
}
