//! Means over runs that differ in the phases of clocks.

use indexmap::IndexMap;
use tracecast_model::Series;

use super::attempts::Counted;
use super::report::Outcome;
use super::run::Run;

/// The mean of all runs, with the changes of replicas of the one that ends nearest to the mean; a single run as it is; none
/// of none. Sums and times are averaged, so that rates are quotients of means.
pub(crate) fn of(mut runs: Vec<Run>) -> Option<Run> {
    if runs.len() < 2 {
        return runs.pop();
    }
    let mean_time = mean(runs.iter().map(|run| run.outcome.time));
    let distance = |run: &Run| (run.outcome.time - mean_time).abs();
    let typical = (0..runs.len()).min_by(|&a, &b| distance(&runs[a]).total_cmp(&distance(&runs[b])))?;
    let series: Option<Vec<&Series>> = runs.iter().map(|run| run.series.as_ref()).collect();
    let series = series.map(|all| table(&all));
    let outcome = outcome(&runs, mean_time);
    let mut replicas = IndexMap::new();
    for name in runs[typical].replicas.keys() {
        let all = || runs.iter().filter_map(|run| run.replicas.get(name));
        let mut sum = runs[typical].replicas[name];
        sum.mean = mean(all().map(|replicas| replicas.mean));
        let existing = mean(all().map(|replicas| replicas.existing.unwrap_or(replicas.mean)));
        sum.existing = (existing != sum.mean).then_some(existing);
        sum.min = all().map(|replicas| replicas.min).min()?;
        sum.max = all().map(|replicas| replicas.max).max()?;
        replicas.insert(name.clone(), sum);
    }
    let run = runs.swap_remove(typical);
    Some(Run { outcome, series, replicas, ..run })
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

fn outcome(runs: &[Run], time: f64) -> Outcome {
    let first = &runs[0].outcome;
    let totals = (0..first.totals.len()).map(|place| mean(runs.iter().map(|run| run.outcome.totals[place])));
    let ends = (0..first.ends.len()).map(|class| {
        let all: Option<Vec<f64>> = runs.iter().map(|run| run.outcome.ends[class]).collect();
        all.map(|all| mean(all.into_iter()))
    });
    let mut times: Vec<f64> = runs.iter().flat_map(|run| run.outcome.curve.iter().map(|row| row.0)).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    let mut places = vec![0; runs.len()];
    let mut at = |time: f64| -> Vec<f64> {
        let mut sum = vec![0.0; first.ends.len()];
        for (run, place) in runs.iter().zip(&mut places) {
            let curve = &run.outcome.curve;
            while curve.get(*place + 1).is_some_and(|(end, _)| *end <= time) {
                *place += 1;
            }
            let (begin, low) = &curve[*place];
            let (end, high) = curve.get(*place + 1).unwrap_or(&curve[*place]);
            let along = if end > begin { ((time - begin) / (end - begin)).clamp(0.0, 1.0) } else { 0.0 };
            for (class, sum) in sum.iter_mut().enumerate() {
                *sum += (low[class] + along * (high[class] - low[class])) / runs.len() as f64;
            }
        }
        sum
    };
    let curve = times.into_iter().map(|time| (time, at(time))).collect();
    let clients = (0..first.clients.len()).map(|class| {
        let all: Option<Vec<&Counted>> = runs.iter().map(|run| run.outcome.clients[class].as_ref()).collect();
        all.map(|all| Counted::mean(all.into_iter()))
    });
    Outcome { time, totals: totals.collect(), ends: ends.collect(), curve, clients: clients.collect() }
}

/// Bin by bin. Where a run has ended, nothing happens and replicas stay; response times weigh with the replies. The
/// deviations of queues within the runs are not those of all together, and left out.
fn table(all: &[&Series]) -> Series {
    let longest = all.iter().max_by_key(|series| series.time.len()).map_or_else(Vec::new, |s| s.time.clone());
    let mut columns = IndexMap::new();
    for name in all[0].columns.keys().filter(|name| !name.ends_with(".queue_length_deviation")) {
        let value = |series: &Series, row: usize| -> Option<f64> {
            let column = series.columns.get(name)?;
            match column.get(row) {
                Some(value) => *value,
                None if name.ends_with(".replicas") => column.last().copied().flatten(),
                None => Some(0.0),
            }
        };
        let replies = name.strip_suffix(".response_time").map(|workload| format!("{workload}.throughput"));
        let rows = (0..longest.len()).map(|row| {
            let (mut sum, mut weights) = (0.0, 0.0);
            for series in all {
                let weight = match &replies {
                    None => 1.0,
                    Some(throughput) => {
                        let column = series.columns.get(throughput);
                        column.and_then(|column| column.get(row).copied().flatten()).unwrap_or(0.0)
                    }
                };
                if let (Some(value), true) = (value(series, row), weight > 0.0) {
                    sum += weight * value;
                    weights += weight;
                }
            }
            (weights > 0.0).then(|| sum / weights)
        });
        columns.insert(name.clone(), rows.collect());
    }
    Series { time: longest, columns, ..Series::default() }
}
