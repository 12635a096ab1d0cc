//! All requests, to choose one.

use egui::{
    ComboBox, Margin, Rect, Role, ScrollArea, Sense, TextEdit, TextStyle, Ui, WidgetInfo, pos2, vec2,
};
use tracecast_experiment::call_tree::CallTree;
use tracecast_model::seconds;

use crate::format::counted;
use crate::panels::text;
use crate::requests::{Late, Requests, Summary};
use crate::source::Traces;
use crate::theme;

const ROW: f32 = 36.0;

#[derive(Default)]
pub(super) struct List {
    query: Query,
    /// What was asked for last, and the trees that are so.
    found: Option<(Query, Vec<usize>)>,
}

/// Which requests are listed, and in which order.
#[derive(Clone, Debug, Default, PartialEq)]
struct Query {
    text: String,
    /// Position of the type.
    request_type: Option<usize>,
    failed: bool,
    late: bool,
    sort: Sort,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sort {
    #[default]
    Slowest,
    Fastest,
    Start,
}

const SORTS: [(Sort, &str); 3] =
    [(Sort::Slowest, "slowest first"), (Sort::Fastest, "fastest first"), (Sort::Start, "by start")];

impl Query {
    fn fits(&self, requests: &Requests, place: usize, text: &str) -> bool {
        let (tree, summary) = (&requests.trees[place], &requests.summaries[place]);
        let in_type = self.request_type.is_none_or(|wanted| summary.request_type == Some(wanted));
        let as_wanted = (!self.failed || summary.errors > 0) && (!self.late || summary.late != Late::Never);
        let has = |name: &str| name.to_lowercase().contains(text);
        in_type
            && as_wanted
            && (text.is_empty()
                || has(&tree.trace.to_string())
                || tree.calls.iter().any(|call| has(&call.service) || has(&call.operation)))
    }

    fn find(&self, requests: &Requests) -> Vec<usize> {
        let text = self.text.trim().to_lowercase();
        let mut found: Vec<usize> =
            (0..requests.trees.len()).filter(|&place| self.fits(requests, place, &text)).collect();
        let length = |place: usize| requests.trees[place].root().seen.length();
        match self.sort {
            Sort::Slowest => found.sort_by_key(|&place| std::cmp::Reverse(length(place))),
            Sort::Fastest => found.sort_by_key(|&place| length(place)),
            Sort::Start => found.sort_by_key(|&place| requests.trees[place].begin),
        }
        found
    }
}

impl List {
    pub(super) fn ui(&mut self, traces: &Traces, chosen: &mut Option<usize>, height: f32, ui: &mut Ui) {
        let requests = &traces.requests;
        let bottom = ui.cursor().top() + height;
        self.filters(requests, ui);
        if self.found.as_ref().is_none_or(|(query, _)| *query != self.query) {
            self.found = Some((self.query.clone(), self.query.find(requests)));
        }
        let Some((_, found)) = &self.found else { return };
        let begin = requests.trees.iter().map(|tree| tree.begin).min().unwrap_or_default();
        theme::card(ui.visuals()).inner_margin(Margin { left: 4, right: 0, top: 4, bottom: 4 }).show(
            ui,
            |ui| {
                ui.set_width(ui.available_width());
                ui.set_height((bottom - ui.cursor().top() - 6.0).max(ROW));
                if found.is_empty() {
                    ui.label("No request is like that.");
                }
                ui.spacing_mut().item_spacing.y = 0.0;
                ScrollArea::vertical().auto_shrink(false).show_rows(ui, ROW, found.len(), |ui, range| {
                    for &place in &found[range] {
                        let row = Row { requests, place, begin };
                        if row.ui(*chosen == Some(place), ui) {
                            *chosen = Some(place);
                        }
                    }
                });
            },
        );
    }

