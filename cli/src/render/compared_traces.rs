//! What differs between two sets of traces, in words.

use tracecast_experiment::call_tree::Part;
use tracecast_experiment::compare::{
    Arrivals, Difference, Estimate, Finding, Judged, Kind, LEVEL, OnlyOne, OperationDifference,
    ShareDifference, TELLING, TraceComparison, TypeDifference,
};
use tracecast_experiment::text::{number, or_dash, percent, plain, signed_percent, time};
use tracecast_model::seconds;

use super::call_tree::cut;
use super::table::table;

/// Types of requests printed, operations of each, and things that only one side has; JSON has all.
const TYPES: usize = 5;
const OPERATIONS: usize = 12;
const ONLY_ONE: usize = 12;
/// Columns of an operation's name.
const NAME: usize = 25;

/// What differs, within 80 columns.
pub(crate) fn compared_traces(found: &TraceComparison) -> String {
    let requests = found.requests;
    let mut text = format!(
        "{} requests in the base, {} in the candidate{}\n",
        requests.base,
        requests.candidate,
        rates(&found.arrivals)
    );
    if found.incomplete.base + found.incomplete.candidate > 0 {
        let left_out = found.incomplete;
        text.push_str(&format!(
            "left out, since their beginning is missing: {} and {}\n",
            left_out.base, left_out.candidate
        ));
    }
    if found.arrivals.differs() {
        text.push_str(&fill(
            "The load differed: slower under more load is no regression by itself, nor is faster under less an improvement.",
        ));
    }
    if found.types.is_empty() {
        text.push_str("no type of requests is in both\n");
    }
    for requests in found.types.iter().take(TYPES) {
        text.push_str(&of_type(requests));
    }
    if let Some(rest) = found.types.get(TYPES..).filter(|rest| !rest.is_empty()) {
        let differ = rest.iter().filter(|requests| requests.response_time.is_significant()).count();
        text.push_str(&format!(
            "\n{} more types, of which {differ} differ significantly (--json has all)\n",
            rest.len()
        ));
    }
    text.push_str(&only_one(&found.only_one));
    text.push('\n');
    text.push_str(&fill(&format!(
        "* significant at {} over all {} tests of requests, or {} of what is within them (Mann and Whitney, Fisher; Holm's correction); ~ no difference, and a shift of \
         {} would have shown; ? too few requests to tell. shift: the median of all differences (Hodges and Lehmann). \
         Requests are taken as independent; where they queue for each other, chance is larger.",
        percent(LEVEL),
        found.tests.requests,
        found.tests.within,
        percent(TELLING)
    )));
    text
}

fn fill(text: &str) -> String {
    let options = textwrap::Options::new(80)
        .subsequent_indent("  ")
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::fill(text, options) + "\n"
}

/// `, 21.3/s → 40.1/s`.
fn rates(arrivals: &Arrivals) -> String {
    match (arrivals.rate.base, arrivals.rate.candidate) {
        (Some(base), Some(candidate)) => format!("; {}/s → {}/s", plain(base), plain(candidate)),
        _ => String::new(),
    }
}

fn of_type(requests: &TypeDifference) -> String {
    let times = &requests.response_time;
    let counts = times.observations;
    let mut text = format!(
        "\n{}",
        fill(&format!(
            "{}: {} → {} requests{}",
            requests.name,
            counts.base,
            counts.candidate,
            rates(&requests.arrivals)
        ))
    );
    let row = |name: &str, base: f64, candidate: f64, change: Option<Estimate>| {
        let relative = (base > 0.0).then(|| signed_percent(candidate / base - 1.0));
        vec![
            name.to_string(),
            seconds::display(base),
            seconds::display(candidate),
            or_dash(relative, |text| text),
            or_dash(change.and_then(|change| change.interval), interval),
        ]
    };
    let rows = vec![
        row("mean", times.mean.base, times.mean.candidate, Some(times.change)),
        row("median", times.median.base, times.median.candidate, None),
        row("p95", times.p95.base, times.p95.candidate, None),
        vec![
            "shift".into(),
            "-".into(),
            "-".into(),
            or_dash(times.relative_shift(), signed_percent),
            or_dash(times.shift.interval, interval),
        ],
    ];
    text.push_str(&table(&["response time", "base", "candidate", "change", "95 % interval"], 1, rows));
    text.push_str(&fill(&verdict(times)));
    text.push_str(&errors("requests", &requests.errors));
    text.push('\n');
    text.push_str(&operations(requests));
    text
}

