//! Metrics of pods and services over time: a row for each time and pod, a column for each metric, with its unit in
//! parentheses, `CpuUsage(m)`. Also a column for each pair of services, `frontend_adservice`.

use std::io::BufRead;

use crate::ImportError;
use crate::metrics::measurements::Meaning;
use crate::metrics::table::{Header, Table, instant};
use crate::metrics::{Kind, Measurements, MetricsFormat, Point, Quantity, Unit};

/// See the module.
pub(super) struct PodMetrics;

const NAME: &str = "pod-metrics";

const TIMES: &[&str] = &["TimeStamp", "timestamp", "Time", "time"];
/// Columns that tell what a row is about, with the label that they become.
const LABELS: &[(&str, &[&str])] = &[
    ("pod", &["PodName", "pod_name", "pod"]),
    ("service", &["ServiceName", "service_name", "service", "svc"]),
    ("container", &["ContainerName", "container_name", "container"]),
    ("node", &["NodeName", "node_name", "node"]),
    ("namespace", &["Namespace"]),
];

impl MetricsFormat for PodMetrics {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "a table of metrics of pods or services"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let Some(header) = Header::of(head) else { return false };
        if header.find(TIMES).is_none() {
            return false;
        }
        let columns = columns(&header);
        let told = columns.iter().filter(|column| column.quantity != Quantity::Other).count();
        // Nothing but times and pairs of services.
        let both_times = header.0.iter().take(2).all(|name| TIMES.contains(&name.as_str()));
        let pairs = columns.len() > 1 && both_times && columns.iter().all(|column| column.name.contains('_'));
        labels(&header).next().is_some() && told > 0 || pairs
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut table = Table::new(NAME, input)?;
        let time = table.column(TIMES)?;
        let about: Vec<(&str, usize)> = labels(&table.header).collect();
        let columns = columns(&table.header);
        while table.next()? {
            let Some(at) = table.text(time).and_then(|text| instant(&text)) else {
                table.skip(into);
                continue;
            };
            let texts: Vec<_> =
                about.iter().filter_map(|(label, place)| Some((*label, table.text(*place)?))).collect();
            for column in &columns {
                let Some(value) = table.number(column.place) else { continue };
                let mut labels: Vec<(&str, &str)> =
                    texts.iter().map(|(label, text)| (*label, &**text)).collect();
                labels.extend(column.quantile.as_deref().map(|share| ("quantile", share)));
                labels.extend(column.side.map(|side| ("side", side)));
                let Column { quantity, unit, .. } = *column;
                let meaning = Meaning { name: &column.name, quantity, unit, kind: Kind::Gauge };
                into.value(&meaning, &labels, Point { at, value: value * column.factor });
            }
        }
        Ok(())
    }
}

fn labels(header: &Header) -> impl Iterator<Item = (&'static str, usize)> {
    LABELS.iter().filter_map(|(label, names)| Some((*label, header.find(names)?)))
}

/// A column with a metric.
struct Column {
    place: usize,
    name: String,
    quantity: Quantity,
    unit: Unit,
    /// To the unit from that of the file.
    factor: f64,
    quantile: Option<String>,
    side: Option<&'static str>,
}

/// All columns but those of times and names.
fn columns(header: &Header) -> Vec<Column> {
    let taken: Vec<usize> = labels(header).map(|(_, place)| place).collect();
    let is_metric = |place: usize, name: &str| {
        !name.is_empty()
            && !taken.contains(&place)
            && !TIMES.iter().any(|time| name.eq_ignore_ascii_case(time))
    };
    let columns = header.0.iter().enumerate().filter(|(place, name)| is_metric(*place, name));
    columns.map(|(place, name)| column(place, name)).collect()
}

fn column(place: usize, name: &str) -> Column {
    let (bare, unit) = match name.strip_suffix(')').and_then(|name| name.rsplit_once('(')) {
        Some((bare, unit)) => (bare.trim(), unit.trim()),
        None => (name, ""),
    };
    let low = bare.to_ascii_lowercase();
    let is_of_node = low.starts_with("node");
    let (unit, factor) = match unit {
        "m" => (Unit::Cores, 1e-3),
        "cores" | "core" => (Unit::Cores, 1.0),
        "%" => (Unit::Share, 1e-2),
        "s" => (Unit::Seconds, 1.0),
        "ms" => (Unit::Seconds, 1e-3),
        "us" => (Unit::Seconds, 1e-6),
        "Ki" => (Unit::Bytes, 1024.0),
        "Mi" => (Unit::Bytes, 1024.0 * 1024.0),
        "Gi" => (Unit::Bytes, 1024.0 * 1024.0 * 1024.0),
        "B" | "bytes" | "Bytes" => (Unit::Bytes, 1.0),
        "Ops" | "ops" | "rps" | "qps" | "req/s" => (Unit::PerSecond, 1.0),
        _ if low.ends_with("bytes") => (Unit::Bytes, 1.0),
        _ => (Unit::Number, 1.0),
    };
    let quantity = match unit {
        // That of a node is not the pod's.
        _ if is_of_node => Quantity::Other,
        Unit::Cores | Unit::Share if low.contains("cpu") => Quantity::Processor,
        Unit::Bytes | Unit::Share if low.contains("memory") => Quantity::Memory,
        Unit::PerSecond => Quantity::Requests,
        Unit::Seconds if low.contains("latency") || low.contains("duration") => Quantity::Latency,
        _ => Quantity::Other,
    };
    let side = (quantity == Quantity::Latency)
        .then(|| ["client", "server"].into_iter().find(|side| low.contains(side)))
        .flatten();
    let digits = low.rsplit_once('p').map(|(_, digits)| digits).filter(|_| quantity == Quantity::Latency);
    let quantile =
        digits.and_then(|digits| super::percent(&format!("{digits}%"))).map(|share| share.to_string());
    Column { place, name: name.into(), quantity, unit, factor, quantile, side }
}
