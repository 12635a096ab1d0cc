//! When the replies are back.

use tracecast_model::{Burst, Load, PredictError};

use super::plan::Plan;
use super::rates::{Residence, Solver};
use super::workers::Workers;
use crate::moments::Moments;

/// The requests in the order of their replies.
pub(crate) struct Front {
    pub(crate) requests: Vec<Request>,
}

/// A request at the front. Times in seconds from the first request on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Request {
    pub(crate) sent: Moments,
    pub(crate) reply: Moments,
}

impl Front {
    /// When the last reply is back.
    pub(crate) fn end(&self) -> Moments {
        self.requests.last().map_or(Moments::ZERO, |request| request.reply)
    }
}

/// Follows the requests to their replies.
pub(crate) fn departures(plan: &Plan<'_>, solver: &mut Solver<'_>) -> Result<Front, PredictError> {
    let requests = match &plan.workload.load {
        Load::SerialClient(client) => serial(client.requests as usize, solver.front(1)?.with(1)),
        Load::Burst { bursts } => burst(plan, solver, bursts)?,
        Load::Closed { .. } | Load::Poisson { .. } => Vec::new(),
    };
    Ok(Front { requests })
}

/// One after the other.
fn serial(count: usize, post: Moments) -> Vec<Request> {
    let after = |posts: usize| post.repeated(posts as f64, 0.0);
    (0..count).map(|i| Request { sent: after(i), reply: after(i + 1) }).collect()
}

fn burst(plan: &Plan<'_>, solver: &mut Solver<'_>, bursts: &[Burst]) -> Result<Vec<Request>, PredictError> {
    let mut bursts = bursts.to_vec();
    bursts.sort_by(|a, b| a.at.total_cmp(&b.at));
    let begin = bursts.first().map_or(0.0, |burst| burst.at);
    let sent: Vec<f64> =
        bursts.iter().flat_map(|burst| std::iter::repeat_n(burst.at - begin, burst.size as usize)).collect();
    if let Some(threads) = entry_threads(plan) {
        let operation = plan.entries[0].0;
        let busy = threads.min(sent.len());
        let residence = solver.stage(operation, busy)?;
        let mut workers = Workers::new(busy);
        let serve = |&at: &f64| {
            let sent = Moments::new(at, 0.0);
            Request { sent, reply: workers.serve(sent, &|busy| residence.with(busy)).end }
        };
        return Ok(sent.iter().map(serve).collect());
    }
    let residence = solver.front(sent.len())?;
    Ok(drain(&sent, &residence))
}

/// Threads of the entry service, where they are the queue of all requests.
fn entry_threads(plan: &Plan<'_>) -> Option<usize> {
    let [(operation, _)] = plan.entries.as_slice() else { return None };
    let service = &plan.system.services[plan.index.service_of(*operation).0];
    let separate = service.replicas > 1 && service.work_queue.is_none();
    let threads = service.total_threads().finite()? as usize;
    (!separate).then_some(threads)
}

/// Requests leave one by one, the next after the mean gap between completions with so many inside.
///
/// The gap has the variance of an exponential one where one station is the bottleneck.
fn drain(sent: &[f64], residence: &Residence) -> Vec<Request> {
    let (mut now, mut variance) = (0.0_f64, 0.0);
    let mut arrived = 0;
    let mut requests = Vec::with_capacity(sent.len());
    for (left, &at) in sent.iter().enumerate() {
        if arrived <= left {
            now = now.max(at);
        }
        while arrived < sent.len() && sent[arrived] <= now {
            arrived += 1;
        }
        let inside = arrived - left;
        let gap = residence.gap(inside);
        now += gap;
        variance += gap * gap * residence.with(1).scv();
        requests.push(Request { sent: Moments::new(at, 0.0), reply: Moments::new(now, variance) });
    }
    requests
}
