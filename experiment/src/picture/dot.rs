//! The picture for Graphviz, which then places the boxes itself.

use std::fmt::Write;

use super::{Edge, EdgeKind, Node, NodeKind, Picture, palette};

/// The picture in the DOT language.
pub fn dot(picture: &Picture) -> String {
    let mut out = String::from("digraph architecture {\n");
    let line = |out: &mut String, text: String| {
        out.push_str("  ");
        out.push_str(&text);
        out.push_str(";\n");
    };
    line(&mut out, "rankdir=LR".into());
    line(&mut out, format!("label={}; labelloc=t", quoted(&picture.title)));
    line(&mut out, "node [fontname=\"DejaVu Sans\", fontsize=11]".into());
    line(&mut out, "edge [fontname=\"DejaVu Sans\", fontsize=10]".into());
    for node in &picture.nodes {
        line(&mut out, node_line(node));
    }
    for edge in &picture.edges {
        line(&mut out, edge_line(edge));
    }
    out.push_str("}\n");
    out
}

fn node_line(node: &Node) -> String {
    let (shape, style) = match node.kind {
        NodeKind::Client => ("box", "rounded,filled"),
        NodeKind::Service => ("box", "filled"),
        NodeKind::WorkQueue => ("cds", "filled"),
        NodeKind::External => ("box", "dashed,filled"),
        NodeKind::Group => ("box3d", "filled"),
    };
    let label = std::iter::once(&node.name).chain(&node.details).cloned().collect::<Vec<_>>().join("\n");
    let fill = node.load.map_or([255; 3], |load| palette::load_class(load).color);
    format!(
        "{} [label={}, shape={shape}, style=\"{style}\", color=\"{}\", fillcolor=\"{}\"]",
        quoted(&node.id),
        quoted(&label),
        hex(palette::border(node.kind)),
        hex(fill),
    )
}

fn edge_line(edge: &Edge) -> String {
    let style = match edge.kind {
        EdgeKind::Sync => "solid",
        EdgeKind::Async => "dashed",
        EdgeKind::Queue => "bold",
    };
    format!(
        "{} -> {} [label={}, style={style}, color=\"{}\"]",
        quoted(&edge.from),
        quoted(&edge.to),
        quoted(&edge.label),
        hex(palette::line(edge.kind)),
    )
}

fn hex([red, green, blue]: palette::Color) -> String {
    let mut text = String::with_capacity(7);
    // Writing to a String cannot fail.
    let _ = write!(text, "#{red:02x}{green:02x}{blue:02x}");
    text
}

/// A quoted string: `"` and `\` escaped, line ends as the escape `\n`.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
