//! Requests from outside: when the reply is back, and when all work that they caused is done.

use super::Run;
use super::probe::Probe;
use super::source::Source;
use super::visits::NONE;
use crate::statistics::totals::Trouble;

/// A request from outside, until all its work is done.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Request {
    pub(super) source: u32,
    /// Visits that it caused and that have not ended, messages on their way too.
    pub(super) visits_left: u32,
    pub(super) sent: f64,
    /// Was one of them lost?
    pub(super) failed: bool,
    /// Was something of it tried again?
    pub(super) retried: bool,
    /// What went wrong last, if something has.
    pub(super) trouble: Trouble,
}

impl<P: Probe> Run<'_, P> {
    /// A source sends one request.
    #[inline]
    pub(super) fn send_one(&mut self, number: usize) {
        let source = &mut self.sources[number];
        source.counted.started += 1.0;
        source.open += 1;
        source.in_flight.rise(self.now);
        source.first_sent.get_or_insert(self.now);
        let guard = source.guard;
        let operation = match source.only_kind {
            NONE => self.draw_kind(number),
            only => only,
        };
        let place = self.requests.claim();
        let request = &mut self.requests[place];
        request.source = number as u32;
        request.visits_left = 0;
        request.sent = self.now;
        (request.failed, request.retried, request.trouble) = (false, false, Trouble::default());
        self.probe.request_begins(self.now, place, number as u32, operation);
        match guard {
            NONE => self.enter(operation, place),
            _ => self.enter_guarded(operation, place, guard),
        }
    }

    /// The operation that the next request of a mix asks for.
    fn draw_kind(&mut self, number: usize) -> u32 {
        let plan = &self.program.sources[number];
        let u = self.variates[plan.choice as usize].draw();
        let kind = plan.mix.iter().find(|(end, _)| u < *end).or(plan.mix.last());
        kind.map_or(0, |(_, operation)| *operation)
    }

    /// The reply to a request is back.
    #[inline]
    pub(super) fn replied(&mut self, number: u32) {
        let request = &self.requests[number];
        self.probe.request_answered(self.now, number, request.failed);
        let request = *request;
        let (number, sent, failed) = (request.source as usize, request.sent, request.failed);
        let source = &mut self.sources[number];
        if !failed {
            source.counted.replies += 1.0;
            source.counted.reply += self.now - sent;
        }
        if !source.all_work {
            source.count_completion(self.now, &request);
            self.after_completion(number);
        }
        self.after_reply(number);
    }

    /// The reply to a request is back, all its work is done, nothing of it failed, and its load goes on for ever: the usual
    /// end, in one go. Is it this one?
    #[inline]
    pub(super) fn ends_as_usual(&mut self, place: u32) -> bool {
        let request = &self.requests[place];
        let request = *request;
        let (number, sent) = (request.source as usize, request.sent);
        let source = &mut self.sources[number];
        if request.visits_left > 1 || request.failed || source.is_finite {
            return false;
        }
        self.probe.request_answered(self.now, place, false);
        self.probe.request_ends(self.now, place, false);
        self.requests.release(place);
        source.open -= 1;
        source.counted.replies += 1.0;
        source.counted.reply += self.now - sent;
        source.count_completion(self.now, &request);
        self.after_completion(number);
        true
    }

    /// A visit that a request caused has ended.
    #[inline]
    pub(super) fn visit_done(&mut self, number: u32) {
        let request = &mut self.requests[number];
        request.visits_left -= 1;
        if request.visits_left > 0 {
            return;
        }
        let (request, place) = (*request, number);
        let number = request.source as usize;
        self.probe.request_ends(self.now, place, request.failed);
        self.requests.release(place);
        let source = &mut self.sources[number];
        if source.all_work {
            source.count_completion(self.now, &request);
            self.after_completion(number);
        }
        self.after_all_work(number);
    }
}

impl Source {
    /// Counts a request as done, in the sense of its workload's completion, or as failed by then.
    #[inline]
    fn count_completion(&mut self, now: f64, request: &Request) {
        let response = now - request.sent;
        if request.failed {
            self.counted.failed += 1.0;
            self.counted.failed_by[request.trouble as usize] += 1.0;
        } else {
            self.counted.completed += 1.0;
            self.counted.retried += f64::from(u8::from(request.retried));
            self.counted.response += response;
            self.sketch.record(response);
        }
        self.in_flight.fall(now);
    }
}
