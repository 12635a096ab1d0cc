//! A prediction: response times, load, everything that waits, and figures over time.

use tracecast_experiment::picture::over_time_svg;
use tracecast_experiment::text::{or_dash, percent, plain, short, time};
use tracecast_model::{Metric, Prediction, Status, WorkloadResult, seconds};

use super::{BARS, long_table, rate};
use crate::chart::{Bar, Curve, Point, Unit, bars, curves};
use crate::html::{Chart, Html};

pub(crate) fn show(prediction: &Prediction) -> Html {
    let mut html = Html::default();
    html.paragraph(&headline(prediction));
    if prediction.status != Status::Converged {
        html.warning(&format!(
            "The run did not end as asked: {}.",
            prediction.status.name().replace('_', " ")
        ));
    }
    for warning in &prediction.warnings {
        html.warning(&format!("{} ({}): {}", warning.element, warning.code, warning.message));
    }
    workloads(&mut html, prediction);
    let mut charts: Vec<Chart> = percentiles(prediction).into_iter().collect();
    charts.extend(busy("Busy threads", prediction.services.iter().map(|(name, of)| (name, of.utilization))));
    charts.extend(busy("Busy cores", prediction.hosts.iter().map(|(name, of)| (name, of.utilization))));
    charts.extend(distribution(prediction));
    html.charts(charts);
    elements(&mut html, prediction);
    if let Some(series) = prediction.series.as_ref().filter(|series| !series.time.is_empty()) {
        html.heading("Over time");
        let title = match prediction.replications {
            Some(1) | None => "Figures over time".to_owned(),
            Some(n) => format!("Means over {n} replications"),
        };
        html.picture(&over_time_svg(&title, series, &prediction.scaling));
    }
    let events = prediction.scaling.iter().map(|event| {
        let change = format!("{} → {}", event.from, event.to);
        vec![seconds::display(event.time), event.service.clone(), change, event.reason.clone()]
    });
    let events: Vec<Vec<String>> = events.collect();
    if !events.is_empty() {
        html.heading("What autoscalers did (first replication)");
        long_table(&mut html, &["time", "service", "replicas", "why"], 4, events);
    }
    html
}

fn headline(prediction: &Prediction) -> String {
    let mut parts = vec![format!("{} ({})", prediction.engine, prediction.method)];
    parts.extend(prediction.replications.map(|n| format!("{n} replications")));
    parts.extend(prediction.events.map(|n| format!("{n} events")));
    parts.extend(prediction.seed.map(|seed| format!("seed {seed}")));
    parts.extend(prediction.iterations.map(|n| format!("{n} iterations")));
    parts.push(prediction.status.name().replace('_', " "));
    parts.join(" · ")
}

fn workloads(html: &mut Html, prediction: &Prediction) {
    let percentile = |of: &WorkloadResult, name: &str| {
        let metric = of.response_time.and_then(|response| response.percentile(name));
        or_dash(metric, |metric| seconds::display(metric.mean))
    };
    let rows = prediction.workloads.iter().map(|(name, of)| {
        let mut row = vec![name.clone(), or_dash(of.throughput, rate)];
        row.push(or_dash(of.response_time, |response| time(response.metric())));
        row.extend(["p50", "p95", "p99"].map(|name| percentile(of, name)));
        row.push(or_dash(of.makespan, time));
        row.push(or_dash(of.failed, |failed| failed.to_string()));
        row
    });
    html.heading("Workloads");
    let header = ["workload", "throughput", "response time", "p50", "p95", "p99", "makespan", "failed"];
    html.table(&header, 1, &rows.collect::<Vec<_>>());
}

