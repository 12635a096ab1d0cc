//! Windows that are looked at on their way, and that can end in time.

use rayon::prelude::*;
use tracecast_model::Phase;

use super::Steady;
use super::window::Part;
use crate::run::probe::Probe;
use crate::run::{Limits, Run, Stop};
use crate::snapshot::View;
use crate::statistics::totals::Totals;

/// Events of all replications between two looks: about a tenth of a second.
const SLICE: u64 = 500_000;

impl<P: Probe + Send> Steady<'_, P> {
    /// The same as [`Part::play`] for all replications, in slices between which they wait for each other: so that an
    /// observer sees all of them at the same instant, and that samples of equal length are left when the time is over.
    /// What comes out is the same to the last bit, since a run does not notice that it stops on its way.
    pub(super) fn play_in_slices(&mut self, limits: &Limits<'_>, batches: u32) -> Vec<Part> {
        let start = self.now();
        let length = limits.until - start;
        let slices = (self.expected_events(length) / SLICE / u64::from(batches)).clamp(1, 100_000);
        let slices = u32::try_from(slices).unwrap_or(1);
        let events: Vec<u64> = self.runs.iter().map(Run::events).collect();
        let mut parts: Vec<Part> = self.runs.iter().map(|_| Part::empty()).collect();
        if self.phase == Phase::WarmUp {
            self.phase_start = self.totals();
        }
        'window: for batch in 1..=batches {
            let end = |batch: u32| start + length * (f64::from(batch) / f64::from(batches));
            let from = end(batch - 1);
            let to = if batch == batches { limits.until } else { end(batch) };
            let before: Vec<(Totals, f64)> =
                self.runs.iter().map(|run| (run.totals(), run.unawaited_requests())).collect();
            let goes_on: Vec<bool> = parts.iter().map(|part| part.stop == Stop::Time).collect();
            let mut latest: Option<Vec<Totals>> = None;
            for slice in 1..=slices {
                let part = f64::from(slice) / f64::from(slices);
                let until = if slice == slices { to } else { from + (to - from) * part };
                self.runs.par_iter_mut().zip(&mut parts).for_each(|(run, part)| {
                    if part.stop == Stop::Time {
                        part.stop = run.advance(&Limits { until, ..*limits });
                    }
                });
                if parts.iter().any(|part| part.stop == Stop::Expired) {
                    for ((part, now), (then, _)) in parts.iter_mut().zip(latest.iter().flatten()).zip(&before)
                    {
                        part.samples.push(now.since(then));
                    }
                    parts.iter_mut().for_each(|part| part.stop = Stop::Expired);
                    break 'window;
                }
                latest = Some(self.totals());
                self.show();
            }
            let all = parts.iter_mut().zip(&self.runs).zip(&before).zip(goes_on);
            for (((part, run), (totals, open)), _) in all.filter(|(_, goes_on)| *goes_on) {
                part.samples.push(run.totals().since(totals));
                part.growth.push(run.unawaited_requests() - open);
            }
        }
        for ((part, run), events) in parts.iter_mut().zip(&self.runs).zip(events) {
            part.events = run.events() - events;
        }
        parts
    }

    fn totals(&self) -> Vec<Totals> {
        self.runs.iter().map(Run::totals).collect()
    }

    /// From here on the figures are taken.
    pub(super) fn begin_measured_phase(&mut self) {
        self.phase = Phase::Measuring;
        if self.control.is_watched() {
            self.phase_start = self.totals();
        }
    }

    fn show(&self) {
        self.control.show(|| {
            let runs = self.runs.iter().zip(&self.phase_start);
            let view = View {
                samples: runs.map(|(run, start)| run.totals().since(start)).collect(),
                others: Vec::new(),
                in_flight: self.runs.iter().map(Run::in_flight).collect(),
                has_pairs: self.cast.has_pairs(),
                simulated_time: self.runs.iter().map(Run::now).sum(),
            };
            view.snapshot(self.system, self.phase)
        });
    }
}
