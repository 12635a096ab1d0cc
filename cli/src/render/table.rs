//! Plain tables: a header, a line, rows; names left, numbers right.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// Columns of a name that is longer are wrapped.
pub(super) const NAMES: usize = 38;

/// Columns that hold names are aligned left, all others right.
pub(crate) fn table(header: &[&str], names: usize, rows: Vec<Vec<String>>) -> String {
    drawn(header, names, header.len(), rows)
}

/// The same with sentences in the last column, aligned left.
pub(crate) fn table_with_text(header: &[&str], names: usize, rows: Vec<Vec<String>>) -> String {
    drawn(header, names, header.len() - 1, rows)
}

/// The columns from `text` on hold sentences.
fn drawn(header: &[&str], names: usize, text: usize, rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(80);
    table.set_header(header.iter().map(|title| (*title).to_string()));
    for row in rows {
        table.add_row(row);
    }
    for (i, column) in table.column_iter_mut().enumerate() {
        let alignment = if i < names || i >= text { CellAlignment::Left } else { CellAlignment::Right };
        column.set_cell_alignment(alignment);
        column.set_padding((if i == 0 { 0 } else { 2 }, 0));
        if i < names {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(NAMES as u16)));
        }
    }
    let text = table.trim_fmt();
    let width = text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    let mut lines = text.lines();
    let head = lines.next().unwrap_or_default();
    let body: String = lines.map(|line| format!("{line}\n")).collect();
    format!("{head}\n{}\n{body}", "─".repeat(width))
}
