//! The architecture picture: drag to move it, scroll or pinch to zoom, point at something to read more, click it to change
//! it.

mod coloring;
mod focus;
mod legend;
mod paint;
mod view;

use egui::{Id, Key, Rect, Response, Role, Sense, TextEdit, Ui, UiBuilder, WidgetInfo, vec2};
use tracecast_experiment::picture::{Edge, Node, Picture};

use super::{Panel, Place};
use crate::command::Command;
use crate::format::{Unit, percent};
use crate::state::{AppState, Element};
use crate::theme::{self, PictureColors};
use coloring::Coloring;
use focus::Focus;
use paint::Brush;
use view::View;

/// How near the pointer must be to a line, in points on the screen.
const REACH: f32 = 6.0;
/// How much is seen of what does not matter now.
const FAINT: f32 = 0.22;
/// Height of the buttons above the picture.
const BUTTONS: f32 = 40.0;

#[derive(Default)]
pub(super) struct ArchitecturePanel {
    view: View,
    coloring: Coloring,
    /// What is looked for by name.
    sought: String,
    /// Id of the box to be brought to the middle once it is drawn.
    awaited: Option<String>,
    /// What the view was made for: a picture, by its name, its width and its boxes, in an area of that size. Another one is
    /// fitted anew.
    fitted: Option<(String, f64, usize, egui::Vec2)>,
}

impl Panel for ArchitecturePanel {
    fn name(&self) -> &'static str {
        "architecture"
    }

    fn place(&self) -> Place {
        Place::View("Architecture")
    }

    fn ui(&mut self, state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
        let colors = PictureColors::of(ui.visuals());
        let area = ui.available_rect_before_wrap();
        ui.painter().rect_filled(area, 0.0, colors.background);
        let Some(picture) = state.drawing() else {
            ui.centered_and_justified(egui::Ui::spinner);
            return;
        };
        self.fit_if_new(picture, area);
        if let Some(node) = picture.nodes.iter().find(|node| Some(&node.id) == self.awaited.as_ref()) {
            self.view.center(node, area);
            self.awaited = None;
        }
        let canvas = ui.interact(area, ui.scope_id().with("canvas"), Sense::click_and_drag());
        if canvas.clicked() {
            commands.push(Command::Choose(None));
        }
        let title = format!("architecture of {}", picture.title);
        canvas.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &title));
        self.view.follow(ui, &canvas);
        self.draw(picture, &colors, &canvas, state, commands, ui);
        self.controls(picture, area, state, commands, ui);
        let legend = area.with_min_y(area.bottom() - self.legend_height(picture));
        ui.painter().rect_filled(legend, 0.0, colors.background.gamma_multiply(0.9));
        let legend = legend.shrink2(vec2(10.0, 4.0));
        ui.scope_builder(UiBuilder::new().max_rect(legend), |ui| {
            legend::show(picture, self.coloring, &colors, ui);
        });
    }
}

impl ArchitecturePanel {
    fn legend_height(&self, picture: &Picture) -> f32 {
        f32::from(legend::lines(picture, self.coloring)) * legend::LINE + 8.0
    }

    /// Where the picture is put when all of it is to be seen: between the buttons and the legend.
    fn free_area(&self, picture: &Picture, area: Rect) -> Rect {
        area.with_min_y(area.top() + BUTTONS).with_max_y(area.bottom() - self.legend_height(picture))
    }

    fn fit_if_new(&mut self, picture: &Picture, area: Rect) {
        let shown = (picture.title.clone(), picture.width.round(), picture.nodes.len(), area.size().round());
        let fits = self.fitted.as_ref().is_some_and(|fitted| {
            // Who has moved the picture keeps it where it is, however large the window becomes.
            let same_area = fitted.3 == shown.3 || self.view.is_moved();
            same_area && (&fitted.0, fitted.1, fitted.2) == (&shown.0, shown.1, shown.2)
        });
        if !fits {
            self.view.fit(picture, self.free_area(picture, area));
            self.fitted = Some(shown);
        }
    }

    fn draw(
        &self,
        picture: &Picture,
        colors: &PictureColors,
        canvas: &Response,
        state: &AppState,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        let focus = Focus::new(picture, &self.sought, state.chosen.as_ref());
        let brush = |opacity| {
            let mut painter = ui.painter_at(canvas.rect);
            painter.set_opacity(opacity);
            Brush {
                painter,
                view: self.view,
                colors,
                coloring: self.coloring,
                most: self.coloring.most(picture).unwrap_or_default(),
                busiest: legend::busiest(picture),
            }
        };
        let (brush, faint) = (brush(1.0), brush(FAINT));
        let pointed = canvas.hover_pos().and_then(|pointer| {
            picture.edges.iter().find(|edge| paint::distance(edge, &self.view, pointer) < REACH)
        });
        for edge in &picture.edges {
            let brush = if focus.has_edge(edge) { &brush } else { &faint };
            brush.edge(edge, pointed.is_some_and(|other| std::ptr::eq(other, edge)));
        }
        for node in &picture.nodes {
            let rect = self.view.rect(node);
            if rect.intersects(canvas.rect) {
                if focus.has_node(node) { &brush } else { &faint }.node(node);
                let element = element(node);
                if element.is_some() && state.chosen == element {
                    brush.mark(node);
                }
                if describe_node(node, rect.intersect(canvas.rect), canvas.id, ui).clicked() {
                    commands.push(match element {
                        Some(element) => Command::Choose(Some(element)),
                        None => Command::Unfold(node.id.clone()),
                    });
                }
            }
        }
        brush.labels(picture.edges.iter().filter(|edge| focus.has_edge(edge)));
        if let Some(edge) = pointed {
            canvas.clone().on_hover_ui_at_pointer(|ui| describe_edge(edge, ui));
        }
    }