    fn filters(&mut self, requests: &Requests, ui: &mut Ui) {
        let query = &mut self.query;
        ui.horizontal_wrapped(|ui| {
            let field = TextEdit::singleline(&mut query.text).desired_width(96.0).hint_text("Filter");
            theme::name_field(&ui.add(field), &query.text, "Filter requests");
            let sorted = SORTS.iter().find(|(sort, _)| *sort == query.sort).map_or("", |(_, name)| name);
            let combo = ComboBox::from_id_salt("sort").width(114.0).selected_text(sorted).show_ui(ui, |ui| {
                for (sort, name) in SORTS {
                    ui.selectable_value(&mut query.sort, sort, name);
                }
            });
            combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Order of requests"));
            if requests.types.len() > 1 {
                let name = |number: Option<usize>| match number.and_then(|number| requests.types.get(number))
                {
                    Some(found) => found.name.as_str(),
                    None => "all requests",
                };
                let combo = ComboBox::from_id_salt("type").width(136.0).truncate();
                let combo = combo.selected_text(name(query.request_type)).show_ui(ui, |ui| {
                    for number in std::iter::once(None).chain((0..requests.types.len()).map(Some)) {
                        ui.selectable_value(&mut query.request_type, number, name(number));
                    }
                });
                combo.response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Type of requests"));
            }
            if requests.summaries.iter().any(|summary| summary.errors > 0) {
                ui.checkbox(&mut query.failed, "failed");
            }
            if requests.summaries.iter().any(|summary| summary.late != Late::Never) {
                ui.checkbox(&mut query.late, "stragglers");
            }
        });
    }
}

/// A request in the list.
struct Row<'a> {
    requests: &'a Requests,
    place: usize,
    /// When the first request began.
    begin: i64,
}

impl Row<'_> {
    fn tree(&self) -> &CallTree {
        &self.requests.trees[self.place]
    }

    fn summary(&self) -> &Summary {
        &self.requests.summaries[self.place]
    }

    /// When, how much, and what went wrong.
    fn facts(&self) -> String {
        let tree = self.tree();
        let start = tracecast_experiment::call_tree::as_seconds(tree.begin - self.begin);
        let mut facts = format!("at {} · {}", seconds::display(start), counted(tree.spans, "span", "spans"));
        if self.summary().errors > 0 {
            facts += &format!(" · {} failed", self.summary().errors);
        }
        if !tree.complete {
            facts += " · beginning missing";
        }
        facts
    }

    /// Draws it; is it chosen now?
    fn ui(&self, is_chosen: bool, ui: &mut Ui) -> bool {
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
        let tree = self.tree();
        let duration = seconds::display(tree.response_time());
        let facts = self.facts();
        response.widget_info(|| {
            let late = match self.summary().late {
                Late::Never => "",
                Late::Single => ", late now and then",
                Late::Often => ", straggler",
            };
            let told =
                format!("request {}, {duration}, {facts}{late}, trace {}", tree.root().label(), tree.trace);
            WidgetInfo::selected(Role::Button, true, is_chosen, told)
        });
        self.paint(rect, is_chosen || response.has_focus(), response.hovered(), &duration, &facts, ui);
        response.clicked()
    }

    fn paint(&self, rect: Rect, is_chosen: bool, is_pointed: bool, duration: &str, facts: &str, ui: &Ui) {
        let visuals = ui.visuals();
        let painter = ui.painter_at(rect);
        if is_chosen {
            painter.rect_filled(rect, 4.0, visuals.selection.bg_fill);
        } else if is_pointed {
            painter.rect_filled(rect, 4.0, visuals.widgets.hovered.weak_bg_fill);
        }
        let [upper, lower] = [rect.top() + 11.0, rect.top() + 26.0];
        let right = rect.right() - 8.0;
        let time = text::line(ui, duration, &TextStyle::Body, visuals.text_color(), 90.0);
        let names = right - time.size().x - 14.0 - rect.left();
        text::paint_right(&painter, pos2(right, upper), time);
        let color = if self.summary().errors > 0 { theme::problem(visuals) } else { visuals.text_color() };
        let name = text::line(ui, &self.tree().root().label(), &TextStyle::Body, color, names);
        text::paint(&painter, pos2(rect.left() + 6.0, upper), name);
        let facts =
            text::line(ui, facts, &TextStyle::Small, visuals.weak_text_color(), right - rect.left() - 20.0);
        text::paint(&painter, pos2(rect.left() + 6.0, lower), facts);
        let mark = pos2(right - 5.0, lower);
        match self.summary().late {
            Late::Never => {}
            late => text::triangle(&painter, mark, theme::attention(visuals), late == Late::Often),
        }
    }
}
