//! Figures over time: panels one below the other along one axis of time, with the changes of replicas.

use std::fmt::{self, Write};

use tracecast_model::{ScalingEvent, Series};

use super::markup::{self, Escaped, Hex, LEFT};
use super::palette::Color;
use super::service_colors::ServiceColors;
use super::text::{self, TEXT_SIZE};
use super::time_axis::{TimeAxis, round_step};

const WIDTH: f64 = 960.0;
/// Room for the numbers at the left of a panel.
const NUMBERS: f64 = 58.0;
/// Height of a panel's plot, and of its title with the gap above.
const PLOT: f64 = 96.0;
const TITLE: f64 = 30.0;
/// The most lines of a panel; those that are smallest all the time are left out.
const LINES: usize = 8;
/// Steps of a panel's axis of values, at most.
const STEPS: f64 = 4.0;

/// What a panel shows: columns by the end of their names.
struct Kind {
    ending: &'static str,
    title: &'static str,
    /// Do values hold for a while and then change at once?
    in_steps: bool,
}

const KINDS: [Kind; 8] = [
    Kind { ending: ".throughput", title: "Throughput, requests per second", in_steps: false },
    Kind { ending: ".failed", title: "Failures, requests per second", in_steps: false },
    Kind { ending: ".response_time", title: "Response time, seconds", in_steps: false },
    Kind { ending: ".in_flight", title: "Requests in progress", in_steps: false },
    Kind { ending: ".queue_length", title: "Requests in the services", in_steps: false },
    Kind { ending: ".utilization", title: "Busy threads", in_steps: false },
    Kind { ending: ".throttled", title: "Replicas that stand still for want of CPU quota", in_steps: false },
    Kind { ending: ".replicas", title: "Replicas that take requests", in_steps: true },
];

/// A line: its name, values by bin, half widths of their intervals by bin.
struct Line<'a> {
    name: &'a str,
    values: &'a [Option<f64>],
    half_widths: Option<&'a [Option<f64>]>,
}

struct Panel<'a> {
    kind: &'static Kind,
    lines: Vec<Line<'a>>,
    left_out: usize,
}

/// The figures of a prediction over time as a self-contained SVG document, a panel for each kind of figure: means over the
/// replications with their 95 % intervals as bands, and the changes of replicas that autoscalers made in one of them as
/// dashed lines.
pub fn svg(title: &str, series: &Series, scaling: &[ScalingEvent]) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, title, series, scaling);
    out
}

fn write(out: &mut String, title: &str, series: &Series, scaling: &[ScalingEvent]) -> fmt::Result {
    let panels: Vec<Panel<'_>> = KINDS.iter().filter_map(|kind| panel(kind, series)).collect();
    let colors = ServiceColors::new(panels.iter().flat_map(|panel| panel.lines.iter().map(|line| line.name)));
    let mut legend = String::new();
    let legend_height = colors.legend(&mut legend, 44.0, WIDTH, None)?;
    let top = 44.0 + legend_height + 26.0;
    let bottom = top + (TITLE + PLOT) * panels.len() as f64;
    let height = bottom + if scaling.is_empty() { 14.0 } else { 30.0 };
    let title = text::fit(title, 17.0 * text::BOLD, WIDTH - 2.0 * LEFT);
    markup::begin(out, &title, WIDTH, height.ceil())?;
    out.push_str(&legend);
    let bin = series.bin_width().unwrap_or(1.0);
    let axis = TimeAxis {
        start: series.time.first().copied().unwrap_or(0.0),
        length: bin * series.time.len() as f64,
        left: LEFT + NUMBERS,
        width: WIDTH - 2.0 * LEFT - NUMBERS,
    };
    axis.write(out, top, bottom)?;
    for event in scaling {
        let x = axis.x(event.time);
        writeln!(
            out,
            r##"<path d="M{x:.1} {top:.1}L{x:.1} {bottom:.1}" stroke="#666666" stroke-dasharray="2 3"><title>{}</title></path>"##,
            Escaped(&format!("{}: {} → {}, {}", event.service, event.from, event.to, event.reason))
        )?;
    }
    for (number, panel) in panels.iter().enumerate() {
        let place = Place { axis: &axis, bin, top: top + (TITLE + PLOT) * number as f64 + TITLE };
        panel.write(out, &colors, &place)?;
    }
    if !scaling.is_empty() {
        writeln!(
            out,
            r##"<text x="{LEFT}" y="{:.1}" fill="#333333">Dashed: what autoscalers did in one course of events. Lines are means over all, with bands in a simulation.</text>"##,
            bottom + 20.0
        )?;
    }
    out.push_str("</svg>\n");
    Ok(())
}

