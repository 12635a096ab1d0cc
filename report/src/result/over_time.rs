//! Figures over time, as `predict --series` writes them.

use tracecast_experiment::picture::over_time_svg;
use tracecast_model::Series;

use crate::html::Html;
use crate::recognize::{NotAResult, Table};

pub(crate) fn show(table: &Table) -> Result<Html, NotAResult> {
    let rows = 0..table.rows.len();
    let mut series = Series {
        time: rows.clone().map(|row| table.needed(row, 0)).collect::<Result<_, _>>()?,
        ..Series::default()
    };
    for (column, name) in table.header.iter().enumerate().skip(1) {
        let values = rows.clone().map(|row| table.number(row, column)).collect::<Result<_, _>>()?;
        match name.strip_suffix(".half_width") {
            Some(of) => series.half_widths.insert(of.to_owned(), values),
            None => series.columns.insert(name.clone(), values),
        };
    }
    let mut html = Html::default();
    html.paragraph(&format!("{} figures in {} bins", series.columns.len(), series.time.len()));
    html.picture(&over_time_svg("Figures over time", &series, &[]));
    Ok(html)
}
