//! A prediction in words.

use tracecast_experiment::Verdict;
use tracecast_experiment::text::{number, or_dash, part, percent, plain, time};
use tracecast_model::{
    Fates, Metric, Prediction, Service, ServiceResult, Status, System, WorkloadResult, seconds,
};

use super::messages::messages;
use super::model::load;
use super::outliers::outliers;
use super::scaling::scaling;
use super::table::table;
use super::throttled::throttled;

/// Columns of a terminal.
const WIDTH: usize = 80;
/// Part of the response time from which on waiting is worth a line.
const TELLING: f64 = 0.01;

/// Headline, workloads, services, hosts, warnings.
pub(crate) fn prediction(system: &System, prediction: &Prediction, elapsed: f64) -> String {
    let mut text = headline(system, prediction, elapsed);
    text.push_str(&workloads(system, prediction));
    text.push_str(&services(system, prediction));
    text.push_str(&queues(prediction));
    text.push_str(&messages(prediction));
    text.push_str(&calls(prediction));
    text.push_str(&hosts(system, prediction));
    text.push_str(&throttled(prediction));
    text.push_str(&outliers(prediction));
    text.push_str(&scaling(prediction));
    text.push_str(&cost(prediction));
    if !prediction.warnings.is_empty() {
        text.push('\n');
    }
    for warning in &prediction.warnings {
        text.push_str(&format!("warning[{}] {}: {}\n", warning.code, warning.element, warning.message));
    }
    text
}

/// Width of a title with what is before and after it.
const TITLE: usize = 17;

fn headline(system: &System, prediction: &Prediction, elapsed: f64) -> String {
    let mut parts = vec![format!("{} ({})", prediction.engine, prediction.method)];
    if let Some(replications) = prediction.replications {
        parts.push(format!("{replications} replications"));
    }
    if let Some(events) = prediction.events {
        parts.push(match events {
            0..1_000_000 => format!("{events} events"),
            _ => format!("{:.1} million events", events as f64 / 1e6),
        });
    }
    parts.push(seconds::display(elapsed));
    parts.push(
        match prediction.status {
            Status::Converged => "converged",
            Status::ConvergedLoosely => "CONVERGED LOOSELY",
            Status::IterationLimit => "NOT CONVERGED (iteration limit)",
            Status::EventLimit => limit_of(prediction),
            Status::Saturated => "SATURATED: the load exceeds the capacity",
            Status::Cancelled => "CANCELLED",
        }
        .into(),
    );
    format!("{}\n{}\n", system.name.as_deref().unwrap_or("(no name)"), lines_of(&parts, 0))
}

/// Which limit has ended it.
fn limit_of(prediction: &Prediction) -> &'static str {
    let is_warned = |code: &str| prediction.warnings.iter().any(|warning| warning.code == code);
    if is_warned("time-limit") {
        "ENDED BY THE TIME LIMIT"
    } else if is_warned("in-progress-limit") {
        "TOO MUCH IN PROGRESS"
    } else {
        "PRECISION NOT REACHED (event limit)"
    }
}

/// Parts in a row, on as many lines as they need, all but the first of them indented.
fn lines_of(parts: &[String], indent: usize) -> String {
    let mut lines = vec![String::new()];
    for part in parts {
        let last = lines.last().map_or("", String::as_str);
        let longer = if last.is_empty() { part.clone() } else { format!("{last} · {part}") };
        if last.is_empty() || indent + longer.chars().count() <= WIDTH {
            lines.pop();
            lines.push(longer);
        } else {
            lines.push(part.clone());
        }
    }
    lines.join(&format!("\n{:indent$}", ""))
}

