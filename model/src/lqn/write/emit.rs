//! XML with indentation.

use std::fmt::{Display, Write};

/// Attributes in the order in which they are written.
pub(super) type Attributes = Vec<(&'static str, String)>;

/// A growing document.
#[derive(Default)]
pub(super) struct Emitter {
    text: String,
    open: Vec<&'static str>,
}

impl Emitter {
    fn tag(&mut self, tag: &str, attributes: &Attributes, end: &str) {
        let indent = "  ".repeat(self.open.len());
        let _ = write!(self.text, "{indent}<{tag}");
        for (name, value) in attributes {
            let _ = write!(self.text, " {name}=\"{}\"", escaped(value));
        }
        self.text.push_str(end);
        self.text.push('\n');
    }

    /// Begins an element, which holds what is written up to its [`close`](Self::close).
    pub(super) fn open(&mut self, tag: &'static str, attributes: &Attributes) {
        self.tag(tag, attributes, ">");
        self.open.push(tag);
    }

    pub(super) fn close(&mut self) {
        if let Some(tag) = self.open.pop() {
            let indent = "  ".repeat(self.open.len());
            let _ = writeln!(self.text, "{indent}</{tag}>");
        }
    }

    /// An element that holds nothing.
    pub(super) fn empty(&mut self, tag: &'static str, attributes: &Attributes) {
        self.tag(tag, attributes, "/>");
    }

    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        format!("<?xml version=\"1.0\"?>\n{}", self.text)
    }
}

/// An attribute.
pub(super) fn attribute(name: &'static str, value: impl Display) -> (&'static str, String) {
    (name, value.to_string())
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '&' => text.push_str("&amp;"),
            '<' => text.push_str("&lt;"),
            '>' => text.push_str("&gt;"),
            '"' => text.push_str("&quot;"),
            // Readers turn plain line breaks and tabs in attributes into spaces.
            '\n' => text.push_str("&#10;"),
            '\t' => text.push_str("&#9;"),
            '\r' => text.push_str("&#13;"),
            // Other control characters cannot be in XML at all.
            c if c.is_control() => text.push('\u{fffd}'),
            c => text.push(c),
        }
    }
    text
}
