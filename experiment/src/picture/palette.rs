//! Colors that people with any kind of color vision tell apart (M. Okabe, K. Ito 2008, "Color Universal Design").

use super::{EdgeKind, NodeKind, mixed};

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
        NodeKind::External | NodeKind::Group => GRAY,
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

/// From least to most: ever darker, from yellow to blue, so that it reads with any kind of color vision and without any.
const SCALE: [Color; 4] = [[252, 245, 196], [158, 205, 190], [58, 138, 176], [16, 48, 98]];

/// The color of a place on a scale from 0 (light) to 1 (dark).
pub fn scale(part: f64) -> Color {
    let place = part.clamp(0.0, 1.0) * (SCALE.len() - 1) as f64;
    let before = (place as usize).min(SCALE.len() - 2);
    mixed(SCALE[before], SCALE[before + 1], place - before as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Luma of Rec. 601 falls all the way, so that more is darker also where hues are not seen.
    #[test]
    fn more_is_darker() {
        let luma = |[red, green, blue]: Color| {
            0.299 * f64::from(red) + 0.587 * f64::from(green) + 0.114 * f64::from(blue)
        };
        let lumas: Vec<f64> = (0..=50).map(|i| luma(scale(f64::from(i) / 50.0))).collect();
        assert!(lumas.windows(2).all(|pair| pair[1] < pair[0]), "{lumas:?}");
        assert_eq!((scale(-1.0), scale(2.0)), (SCALE[0], SCALE[3]));
    }
}
