//! Does a system come back when what went wrong is over, and if not, what keeps it down?
//!
//! A system that stays down after the trigger is gone is metastable (Bronson et al. 2021, *Metastable failures in distributed
//! systems*, HotOS; Huang et al. 2022, *Metastable failures in the wild*, OSDI): the overload feeds itself, by retries say.

use serde::Serialize;
use tracecast_model::{Prediction, Series, System, Workload};

/// Parts of the time after the last fault that are judged one by one.
const PARTS: usize = 24;

/// As before is: at least this part of the share of requests that succeeded, …
const SUCCESS: f64 = 0.95;
/// … and at most so many times the mean response time.
const SLOWER: f64 = 2.0;

/// From so many attempts for each call on, retries are a reason.
const RETRIES: f64 = 1.2;
/// A queue is a reason if it is so many times as long as before, …
const LONGER: f64 = 10.0;
/// … and longer than this.
const LONG: f64 = 10.0;
/// Work that takes so many times as long as that of warm replicas is a reason.
const COLD: f64 = 1.2;
/// From so many turns after the last fault on, an autoscaler flaps.
const TURNS: usize = 3;

/// What became of a workload after the last fault.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recovery {
    /// Whose requests.
    pub workload: String,
    /// Share of the requests that succeeded before the first fault, 0 to 1.
    pub before: f64,
    /// The same in the last part of the time that was seen.
    pub at_the_end: f64,
    /// Seconds after the end of the last fault from which on all was as before; absent where it never was again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<f64>,
    /// Seconds that were seen after the end of the last fault.
    pub seen: f64,
    /// What keeps it down, where it does not come back.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<String>,
}

/// The width of the bins of a series that tells whether a system comes back; none where nothing goes wrong, or where no load
/// is there before and after.
pub fn bin(system: &System) -> Option<f64> {
    let (_, end) = faults(system)?;
    let seen = system.workloads.iter().filter_map(last_arrival).fold(0.0, f64::max) - end;
    (seen > 0.0).then(|| seen / (4.0 * PARTS as f64))
}

/// What a prediction with a series says of every workload that goes on after the last fault.
pub fn recoveries(system: &System, prediction: &Prediction) -> Vec<Recovery> {
    let (Some((begin, end)), Some(series)) = (faults(system), &prediction.series) else { return Vec::new() };
    let of = |workload: &Workload| recovery(system, prediction, series, workload, begin, end);
    system.workloads.iter().filter_map(of).collect()
}

/// When the first fault begins and the last one ends.
fn faults(system: &System) -> Option<(f64, f64)> {
    let begin = system.faults.iter().map(|fault| fault.at).min_by(f64::total_cmp)?;
    let end = system.faults.iter().map(tracecast_model::Fault::end).max_by(f64::total_cmp)?;
    Some((begin, end))
}

fn last_arrival(workload: &Workload) -> Option<f64> {
    workload.load.last_arrival()
}

/// Sums over a stretch of time.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    succeeded: f64,
    failed: f64,
    response: f64,
}

impl Sums {
    fn of(series: &Series, workload: &str, from: f64, to: f64) -> Option<Self> {
        let column = |name: &str| series.columns.get(&format!("{workload}.{name}"));
        let (throughput, response) = (column("throughput")?, column("response_time")?);
        let failed = column("failed");
        let mut sums = Self::default();
        for (row, &time) in series.time.iter().enumerate() {
            if time < from || time >= to {
                continue;
            }
            let succeeded = throughput.get(row).copied().flatten().unwrap_or(0.0);
            sums.succeeded += succeeded;
            sums.response += succeeded * response.get(row).copied().flatten().unwrap_or(0.0);
            sums.failed += failed.and_then(|failed| failed.get(row).copied().flatten()).unwrap_or(0.0);
        }
        Some(sums)
    }

    /// Share that succeeded; none where nothing ended.
    fn share(self) -> f64 {
        let ended = self.succeeded + self.failed;
        if ended > 0.0 { self.succeeded / ended } else { 0.0 }
    }

    fn is_as(self, before: Self) -> bool {
        let mean = |sums: Self| sums.response / sums.succeeded;
        self.succeeded > 0.0
            && self.share() >= SUCCESS * before.share()
            && mean(self) <= SLOWER * mean(before)
    }
}

