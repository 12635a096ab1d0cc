//! What all pictures need to write SVG.

use std::fmt::{self, Display, Write};

use super::palette;
use super::text::TEXT_SIZE;

/// Left edge of titles and legends.
pub(super) const LEFT: f64 = 24.0;
/// Fonts that pictures ask for.
const FONTS: &str = "Ubuntu, DejaVu Sans, sans-serif";

/// The beginning of a document: its size, its title, a white ground.
pub(super) fn begin(out: &mut String, title: &str, width: f64, height: f64) -> fmt::Result {
    writeln!(
        out,
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="{FONTS}" font-size="{TEXT_SIZE}">"#
    )?;
    writeln!(out, "<title>{}</title>", Escaped(title))?;
    writeln!(out, r##"<rect width="{width}" height="{height}" fill="#ffffff"/>"##)?;
    writeln!(out, r#"<text x="{LEFT}" y="30" font-size="17" font-weight="bold">{}</text>"#, Escaped(title))
}

/// A color as SVG writes it.
pub(super) struct Hex(pub(super) palette::Color);

impl Display for Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

/// A text in XML or HTML, also in quoted attributes: markup escaped, characters that XML does not allow replaced.
pub struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\n' | '\t' => f.write_char(c)?,
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