/// `+1.20 ms … +3.40 ms`.
fn interval([low, high]: [f64; 2]) -> String {
    format!("{} … {}", signed(low), signed(high))
}

fn signed(time: f64) -> String {
    let sign = if time > 0.0 { "+" } else { "" };
    format!("{sign}{}", seconds::display(time))
}

/// A sentence on the response time.
fn verdict(times: &Difference) -> String {
    let shift = or_dash(times.relative_shift(), signed_percent);
    let seen = times.detectable.map(|seen| {
        let part = if times.median.base > 0.0 {
            format!(" ({})", percent(seen / times.median.base))
        } else {
            String::new()
        };
        format!("{}{part}", seconds::display(seen))
    });
    match (times.finding, seen) {
        (Finding::Larger, _) => format!("significantly SLOWER: shift {shift}, {}", chance(times.adjusted_p)),
        (Finding::Smaller, _) => format!("significantly faster: shift {shift}, {}", chance(times.adjusted_p)),
        (Finding::NotSeen, Some(seen)) => {
            format!(
                "no significant difference ({}); a shift of {seen} would have shown",
                chance(times.adjusted_p)
            )
        }
        (_, Some(seen)) => format!(
            "cannot tell: no significant difference ({}), but only a shift of {seen} would have shown",
            chance(times.adjusted_p)
        ),
        (_, None) => "cannot tell: there are too few requests for any difference to be significant".into(),
    }
}

fn chance(p: f64) -> String {
    if p < 0.0001 { "p < 0.0001".into() } else { format!("p = {p:.4}") }
}

/// A line where any failed.
fn errors(what: &str, share: &ShareDifference) -> String {
    if share.hits.base + share.hits.candidate == 0 {
        return String::new();
    }
    let part = |hits: usize, of: usize| percent(hits as f64 / of as f64);
    let mark = if share.is_significant() { " *" } else { "" };
    let [low, high] = share.change.interval.unwrap_or([share.change.value; 2]);
    fill(&format!(
        "{what} failed: {} of {} ({}) → {} of {} ({}), 95 % of the change: {} … {}{mark}",
        share.hits.base,
        share.of.base,
        part(share.hits.base, share.of.base),
        share.hits.candidate,
        share.of.candidate,
        part(share.hits.candidate, share.of.candidate),
        signed_percent(low),
        signed_percent(high),
    ))
}

