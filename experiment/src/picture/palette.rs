//! Colors that people with any kind of color vision tell apart (M. Okabe, K. Ito 2008, "Color Universal Design").

use super::{EdgeKind, NodeKind};

/// Red, green and blue.
pub type Color = [u8; 3];

/// Black.
pub const BLACK: Color = [0, 0, 0];
/// Orange.
pub const ORANGE: Color = [230, 159, 0];
/// Sky blue.
pub const SKY_BLUE: Color = [86, 180, 233];
/// Bluish green.
pub const GREEN: Color = [0, 158, 115];
/// Yellow.
pub const YELLOW: Color = [240, 228, 66];
/// Blue.
pub const BLUE: Color = [0, 114, 178];
/// Vermillion.
pub const VERMILLION: Color = [213, 94, 0];
/// Reddish purple.
pub const PURPLE: Color = [204, 121, 167];
/// Gray, for what is not known.
pub const GRAY: Color = [110, 110, 110];

/// Border of a box.
pub fn border(kind: NodeKind) -> Color {
    match kind {
        NodeKind::Client => GREEN,
        NodeKind::Service => BLUE,
        NodeKind::WorkQueue => ORANGE,
        NodeKind::External => GRAY,
    }
}

/// Line of a call.
pub fn line(kind: EdgeKind) -> Color {
    match kind {
        EdgeKind::Sync => [70, 70, 70],
        EdgeKind::Async => BLUE,
        EdgeKind::Queue => [186, 122, 0],
    }
}

/// A class of load and the color of its boxes.
pub struct LoadClass {
    /// Loads below this (and above the class before) belong to it.
    pub below: f64,
    /// For legends.
    pub label: &'static str,
    /// Light enough for black text.
    pub color: Color,
}

/// All classes, ascending.
pub const LOAD_CLASSES: [LoadClass; 4] = [
    LoadClass { below: 0.5, label: "load below 50 %", color: [222, 240, 250] },
    LoadClass { below: 0.7, label: "50 to 70 %", color: [250, 243, 170] },
    LoadClass { below: 0.9, label: "70 to 90 %", color: [245, 190, 90] },
    LoadClass { below: f64::INFINITY, label: "90 % and more", color: [228, 120, 50] },
];

/// The class of a load.
pub fn load_class(load: f64) -> &'static LoadClass {
    LOAD_CLASSES.iter().find(|class| load < class.below).unwrap_or(&LOAD_CLASSES[LOAD_CLASSES.len() - 1])
}
