//! Requests from outside: when the reply is back, and when all work that they caused is done.

use super::Run;

/// A request from outside, until all its work is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    source: u32,
    sent: f64,
    /// Visits that it caused and that have not ended, messages on their way too.
    pub(super) visits_left: u32,
    /// Was one of them lost?
    pub(super) failed: bool,
}

impl Run<'_> {
    /// A source sends one request.
    pub(super) fn send_one(&mut self, number: usize) {
        let plan = &self.program.sources[number];
        let operation = match plan.mix.as_slice() {
            [(_, only)] => *only,
            mix => {
                let u = self.variates[plan.choice as usize].draw();
                mix.iter().find(|(end, _)| u < *end).or(mix.last()).map_or(0, |(_, operation)| *operation)
            }
        };
        let source = &mut self.sources[number];
        source.counted.started += 1.0;
        source.open += 1;
        source.in_flight.add(self.now, 1.0);
        source.first_sent.get_or_insert(self.now);
        let request = Request { source: number as u32, sent: self.now, visits_left: 0, failed: false };
        let request = self.requests.insert(request);
        self.enter(operation, request);
    }

    /// The reply to a request is back.
    pub(super) fn replied(&mut self, number: u32) {
        let request = self.requests[number];
        let source = &mut self.sources[request.source as usize];
        if !request.failed {
            source.counted.replies += 1.0;
            source.counted.reply += self.now - request.sent;
        }
        if !self.program.sources[request.source as usize].all_work {
            self.completed(request);
        }
        self.after_reply(request.source as usize);
    }

    /// A visit that a request caused has ended.
    #[inline]
    pub(super) fn visit_done(&mut self, number: u32) {
        let request = &mut self.requests[number];
        request.visits_left -= 1;
        if request.visits_left > 0 {
            return;
        }
        let request = self.requests.remove(number);
        if self.program.sources[request.source as usize].all_work {
            self.completed(request);
        }
        self.after_all_work(request.source as usize);
    }

    /// A request is done, in the sense of its workload's completion, or has failed by then.
    fn completed(&mut self, request: Request) {
        let response = self.now - request.sent;
        let source = &mut self.sources[request.source as usize];
        if request.failed {
            source.counted.failed += 1.0;
        } else {
            source.counted.completed += 1.0;
            source.counted.response += response;
            source.sketch.record(response);
        }
        source.in_flight.add(self.now, -1.0);
        self.after_completion(request.source as usize);
    }
}
