//! Where the requests of each type spend their time, and what is often late.

use egui::{
    Align2, CollapsingHeader, Color32, Grid, Rect, RichText, Role, Sense, TextStyle, Ui, WidgetInfo, pos2,
    vec2,
};
use tracecast_experiment::call_tree::{OperationTime, Part, Stragglers, TypeBreakdown, by_time};
use tracecast_experiment::picture::{ServiceColors, ink, palette};
use tracecast_model::seconds;

use crate::format::{counted, number, percent};
use crate::panels::{scrolled, text};
use crate::requests::Requests;
use crate::theme;

const BAR: f32 = 18.0;
/// Room for what a bar shows, and for its sum.
const NAMES: f32 = 84.0;
const SUM: f32 = 66.0;
/// Types of requests that are drawn, operations in their tables, and stragglers.
const TYPES: usize = 12;
const OPERATIONS: usize = 20;
const STRAGGLERS: usize = 8;

type Of = fn(&OperationTime) -> f64;

pub(super) fn ui(requests: &Requests, ui: &mut Ui) {
    scrolled(ui, |columns| {
        let types = &requests.times.types[..requests.times.types.len().min(TYPES)];
        theme::section("Time of each type of request, by service", columns.left(), |ui| {
            let note = "Means per request. On the critical path is what the response waited for: it sums to the response time. In all counts work that nothing waited for, too.";
            ui.label(RichText::new(note).small().weak());
            legend(types, &requests.colors, ui);
            let longest =
                types.iter().flat_map(|of| [sum(of, critical), sum(of, in_all)]).fold(0.0, f64::max);
            for of_type in types {
                one_type(of_type, &requests.colors, longest, ui);
            }
            if types.is_empty() {
                ui.label("There are no whole requests.");
            }
            let rest = requests.times.types.len() - types.len();
            if rest > 0 {
                ui.label(RichText::new(format!("{rest} less frequent types are not shown.")).weak());
            }
            if requests.times.incomplete > 0 {
                let incomplete = counted(requests.times.incomplete, "request", "requests");
                ui.label(RichText::new(format!("Left out: {incomplete} whose beginning is missing.")).weak());
            }
        });
        late(&requests.stragglers, columns.right());
    });
}

fn critical(operation: &OperationTime) -> f64 {
    operation.critical_time
}

fn in_all(operation: &OperationTime) -> f64 {
    operation.time
}

fn sum(of_type: &TypeBreakdown, of: Of) -> f64 {
    of_type.operations.iter().map(of).sum()
}

fn legend(types: &[TypeBreakdown], colors: &ServiceColors, ui: &mut Ui) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(12.0, 4.0);
        ui.spacing_mut().interact_size.y = 14.0;
        let services = by_time(types).into_iter().map(|service| (service, theme::color(colors.of(service))));
        for (name, color) in services.chain([("between services", theme::color(palette::GRAY))]) {
            text::swatch(name, color, ui);
        }
    });
}

fn one_type(of_type: &TypeBreakdown, colors: &ServiceColors, longest: f64, ui: &mut Ui) {
    ui.add_space(6.0);
    let failed = if of_type.failed > 0 { format!(", {} failed", of_type.failed) } else { String::new() };
    let title = format!("{} · {}{failed}", of_type.name, counted(of_type.requests, "request", "requests"));
    ui.add(egui::Label::new(title).truncate());
    for (name, of) in [("critical path", critical as Of), ("in all", in_all)] {
        bar(of_type, name, of, colors, longest, ui);
    }
    let header = CollapsingHeader::new(RichText::new("By operation").small()).id_salt(&of_type.name);
    header.show(ui, |ui| table(of_type, ui));
}

/// Services and what lies between them (without a name), with their times.
fn parts(of_type: &TypeBreakdown, of: Of) -> Vec<(Option<&str>, f64)> {
    let services = by_time(std::slice::from_ref(of_type)).into_iter().map(|service| {
        let own = of_type.operations.iter().filter(|one| one.part == Part::Work && &*one.service == service);
        (Some(service), own.map(of).sum())
    });
    let network = of_type.operations.iter().filter(|one| one.part == Part::Network).map(of).sum();
    services.chain([(None, network)]).filter(|(_, time)| *time > 0.0).collect()
}