/// The largest of a line's values.
fn largest(values: &[Option<f64>]) -> f64 {
    values.iter().flatten().copied().fold(0.0, f64::max)
}

/// The lines of a kind; `None` where nothing of that kind ever happens.
fn panel<'a>(kind: &'static Kind, series: &'a Series) -> Option<Panel<'a>> {
    let columns = series.columns.iter().filter_map(|(name, values)| {
        let of = name.strip_suffix(kind.ending)?;
        let half_widths = series.half_widths.get(name).map(Vec::as_slice);
        Some(Line { name: of, values, half_widths })
    });
    let mut lines: Vec<Line<'a>> = columns.filter(|line| largest(line.values) > 0.0).collect();
    if lines.is_empty() {
        return None;
    }
    let left_out = lines.len().saturating_sub(LINES);
    if left_out > 0 {
        let mut sizes: Vec<f64> = lines.iter().map(|line| largest(line.values)).collect();
        sizes.sort_by(|a, b| b.total_cmp(a));
        let least = sizes[LINES - 1];
        lines.retain(|line| largest(line.values) >= least);
        lines.truncate(LINES);
    }
    Some(Panel { kind, lines, left_out })
}

/// Where a panel is drawn.
struct Place<'a> {
    axis: &'a TimeAxis,
    bin: f64,
    top: f64,
}

impl Panel<'_> {
    fn write(&self, out: &mut String, colors: &ServiceColors, place: &Place<'_>) -> fmt::Result {
        let more = match self.left_out {
            0 => String::new(),
            count => format!(" ({count} smaller not shown)"),
        };
        let (top, bottom) = (place.top, place.top + PLOT);
        let right = place.axis.left + place.axis.width;
        let left = place.axis.left;
        writeln!(
            out,
            r#"<text x="{LEFT}" y="{:.1}" font-weight="bold">{}{more}</text>"#,
            top - 8.0,
            self.kind.title
        )?;
        let largest = self.lines.iter().map(|line| largest(line.values)).fold(0.0, f64::max);
        let step = round_step(largest / STEPS);
        let end = step * (largest / step * (1.0 - 1e-12)).ceil().max(1.0);
        let y = |value: f64| bottom - (value / end).clamp(0.0, 1.0) * PLOT;
        for number in 0..=(end / step).round() as u32 {
            let value = step * f64::from(number);
            writeln!(
                out,
                r##"<path d="M{left:.1} {y:.1}L{right:.1} {y:.1}" stroke="{}" stroke-width="1"/><text x="{:.1}" y="{:.1}" text-anchor="end" fill="#555555">{}</text>"##,
                if number == 0 { "#888888" } else { "#e6e6e6" },
                left - 6.0,
                y(value) + 0.35 * TEXT_SIZE,
                label(value, step),
                y = y(value)
            )?;
        }
        for line in &self.lines {
            let color = colors.of(line.name);
            line.band(out, color, place, y)?;
            let path = if self.kind.in_steps { line.steps(place, y) } else { line.curve(place, y) };
            writeln!(
                out,
                r#"<path d="{path}" fill="none" stroke="{}" stroke-width="1.8" stroke-linejoin="round"><title>{}</title></path>"#,
                Hex(color),
                Escaped(line.name)
            )?;
        }
        Ok(())
    }
}

impl Line<'_> {
    /// Times of the middles of bins with their values.
    fn points(&self, place: &Place<'_>) -> impl Iterator<Item = (f64, Option<f64>)> {
        let (start, bin) = (place.axis.start, place.bin);
        self.values.iter().enumerate().map(move |(row, &value)| (start + bin * (row as f64 + 0.5), value))
    }

    /// From middle to middle; broken where there is no value.
    fn curve(&self, place: &Place<'_>, y: impl Fn(f64) -> f64) -> String {
        let mut path = String::new();
        let mut command = 'M';
        for (time, value) in self.points(place) {
            match value {
                Some(value) => {
                    let _ = write!(path, "{command}{:.1} {:.1}", place.axis.x(time), y(value));
                    // A value between two gaps is seen as a dot.
                    if command == 'M' {
                        path.push_str("h0.1");
                    }
                    command = 'L';
                }
                None => command = 'M',
            }
        }
        path
    }

    /// Level within each bin.
    fn steps(&self, place: &Place<'_>, y: impl Fn(f64) -> f64) -> String {
        let mut path = String::new();
        let mut command = 'M';
        for (time, value) in self.points(place) {
            let Some(value) = value else {
                command = 'M';
                continue;
            };
            let (from, to) = (place.axis.x(time - 0.5 * place.bin), place.axis.x(time + 0.5 * place.bin));
            let _ = write!(path, "{command}{from:.1} {y:.1}L{to:.1} {y:.1}", y = y(value));
            command = 'L';
        }
        path
    }

    /// The intervals, a polygon for each run of bins that have one.
    fn band(&self, out: &mut String, color: Color, place: &Place<'_>, y: impl Fn(f64) -> f64) -> fmt::Result {
        let Some(half_widths) = self.half_widths else { return Ok(()) };
        let known: Vec<Option<(f64, f64, f64)>> = self
            .points(place)
            .zip(half_widths)
            .map(|((time, value), &half)| Some((place.axis.x(time), y(value? - half?), y(value? + half?))))
            .collect();
        for run in known.split(Option::is_none).filter(|run| run.len() > 1) {
            let run: Vec<(f64, f64, f64)> = run.iter().copied().flatten().collect();
            let mut points = String::new();
            for (x, _, high) in &run {
                write!(points, "{x:.1},{high:.1} ")?;
            }
            for (x, low, _) in run.iter().rev() {
                write!(points, "{x:.1},{low:.1} ")?;
            }
            writeln!(
                out,
                r#"<polygon points="{}" fill="{}" fill-opacity="0.18"/>"#,
                points.trim_end(),
                Hex(color)
            )?;
        }
        Ok(())
    }
}