fn recovery(
    system: &System,
    prediction: &Prediction,
    series: &Series,
    workload: &Workload,
    begin: f64,
    end: f64,
) -> Option<Recovery> {
    let bin = series.bin_width()?;
    // What comes after the last arrival is no longer the load that there was before.
    let seen = last_arrival(workload)? - end;
    let before = Sums::of(series, &workload.name, 0.0, begin - bin)?;
    if seen <= bin || before.succeeded == 0.0 {
        return None;
    }
    let width = (seen / PARTS as f64).max(bin);
    let parts = (seen / width).floor() as usize;
    let part = |number: usize| {
        let from = end + width * number as f64;
        Sums::of(series, &workload.name, from, from + width)
    };
    let parts: Vec<Sums> = (0..parts).filter_map(part).collect();
    let last_bad = parts.iter().rposition(|part| !part.is_as(before));
    let after = match last_bad {
        None => Some(0.0),
        Some(last) if last + 1 < parts.len() => Some(width * (last + 1) as f64),
        Some(_) => None,
    };
    let reasons = if after.is_none() {
        reasons(system, prediction, series, begin - bin, (end, end + seen))
    } else {
        Vec::new()
    };
    Some(Recovery {
        workload: workload.name.clone(),
        before: before.share(),
        at_the_end: parts.last().map_or(0.0, |part| part.share()),
        after,
        seen,
        reasons,
    })
}

/// What is no longer as it was, where that feeds on itself.
fn reasons(
    system: &System,
    prediction: &Prediction,
    series: &Series,
    before: f64,
    (over, end): (f64, f64),
) -> Vec<String> {
    let mut found = Vec::new();
    for service in &system.services {
        let turns = turns(prediction, &service.name, over);
        if turns >= TURNS {
            found.push(format!(
                "{}: its autoscaler turned between more and fewer replicas {turns} times after the fault",
                service.name
            ));
        }
    }
    for (name, call) in &prediction.calls {
        if let Some(attempts) = call.attempts.filter(|attempts| attempts.mean >= RETRIES) {
            found.push(format!(
                "{name}: {:.1} attempts for each call, those before the fault included",
                attempts.mean
            ));
        }
    }
    let mean = |service: &str, figure: &str, from: f64, to: f64| {
        let column = series.columns.get(&format!("{service}.{figure}"))?;
        let rows = series.time.iter().zip(column).filter(|(time, _)| **time >= from && **time < to);
        let values: Vec<f64> = rows.filter_map(|(_, value)| *value).collect();
        Some(values.iter().sum::<f64>() / values.len().max(1) as f64)
    };
    let last_part = end - (end - before) / PARTS as f64;
    for service in &system.services {
        let slowdown = mean(&service.name, "slowdown", last_part, end);
        if let Some(slowdown) = slowdown.filter(|&slowdown| slowdown >= COLD) {
            found.push(format!(
                "{}: work takes {slowdown:.1} times as long at the end, since replicas are cold",
                service.name
            ));
        }
    }
    for service in &system.services {
        let Some(usual) = mean(&service.name, "queue_length", 0.0, before) else { continue };
        let last = mean(&service.name, "queue_length", last_part, end).unwrap_or(0.0);
        if last > LONG && last > LONGER * usual {
            found.push(format!(
                "{}: {last:.0} requests are there at the end, {usual:.1} before the fault",
                service.name
            ));
        }
    }
    found
}

/// How often an autoscaler went down after it had gone up, or up after it had gone down, from a time on.
fn turns(prediction: &Prediction, service: &str, from: f64) -> usize {
    let events = prediction.scaling.iter().filter(|event| event.service == service && event.time >= from);
    let up: Vec<bool> = events.map(|event| event.to > event.from).collect();
    up.windows(2).filter(|pair| pair[0] != pair[1]).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracecast_model::ScalingEvent;

    #[test]
    fn turns_are_counted_after_the_fault() {
        let mut prediction = Prediction::new("simulation", "");
        let event = |(time, from, to): (f64, u32, u32)| ScalingEvent {
            time,
            service: "shop".into(),
            from,
            to,
            reason: String::new(),
            delays: Vec::new(),
        };
        let steps = [(1.0, 1, 3), (2.0, 3, 1), (5.0, 1, 3), (6.0, 3, 5), (7.0, 5, 2), (8.0, 2, 4)];
        prediction.scaling = steps.map(event).to_vec();
        assert_eq!([0.0, 4.0, 7.5].map(|from| turns(&prediction, "shop", from)), [4, 2, 0]);
        assert_eq!(turns(&prediction, "another", 0.0), 0);
    }
}
