//! Pieces of a page. All text is escaped here, since names come from traces.

use tracecast_experiment::picture::Escaped;

/// Tables of more rows are scrolled on their own.
const LONG: usize = 40;

/// The inside of a page, or of a part of it.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    pub(super) fn paragraph(&mut self, text: &str) {
        self.element("p", text);
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.element("h3", text);
    }

    /// Something to be noticed.
    pub(super) fn warning(&mut self, text: &str) {
        self.0.push_str(&format!("<p class=\"warning\">{}</p>\n", Escaped(text)));
    }

    fn element(&mut self, name: &str, text: &str) {
        self.0.push_str(&format!("<{name}>{}</{name}>\n", Escaped(text)));
    }

    /// The first columns hold names, all others figures, which stand right. An empty table is left out.
    pub(super) fn table(&mut self, header: &[&str], names: usize, rows: &[Vec<String>]) {
        if rows.is_empty() {
            return;
        }
        let class = |i: usize| if i < names { "" } else { " class=\"n\"" };
        let row = |tag: &str, cells: &mut dyn Iterator<Item = &str>| {
            let cells: String = cells
                .enumerate()
                .map(|(i, cell)| format!("<{tag}{}>{}</{tag}>", class(i), Escaped(cell)))
                .collect();
            format!("<tr>{cells}</tr>\n")
        };
        let long = if rows.len() > LONG { " long" } else { "" };
        self.0.push_str(&format!("<div class=\"scroll{long}\"><table>\n<thead>"));
        self.0.push_str(&row("th", &mut header.iter().copied()));
        self.0.push_str("</thead>\n<tbody>\n");
        for cells in rows {
            self.0.push_str(&row("td", &mut cells.iter().map(String::as_str)));
        }
        self.0.push_str("</tbody></table></div>\n");
    }

    /// Figures side by side where there is room.
    pub(super) fn charts(&mut self, charts: Vec<Chart>) {
        if charts.is_empty() {
            return;
        }
        self.0.push_str("<div class=\"charts\">\n");
        for chart in charts {
            self.0.push_str(&format!(
                "<figure><figcaption>{}</figcaption>\n{}",
                Escaped(&chart.title),
                chart.svg
            ));
            if !chart.legend.is_empty() {
                let entries = chart.legend.iter().enumerate().map(|(i, name)| {
                    format!("<li><span class=\"key s{}\"></span>{}</li>", i % COLORS, Escaped(name))
                });
                self.0.push_str(&format!("<ul class=\"legend\">{}</ul>\n", entries.collect::<String>()));
            }
            if !chart.note.is_empty() {
                self.0.push_str(&format!("<p class=\"note\">{}</p>\n", Escaped(&chart.note)));
            }
            self.0.push_str("</figure>\n");
        }
        self.0.push_str("</div>\n");
    }

    /// A picture that has its own colors and a width of its own.
    pub(super) fn picture(&mut self, svg: &str) {
        self.0.push_str(&format!("<div class=\"picture\">{svg}</div>\n"));
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// Colors of series; further ones use them again.
pub(super) const COLORS: usize = 6;

/// A drawing with what stands beside it.
#[derive(Debug, Default)]
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) svg: String,
    /// Names of the series, in the order of their colors.
    pub(super) legend: Vec<String>,
    pub(super) note: String,
}