    fn controls(
        &mut self,
        picture: &Picture,
        area: Rect,
        state: &AppState,
        commands: &mut Vec<Command>,
        ui: &mut Ui,
    ) {
        let corner = Rect::from_min_size(area.min + vec2(8.0, 8.0), vec2(area.width() - 16.0, 28.0));
        ui.scope_builder(UiBuilder::new().max_rect(corner), |ui| {
            ui.horizontal(|ui| {
                let named = |response: Response, name: &str| {
                    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
                    response.on_hover_text(name).clicked()
                };
                let closer = ui.button("+");
                if named(closer, "Zoom in") {
                    self.view.zoom_around(area.center(), 1.25);
                }
                let away = ui.button("−");
                if named(away, "Zoom out") {
                    self.view.zoom_around(area.center(), 0.8);
                }
                if ui.button("Fit").on_hover_text("Show all of it").clicked() {
                    self.view.fit(picture, self.free_area(picture, area));
                }
                self.search(state.picture().map_or(picture, |all| all), commands, ui);
                ui.separator();
                ui.label("Color");
                for coloring in Coloring::ALL {
                    let is_it = self.coloring == coloring;
                    let label = ui.selectable_label(is_it, coloring.title());
                    if label.on_hover_text(coloring.explanation()).clicked() {
                        self.coloring = coloring;
                    }
                }
                if state.is_large() {
                    ui.separator();
                    extent(state, commands, ui);
                }
            });
        });
    }

    /// Points out what has a name; Enter chooses the first of them and brings it to the middle.
    fn search(&mut self, picture: &Picture, commands: &mut Vec<Command>, ui: &mut Ui) {
        let field = TextEdit::singleline(&mut self.sought).hint_text("find a service").desired_width(130.0);
        let field = ui.add(field);
        theme::name_field(&field, &self.sought, "Find a service");
        let first = focus::matches(picture, &self.sought).next();
        if let Some(node) = first
            && field.lost_focus()
            && ui.input(|input| input.key_pressed(Key::Enter))
        {
            self.awaited = Some(node.id.clone());
            commands.push(Command::Choose(element(node)));
        }
        if !self.sought.is_empty() {
            let count = focus::matches(picture, &self.sought).count();
            ui.label(if count == 0 { "none".to_owned() } else { format!("{count} found") });
            if theme::remove_button("Find nothing", ui).on_hover_text("Show all again").clicked() {
                self.sought.clear();
            }
        }
    }
}

/// How much of a large system is shown.
fn extent(state: &AppState, commands: &mut Vec<Command>, ui: &mut Ui) {
    let overview = &state.overview;
    let busiest = ui.selectable_label(!overview.shows_all, "busiest");
    let busiest = busiest.on_hover_text(
        "The busiest services of each column, and the others of the column as one box: click that to see them",
    );
    if busiest.clicked() && (overview.shows_all || !overview.unfolded.is_empty()) {
        commands.push(Command::ShowAll(false));
    }
    if ui.selectable_label(overview.shows_all, "all services").clicked() {
        commands.push(Command::ShowAll(true));
    }
}

/// What a box stands for; none for a group of services.
fn element(node: &Node) -> Option<Element> {
    match node.id.split_once(':') {
        Some(("group", _)) => None,
        Some(("workload", name)) => Some(Element::Workload(name.into())),
        Some((_, name)) => Some(Element::Service(name.into())),
        None => Some(Element::Service(node.name.clone())),
    }
}

/// Makes a box readable for people who point at it and for screen readers.
fn describe_node(node: &Node, rect: Rect, canvas: Id, ui: &mut Ui) -> Response {
    let response = ui.interact(rect, canvas.with(&node.id), Sense::click());
    let told = format!("{} {}, {}", node.kind.name(), node.name, node.details.join(", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &told));
    response.on_hover_ui(|ui| {
        ui.strong(&node.name);
        for line in node.details.iter().chain(&node.notes) {
            ui.label(line);
        }
        if let Some(share) = node.time_share {
            ui.label(format!("{} of the time of all requests", percent(share)));
        }
    })
}

fn describe_edge(edge: &Edge, ui: &mut Ui) {
    ui.strong(edge.kind.meaning());
    if let Some(rate) = edge.rate {
        ui.label(Unit::Rate.show(rate));
    }
    for note in &edge.notes {
        ui.label(note);
    }
}
