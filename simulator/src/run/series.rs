//! Figures over time, while a run goes on.

use super::Run;
use super::probe::Probe;
use crate::program::GuardPlan;
use crate::statistics::series::{Kind, SeriesRecorder, Sums};

impl<P: Probe> Run<'_, P> {
    /// Starts recording figures over time, in bins of that width.
    pub(crate) fn start_series(&mut self, bin: f64) {
        let mut sums = Sums::named();
        self.add_sums(&mut sums, self.now);
        let workloads = self.program.sources.iter().map(|source| source.name.clone()).collect();
        self.series = Some(SeriesRecorder::new(bin, self.now, sums, workloads));
    }

    /// Ends the recording: all bins, with the last one that has begun where `partial` is asked for.
    pub(crate) fn take_series(&mut self, partial: bool) -> Option<SeriesRecorder> {
        let mut series = self.series.take()?;
        if partial {
            let sketches = self.sources.iter().map(|source| &source.sketch);
            series.record_rest(self.now, self.sums(self.now), sketches);
        }
        Some(series)
    }

    /// When something other than an event is to be done.
    pub(super) fn next_pause(&self, until: f64) -> f64 {
        self.series.as_ref().map_or(until, |series| series.next_end().min(until))
    }

    pub(super) fn record_series_until(&mut self, time: f64) {
        while let Some(end) = self.series.as_ref().map(SeriesRecorder::next_end).filter(|&end| end <= time) {
            let sums = self.sums(end);
            if let Some(series) = &mut self.series {
                series.record(sums, self.sources.iter().map(|source| &source.sketch));
            }
        }
    }

    fn sums(&self, time: f64) -> Sums {
        let mut sums = Sums::default();
        self.add_sums(&mut sums, time);
        sums
    }

    /// The sums that series are made of.
    fn add_sums(&self, sums: &mut Sums, time: f64) {
        for (plan, source) in self.program.sources.iter().zip(&self.sources) {
            let (name, counted) = (&plan.name, &source.counted);
            let done = sums.add(Kind::Rate, || format!("{name}.throughput"), counted.completed);
            let mean = Kind::Quotient { below: done };
            sums.add(mean, || format!("{name}.response_time"), counted.response);
            sums.add(Kind::Rate, || format!("{name}.in_flight"), source.in_flight.area(time));
            sums.add(Kind::Rate, || format!("{name}.arrivals"), counted.started);
            if self.program.can_fail {
                sums.add(Kind::Rate, || format!("{name}.failed"), counted.failed);
            }
        }
        let mut services = vec![(0.0, 0.0); self.program.services.len()];
        for operation in &self.operations {
            let (present, busy) = &mut services[operation.service as usize];
            *present += operation.present.area(time);
            *busy += operation.busy.area(time);
        }
        for (plan, (present, busy)) in self.program.services.iter().zip(services) {
            let name = &plan.name;
            sums.add(Kind::Rate, || format!("{name}.queue_length"), present);
            sums.add(Kind::Rate, || format!("{name}.utilization"), busy);
        }
        for (plan, replicas) in self.program.elastic.iter().zip(self.scaling.totals(time)) {
            let name = &plan.name;
            sums.add(Kind::Level, || format!("{name}.replicas"), replicas.ready);
            sums.add(Kind::Level, || format!("{name}.starting"), replicas.starting);
            sums.add(Kind::Level, || format!("{name}.stopping"), replicas.stopping);
            if plan.placing.is_some() {
                sums.add(Kind::Level, || format!("{name}.pending"), replicas.pending);
            }
        }
        for plan in self.program.elastic.iter().filter(|plan| plan.warm_up.is_some()) {
            let service = &self.program.services[plan.service as usize];
            let first = service.first_replica as usize;
            let (warm, slowed) = self.scaling.warmth.begun(first..first + service.replicas as usize);
            let below = sums.add(Kind::Rate, || format!("{}.work", plan.name), warm);
            sums.add(Kind::Quotient { below }, || format!("{}.slowdown", plan.name), slowed);
        }
        let throttled =
            self.program.throttled.iter().map(|&service| &self.program.services[service as usize]);
        for (plan, totals) in throttled.zip(self.throttled(time)) {
            sums.add(Kind::Rate, || format!("{}.throttled", plan.name), totals.standing);
        }
        for (plan, outliers) in self.program.outliers.iter().zip(&self.outliers) {
            let name = &self.program.services[plan.service as usize].name;
            sums.add(Kind::Level, || format!("{name}.ejected"), outliers.totals(time).ejected);
        }
        self.add_sums_of_calls(sums, time);
    }

    /// For each call by name: retries; attempts that were kept from being made; and circuit breakers that are not closed.
    fn add_sums_of_calls(&self, sums: &mut Sums, time: f64) {
        for (name, guards) in self.program.guarded_calls() {
            let plan = |&guard: &usize| &self.program.guards[guard];
            let any = |has: &dyn Fn(&GuardPlan) -> bool| guards.iter().map(plan).any(has);
            if any(&|plan| plan.retry.is_some()) {
                let retries = guards.iter().map(|&guard| self.guards.counted[guard].retries).sum();
                sums.add(Kind::Rate, || format!("{name}.retries"), retries);
            }
            if any(&GuardPlan::can_reject) {
                let rejected = guards.iter().map(|&guard| self.guards.counted[guard].rejected).sum();
                sums.add(Kind::Rate, || format!("{name}.rejected"), rejected);
            }
            if any(&|plan| plan.breaker.is_some()) {
                // Places that share what they remember share their breakers.
                let mut breakers: Vec<&GuardPlan> = guards.iter().map(plan).collect();
                breakers.dedup_by_key(|plan| plan.first_memory);
                let open = breakers.iter().map(|plan| self.guards.seconds_open(plan, time)).sum();
                sums.add(Kind::Rate, || format!("{name}.open_breakers"), open);
            }
        }
    }
}
