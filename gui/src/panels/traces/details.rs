//! What is known of a call, in words.

use egui::{Rect, RichText, Sense, Stroke, Ui, vec2};
use tracecast_experiment::call_tree::{Against, CallTree, Part, Straggler, as_seconds};
use tracecast_importers::Span;
use tracecast_model::seconds;

use super::bar::{block, critical, frame, pale, way};
use super::tree::Shown;
use crate::format::percent;
use crate::panels::text;
use crate::source::Traces;
use crate::theme;

/// The service where that is another than the caller's, and the operation.
pub(super) fn name(tree: &CallTree, place: usize) -> String {
    let call = &tree.calls[place];
    let caller = call.parent.map(|parent| &tree.calls[parent].service);
    if caller == Some(&call.service) {
        call.operation.to_string()
    } else {
        format!("{}: {}", call.service, call.operation)
    }
}

/// A row for whoever does not see it.
pub(super) fn told(tree: &CallTree, shown: &Shown, place: usize) -> String {
    let call = &tree.calls[place];
    let mut told = format!(
        "{} {}, from {}, takes {}, own time {}",
        call.kind_name(),
        call.label(),
        time(call.seen.start),
        time(call.seen.length()),
        time(call.own)
    );
    if shown.critical.contains_key(&place) {
        told += ", on the critical path";
    }
    if call.error {
        told += ", failed";
    }
    if shown.late.contains_key(&place) {
        told += ", straggler";
    }
    told
}

fn time(nanos: i64) -> String {
    seconds::display(as_seconds(nanos))
}

/// Everything, for whoever points at it.
pub(super) fn show(traces: &Traces, tree: &CallTree, shown: &Shown, place: usize, ui: &mut Ui) {
    let call = &tree.calls[place];
    ui.set_max_width(380.0);
    ui.strong(call.label());
    let waited = if call.asynchronous { ", not waited for" } else { "" };
    ui.label(format!("{}{waited}", call.kind_name()));
    let mut facts = vec![
        ("starts at", time(call.seen.start)),
        ("takes", time(call.seen.length())),
        ("own (handle) time", time(call.own)),
    ];
    facts.extend(call.network.map(|network| ("network, queues on the way", time(network))));
    let parts = shown.critical.get(&place);
    let critical: i64 = parts.into_iter().flatten().map(|(_, part)| part.length()).sum();
    if critical > 0 {
        let share = as_seconds(critical) / tree.response_time();
        facts.push(("the response waited for it", format!("{} ({})", time(critical), percent(share))));
    }
    let way = parts.into_iter().flatten().filter(|(part, _)| *part == Part::Network);
    let way: i64 = way.map(|(_, part)| part.length()).sum();
    if way > 0 && way < critical {
        facts.push(("of that on the way", time(way)));
    }
    if call.skew != 0 {
        facts.push(("clock moved by", time(call.skew)));
    }
    let span = traces.requests.span(&traces.traces, shown.tree, call);
    let attributes = span.map(attributes).unwrap_or_default();
    egui::Grid::new("call").num_columns(2).spacing([14.0, 2.0]).show(ui, |ui| {
        for (name, value) in facts.into_iter().chain(attributes) {
            ui.label(RichText::new(name).weak());
            ui.label(value);
            ui.end_row();
        }
    });
    if call.error {
        ui.label(RichText::new("It failed.").color(theme::problem(ui.visuals())));
    }
    if let Some(case) = shown.late.get(&place) {
        ui.label(RichText::new(straggler(case)).color(theme::attention(ui.visuals())));
    }
}

/// What its span says besides.
fn attributes(span: &Span) -> Vec<(&'static str, String)> {
    let attributes = &span.attributes;
    [
        ("replica", &span.instance),
        ("peer.service", &attributes.peer_service),
        ("db.system", &attributes.database),
        ("server.address", &attributes.server_address),
        ("messaging.destination.name", &attributes.destination),
        ("messaging.operation.type", &attributes.message_operation),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_ref()?.to_string())))
    .collect()
}

/// Why it is one.
fn straggler(case: &Straggler) -> String {
    let peers = match case.against {
        Against::Peers | Against::Group => "made at the same time",
        Against::History => "of it in other requests",
    };
    format!(
        "Straggler: {} longer than the median of {} calls {peers}, which costs {} of the response time.",
        seconds::display(case.delay),
        case.peers,
        percent(case.cost_share)
    )
}

/// What the looks of bars mean.
pub(super) fn legend(ui: &mut Ui) {
    const WORDS: [&str; 7] =
        ["own time", "waiting", "on the way", "not waited for", "critical path", "failed", "straggler"];
    let visuals = ui.visuals().clone();
    let gray = visuals.weak_text_color();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 5.0;
        for (number, words) in WORDS.into_iter().enumerate() {
            let wide = if number < 5 { 18.0 } else { 9.0 };
            let (response, painter) = ui.allocate_painter(vec2(wide, 16.0), Sense::empty());
            let rect: Rect = response.rect;
            let (ends, y) = ([rect.left() + 1.0, rect.right() - 1.0], rect.center().y);
            match number {
                0 => block(&painter, ends, y, gray),
                1 => block(&painter, ends, y, pale(gray, visuals.dark_mode)),
                2 => way(&painter, ends, y, gray),
                3 => frame(&painter, ends, y, Stroke::new(0.8, gray), true),
                4 => {
                    let line = Rect::from_center_size(rect.center(), vec2(wide, 3.0));
                    painter.rect_filled(line, 0.0, critical(visuals.dark_mode));
                }
                5 => text::cross(&painter, rect.center(), theme::problem(&visuals)),
                _ => text::triangle(&painter, rect.center(), theme::attention(&visuals), true),
            }
            ui.label(RichText::new(words).small().weak());
            ui.add_space(4.0);
        }
    });
}
