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
    pub(super) marks: Marks,
    /// What went wrong last, if something has.
    pub(super) trouble: Trouble,
    /// Its place among all keys, as a part of [`NONE`]; this itself where it has not drawn one.
    pub(super) key: u32,
}

/// What is not usual about a request: one word, so that the usual one costs one look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u8);

impl Marks {
    const FAILED: u8 = 1;
    const RETRIED: u8 = 2;

    /// It has failed, if so.
    #[inline]
    pub(super) fn fail_if(&mut self, failed: bool) {
        self.0 |= Self::FAILED * u8::from(failed);
    }

    /// Something of it was tried again.
    pub(super) fn retry(&mut self) {
        self.0 |= Self::RETRIED;
    }

    #[inline]
    fn has_failed(self) -> bool {
        self.0 & Self::FAILED > 0
    }

    #[inline]
    fn any(self) -> bool {
        self.0 > 0
    }
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
        request.marks = Marks::default();
        request.key = NONE;
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
        let failed = request.marks.has_failed();
        self.probe.request_answered(self.now, number, failed);
        let number = request.source as usize;
        let source = &mut self.sources[number];
        if !failed {
            source.counted.replies += 1.0;
            source.counted.reply += self.now - request.sent;
        }
        if !source.all_work {
            source.count_completion(self.now, request);
            self.after_completion(number);
        }
        self.after_reply(number);
    }

    /// The reply to a request is back, all its work is done, nothing about it is odd, and its load goes on for ever: the usual
    /// end, in one go. Is it this one?
    #[inline]
    pub(super) fn ends_as_usual(&mut self, place: u32) -> bool {
        let request = &self.requests[place];
        let (number, sent) = (request.source as usize, request.sent);
        let source = &mut self.sources[number];
        if request.visits_left > 1 || request.marks.any() || source.is_finite {
            return false;
        }
        self.probe.request_answered(self.now, place, false);
        self.probe.request_ends(self.now, place, false);
        self.requests.release(place);
        source.open -= 1;
        source.counted.replies += 1.0;
        source.counted.reply += self.now - sent;
        source.count_success(self.now, sent);
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
        let (place, number) = (number, request.source as usize);
        let request = *request;
        self.probe.request_ends(self.now, place, request.marks.has_failed());
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
        if request.marks.any() && self.count_odd(request) {
            return self.in_flight.fall(now);
        }
        self.count_success(now, request.sent);
    }

    #[inline]
    fn count_success(&mut self, now: f64, sent: f64) {
        let response = now - sent;
        self.counted.completed += 1.0;
        self.counted.response += response;
        self.sketch.record(response);
        self.in_flight.fall(now);
    }

    /// Counts what is odd about a request. Has it failed?
    #[cold]
    fn count_odd(&mut self, request: &Request) -> bool {
        let failed = request.marks.has_failed();
        if failed {
            self.counted.failed += 1.0;
            self.counted.failed_by[request.trouble as usize] += 1.0;
        } else {
            self.counted.retried += 1.0;
        }
        failed
    }
}