fn workloads(system: &System, prediction: &Prediction) -> String {
    let mut text = String::new();
    let is_analytic = prediction.replications.is_none();
    let mut has_approximate = false;
    for (name, result) in &prediction.workloads {
        let about = system.workloads.iter().find(|workload| &workload.name == name);
        let about = about.map_or(String::new(), |workload| format!(" ({})", load(&workload.load)));
        text.push_str(&format!("\nworkload {name}{about}\n"));
        let mut line = |title: &str, value: Option<String>| {
            if let Some(value) = value {
                text.push_str(&format!("  {title:<15}{value}\n"));
            }
        };
        line("makespan", result.makespan.map(time));
        line("throughput", result.throughput.map(|metric| with_unit(metric, "/s")));
        line("response time", result.response_time.map(|response| time(response.metric())));
        let percentiles = result.response_time.map(|response| {
            let told = response.percentiles().filter(|&(name, _)| name != "p9999");
            let parts: Vec<String> = told
                .map(|(name, value)| format!("{} {}", percentile(name), seconds::display(value.mean)))
                .collect();
            lines_of(&parts, TITLE)
        });
        let percentiles = percentiles.filter(|text| !text.is_empty());
        has_approximate |= is_analytic && percentiles.is_some();
        line(if is_analytic { "percentiles ≈" } else { "percentiles" }, percentiles);
        line("reply time", result.reply_time.map(time));
        line("failed", failures(result));
        line("requests", result.fates.as_ref().and_then(fates));
    }
    if has_approximate {
        text.push_str("  ≈ analytic percentiles are approximate; --engine simulation measures them\n");
    }
    text
}

/// How many requests failed, where any did.
fn failures(result: &WorkloadResult) -> Option<String> {
    let failed = result.failed.filter(|&failed| failed > 0)?;
    let all = result.started.or_else(|| Some(failed + result.completed?))?;
    let share = result.failed_share.map_or(String::new(), |share| format!(" ({})", part(share)));
    Some(format!("{failed} of {all}{share}"))
}

/// What became of requests, where more than one thing did.
fn fates(fates: &Fates) -> Option<String> {
    let some = fates.iter().filter(|(_, share)| share.mean > 0.0);
    let parts: Vec<String> =
        some.map(|(name, share)| format!("{} {}", name.replace('_', " "), percent(share.mean))).collect();
    (parts.len() > 1).then(|| lines_of(&parts, TITLE))
}

/// As people write it: p999 is p99.9.
fn percentile(name: &str) -> String {
    match name.split_at_checked(3) {
        Some((whole, part)) if !part.is_empty() => format!("{whole}.{part}"),
        _ => name.to_owned(),
    }
}

fn with_unit(metric: Metric, unit: &str) -> String {
    let text = number(metric);
    match text.split_once(' ') {
        Some((value, interval)) => format!("{value}{unit} {interval}"),
        None => format!("{text}{unit}"),
    }
}

fn services(system: &System, prediction: &Prediction) -> String {
    let rows = prediction.services.iter().map(|(name, result)| {
        let threads = system.service(name).and_then(|service| threads(service, result));
        let load = match (result.utilization, threads) {
            (Some(busy), Some(threads)) => format!("{:.0} %", busy.mean / threads * 100.0),
            _ => "-".into(),
        };
        vec![
            name.clone(),
            or_dash(result.throughput, |metric| format!("{}/s", plain(metric.mean))),
            or_dash(result.utilization, |metric| plain(metric.mean)),
            or_dash(threads, |count| if count.fract() == 0.0 { count.to_string() } else { plain(count) }),
            load,
            or_dash(result.queue_length, |metric| plain(metric.mean)),
        ]
    });
    let header = ["service", "throughput", "busy", "threads", "load", "in system"];
    format!("\n{}", table(&header, 1, rows.collect()))
}

/// Threads of all replicas together, the mean over time where replicas come and go.
fn threads(service: &Service, result: &ServiceResult) -> Option<f64> {
    let of_each = f64::from(service.concurrency.finite()?);
    Some(of_each * result.replicas.as_ref().map_or(f64::from(service.replicas), |replicas| replicas.mean))
}

