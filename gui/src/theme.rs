//! How things look, in the light and in the dark.

use egui::{Color32, Context, Theme, Visuals};
use tracecast_experiment::picture::{EdgeKind, NodeKind, palette};

/// Sets fonts, spacing and colors of the whole window.
pub(crate) fn install(context: &Context) {
    for theme in [Theme::Light, Theme::Dark] {
        context.style_mut_of(theme, |style| {
            style.spacing.item_spacing = egui::vec2(8.0, 6.0);
            style.spacing.button_padding = egui::vec2(10.0, 4.0);
            let strong = match theme {
                Theme::Light => Color32::from_gray(20),
                Theme::Dark => Color32::from_gray(225),
            };
            style.visuals.override_text_color = Some(strong);
        });
    }
}

/// Colors of the architecture picture.
pub(crate) struct PictureColors {
    dark: bool,
    /// Behind everything.
    pub(crate) background: Color32,
}

impl PictureColors {
    pub(crate) fn of(visuals: &Visuals) -> Self {
        let background = if visuals.dark_mode { Color32::from_gray(24) } else { Color32::from_gray(252) };
        Self { dark: visuals.dark_mode, background }
    }

    /// Inside of a box: by its load where that is known.
    pub(crate) fn fill(&self, load: Option<f64>) -> Color32 {
        match (load, self.dark) {
            (Some(load), _) => color(palette::load_class(load).color),
            (None, true) => Color32::from_gray(40),
            (None, false) => Color32::WHITE,
        }
    }

    /// Title in a box; boxes colored by load are light in both themes.
    pub(crate) fn title(&self, load: Option<f64>) -> Color32 {
        if self.dark && load.is_none() { Color32::from_gray(240) } else { Color32::from_gray(10) }
    }

    /// Further text in a box.
    pub(crate) fn detail(&self, load: Option<f64>) -> Color32 {
        match (load, self.dark) {
            (Some(_), _) => Color32::from_gray(20),
            (None, true) => Color32::from_gray(200),
            (None, false) => Color32::from_gray(50),
        }
    }

    pub(crate) fn border(&self, kind: NodeKind) -> Color32 {
        color(match (kind, self.dark) {
            (NodeKind::Service, true) => palette::SKY_BLUE,
            (NodeKind::External, true) => [170; 3],
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
