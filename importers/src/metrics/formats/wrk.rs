//! What wrk and wrk2 print: the latency distribution, wrk2's spectrum of percentiles, and the totals. With several
//! targets there is a part for each.

use std::io::BufRead;

use crate::ImportError;
use crate::metrics::table::number;
use crate::metrics::{Measurements, MetricsFormat, Summary};

/// See the module.
pub(super) struct Wrk;

const NAME: &str = "wrk";

impl MetricsFormat for Wrk {
    fn name(&self) -> &'static str {
        NAME
    }

    fn noun(&self) -> &'static str {
        "the output of wrk or wrk2"
    }

    fn detect(&self, head: &[u8]) -> bool {
        let text = String::from_utf8_lossy(head);
        let has = |beginning: &str| text.lines().any(|line| line.trim_start().starts_with(beginning));
        has("Thread Stats") && has("Latency")
    }

    fn read(&self, input: &mut dyn BufRead, into: &mut Measurements) -> Result<(), ImportError> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes)?;
        let mut parts: Vec<Part> = Vec::new();
        for line in String::from_utf8_lossy(&bytes).lines().map(str::trim) {
            let target = line.strip_prefix("Test Results @ ");
            if let Some(target) = target {
                parts.push(Part::of(target));
            } else if line.starts_with("Thread Stats") && parts.last().is_none_or(|part| part.is_begun) {
                parts.push(Part::default());
            }
            if let Some(part) = parts.last_mut() {
                part.line(line);
            }
        }
        if parts.iter().all(|part| part.summary.mean.is_none()) {
            let message = "there is no line with the latency".into();
            return Err(ImportError::Syntax { format: NAME, line: 1, column: 1, message });
        }
        let single = parts.len() == 1;
        into.summaries.extend(
            parts.into_iter().map(|part| Summary {
                operation: part.summary.operation.filter(|_| !single),
                ..part.summary
            }),
        );
        Ok(())
    }
}

/// What is printed of one target.
#[derive(Default)]
struct Part {
    summary: Summary,
    is_begun: bool,
    /// Is the third column of the line of the latency the greatest? In DeathStarBench's wrk2 it is a percentile.
    has_max: bool,
    /// Of which distribution the lines are.
    within: Within,
}

/// The distribution that is being printed.
#[derive(Clone, Copy, Default, PartialEq)]
enum Within {
    #[default]
    None,
    /// That of the response times.
    Latency,
    /// Another one, such as wrk2's without the wait for a free connection.
    Other,
}

impl Part {
    fn of(target: &str) -> Self {
        let target = target.trim();
        let operation = (!target.is_empty()).then(|| target.to_string());
        Self { summary: Summary { operation, ..Summary::default() }, ..Self::default() }
    }

    fn line(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["Thread", "Stats", columns @ ..] => {
                self.is_begun = true;
                self.has_max = columns.get(2) == Some(&"Max");
            }
            ["Latency", "Distribution", ..] => {
                let is_other = line.contains("Uncorrected") || self.within != Within::None;
                self.within = if is_other { Within::Other } else { Within::Latency };
            }
            ["Latency", mean, deviation, third, ..] => self.thread_stats(mean, deviation, third),
            ["Requests/sec:", rate] => self.summary.throughput = number(rate),
            [count, "requests", "in", ..] => self.summary.count = count.parse().ok(),
            ["Non-2xx", "or", "3xx", "responses:", count] => self.failed(count),
            ["Socket", "errors:", errors @ ..] => {
                // "connect 0, read 12, write 0, timeout 3"
                errors.iter().filter(|word| word.starts_with(|c: char| c.is_ascii_digit())).for_each(
                    |count| {
                        self.failed(count.trim_end_matches(','));
                    },
                );
            }
            _ if self.within == Within::Other => {}
            [share, time] if share.ends_with('%') => {
                if let (Some(share), Some(seconds)) = (super::percent(share), duration(time)) {
                    self.summary.add_quantile(share, seconds);
                }
            }
            [value, share, count, _] if count.parse::<u64>().is_ok() => {
                // The spectrum, in ms.
                if let (Some(millis), Some(share)) = (number(value), number(share)) {
                    self.summary.add_quantile(share, super::millis(millis));
                }
            }
            _ if line.starts_with("#[") => self.histogram(line),
            _ => {}
        }
    }

    /// The line of the response times. Those of the histogram that may follow are more precise.
    fn thread_stats(&mut self, mean: &str, deviation: &str, third: &str) {
        if let Some(mean) = duration(mean).filter(|_| self.summary.mean.is_none()) {
            self.summary.mean = Some(mean);
            self.summary.standard_deviation = duration(deviation);
            self.summary.max = duration(third).filter(|_| self.has_max);
        }
    }

    /// `#[Mean = 9.5, StdDeviation = 3.1]` and `#[Max = 17.2, Total count = 27353]`, in ms.
    fn histogram(&mut self, line: &str) {
        for pair in line.trim_start_matches("#[").trim_end_matches(']').split(',') {
            let Some((name, value)) = pair.split_once('=') else { continue };
            let value = number(value).map(super::millis);
            match name.trim() {
                "Mean" => self.summary.mean = value.or(self.summary.mean),
                "StdDeviation" => self.summary.standard_deviation = value.or(self.summary.standard_deviation),
                "Max" => self.summary.max = value,
                _ => {}
            }
        }
    }

    fn failed(&mut self, count: &str) {
        if let Ok(count) = count.parse::<u64>() {
            let sum = self.summary.failures.unwrap_or(0).saturating_add(count);
            self.summary.failures = Some(sum);
        }
    }
}

/// A time as wrk prints it: `1.02m`, `9.19s`, `17.5ms`, `250us`.
fn duration(text: &str) -> Option<f64> {
    let place = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (value, unit) = text.split_at_checked(place)?;
    let seconds = match unit {
        "us" => 1e-6,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Some(number(value)? * seconds)
}