/// Where requests wait for threads for a part of their time that tells, or find queues full.
fn queues(prediction: &Prediction) -> String {
    let mut header = vec!["waiting at", "time", "of response", "lost", "per second"];
    let mut rows: Vec<Vec<String>> = prediction
        .operations
        .iter()
        .filter_map(|(name, result)| {
            let of_response = result.waiting_time?.mean / result.response_time?.mean;
            let lost = result.loss_share.filter(|share| share.mean > 0.0);
            (of_response >= TELLING || lost.is_some()).then(|| {
                vec![
                    name.clone(),
                    or_dash(result.waiting_time, time),
                    percent(of_response),
                    or_dash(lost, part),
                    or_dash(result.loss_rate.filter(|_| lost.is_some()), |rate| {
                        format!("{}/s", plain(rate.mean))
                    }),
                ]
            })
        })
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    let is_lossless = prediction.operations.values().all(|result| result.loss_share.is_none());
    if is_lossless {
        header.truncate(3);
        rows.iter_mut().for_each(|row| row.truncate(3));
    }
    format!("\n{}", table(&header, 1, rows))
}

/// What became of the calls of those who do not wait for ever.
fn calls(prediction: &Prediction) -> String {
    let rows = prediction.calls.iter().map(|(name, result)| {
        vec![
            name.clone(),
            or_dash(result.rate, |metric| format!("{}/s", plain(metric.mean))),
            or_dash(result.attempts, |metric| plain(metric.mean)),
            or_dash(result.timeout_share, |metric| percent(metric.mean)),
            or_dash(result.failed_share, |metric| percent(metric.mean)),
            or_dash(result.rejected_share, |metric| percent(metric.mean)),
            or_dash(result.open_share, |metric| percent(metric.mean)),
        ]
    });
    let mut rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        return String::new();
    }
    let all = || prediction.calls.values();
    let columns = match (
        all().any(|call| call.rejected_share.is_some()),
        all().any(|call| call.open_share.is_some()),
    ) {
        (_, true) => 7,
        (true, false) => 6,
        (false, false) => 5,
    };
    let header = ["calls", "rate", "attempts", "too late", "failed", "rejected", "open"];
    rows.iter_mut().for_each(|row| row.truncate(columns));
    format!("\n{}", table(&header[..columns], 1, rows))
}

fn hosts(system: &System, prediction: &Prediction) -> String {
    let rows = prediction.hosts.iter().map(|(name, result)| {
        let host = system.hosts.iter().find(|host| &host.name == name);
        let cores = host.and_then(|host| system.total_cores(host));
        let load = match (result.utilization, cores) {
            (Some(busy), Some(cores)) => format!("{:.0} %", busy.mean / cores * 100.0),
            _ => "-".into(),
        };
        vec![
            name.clone(),
            or_dash(result.utilization, |metric| plain(metric.mean)),
            or_dash(cores, |cores| cores.to_string()),
            load,
        ]
    });
    format!("\n{}", table(&["host", "busy cores", "cores", "load"], 1, rows.collect()))
}

/// What the replicas cost, where their prices are known.
fn cost(prediction: &Prediction) -> String {
    let Some(cost) = &prediction.cost else { return String::new() };
    let total = cost.total.map_or(String::new(), |total| format!(", {} in all", number(total)));
    format!("\ncost {} per hour{total}\n", number(cost.per_hour))
}

/// Each objective with its figure.
pub(crate) fn verdicts(verdicts: &[Verdict]) -> String {
    verdicts
        .iter()
        .map(|verdict| {
            let word = match (verdict.met, verdict.certain) {
                (true, true) => "met",
                (true, false) => "met, within the uncertainty of the simulation",
                (false, true) => "MISSED",
                (false, false) => "MISSED, within the uncertainty of the simulation",
            };
            let value = if verdict.is_time { time(verdict.value) } else { number(verdict.value) };
            let missed = verdict.violation.filter(|violation| violation.seconds > 0.0);
            let missed = missed.map_or(String::new(), |violation| {
                let (seconds, of) = (seconds::display(violation.seconds), seconds::display(violation.of));
                format!(", missed for {seconds} of {of}, by bins of {}", seconds::display(violation.bin))
            });
            format!("{}: {word} ({value}){missed}\n", verdict.slo)
        })
        .collect()
}
