//! Tables of a prediction as CSV (RFC 4180 with newlines for line ends), with a header and an empty cell for what is absent.
//! Numbers are the shortest that read back as the same.

use tracecast_model::{Prediction, Series};

/// The figures over time: a row for each bin, with the start of the bin in seconds (`time`), a column for each figure, and
/// after all of them a column `NAME.half_width` for each that has intervals: half the width of the 95 % interval.
pub fn series(series: &Series) -> String {
    let names = series.columns.keys().cloned();
    let widths = series.half_widths.keys().map(|name| format!("{name}.half_width"));
    let header = std::iter::once("time".to_owned()).chain(names).chain(widths);
    let rows = series.time.iter().enumerate().map(|(row, time)| {
        let columns = series.columns.values().chain(series.half_widths.values());
        let cells = columns.map(move |column| cell(column.get(row).copied().flatten()));
        std::iter::once(time.to_string()).chain(cells)
    });
    csv(header, rows)
}

/// The distributions of the response times: a row for each bin of each workload. Its columns are the workload, the bin's
/// bounds in seconds (`low`, `high`), the requests in it (`count`), its part of the workload's requests (`share`, 0 to 1),
/// the part of them below `high` (`cumulative`, 0 to 1) and half the width of the 95 % interval of that (`half_width`).
pub fn histograms(prediction: &Prediction) -> String {
    let header = ["workload", "low", "high", "count", "share", "cumulative", "half_width"];
    let rows = prediction.workloads.iter().flat_map(|(name, workload)| {
        let total: u64 = workload.histogram.iter().map(|bin| bin.count).sum();
        workload.histogram.iter().map(move |bin| {
            let share = bin.count as f64 / total as f64;
            let figures = [bin.low, bin.high, bin.count as f64, share, bin.cumulative].map(|x| x.to_string());
            std::iter::once(name.clone()).chain(figures).chain([cell(bin.half_width)])
        })
    });
    csv(header.map(str::to_owned), rows)
}

/// Each row has as many cells as the header.
fn csv<R: IntoIterator<Item = String>>(
    header: impl IntoIterator<Item = String>,
    rows: impl Iterator<Item = R>,
) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(header.into_iter().collect::<Vec<_>>()).expect("memory takes all that is written");
    for row in rows {
        writer.write_record(row.into_iter().collect::<Vec<_>>()).expect("rows are as long as the header");
    }
    let bytes = writer.into_inner().expect("memory takes all that is written");
    String::from_utf8(bytes).expect("cells are text")
}

/// Empty for what is absent.
fn cell(value: Option<f64>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use tracecast_model::{HistogramBin, Prediction, Series, WorkloadResult};

    use crate::Report;

    fn sample() -> Series {
        Series {
            time: vec![0.0, 0.5],
            columns: [("client.throughput".to_owned(), vec![Some(3.0), None])].into(),
            half_widths: [("client.throughput".to_owned(), vec![Some(0.25), None])].into(),
        }
    }

    fn distributed() -> Prediction {
        let bin = |low, count, cumulative, half_width| HistogramBin {
            low,
            high: low + 0.5,
            count,
            cumulative,
            half_width,
        };
        let histogram = vec![bin(0.5, 3, 0.75, Some(0.125)), bin(2.0, 1, 1.0, None)];
        let mut prediction = Prediction::new("simulation", "discrete events");
        prediction
            .workloads
            .insert("buy, \"fast\"".into(), WorkloadResult { histogram, ..WorkloadResult::default() });
        prediction
    }

    #[test]
    fn absent_figures_are_empty() {
        let expected = "time,client.throughput,client.throughput.half_width\n0,3,0.25\n0.5,,\n";
        assert_eq!(super::series(&sample()), expected);
    }

    /// RFC 4180, 2.6 and 2.7: cells with commas or quotes are quoted, and quotes in them are doubled.
    #[test]
    fn names_are_quoted() {
        let name = r#""buy, ""fast""""#;
        let expected = format!(
            "workload,low,high,count,share,cumulative,half_width\n\
             {name},0.5,1,3,0.75,0.75,0.125\n\
             {name},2,2.5,1,0.25,1,\n"
        );
        assert_eq!(super::histograms(&distributed()), expected);
    }

    #[test]
    fn pages_show_what_tables_hold() {
        let mut report = Report::default();
        report.add("series.csv", &super::series(&sample())).unwrap();
        report.add("histogram.csv", &super::histograms(&distributed())).unwrap();
        let page = report.page("Both");
        for kind in ["Figures over time: series.csv", "Distribution of response times: histogram.csv"] {
            assert!(page.contains(kind), "{page}");
        }
        assert!(page.contains("buy, &quot;fast&quot;"), "{page}");
    }

    #[test]
    fn a_damaged_table_leaves_the_page_as_it_was() {
        let mut report = Report::default();
        let empty = report.page("Nothing");
        let error = report.add("series.csv", "time,client.throughput\n0,three\n").unwrap_err();
        assert_eq!(error.to_string(), "row 1, column \"client.throughput\": \"three\" is not a number");
        assert_eq!(report.page("Nothing"), empty);
    }
}
