//! The picture as SVG: one self-contained text, legible in any viewer.

use std::fmt::{self, Display, Write};

use super::graph::{LINE_HEIGHT, PADDING, SYMBOL};
use super::markup::{self, Escaped, Hex, LEFT};
use super::text::{self, TEXT_SIZE, TITLE_SIZE};
use super::{Edge, EdgeKind, Node, NodeKind, Picture, Point, control_points, palette};

/// Height of the title above the drawing.
const HEADER: f64 = 40.0;
/// Height of a line of the legend below it.
const LEGEND_LINE: f64 = 22.0;

/// The picture as a self-contained SVG document.
pub fn svg(picture: &Picture) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, picture);
    out
}

fn write(out: &mut String, picture: &Picture) -> fmt::Result {
    let legend = Legend::of(picture);
    let title_width = text::width(&picture.title, 17.0) * text::BOLD;
    let width = picture.width.max(legend.width() + 2.0 * LEFT).max(title_width + 2.0 * LEFT).ceil();
    let height = (HEADER + picture.height + legend.height()).ceil();
    markup::begin(out, &picture.title, width, height)?;
    writeln!(out, r#"<g transform="translate(0 {HEADER})">"#)?;
    for edge in &picture.edges {
        line(out, edge)?;
    }
    for node in &picture.nodes {
        boxed(out, node)?;
    }
    for edge in picture.edges.iter().filter(|edge| !edge.label.is_empty()) {
        label(out, edge)?;
    }
    out.push_str("</g>\n");
    legend.write(out, HEADER + picture.height)?;
    out.push_str("</svg>\n");
    Ok(())
}

fn line(out: &mut String, edge: &Edge) -> fmt::Result {
    let mut path = String::new();
    for (number, point) in edge.points.iter().enumerate() {
        match number.checked_sub(1).map(|before| edge.points[before]) {
            None => write!(path, "M{}", At(*point))?,
            Some(from) if from[1] == point[1] => write!(path, "L{}", At(*point))?,
            Some(from) => {
                let [one, two] = control_points(from, *point);
                write!(path, "C{} {} {}", At(one), At(two), At(*point))?;
            }
        }
    }
    writeln!(out, r#"<g><title>{}</title>"#, Escaped(&hint(edge)))?;
    writeln!(out, r#"<path d="{path}" fill="none" {}/>"#, Stroke(edge.kind))?;
    if let [.., before, tip] = edge.points.as_slice() {
        arrow_head(out, *before, *tip, edge.kind)?;
    }
    out.push_str("</g>\n");
    Ok(())
}

/// What a viewer shows when one points at a line.
fn hint(edge: &Edge) -> String {
    if edge.notes.is_empty() { edge.kind.meaning().to_string() } else { edge.notes.join("\n") }
}

/// All lines end level, so that the head points left or right.
fn arrow_head(out: &mut String, before: Point, tip: Point, kind: EdgeKind) -> fmt::Result {
    let back = if tip[0] >= before[0] { -9.0 } else { 9.0 };
    writeln!(
        out,
        r#"<path d="M{}L{}L{}Z" fill="{}"/>"#,
        At(tip),
        At([tip[0] + back, tip[1] - 4.0]),
        At([tip[0] + back, tip[1] + 4.0]),
        Hex(palette::line(kind)),
    )
}

fn boxed(out: &mut String, node: &Node) -> fmt::Result {
    let round = match node.kind {
        NodeKind::Client => 14.0,
        NodeKind::WorkQueue => 10.0,
        NodeKind::Service | NodeKind::External | NodeKind::Group => 4.0,
    };
    let fill = node.load.map_or([255; 3], |load| palette::load_class(load).color);
    let dashes = if node.kind == NodeKind::External { r#" stroke-dasharray="5 3""# } else { "" };
    writeln!(out, "<g><title>{}</title>", Escaped(&notes(node)))?;
    writeln!(
        out,
        r#"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" rx="{round}" fill="{}" stroke="{}" stroke-width="1.6"{dashes}/>"#,
        node.x,
        node.y,
        node.w,
        node.h,
        Hex(fill),
        Hex(palette::border(node.kind)),
    )?;
    let left = node.x + PADDING + if node.kind == NodeKind::Client { SYMBOL } else { 0.0 };
    let first = node.y + PADDING + TITLE_SIZE * 0.8;
    writeln!(
        out,
        r#"<text x="{left:.1}" y="{first:.1}" font-size="{TITLE_SIZE}" font-weight="bold">{}</text>"#,
        Escaped(&node.title)
    )?;
    for (number, detail) in node.details.iter().enumerate() {
        let y = first + LINE_HEIGHT * (number + 1) as f64;
        writeln!(out, r##"<text x="{left:.1}" y="{y:.1}" fill="#333333">{}</text>"##, Escaped(detail))?;
    }
    symbol(out, node)?;
    out.push_str("</g>\n");
    Ok(())
}

fn notes(node: &Node) -> String {
    std::iter::once(&node.name).chain(&node.notes).map(String::as_str).collect::<Vec<_>>().join("\n")
}

/// A person for a client, waiting messages for a queue.
fn symbol(out: &mut String, node: &Node) -> fmt::Result {
    let color = Hex(palette::border(node.kind));
    let middle = node.y + node.h / 2.0;
    match node.kind {
        NodeKind::Client => {
            let x = node.x + PADDING + 6.0;
            writeln!(out, r#"<circle cx="{x:.1}" cy="{:.1}" r="5" fill="{color}"/>"#, middle - 7.0)?;
            let (left, right, bottom) = (x - 8.0, x + 8.0, middle + 10.0);
            writeln!(
                out,
                r#"<path d="M{left:.1} {bottom:.1}A8 10 0 0 1 {right:.1} {bottom:.1}Z" fill="{color}"/>"#
            )
        }
        NodeKind::WorkQueue => (0..3).try_for_each(|message| {
            let x = node.x + node.w - PADDING - 6.0 * f64::from(message) - 4.0;
            let (top, height) = (middle - 9.0, 18.0);
            writeln!(out, r#"<rect x="{x:.1}" y="{top:.1}" width="4" height="{height}" fill="{color}"/>"#)
        }),
        NodeKind::Service | NodeKind::External | NodeKind::Group => Ok(()),
    }
}

fn label(out: &mut String, edge: &Edge) -> fmt::Result {
    let [x, y] = edge.label_at;
    let width = text::width(&edge.label, TEXT_SIZE) + 4.0;
    writeln!(
        out,
        r##"<rect x="{:.1}" y="{:.1}" width="{width:.1}" height="14" rx="3" fill="#ffffff" fill-opacity="0.9"/>"##,
        x - width / 2.0,
        y - 7.0
    )?;
    writeln!(
        out,
        r#"<text x="{x:.1}" y="{:.1}" text-anchor="middle" fill="{}">{}</text>"#,
        y + 4.0,
        Hex(palette::line(edge.kind)),
        Escaped(&edge.label)
    )
}

/// The kinds of lines and the classes of load that occur.
struct Legend {
    lines: Vec<EdgeKind>,
    loads: bool,
}

impl Legend {
    fn of(picture: &Picture) -> Self {
        let occurs = |kind: &EdgeKind| picture.edges.iter().any(|edge| edge.kind == *kind);
        let labeled = picture.nodes.iter().any(|node| node.load.is_some());
        Self { lines: EdgeKind::ALL.into_iter().filter(occurs).collect(), loads: labeled }
    }

    fn width(&self) -> f64 {
        let lines: f64 = self.lines.iter().map(|kind| 56.0 + text::width(kind.meaning(), TEXT_SIZE)).sum();
        let loads: f64 =
            palette::LOAD_CLASSES.iter().map(|class| 36.0 + text::width(class.label, TEXT_SIZE)).sum();
        if self.loads { lines.max(loads) } else { lines }
    }

    fn height(&self) -> f64 {
        LEGEND_LINE * (f64::from(u8::from(!self.lines.is_empty())) + f64::from(u8::from(self.loads))) + 6.0
    }

    fn write(&self, out: &mut String, top: f64) -> fmt::Result {
        let (mut x, mut y) = (LEFT, top + 6.0);
        for &kind in &self.lines {
            writeln!(
                out,
                r#"<path d="M{}L{}" fill="none" {}/>"#,
                At([x, y]),
                At([x + 34.0, y]),
                Stroke(kind)
            )?;
            arrow_head(out, [x, y], [x + 36.0, y], kind)?;
            writeln!(out, r#"<text x="{:.1}" y="{:.1}">{}</text>"#, x + 42.0, y + 4.0, kind.meaning())?;
            x += 56.0 + text::width(kind.meaning(), TEXT_SIZE);
        }
        if !self.loads {
            return Ok(());
        }
        y += if self.lines.is_empty() { 0.0 } else { LEGEND_LINE };
        x = LEFT;
        for class in &palette::LOAD_CLASSES {
            writeln!(
                out,
                r#"<rect x="{x:.1}" y="{:.1}" width="16" height="12" rx="2" fill="{}" stroke="{}"/>"#,
                y - 6.0,
                Hex(class.color),
                Hex(palette::BLUE),
            )?;
            writeln!(out, r#"<text x="{:.1}" y="{:.1}">{}</text>"#, x + 22.0, y + 4.0, class.label)?;
            x += 36.0 + text::width(class.label, TEXT_SIZE);
        }
        Ok(())
    }
}

/// A point in a path.
struct At(Point);

impl Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1} {:.1}", self.0[0], self.0[1])
    }
}

/// The look of a line.
struct Stroke(EdgeKind);

impl Display for Stroke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let look = match self.0 {
            EdgeKind::Sync => r#"stroke-width="1.4""#,
            EdgeKind::Async => r#"stroke-width="1.6" stroke-dasharray="7 4""#,
            EdgeKind::Queue => r#"stroke-width="2.6" stroke-dasharray="2 3""#,
        };
        write!(f, r#"stroke="{}" {look}"#, Hex(palette::line(self.0)))
    }
}
