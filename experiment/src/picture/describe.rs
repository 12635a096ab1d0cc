//! The words of the picture.

use tracecast_model::{Completion, Host, Load, Multiplicity, Operation, Service, Workload, seconds};

/// A number for people: at most three significant digits after rounding, without trailing zeros.
pub(super) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 100.0 => 0,
        v if v >= 10.0 => 1,
        v if v >= 1.0 => 2,
        _ => 3,
    };
    without_zeros(&format!("{value:.decimals$}")).to_string()
}

/// Seconds for people, e.g. `"5 ms"`.
pub(super) fn duration(value: f64) -> String {
    let text = seconds::display(value);
    match text.rsplit_once(' ') {
        Some((number, unit)) if !number.contains(' ') => format!("{} {unit}", without_zeros(number)),
        _ => text,
    }
}

fn without_zeros(number: &str) -> &str {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }
}

/// A part of one as per cent.
pub(super) fn percent(part: f64) -> String {
    format!("{} %", number((part * 1000.0).round() / 10.0))
}

pub(super) fn counted(count: impl Into<u64>, one: &str, many: &str) -> String {
    match count.into() {
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    }
}

/// What a workload does.
pub(super) fn workload(workload: &Workload) -> Vec<String> {
    let mut lines = vec![load(&workload.load)];
    if workload.completion == Completion::AllWork {
        lines.push("until all work is done".into());
    }
    lines
}

fn load(load: &Load) -> String {
    match load {
        Load::Closed { population, think_time } if think_time.is_zero() => {
            counted(*population, "user", "users")
        }
        Load::Closed { population, think_time } => {
            format!("{}, think {}", counted(*population, "user", "users"), duration(think_time.mean()))
        }
        Load::Poisson { rate } => format!("poisson {}/s", number(*rate)),
        Load::Renewal { gap } => format!("renewal {}/s", number(1.0 / gap.mean())),
        Load::Markov(arrivals) => {
            format!("{} arrival states, {}/s", arrivals.states(), number(arrivals.rate()))
        }
        Load::Burst { bursts } => match bursts.as_slice() {
            [burst] if burst.at == 0.0 => format!("burst {}", burst.size),
            [burst] => format!("burst {} at {}", burst.size, duration(burst.at)),
            many => {
                let total = many.iter().map(|burst| u64::from(burst.size)).sum::<u64>();
                format!("{} bursts, {total} in all", many.len())
            }
        },
        Load::Profile(profile) => {
            format!("poisson up to {}/s, {}", number(profile.peak()), duration(profile.end()))
        }
        Load::Replay { at } => counted(at.len() as u64, "recorded arrival", "recorded arrivals"),
        Load::SerialClient(client) => {
            format!("{}, one after the other", counted(client.requests, "post", "posts"))
        }
    }
}

/// Size of a service and where it runs.
pub(super) fn service(service: &Service, host: Option<&Host>) -> Vec<String> {
    let replicas = counted(service.replicas, "replica", "replicas");
    let mut lines = vec![match service.concurrency {
        Multiplicity::Finite(threads) => format!("{replicas} × {}", counted(threads, "thread", "threads")),
        Multiplicity::Infinite => format!("{replicas}, unlimited threads"),
    }];
    if let Some(limit) = service.cpu_limit {
        lines.push(format!("CPU limit {}", number(limit)));
    }
    lines.push(match host {
        Some(host) => format!("on {}, {}", host.name, cores(host)),
        None => format!("on {} (unknown)", service.host),
    });
    lines
}

fn cores(host: &Host) -> String {
    let cores = match host.cores {
        Multiplicity::Finite(cores) => counted(cores, "core", "cores"),
        Multiplicity::Infinite => "unlimited cores".into(),
    };
    if host.per_replica { format!("{cores} each") } else { cores }
}

/// One line on an operation: its name and the work of one request in itself.
pub(super) fn operation(operation: &Operation) -> String {
    let demand = operation.demand();
    if demand > 0.0 {
        format!("{}: {} of processor time", operation.name, duration(demand))
    } else {
        format!("{}: no work of its own", operation.name)
    }
}

/// A number of calls, or a range of it: `"×2"`, `"×0.5–3"`. Empty where it is 1.
pub(super) fn calls(least: f64, most: f64) -> String {
    let (least, most) = (number(least), number(most));
    match (least == most, most == "1") {
        (true, true) => String::new(),
        (true, false) => format!("×{most}"),
        (false, _) => format!("×{least}–{most}"),
    }
}
