//! Users who ask, think, and ask again.

use std::collections::BTreeMap;

use tracecast_model::Load;

use super::arrivals::Arrivals;
use crate::extract::sketch::Sketch;
use crate::interval::Interval;
use crate::span::seconds;
use crate::{Name, Nanos};

/// A session is over when its user asks for nothing for half an hour, as web statistics have it.
const OVER: Nanos = 1_800_000_000_000;

/// With so many requests per session users who come and go behave like users who stay (Schroeder, Wierman and
/// Harchol-Balter, *Open versus closed: a cautionary tale*, NSDI 2006, §5.2: ten and more; five and fewer are like an open
/// load).
const STAYING: f64 = 10.0;

/// Part of the requests that must tell their session, and of a session's requests that must come after the reply to the one
/// before.
const NEARLY_ALL: f64 = 0.9;

/// What sessions show.
pub(super) struct Sessions {
    pub(super) sessions: u64,
    pub(super) requests: u64,
    /// Times (s) from a reply to the next request of the same session.
    pub(super) think_time: Sketch,
    /// Sum of response times (s).
    responding: f64,
    /// Requests sent before the reply to the one before.
    overlapping: u64,
}

impl Sessions {
    /// None where requests do not tell who asked.
    pub(super) fn of(arrivals: &Arrivals) -> Option<Self> {
        let mut users: BTreeMap<&Name, Vec<Interval>> = BTreeMap::new();
        for request in &arrivals.requests {
            if let Some(session) = &request.session {
                users.entry(session).or_default().push(request.at);
            }
        }
        let told: usize = users.values().map(Vec::len).sum();
        if told == 0 || (told as f64) < NEARLY_ALL * arrivals.count() as f64 {
            return None;
        }
        let mut found = Self {
            sessions: users.len() as u64,
            requests: told as u64,
            think_time: Sketch::default(),
            responding: 0.0,
            overlapping: 0,
        };
        for requests in users.values_mut() {
            requests.sort_unstable();
            found.responding += requests.iter().map(|request| request.length()).sum::<f64>();
            for pair in requests.windows(2) {
                let think = pair[1].start - pair[0].end;
                if think < 0 {
                    found.overlapping += 1;
                } else if think < OVER {
                    found.think_time.add(seconds(think));
                } else {
                    found.sessions += 1;
                }
            }
        }
        Some(found)
    }

    /// Requests per session.
    pub(super) fn length(&self) -> f64 {
        self.requests as f64 / self.sessions as f64
    }

    /// Does hardly any user ask before the reply is there?
    pub(super) fn are_serial(&self) -> bool {
        self.overlapping as f64 <= (1.0 - NEARLY_ALL) * self.requests as f64
    }

    /// Do users stay so long that what they ask for depends on when they get replies?
    pub(super) fn stay(&self) -> bool {
        self.length() >= STAYING && self.are_serial() && self.think_time.count() > 0
    }

    /// As many users as are there in the mean, by the response time law N = X (R + Z) (Denning and Buzen 1978, *ACM Computing
    /// Surveys* 10, §6), at `rate` requests per second.
    pub(super) fn load(&self, rate: f64) -> Load {
        let response = self.responding / self.requests as f64;
        let users = (rate * (response + self.think_time.mean())).round();
        Load::Closed { population: (users as u32).max(1), think_time: self.think_time.distribution() }
    }
}
