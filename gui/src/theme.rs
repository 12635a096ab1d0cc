//! How things look, in the light and in the dark.

use egui::{
    Button, Color32, Context, CornerRadius, FontId, Frame, Grid, Margin, Response, RichText, Role,
    ScrollArea, Stroke, TextStyle, Theme, Ui, Visuals, WidgetInfo, vec2,
};
use tracecast_experiment::picture::{EdgeKind, NodeKind, ink, palette};

/// Sizes of text in points. What explains is smaller than what it explains, but not too small to be read from a chair.
const SIZES: [(TextStyle, FontId); 5] = [
    (TextStyle::Small, FontId::proportional(12.0)),
    (TextStyle::Body, FontId::proportional(14.0)),
    (TextStyle::Button, FontId::proportional(14.0)),
    (TextStyle::Heading, FontId::proportional(16.5)),
    (TextStyle::Monospace, FontId::monospace(12.5)),
];

/// At the right of what is scrolled, for the bar: it would cover borders and figures.
const FOR_SCROLL_BAR: i8 = 9;

/// Sets fonts, spacing and colors of the whole window.
pub(crate) fn install(context: &Context) {
    for theme in [Theme::Light, Theme::Dark] {
        context.style_mut_of(theme, |style| {
            style.text_styles = SIZES.into();
            style.spacing.item_spacing = vec2(8.0, 6.0);
            style.spacing.button_padding = vec2(9.0, 4.0);
            style.spacing.interact_size.y = 24.0;
            style.spacing.scroll.content_margin.right = FOR_SCROLL_BAR;
            style.spacing.scroll.bar_width = 7.0;
            let visuals = &mut style.visuals;
            let [strong, weak, panel, button, hovered, line] = match theme {
                Theme::Light => [25, 95, 250, 233, 222, 214],
                Theme::Dark => [228, 160, 30, 52, 66, 62],
            }
            .map(Color32::from_gray);
            visuals.override_text_color = Some(strong);
            visuals.weak_text_color = Some(weak);
            visuals.panel_fill = panel;
            visuals.window_fill = panel;
            let accent = accent(visuals);
            visuals.hyperlink_color = accent;
            visuals.selection.bg_fill =
                accent.gamma_multiply(if theme == Theme::Light { 0.25 } else { 0.45 });
            visuals.selection.stroke.color = strong;
            visuals.widgets.noninteractive.bg_stroke.color = line;
            for widget in [&mut visuals.widgets.inactive, &mut visuals.widgets.open] {
                widget.weak_bg_fill = button;
                widget.bg_fill = button;
            }
            visuals.widgets.hovered.weak_bg_fill = hovered;
            visuals.slider_trailing_fill = true;
            // Fields are seen on cards and on panels alike.
            visuals.text_edit_bg_color =
                Some(Color32::from_gray(if theme == Theme::Light { 231 } else { 12 }));
            let radius = CornerRadius::same(5);
            let widgets = &mut visuals.widgets;
            for widget in [
                &mut widgets.noninteractive,
                &mut widgets.inactive,
                &mut widgets.hovered,
                &mut widgets.active,
                &mut widgets.open,
            ] {
                widget.corner_radius = radius;
            }
        });
    }
}

/// What stands out: titles, selected things.
pub(crate) fn accent(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { color(palette::SKY_BLUE) } else { color(palette::BLUE) }
}

/// Behind the views.
pub(crate) fn surface(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_gray(22) } else { Color32::from_gray(242) }
}

/// A box for things that belong together.
pub(crate) fn card(visuals: &Visuals) -> Frame {
    let (fill, line) = if visuals.dark_mode { (36, 58) } else { (255, 224) };
    Frame::NONE
        .fill(Color32::from_gray(fill))
        .stroke(Stroke::new(1.0, Color32::from_gray(line)))
        .corner_radius(6.0)
        .inner_margin(Margin::symmetric(12, 8))
}

/// A titled box over the whole width.
pub(crate) fn section(title: &str, ui: &mut Ui, content: impl FnOnce(&mut Ui)) {
    card(ui.visuals()).show(ui, |ui| {
        ui.set_min_width(ui.available_width());
        ui.label(RichText::new(title).heading());
        ui.add_space(2.0);
        content(ui);
    });
    ui.add_space(4.0);
}

/// A table, which is scrolled where it is wider than its place.
pub(crate) fn table(grid: Grid, name: &str, ui: &mut Ui, rows: impl FnOnce(&mut Ui)) {
    ScrollArea::horizontal().id_salt(name).show(ui, |ui| grid.show(ui, rows));
}

/// A button that is less than others beside it: in a line of a table, at the end of a title.
pub(crate) fn small_button(text: &str) -> Button<'static> {
    Button::new(RichText::new(text).small()).small().min_size(vec2(0.0, 20.0))
}

/// A button that takes away what stands beside it; `name` says what for screen readers.
pub(crate) fn remove_button(name: &str, ui: &mut Ui) -> Response {
    let button = ui.add(Button::new("×").small().min_size(vec2(20.0, 20.0)));
    button.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    button
}

