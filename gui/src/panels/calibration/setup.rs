//! What the columns mean, and what is unknown.

use egui::{ComboBox, Grid, RichText, Role, TextEdit, Ui, WidgetInfo};
use tracecast_calibration::Plan;
use tracecast_experiment::{Kind, Scope, Setting};
use tracecast_model::{System, seconds};

use super::draft::Draft;
use crate::format::counted;
use crate::measured::MeasuredRuns;
use crate::source::Source;
use crate::theme;

const NAMES: f32 = 110.0;

pub(super) fn ui(draft: &mut Draft, source: &Source, runs: &MeasuredRuns, ui: &mut Ui) {
    group(draft, runs, ui);
    let texts = &mut draft.texts;
    text("set in a run", &mut texts.set, "crop.replicas={column}; …", ui);
    text("load of a run", &mut texts.load, "burst:{column}, or that of the model", ui);
    text("measured", &mut texts.measured, "makespan = column, p95 = column", ui);
    ui.label(
        RichText::new("{column} stands for what the run has in that column. Times are in seconds.")
            .small()
            .weak(),
    );
    if !draft.rest.fit.is_empty() {
        let all = format!("fit on all runs, not only on those with {}", chosen(&draft.rest));
        ui.checkbox(&mut draft.texts.fit_all, all);
    }
    if !draft.rest.groups.is_empty() {
        let names = draft.rest.groups.keys().cloned().collect::<Vec<_>>().join(", ");
        let of = counted(draft.rest.groups.len(), "group", "groups");
        ui.label(
            RichText::new(format!("The plan has a load or settings of their own for {of}: {names}."))
                .small()
                .weak(),
        );
    }
    ui.add_space(4.0);
    unknown(draft, &source.system, ui);
    ui.add_space(4.0);
}

/// Which runs the plan fits on.
fn chosen(plan: &Plan) -> String {
    let words = plan.fit.iter().map(|(column, values)| {
        let values = match values {
            tracecast_calibration::Values::Any(all) => all.iter().map(value).collect::<Vec<_>>().join(" or "),
            one => value(one),
        };
        format!("{column} {values}")
    });
    words.collect::<Vec<_>>().join(" and ")
}

fn value(value: &tracecast_calibration::Values) -> String {
    match value {
        tracecast_calibration::Values::Number(number) => number.to_string(),
        tracecast_calibration::Values::Text(text) => text.clone(),
        tracecast_calibration::Values::Any(_) => "several".into(),
    }
}

fn group(draft: &mut Draft, runs: &MeasuredRuns, ui: &mut Ui) {
    ui.horizontal(|ui| {
        theme::name_column("own fit for each", NAMES, ui);
        let chosen = &mut draft.texts.group;
        let shown = if chosen.is_empty() { "one fit for all runs".to_string() } else { chosen.clone() };
        let combo = ComboBox::from_id_salt("group").width(170.0).selected_text(shown).show_ui(ui, |ui| {
            ui.selectable_value(chosen, String::new(), "one fit for all runs");
            for column in &runs.table.columns {
                ui.selectable_value(chosen, column.clone(), column);
            }
        });
        combo
            .response
            .widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Column with a fit for each value"));
    });
}

fn text(name: &str, text: &mut String, hint: &str, ui: &mut Ui) {
    ui.horizontal(|ui| {
        let label = theme::name_column(name, NAMES, ui);
        let width = (ui.available_width() - 8.0).min(520.0);
        ui.add(TextEdit::singleline(text).desired_width(width).hint_text(hint)).labelled_by(label.id);
    });
}

fn unknown(draft: &mut Draft, model: &System, ui: &mut Ui) {
    let parameters = &mut draft.texts.parameters;
    if !parameters.is_empty() {
        let mut removed = None;
        Grid::new("unknown").num_columns(4).spacing([10.0, 4.0]).show(ui, |ui| {
            for title in ["unknown", "start of the search", "in the model", ""] {
                ui.label(RichText::new(title).small().weak());
            }
            ui.end_row();
            for (number, [path, start]) in parameters.iter_mut().enumerate() {
                let name = format!("Path of unknown {}", number + 1);
                theme::name_field(&ui.add_sized([250.0, 22.0], TextEdit::singleline(path)), path, &name);
                let name = format!("Start of {path}");
                theme::name_field(&ui.add_sized([90.0, 22.0], TextEdit::singleline(start)), start, &name);
                ui.label(in_model(model, path).unwrap_or_else(|| crate::format::ABSENT.into()));
                if theme::remove_button(&format!("Remove {path}"), ui).clicked() {
                    removed = Some(number);
                }
                ui.end_row();
            }
        });
        if let Some(number) = removed {
            parameters.remove(number);
        }
    }
    let combo =
        ComboBox::from_id_salt("add").width(250.0).selected_text("Add an unknown…").show_ui(ui, |ui| {
            for (path, value) in candidates(model) {
                let known = parameters.iter().any(|[other, _]| *other == path);
                if !known
                    && ui.selectable_label(false, format!("{path} ({})", seconds::display(value))).clicked()
                {
                    parameters.push([path, value.to_string()]);
                }
            }
        });
    combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Add an unknown"));
}

/// Times of operations, which are what can hardly be measured.
fn candidates(model: &System) -> Vec<(String, f64)> {
    let elements = model.operations().map(|(name, _)| name.to_string());
    elements
        .flat_map(|element| {
            Setting::of(Scope::Operation).filter(|setting| matches!(setting.kind, Kind::Duration)).filter_map(
                move |setting| {
                    let value = seconds::parse(&setting.value(model, &element)?).ok()?;
                    (value > 0.0).then(|| (setting.path(&element), value))
                },
            )
        })
        .collect()
}

/// What a parameter is in the open model.
pub(super) fn in_model(model: &System, path: &str) -> Option<String> {
    let (element, name) = path.rsplit_once('.')?;
    let setting = Setting::all().find(|setting| setting.name == name)?;
    let value = setting.value(model, element)?;
    match (setting.kind, seconds::parse(&value)) {
        (Kind::Duration, Ok(value)) => Some(seconds::display(value)),
        _ => Some(value),
    }
}