/// A value with as many decimals as its steps need.
fn label(value: f64, step: f64) -> String {
    let decimals = (-step.log10().floor()).clamp(0.0, 9.0) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(columns: &[(&str, &[f64])]) -> Series {
        let bins = columns.first().map_or(0, |column| column.1.len());
        let mut series = Series { time: (0..bins).map(|row| row as f64).collect(), ..Series::default() };
        for (name, values) in columns {
            series.columns.insert((*name).to_owned(), values.iter().copied().map(Some).collect());
            series.half_widths.insert((*name).to_owned(), vec![Some(0.25); bins]);
        }
        series
    }

    #[test]
    fn a_panel_for_each_kind_that_happens() {
        let event = ScalingEvent {
            time: 1.0,
            service: "a<b".into(),
            from: 1,
            to: 2,
            reason: "\"cpu\"".into(),
            delays: Vec::new(),
        };
        let series = series(&[
            ("users.throughput", &[1.0, 3.0, 2.0]),
            ("users.failed", &[0.0, 0.0, 0.0]),
            ("a<b.replicas", &[1.0, 2.0, 2.0]),
        ]);
        let text = svg("Some system", &series, &[event]);
        let document = roxmltree::Document::parse(&text).expect("well-formed");
        let words: Vec<&str> = document.descendants().filter_map(|node| node.text()).collect();
        assert!(words.contains(&"Throughput, requests per second"), "{words:?}");
        assert!(words.contains(&"Replicas that take requests"));
        assert!(!words.iter().any(|word| word.starts_with("Failures")));
        assert!(words.iter().any(|word| word.contains("a<b: 1 → 2")));
        assert_eq!(document.descendants().filter(|node| node.has_tag_name("polygon")).count(), 2);
    }

    #[test]
    fn lines_break_where_there_is_nothing() {
        let values = [Some(1.0), None, Some(2.0), Some(3.0)];
        let line = Line { name: "a", values: &values, half_widths: None };
        let axis = TimeAxis { start: 0.0, length: 4.0, left: 0.0, width: 4.0 };
        let place = Place { axis: &axis, bin: 1.0, top: 0.0 };
        assert_eq!(line.curve(&place, |value| value), "M0.5 1.0h0.1M2.5 2.0h0.1L3.5 3.0");
        assert_eq!(line.steps(&place, |value| value), "M0.0 1.0L1.0 1.0M2.0 2.0L3.0 2.0L3.0 3.0L4.0 3.0");
    }

    #[test]
    fn of_many_lines_the_largest_are_shown() {
        let names: Vec<String> = (0..20).map(|number| format!("s{number}.utilization")).collect();
        let values: Vec<Vec<f64>> = (1..=20).map(|number| vec![f64::from(number)]).collect();
        let columns: Vec<(&str, &[f64])> =
            names.iter().zip(&values).map(|(name, values)| (name.as_str(), values.as_slice())).collect();
        let series = series(&columns);
        let shown = panel(&KINDS[5], &series).expect("busy threads");
        assert_eq!((shown.lines.len(), shown.left_out), (LINES, 12));
        assert!(shown.lines.iter().all(|line| largest(line.values) >= 13.0));
    }

    #[test]
    fn numbers_have_the_decimals_of_their_steps() {
        assert_eq!(label(0.2, 0.05), "0.20");
        assert_eq!(label(400.0, 200.0), "400");
        assert_eq!(label(1.5, 0.5), "1.5");
    }
}