/// Mean and percentiles, by workload.
fn percentiles(prediction: &Prediction) -> Option<Chart> {
    let mut all = Vec::new();
    for (series, (name, of)) in prediction.workloads.iter().enumerate().take(BARS / 4) {
        let Some(response) = of.response_time else { continue };
        let mut add = |what: &str, metric: Metric| {
            let name =
                if prediction.workloads.len() > 1 { format!("{name} {what}") } else { what.to_owned() };
            all.push(Bar { name, value: metric.mean, half_width: metric.half_width, series });
        };
        add("mean", response.metric());
        response.percentiles().for_each(|(what, metric)| add(what, metric));
    }
    (!all.is_empty()).then(|| bars("Response times", &all, Vec::new(), &seconds::display))
}

/// The busiest first.
fn busy<'a>(title: &str, elements: impl Iterator<Item = (&'a String, Option<Metric>)>) -> Option<Chart> {
    let known = elements.filter_map(|(name, metric)| Some((name, metric?)));
    let mut known: Vec<(&String, Metric)> = known.filter(|(_, metric)| metric.mean > 0.0).collect();
    known.sort_by(|a, b| b.1.mean.total_cmp(&a.1.mean));
    let more = known.len().saturating_sub(BARS);
    let all: Vec<Bar> = known
        .iter()
        .take(BARS)
        .map(|(name, metric)| Bar {
            name: (*name).clone(),
            value: metric.mean,
            half_width: metric.half_width,
            series: 2,
        })
        .collect();
    if all.is_empty() {
        return None;
    }
    let mut chart = bars(title, &all, Vec::new(), &plain);
    if more > 0 {
        chart.note = format!("{more} less busy ones are in the table.");
    }
    Some(chart)
}

/// Cumulative distributions of response times, where the file has them.
fn distribution(prediction: &Prediction) -> Option<Chart> {
    let curve = |(name, of): (&String, &WorkloadResult)| {
        let points = of.histogram.iter().map(|bin| Point {
            x: bin.high,
            y: bin.cumulative,
            half_width: bin.half_width,
        });
        Curve { name: name.clone(), points: points.collect() }
    };
    let all: Vec<Curve> =
        prediction.workloads.iter().map(curve).filter(|curve| !curve.points.is_empty()).collect();
    let title = "Share of requests that are done within a time";
    (!all.is_empty()).then(|| curves(title, "response time, seconds", None, &all, Unit::NONE, &plain))
}

fn elements(html: &mut Html, prediction: &Prediction) {
    let rate = |metric: Option<Metric>| or_dash(metric, |metric| rate(Metric::exact(metric.mean)));
    let mean = |metric: Option<Metric>| or_dash(metric, |metric| plain(metric.mean));
    let services = prediction.services.iter().map(|(name, of)| {
        let mut row = vec![name.clone(), rate(of.throughput), mean(of.utilization), mean(of.queue_length)];
        row.push(or_dash(of.waiting_time, time));
        row.push(or_dash(of.replicas, |replicas| short(replicas.mean)));
        row
    });
    html.heading("Services");
    let header = ["service", "throughput", "busy threads", "in the service", "wait for a thread", "replicas"];
    long_table(html, &header, 1, services.collect());
    let operations = prediction.operations.iter().map(|(name, of)| {
        vec![
            name.clone(),
            rate(of.throughput),
            or_dash(of.response_time, time),
            or_dash(of.waiting_time, time),
            or_dash(of.failed_share, |share| percent(share.mean)),
        ]
    });
    let header = ["operation", "throughput", "response time", "of it waiting for a thread", "errors"];
    html.heading("Operations");
    long_table(html, &header, 1, operations.collect());
    let calls = prediction.calls.iter().map(|(name, of)| {
        let share = |metric: Option<Metric>| or_dash(metric, |metric| percent(metric.mean));
        vec![name.clone(), rate(of.rate), mean(of.attempts), share(of.timeout_share), share(of.failed_share)]
    });
    let calls: Vec<Vec<String>> = calls.collect();
    if !calls.is_empty() {
        html.heading("Calls that may fail");
        long_table(html, &["call", "rate", "attempts", "too late", "failed"], 1, calls);
    }
}