/// Where the change of the response time comes from, and how calls and errors differ.
fn operations(requests: &TypeDifference) -> String {
    let name = |operation: &OperationDifference| match operation.part {
        Part::Work => format!("{}/{}", operation.service, operation.operation),
        Part::Network => format!("→ {} (network)", operation.service),
    };
    let row = |operation: &OperationDifference| {
        let critical = operation.critical;
        vec![
            cut(&name(operation), NAME),
            seconds::display(critical.mean.base),
            seconds::display(critical.mean.candidate),
            signed(critical.change.value),
            or_dash(critical.share, signed_percent),
            or_dash(operation.time.as_ref(), shift),
        ]
    };
    let mut rows: Vec<Vec<String>> = requests.operations.iter().take(OPERATIONS).map(row).collect();
    if let Some(rest) = requests.operations.get(OPERATIONS..).filter(|rest| !rest.is_empty()) {
        let sum = |of: fn(&OperationDifference) -> f64| rest.iter().map(of).sum::<f64>();
        rows.push(vec![
            format!("{} more", rest.len()),
            seconds::display(sum(|one| one.critical.mean.base)),
            seconds::display(sum(|one| one.critical.mean.candidate)),
            signed(sum(|one| one.critical.change.value)),
            or_dash(requests.operations[0].critical.share, |_| {
                signed_percent(sum(|one| one.critical.share.unwrap_or_default()))
            }),
            String::new(),
        ]);
    }
    let header = ["on the critical path", "base", "candidate", "change", "share", "shift per call"];
    let mut text = table(&header, 1, rows);
    for operation in &requests.operations {
        let calls = operation.calls.as_ref().filter(|calls| calls.is_significant());
        if let Some(calls) = calls {
            text.push_str(&fill(&format!(
                "calls of {} per request: {} → {} *",
                name(operation),
                plain(calls.mean.base),
                plain(calls.mean.candidate)
            )));
        }
        if let Some(share) = operation.errors.as_ref().filter(|share| share.is_significant()) {
            text.push_str(&errors(&format!("calls of {}", name(operation)), share));
        }
    }
    text
}

/// `+12.0 % *`.
fn shift(time: &Difference) -> String {
    let mark = match time.finding {
        Finding::Larger | Finding::Smaller => '*',
        Finding::NotSeen => '~',
        Finding::CannotTell => '?',
    };
    format!("{} {mark}", or_dash(time.relative_shift(), signed_percent))
}

fn only_one(found: &[OnlyOne]) -> String {
    let mut text = String::new();
    if !found.is_empty() {
        text.push('\n');
    }
    let mut order: Vec<&OnlyOne> = found.iter().collect();
    order.sort_by(|a, b| a.requests.adjusted_p.total_cmp(&b.requests.adjusted_p));
    for one in order.iter().take(ONLY_ONE) {
        let what = match one.kind {
            Kind::RequestType => "requests",
            Kind::Service => "service",
            Kind::Operation => "operation",
            Kind::Call => "call",
        };
        let (word, hits, of) = match one.requests.hits.base {
            0 => ("new", one.requests.hits.candidate, one.requests.of.candidate),
            hits => ("gone", hits, one.requests.of.base),
        };
        let mark = if one.requests.is_significant() { " *" } else { " (perhaps by chance)" };
        text.push_str(&fill(&format!("{word}: {what} {}, in {hits} of {of} requests{mark}", one.name)));
    }
    if order.len() > ONLY_ONE {
        text.push_str(&format!("and {} more (--json has all)\n", order.len() - ONLY_ONE));
    }
    text
}

/// Objectives as both sides meet them, and what has become slower than allowed.
pub(crate) fn judged(objectives: &[Judged], regressions: &[String], most: Option<f64>) -> String {
    let mut text = String::new();
    if !objectives.is_empty() {
        let rows = objectives.iter().map(|judged| {
            let side = |verdict: &tracecast_experiment::Verdict| {
                let value = if verdict.is_time { time(verdict.value) } else { number(verdict.value) };
                let word = if verdict.met { "met" } else { "MISSED" };
                let unsure = if verdict.certain { "" } else { " ?" };
                format!("{word}{unsure} ({value})")
            };
            vec![judged.slo.clone(), side(&judged.verdict.base), side(&judged.verdict.candidate)]
        });
        text.push_str(&format!("\n{}", table(&["objective", "base", "candidate"], 1, rows.collect())));
        if objectives.iter().any(|judged| !judged.verdict.base.certain || !judged.verdict.candidate.certain) {
            text.push_str("? the limit lies within the 95 % interval\n");
        }
    }
    if let Some(most) = most {
        text.push('\n');
        if regressions.is_empty() {
            text.push_str(&format!("no requests are significantly slower by more than {}\n", percent(most)));
        }
        for name in regressions {
            text.push_str(&fill(&format!("REGRESSION: {name} is slower by more than {}", percent(most))));
        }
    }
    text
}
