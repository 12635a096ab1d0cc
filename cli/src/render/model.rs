//! A model in words.

use tracecast_experiment::text::plain;
use tracecast_model::{Call, Load, Operation, System, seconds};

use super::table::table;

/// Services, operations with their calls, workloads.
pub(crate) fn system(system: &System) -> String {
    let mut text = format!("{}\n", system.name.as_deref().unwrap_or("(no name)"));
    if let Some(description) = &system.description {
        text.push_str(&format!("{description}\n"));
    }
    let rows = system.services.iter().map(|service| {
        vec![
            service.name.clone(),
            service.host.clone(),
            service.replicas.to_string(),
            service.concurrency.to_string(),
            service.cpu_limit.map_or("-".into(), plain),
            service.work_queue.as_ref().map_or("-".into(), |queue| queue.name.clone()),
        ]
    });
    let header = ["service", "on host", "replicas", "threads", "CPU limit", "work queue"];
    text.push_str(&format!("\n{}", table(&header, 2, rows.collect())));
    let rows = system.operations().map(|(name, operation)| {
        vec![name.to_string(), seconds::display(operation.demand()), calls(operation)]
    });
    text.push_str(&format!("\n{}", table(&["operation", "demand", "calls"], 1, rows.collect())));
    let rows = system.workloads.iter().map(|workload| {
        let targets: Vec<String> =
            workload
                .shares()
                .map(|(name, share)| {
                    if share < 1.0 { format!("{} % {name}", plain(share * 100.0)) } else { name.to_string() }
                })
                .collect();
        vec![workload.name.clone(), load(&workload.load), targets.join(", ")]
    });
    text.push_str(&format!("\n{}", table(&["workload", "load", "asks for"], 3, rows.collect())));
    text
}

fn calls(operation: &Operation) -> String {
    let one = |call: &Call| {
        let often = if call.mean == 1.0 { String::new() } else { format!(" ×{}", plain(call.mean)) };
        let kind = match call.kind {
            tracecast_model::CallKind::Synchronous => "",
            tracecast_model::CallKind::Asynchronous => " (async)",
        };
        format!("{}{often}{kind}", call.to)
    };
    let all: Vec<String> =
        operation.activities().iter().flat_map(|activity| &activity.calls).map(one).collect();
    if all.is_empty() { "-".into() } else { all.join(", ") }
}

/// A load in words.
pub(crate) fn load(load: &Load) -> String {
    match load {
        Load::Closed { population, think_time } => {
            format!("{population} users, think time {}", seconds::display(think_time.mean()))
        }
        Load::Poisson { rate } => format!("Poisson, {}/s", plain(*rate)),
        Load::Renewal { gap } => {
            format!("renewal arrivals, {}/s, SCV of gaps {}", plain(1.0 / gap.mean()), plain(gap.scv()))
        }
        Load::Markov(arrivals) => {
            format!(
                "Markovian arrivals, {}/s in the mean, {} states",
                plain(arrivals.rate()),
                arrivals.states()
            )
        }
        Load::Burst { bursts } => {
            let each: Vec<String> = bursts
                .iter()
                .map(|burst| {
                    let at = if burst.at > 0.0 {
                        format!(" at {}", seconds::display(burst.at))
                    } else {
                        String::new()
                    };
                    format!("{}{at}", burst.size)
                })
                .collect();
            format!("burst of {}", each.join(", "))
        }
        Load::Profile(profile) => format!(
            "Poisson, up to {}/s, varying over {}",
            plain(profile.peak()),
            seconds::display(profile.end())
        ),
        Load::Replay { at } => format!("{} recorded arrivals", at.len()),
        Load::SerialClient(client) => format!("{} posts, one after the other", client.requests),
    }
}
