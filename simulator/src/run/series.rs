//! Figures over time, while a run goes on.

use super::Run;
use super::probe::Probe;
use crate::program::GuardPlan;
use crate::statistics::series::SeriesRecorder;

impl<P: Probe> Run<'_, P> {
    /// Starts recording figures over time, in bins of that width.
    pub(crate) fn start_series(&mut self, bin: f64) {
        self.series = Some(SeriesRecorder::new(bin, self.now, self.series_sums(self.now)));
    }

    /// Ends the recording: all bins, with the last one that has begun where `partial` is asked for.
    pub(crate) fn take_series(&mut self, partial: bool) -> Option<SeriesRecorder> {
        let mut series = self.series.take()?;
        if partial {
            series.record_rest(self.now, &self.series_sums(self.now));
        }
        Some(series)
    }

    /// When something other than an event is to be done.
    pub(super) fn next_pause(&self, until: f64) -> f64 {
        self.series.as_ref().map_or(until, |series| series.next_end().min(until))
    }

    pub(super) fn record_series_until(&mut self, time: f64) {
        while let Some(end) = self.series.as_ref().map(SeriesRecorder::next_end).filter(|&end| end <= time) {
            let sums = self.series_sums(end);
            if let Some(series) = &mut self.series {
                series.record(&sums);
            }
        }
    }

    /// The sums that series are made of: for each workload requests done, their response times, the integral of
    /// those in flight, and those that failed; for each service the integrals of its visits present and of its busy
    /// threads; for each of those that are scaled the integral of its replicas; for each of those that have their processor
    /// time by periods that of the replicas that stand still;
    /// for each call that can be kept from being made, attempts that were, and the integral of the circuit breakers that are
    /// not closed.
    fn series_sums(&self, time: f64) -> Vec<f64> {
        let mut sums = Vec::with_capacity(4 * self.sources.len() + 2 * self.program.services.len());
        for source in &self.sources {
            let counted = &source.counted;
            let in_flight = source.in_flight.area(time);
            sums.extend([counted.completed, counted.response, in_flight, counted.failed]);
        }
        let services = sums.len();
        sums.resize(services + 2 * self.program.services.len(), 0.0);
        for operation in &self.operations {
            let place = services + 2 * operation.service as usize;
            sums[place] += operation.present.area(time);
            sums[place + 1] += operation.busy.area(time);
        }
        sums.extend(
            (0..self.program.elastic.len()).map(|elastic| self.scaling.ready_area(elastic as u32, time)),
        );
        sums.extend(self.throttled(time).iter().map(|totals| totals.standing));
        for guards in self.program.calls_with_rejections().values() {
            let rejected: f64 = guards.iter().map(|&guard| self.guards.counted[guard].rejected).sum();
            // Places that share what they remember share their breakers.
            let mut breakers: Vec<&GuardPlan> =
                guards.iter().map(|&guard| &self.program.guards[guard]).collect();
            breakers.dedup_by_key(|plan| plan.first_memory);
            let open = breakers.iter().map(|plan| self.guards.seconds_open(plan, time)).sum();
            sums.extend([rejected, open]);
        }
        sums
    }
}
