//! The parts of the window. To add one: a file here with its [`Panel`], and its line in [`all`].

mod architecture;
mod calibration;
mod color_scale;
mod compare;
mod explore;
mod headline;
mod hints;
mod inspector;
mod load_form;
mod over_time;
mod plot;
mod response_times;
mod results;
mod sidebar;
mod start;
mod text;
mod toolbar;
mod traces;

use egui::{Align, CentralPanel, Frame, Layout, Margin, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder};

use crate::command::Command;
use crate::state::AppState;
use crate::theme;

/// A part of the window. It may keep what concerns only itself (a text half typed, a zoom); everything else is in
/// the [`AppState`], which it changes through commands only.
pub(crate) trait Panel {
    /// Unique; lower-case.
    fn name(&self) -> &'static str;

    /// Where it is.
    fn place(&self) -> Place;

    /// Draws it and collects what the user asks for. Quick: it is called for every frame.
    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui);
}

/// Every panel, in the order in which they take their space: what is left is for the views, one of which is open.
pub(crate) fn all() -> Vec<Box<dyn Panel>> {
    vec![
        Box::new(toolbar::Toolbar),
        Box::new(start::StartPanel::default()),
        Box::new(sidebar::Sidebar::default()),
        Box::new(inspector::Inspector::default()),
        Box::new(headline::Headline::default()),
        Box::new(architecture::ArchitecturePanel::default()),
        Box::new(results::ResultsPanel),
        Box::new(compare::ComparePanel::default()),
        Box::new(explore::ExplorePanel::default()),
        Box::new(traces::TracesPanel::default()),
        Box::new(calibration::CalibrationPanel::default()),
        Box::new(hints::Hints),
    ]
}

/// Where a panel is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Along the upper edge, always.
    Top,
    /// In the middle, while nothing is open.
    Start,
    /// At the left.
    Left,
    /// At the right.
    Right,
    /// Above the views.
    Headline,
    /// Above all others, once something is open.
    Over,
    /// Where the others leave space: one of several, under its title.
    View(&'static str),
}

impl Place {
    /// Title of a view.
    pub(crate) fn view(self) -> Option<&'static str> {
        match self {
            Self::View(title) => Some(title),
            _ => None,
        }
    }

    /// Is it of use only with a model?
    pub(crate) fn needs_model(self) -> bool {
        !matches!(self, Self::Top | Self::Start)
    }

    pub(crate) fn show(self, name: &str, ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
        let style = ui.style().clone();
        let side = Frame::side_top_panel(&style).inner_margin(Margin::symmetric(12, 8));
        // What stands at the sides is scrolled, with room for the bar.
        let scrolled = side.inner_margin(Margin { left: 12, right: 3, top: 8, bottom: 8 });
        match self {
            Self::Over => content(ui),
            Self::Top => drop(egui::Panel::top(name.to_owned()).frame(side).show(ui, content)),
            Self::Headline => {
                let frame = Frame::side_top_panel(&style).inner_margin(Margin::symmetric(12, 10));
                egui::Panel::top(name.to_owned()).frame(frame).show(ui, content);
            }
            Self::Left => {
                let panel = egui::Panel::left(name.to_owned()).default_size(268.0).size_range(220.0..=420.0);
                panel.frame(scrolled).show(ui, content);
            }
            Self::Right => {
                let panel = egui::Panel::right(name.to_owned()).default_size(322.0).size_range(260.0..=520.0);
                panel.frame(scrolled).show(ui, content);
            }
            Self::Start | Self::View(_) => drop(CentralPanel::default().frame(Frame::NONE).show(ui, content)),
        }
    }
}

/// From this width on, what a view shows stands in two columns: longer lines and wider plots are harder to read.
const TWO_COLUMNS: f32 = 1080.0;
const GAP: f32 = 10.0;

/// One or two columns, by the space there is. In one, things stand in the order in which they are drawn.
pub(crate) struct Columns<'a>(&'a mut [Ui]);

impl Columns<'_> {
    pub(crate) fn left(&mut self) -> &mut Ui {
        &mut self.0[0]
    }

    pub(crate) fn right(&mut self) -> &mut Ui {
        let last = self.0.len() - 1;
        &mut self.0[last]
    }
}

/// The content of a view that is read from top to bottom.
pub(crate) fn scrolled(ui: &mut Ui, content: impl FnOnce(&mut Columns<'_>)) {
    // The right margin is that of the scroll bar.
    Frame::NONE.inner_margin(Margin { left: 12, right: 3, top: 4, bottom: 0 }).show(ui, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            // Not those of egui, which justify texts.
            let count = if ui.available_width() < TWO_COLUMNS { 1.0 } else { 2.0 };
            let space = ui.available_rect_before_wrap();
            let width = (space.width() + GAP) / count - GAP;
            let column = |number: f32| {
                let left = space.left() + number * (width + GAP);
                UiBuilder::new().max_rect(Rect::from_x_y_ranges(left..=left + width, space.y_range()))
            };
            let mut columns = vec![ui.new_child(column(0.0).layout(Layout::top_down(Align::Min)))];
            if count > 1.0 {
                columns.push(ui.new_child(column(1.0).layout(Layout::top_down(Align::Min))));
            }
            content(&mut Columns(&mut columns));
            let taken = columns.iter().map(Ui::min_rect).reduce(Rect::union).unwrap_or(space);
            ui.allocate_rect(taken, Sense::empty());
        });
    });
}

/// Titles of all views, to choose one.
pub(crate) fn view_tabs(
    views: &[&'static str],
    open: &'static str,
    commands: &mut Vec<Command>,
    ui: &mut Ui,
) {
    let fill = theme::surface(ui.visuals());
    ui.spacing_mut().item_spacing.y = 0.0;
    Frame::NONE.fill(fill).inner_margin(Margin { left: 10, right: 10, top: 6, bottom: 4 }).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing = egui::vec2(4.0, 2.0);
            for view in views {
                let text = RichText::new(*view);
                let text = if *view == open { text.strong() } else { text };
                if ui.selectable_label(*view == open, text).clicked() {
                    commands.push(Command::View(view));
                }
            }
        });
    });
}