/// Colors of curves, told apart with any kind of color vision.
pub(crate) fn curve(visuals: &Visuals, number: usize) -> Color32 {
    const LIGHT: [palette::Color; 7] = [
        palette::BLUE,
        palette::VERMILLION,
        palette::GREEN,
        palette::PURPLE,
        [186, 122, 0],
        palette::SKY_BLUE,
        palette::GRAY,
    ];
    const DARK: [palette::Color; 7] = [
        palette::SKY_BLUE,
        palette::ORANGE,
        [0, 190, 140],
        palette::PURPLE,
        palette::YELLOW,
        [235, 110, 60],
        [170; 3],
    ];
    color(if visuals.dark_mode { DARK } else { LIGHT }[number % 7])
}

/// Colors of the architecture picture.
pub(crate) struct PictureColors {
    dark: bool,
    /// Behind everything.
    pub(crate) background: Color32,
    /// Around what is chosen.
    pub(crate) mark: Color32,
}

impl PictureColors {
    pub(crate) fn of(visuals: &Visuals) -> Self {
        let background = if visuals.dark_mode { Color32::from_gray(24) } else { Color32::from_gray(252) };
        Self { dark: visuals.dark_mode, background, mark: color(palette::VERMILLION) }
    }

    /// Of a class of load. In the dark, what is little stands back.
    pub(crate) fn load(&self, class: &palette::LoadClass) -> palette::Color {
        const DARK: [palette::Color; 4] = [[36, 58, 74], [106, 96, 34], [190, 126, 36], [228, 110, 40]];
        let place = palette::LOAD_CLASSES.iter().position(|other| other.below == class.below);
        place.filter(|_| self.dark).map_or(class.color, |place| DARK[place])
    }

    /// Of a place on a scale from 0 to 1: the more, the farther from the background.
    pub(crate) fn scale(&self, part: f64) -> palette::Color {
        palette::scale(if self.dark { 1.0 - part } else { part })
    }

    /// Inside of a box: in a color that means something, if there is one.
    pub(crate) fn fill(&self, meaning: Option<palette::Color>) -> Color32 {
        match (meaning, self.dark) {
            (Some(meaning), _) => color(meaning),
            (None, true) => Color32::from_gray(40),
            (None, false) => Color32::WHITE,
        }
    }

    /// Title in such a box.
    pub(crate) fn title(&self, meaning: Option<palette::Color>) -> Color32 {
        match (meaning, self.dark) {
            (Some(meaning), _) => color(ink(meaning)),
            (None, true) => Color32::from_gray(240),
            (None, false) => Color32::from_gray(10),
        }
    }

    /// Further text in it.
    pub(crate) fn detail(&self, meaning: Option<palette::Color>) -> Color32 {
        match (meaning, self.dark) {
            (Some(meaning), _) => color(ink(meaning)),
            (None, true) => Color32::from_gray(200),
            (None, false) => Color32::from_gray(50),
        }
    }

    pub(crate) fn border(&self, kind: NodeKind) -> Color32 {
        color(match (kind, self.dark) {
            (NodeKind::Service, true) => palette::SKY_BLUE,
            (NodeKind::External | NodeKind::Group, true) => [170; 3],
            _ => palette::border(kind),
        })
    }

    pub(crate) fn line(&self, kind: EdgeKind) -> Color32 {
        color(match (kind, self.dark) {
            (EdgeKind::Sync, true) => [190; 3],
            (EdgeKind::Async, true) => palette::SKY_BLUE,
            (EdgeKind::Queue, true) => palette::ORANGE,
            _ => palette::line(kind),
        })
    }
}

/// A name at the left of its control, as wide as the names above and below it.
pub(crate) fn name_column(text: impl Into<RichText>, width: f32, ui: &mut Ui) -> Response {
    let size = vec2(width, ui.spacing().interact_size.y);
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let inner = ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(width);
        ui.add(egui::Label::new(text.into()).truncate())
    });
    inner.inner
}

/// Gives a text field without a visible label a name for screen readers.
pub(crate) fn name_field(field: &Response, text: &str, name: &str) {
    field.widget_info(|| {
        let mut info = WidgetInfo::text_edit(true, "", text, "");
        info.label = Some(name.into());
        info
    });
}

/// Text that something went wrong.
pub(crate) fn problem(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_rgb(255, 150, 120) } else { Color32::from_rgb(170, 40, 0) }
}

/// Text that asks for attention.
pub(crate) fn attention(visuals: &Visuals) -> Color32 {
    color(if visuals.dark_mode { palette::ORANGE } else { [140, 85, 0] })
}

/// Text that all is well.
pub(crate) fn good(visuals: &Visuals) -> Color32 {
    if visuals.dark_mode { Color32::from_rgb(90, 210, 170) } else { Color32::from_rgb(0, 110, 80) }
}

/// A color of the palette.
pub(crate) fn color([red, green, blue]: palette::Color) -> Color32 {
    Color32::from_rgb(red, green, blue)
}
