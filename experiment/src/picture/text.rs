//! How wide a text is, so that it stays in its box whatever font the viewer has.

/// Size of a node's title, in points.
pub(super) const TITLE_SIZE: f64 = 13.0;
/// Size of all other texts.
pub(super) const TEXT_SIZE: f64 = 11.0;
/// A bold letter is at most so much wider than a plain one (DejaVu Sans).
pub(super) const BOLD: f64 = 1.12;

/// Upper bound of a text's width in points, after the widths of DejaVu Sans, the widest font that pictures ask for.
pub(super) fn width(text: &str, size: f64) -> f64 {
    text.chars().map(advance).sum::<f64>() * size
}

/// Width of a character in units of the font size.
fn advance(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | '\'' => 0.29,
        'I' | 'f' | 't' | 'r' | ' ' | '.' | ',' | ':' | ';' | '!' | '|' | '/' | '\\' | '(' | ')' | '['
        | ']' | '-' | '·' => 0.42,
        'm' | 'M' | 'W' | '@' | '%' | '…' | '→' => 1.0,
        'w' | '+' | '=' | '<' | '>' | '~' | '×' | '–' => 0.84,
        'A'..='Z' | '&' | '#' => 0.79,
        '\0'..='\u{7f}' => 0.65,
        // Latin letters with accents, Greek and Cyrillic are at most as wide as W.
        '\u{80}'..='\u{5ff}' => 0.95,
        // The rest: a full em, pictographs more.
        _ if u32::from(c) < 0x1_f000 => 1.05,
        _ => 1.4,
    }
}

/// The text, cut with an ellipsis where it is wider than allowed.
pub(super) fn fit(text: &str, size: f64, allowed: f64) -> String {
    if width(text, size) <= allowed {
        return text.to_string();
    }
    let mut used = width("…", size);
    let kept: String = text
        .chars()
        .take_while(|&c| {
            used += advance(c) * size;
            used <= allowed
        })
        .collect();
    format!("{}…", kept.trim_end())
}