fn bar(of_type: &TypeBreakdown, name: &str, of: Of, colors: &ServiceColors, longest: f64, ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), BAR), Sense::hover());
    if !ui.is_rect_visible(rect) {
        return;
    }
    let visuals = ui.visuals().clone();
    let name = text::line(ui, name, &TextStyle::Small, visuals.weak_text_color(), NAMES);
    text::paint(ui.painter(), rect.left_center(), name);
    let width = rect.width() - NAMES - SUM;
    let scale = if longest > 0.0 { width / longest as f32 } else { 0.0 };
    let mut left = rect.left() + NAMES;
    let whole = sum(of_type, of);
    for (number, (service, time)) in parts(of_type, of).into_iter().enumerate() {
        let color = service.map_or(palette::GRAY, |service| colors.of(service));
        let wide = (time as f32 * scale).max(1.0);
        let part = Rect::from_min_size(pos2(left, rect.top() + 1.0), vec2(wide, BAR - 2.0));
        ui.painter().rect_filled(part, 0.0, theme::color(color));
        ui.painter().vline(part.right(), part.y_range(), (0.6, visuals.panel_fill));
        let label = seconds::display(time);
        let galley = text::line(ui, &label, &TextStyle::Small, theme::color(ink(color)), wide);
        if galley.size().x + 6.0 < wide && !galley.elided {
            let place = Align2::CENTER_CENTER.anchor_size(part.center(), galley.size());
            ui.painter().galley(place.min, galley, Color32::PLACEHOLDER);
        }
        let told = format!("{}: {label}, {}", service.unwrap_or("between services"), percent(time / whole));
        let response =
            ui.interact(part, ui.scope_id().with((&of_type.name, rect.top() as i32, number)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &told));
        response.on_hover_text(told);
        left += wide;
    }
    let time = text::line(ui, &seconds::display(whole), &TextStyle::Small, visuals.text_color(), SUM);
    text::paint(ui.painter(), pos2(left + 6.0, rect.center().y), time);
}

fn table(of_type: &TypeBreakdown, ui: &mut Ui) {
    Grid::new(("operations", &of_type.name)).num_columns(6).striped(true).spacing([16.0, 3.0]).show(
        ui,
        |ui| {
            for title in ["", "on the critical path", "share", "in all", "calls", "errors"] {
                ui.label(RichText::new(title).small().weak());
            }
            ui.end_row();
            for one in of_type.operations.iter().take(OPERATIONS) {
                let name = match one.part {
                    Part::Work => format!("{}/{}", one.service, one.operation),
                    Part::Network => format!("to {} (network)", one.service),
                };
                ui.scope(|ui| {
                    ui.set_max_width(260.0);
                    ui.add(egui::Label::new(name).truncate());
                });
                ui.label(seconds::display(one.critical_time));
                ui.label(percent(if of_type.response_time > 0.0 {
                    one.critical_time / of_type.response_time
                } else {
                    0.0
                }));
                ui.label(seconds::display(one.time));
                ui.label(number(one.calls));
                ui.label(if one.errors > 0.0 { number(one.errors) } else { crate::format::ABSENT.into() });
                ui.end_row();
            }
        },
    );
    let rest = of_type.operations.len().saturating_sub(OPERATIONS);
    if rest > 0 {
        ui.label(RichText::new(format!("and {rest} with less time")).small().weak());
    }
}

/// What straggles, in sentences.
fn late(found: &Stragglers, ui: &mut Ui) {
    theme::section("Stragglers", ui, |ui| {
        if found.operations.is_empty() {
            ui.label("No operation is late significantly often.");
        }
        for line in found.operations.iter().take(STRAGGLERS) {
            ui.label(format!(
                "{}/{} straggles in {} of {} requests ({}), by {} (median), which costs {} of the response time.",
                line.service,
                line.operation,
                line.requests,
                line.of,
                percent(line.requests as f64 / line.of as f64),
                seconds::display(line.delay),
                percent(line.cost_share)
            ));
        }
        let rest = found.operations.len().saturating_sub(STRAGGLERS);
        if rest > 0 {
            ui.label(RichText::new(format!("and {rest} more operations")).weak());
        }
        if !found.single.is_empty() {
            let single = counted(found.single.len(), "call was late", "calls were late");
            ui.label(RichText::new(format!("{single} of operations that are so only now and then.")).weak());
        }
        let note = "A straggler takes at least twice as long as the median of its peers, and far longer than they vary (Iglewicz and Hoaglin 1993). Peers are calls made at the same time, else the same operation in other requests of the type.";
        ui.label(RichText::new(note).small().weak());
    });
}
