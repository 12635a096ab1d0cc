//! The open traces: single requests along time, where all of them spend their time, and what the import made of them.

mod bar;
mod details;
mod import;
mod list;
mod spent;
mod timeline;
mod tree;

use std::sync::{Arc, Weak};

use egui::{Frame, Margin, RichText, Ui};

use super::{Panel, Place, scrolled};
use crate::command::Command;
use crate::source::{Source, Traces};
use crate::state::AppState;
use crate::theme;

/// From this width on, the list stands beside the timeline, else above it.
const WIDE: f32 = 880.0;
/// Part of the width that the list has then, and its limits.
const LIST: f32 = 0.3;
const LIST_WIDTHS: [f32; 2] = [280.0, 420.0];

#[derive(Default)]
pub(super) struct TracesPanel {
    /// Whose traces are shown.
    of: Weak<Source>,
    page: Page,
    list: list::List,
    timeline: timeline::Timeline,
    chosen: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Page {
    #[default]
    Requests,
    Spent,
    Import,
}

const PAGES: [(Page, &str); 3] = [
    (Page::Requests, "Single requests"),
    (Page::Spent, "Where time is spent"),
    (Page::Import, "Import report"),
];

impl Panel for TracesPanel {
    fn name(&self) -> &'static str {
        "traces"
    }

    fn place(&self) -> Place {
        Place::View("Traces")
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let Some(source) = &state.source else { return };
        let margins = Frame::NONE.inner_margin(Margin { left: 12, right: 12, top: 2, bottom: 8 });
        let Some(traces) = &source.traces else {
            scrolled(ui, |columns| none(commands, columns.left()));
            return;
        };
        margins.inner_margin(Margin { bottom: 2, ..margins.inner_margin }).show(ui, |ui| {
            if self.of.upgrade().is_none_or(|before| !Arc::ptr_eq(&before, source)) {
                let page = self.page;
                *self = Self { of: Arc::downgrade(source), page, ..Self::default() };
                self.chosen = traces.requests.typical;
            }
            ui.horizontal(|ui| {
                for (page, title) in PAGES {
                    ui.selectable_value(&mut self.page, page, title);
                }
            });
        });
        match self.page {
            Page::Requests => drop(margins.show(ui, |ui| self.requests(traces, ui))),
            Page::Spent => spent::ui(&traces.requests, ui),
            Page::Import => import::ui(source, traces, ui),
        }
    }
}

impl TracesPanel {
    fn requests(&mut self, traces: &Traces, ui: &mut Ui) {
        if traces.requests.trees.is_empty() {
            ui.label("There are no whole requests in these files; the import report tells why.");
            return;
        }
        let size = ui.available_size();
        if size.x >= WIDE {
            ui.horizontal_top(|ui| {
                ui.vertical(|ui| {
                    ui.set_width((size.x * LIST).clamp(LIST_WIDTHS[0], LIST_WIDTHS[1]));
                    self.list.ui(traces, &mut self.chosen, size.y, ui);
                });
                ui.vertical(|ui| self.timeline(traces, ui));
            });
        } else {
            self.list.ui(traces, &mut self.chosen, (size.y * 0.36).max(110.0), ui);
            ui.add_space(2.0);
            self.timeline(traces, ui);
        }
    }

    fn timeline(&mut self, traces: &Traces, ui: &mut Ui) {
        theme::card(ui.visuals()).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.set_height(ui.available_height());
            match self.chosen {
                Some(tree) => self.timeline.ui(traces, tree, ui),
                None => {
                    ui.label(RichText::new("Choose a request to see its calls along time.").weak());
                }
            }
        });
    }
}

/// What to do where there are no traces.
fn none(commands: &mut Vec<Command>, ui: &mut Ui) {
    theme::section("No traces are open", ui, |ui| {
        ui.label("This model was read from a file of its own, which has no single requests in it. To see requests along time, drop trace files or a folder of them anywhere in this window (OTLP, Jaeger, Zipkin, SkyWalking, Kieker, …): a model is made of them, and this view shows what it is made of.");
        if ui.button("Choose trace files…").clicked() {
            commands.push(Command::AskToOpen);
        }
    });
}
