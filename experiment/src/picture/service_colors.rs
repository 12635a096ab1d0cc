//! A color for each service, and their legend.

use std::fmt::{self, Write};

use super::markup::{Escaped, Hex, LEFT};
use super::palette::{BLUE, Color, GRAY, GREEN, ORANGE, PURPLE, SKY_BLUE, YELLOW};
use super::text::{self, TEXT_SIZE};

/// Hues that stay apart for any kind of color vision. Vermillion is left for failures.
const HUES: [Color; 6] = [BLUE, ORANGE, GREEN, PURPLE, SKY_BLUE, YELLOW];
/// Height of a line of the legend.
const LINE: f64 = 20.0;

/// A color for each service: of services in the order of their colors.
#[derive(Clone, Debug, Default)]
pub struct ServiceColors(Vec<String>);

impl ServiceColors {
    /// The first services get the colors that are furthest apart.
    pub fn new<'a>(services: impl Iterator<Item = &'a str>) -> Self {
        let mut names: Vec<String> = Vec::new();
        for service in services {
            if !names.iter().any(|name| name == service) {
                names.push(service.to_string());
            }
        }
        Self(names)
    }

    /// Beyond the six hues come darker ones, then lighter ones; the rest is gray.
    pub fn of(&self, service: &str) -> Color {
        let place = self.0.iter().position(|name| name == service).unwrap_or(usize::MAX);
        let Some(&hue) = HUES.get(place % HUES.len()) else { return GRAY };
        match place / HUES.len() {
            0 => hue,
            1 => mixed(hue, [0; 3], 0.45),
            2 => mixed(hue, [255; 3], 0.55),
            _ => GRAY,
        }
    }

    /// Writes the legend, a further entry in gray first where there is one, and says how high it is.
    pub(super) fn legend(
        &self,
        out: &mut String,
        top: f64,
        width: f64,
        gray: Option<&str>,
    ) -> Result<f64, fmt::Error> {
        let entries = gray.map(|name| (name, GRAY)).into_iter();
        let entries = entries.chain(self.0.iter().map(|name| (name.as_str(), self.of(name))));
        let (mut x, mut y) = (LEFT, top + LINE / 2.0);
        for (name, color) in entries {
            let name = text::fit(name, TEXT_SIZE, 240.0);
            let wide = 38.0 + text::width(&name, TEXT_SIZE);
            if x > LEFT && x + wide > width - LEFT {
                (x, y) = (LEFT, y + LINE);
            }
            writeln!(
                out,
                r##"<rect x="{x:.1}" y="{:.1}" width="14" height="12" fill="{}" stroke="#444444" stroke-width="0.5"/>"##,
                y - 6.0,
                Hex(color)
            )?;
            writeln!(out, r#"<text x="{:.1}" y="{:.1}">{}</text>"#, x + 20.0, y + 4.0, Escaped(&name))?;
            x += wide;
        }
        Ok(y + LINE / 2.0 - top)
    }
}

/// A color with a part of another.
pub fn mixed(color: Color, other: Color, part: f64) -> Color {
    let mix = |a: u8, b: u8| (f64::from(a) * (1.0 - part) + f64::from(b) * part).round() as u8;
    [mix(color[0], other[0]), mix(color[1], other[1]), mix(color[2], other[2])]
}

/// Black or white, whichever is legible on a color (relative luminance of WCAG 2.1, without its gamma).
pub fn ink(ground: Color) -> Color {
    let [red, green, blue] = ground.map(f64::from);
    if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 130.0 { [0; 3] } else { [255; 3] }
}
