//! Where requests of each type spent their time: stacked bars by service.

use std::fmt::{self, Write};

use super::describe;
use super::markup::{self, Escaped, Hex, LEFT};
use super::palette::GRAY;
use super::service_colors::{ServiceColors, ink};
use super::text::{self, TEXT_SIZE};
use super::time_axis::TimeAxis;
use crate::call_tree::{Breakdown, OperationTime, Part, TypeBreakdown, by_time};

const WIDTH: f64 = 1000.0;
/// Room for what a bar shows, and for its sum.
const NAMES: f64 = 100.0;
const SUM: f64 = 80.0;
const BAR: f64 = 20.0;
/// A type: its name, two bars, and a gap.
const TYPE: f64 = 82.0;
/// The most types that are drawn.
const TYPES: usize = 12;

/// A breakdown as a self-contained SVG document: for each type of requests a bar of the time on the critical path, which is the
/// response time, and one of the time in all, both by service, with the time between services in gray.
pub fn svg(times: &Breakdown) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, times);
    out
}

fn write(out: &mut String, times: &Breakdown) -> fmt::Result {
    let types = &times.types[..times.types.len().min(TYPES)];
    let colors = ServiceColors::new(by_time(types).into_iter());
    let mut legend = String::new();
    let legend_height = colors.legend(&mut legend, 44.0, WIDTH, Some("network, queues on the way"))?;
    let top = 44.0 + legend_height + 30.0;
    let bottom = top + TYPE * types.len() as f64;
    let left_out = times.types.len() - types.len();
    let height = bottom + if left_out > 0 { 32.0 } else { 12.0 };
    markup::begin(out, "Where requests spend their time", WIDTH, height.ceil())?;
    out.push_str(&legend);
    let all = types.iter().flat_map(|requests| [sum(requests, critical), sum(requests, in_all)]);
    let axis = TimeAxis {
        start: 0.0,
        length: all.fold(0.0, f64::max),
        left: LEFT + NAMES,
        width: WIDTH - 2.0 * LEFT - NAMES - SUM,
    };
    axis.write(out, top, bottom - 8.0)?;
    for (number, requests) in types.iter().enumerate() {
        let y = top + TYPE * number as f64;
        let title = format!(
            "{} · {}",
            requests.name,
            describe::counted(requests.requests as u64, "request", "requests")
        );
        let wide = WIDTH - 2.0 * LEFT;
        let title = text::fit(&title, TEXT_SIZE * text::BOLD, wide);
        let ground = text::width(&title, TEXT_SIZE) * text::BOLD + 4.0;
        writeln!(
            out,
            r##"<rect x="{LEFT}" y="{:.1}" width="{:.1}" height="15" fill="#ffffff"/>"##,
            y + 5.0,
            ground.min(wide)
        )?;
        writeln!(
            out,
            r#"<text x="{LEFT}" y="{:.1}" font-weight="bold">{}</text>"#,
            y + 17.0,
            Escaped(&title)
        )?;
        bar(out, requests, "critical path", critical, &axis, &colors, y + 23.0)?;
        bar(out, requests, "in all", in_all, &axis, &colors, y + 47.0)?;
    }
    if left_out > 0 {
        let note = format!("{left_out} less frequent types of requests are not shown.");
        writeln!(out, r##"<text x="{LEFT}" y="{:.1}" fill="#333333">{note}</text>"##, bottom + 16.0)?;
    }
    out.push_str("</svg>\n");
    Ok(())
}

fn critical(operation: &OperationTime) -> f64 {
    operation.critical_time
}

fn in_all(operation: &OperationTime) -> f64 {
    operation.time
}

fn sum(requests: &TypeBreakdown, of: fn(&OperationTime) -> f64) -> f64 {
    requests.operations.iter().map(of).sum()
}

fn bar(
    out: &mut String,
    requests: &TypeBreakdown,
    name: &str,
    of: fn(&OperationTime) -> f64,
    axis: &TimeAxis,
    colors: &ServiceColors,
    y: f64,
) -> fmt::Result {
    writeln!(out, r##"<text x="{LEFT}" y="{:.1}" fill="#333333">{name}</text>"##, y + 14.0)?;
    let mut parts: Vec<(Option<&str>, f64)> = by_time(std::slice::from_ref(requests))
        .into_iter()
        .map(|service| {
            let own =
                requests.operations.iter().filter(|one| one.part == Part::Work && &*one.service == service);
            (Some(service), own.map(of).sum())
        })
        .collect();
    let network = requests.operations.iter().filter(|one| one.part == Part::Network);
    parts.push((None, network.map(of).sum()));
    let mut from = 0.0;
    for (service, time) in parts.into_iter().filter(|(_, time)| *time > 0.0) {
        let (left, right) = (axis.x(from), axis.x(from + time));
        from += time;
        let color = service.map_or(GRAY, |service| colors.of(service));
        let words = format!("{}: {}", service.unwrap_or("network"), describe::duration(time));
        writeln!(out, "<g><title>{}</title>", Escaped(&words))?;
        writeln!(
            out,
            r##"<rect x="{left:.2}" y="{y:.1}" width="{:.2}" height="{BAR}" fill="{}" stroke="#444444" stroke-width="0.5"/>"##,
            right - left,
            Hex(color)
        )?;
        let label = describe::duration(time);
        if text::width(&label, TEXT_SIZE) + 6.0 <= right - left {
            writeln!(
                out,
                r#"<text x="{:.1}" y="{:.1}" text-anchor="middle" fill="{}">{}</text>"#,
                f64::midpoint(left, right),
                y + 14.0,
                Hex(ink(color)),
                Escaped(&label)
            )?;
        }
        out.push_str("</g>\n");
    }
    writeln!(
        out,
        r#"<text x="{:.1}" y="{:.1}">{}</text>"#,
        axis.x(from) + 6.0,
        y + 14.0,
        Escaped(&describe::duration(from))
    )
}
