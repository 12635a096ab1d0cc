//! When the replies are back.

use tracecast_model::{Burst, HostId, Load, PredictError, Scheduling};

use super::plan::Plan;
use super::rates::{Residence, Solver};
use super::workers::Workers;
use crate::fit::Fit;
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
        Load::Closed { .. }
        | Load::Poisson { .. }
        | Load::Renewal { .. }
        | Load::Markov(_)
        | Load::Profile(_)
        | Load::Replay { .. } => Vec::new(),
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
    let mut requests = drain(&sent, &residence);
    if bursts.len() == 1 && shares_cores(plan) {
        share(&mut requests, residence.with(1));
    }
    Ok(requests)
}

/// Is the host that the front keeps busiest shared, so that all requests advance together?
fn shares_cores(plan: &Plan<'_>) -> bool {
    let mut load = vec![0.0; plan.system.hosts.len()];
    for (operation, executions) in plan.front_executions() {
        let HostId(host) = plan.index.host_of(plan.index.service_of(operation));
        let (_, description) = plan.index.get(plan.system, operation);
        let host_description = &plan.system.hosts[host];
        load[host] +=
            executions * description.demand() / host_description.speed / host_description.cores.as_f64();
    }
    let busiest = (0..load.len()).max_by(|&a, &b| load[a].total_cmp(&load[b]));
    busiest.is_some_and(|host| load[host] > 0.0 && plan.system.hosts[host].scheduling == Scheduling::Ps)
}

/// Simultaneous requests that share their servers leave in the order of their work: when the part q of them has
/// left, the part `G(q) = ∫₀^{x(q)} (1-F(x)) dx / E[work]` of all work is done, F being the distribution of their work
/// with quantile x(q). Exponential work leaves evenly, G(q) = q; equal work all at the end.
fn share(requests: &mut [Request], work: Moments) {
    let drained: Vec<Moments> = requests.iter().map(|request| request.reply).collect();
    let count = requests.len() as f64;
    let mut course = Course::new(work);
    for (k, request) in requests.iter_mut().enumerate() {
        let part = if k + 1 == drained.len() { 1.0 } else { course.done_when((k + 1) as f64 / count) };
        let after = ((part * count).ceil() as usize).clamp(1, drained.len());
        request.reply = drained[after - 1];
    }
}

/// Work done while requests leave, followed along the distribution of their work.
struct Course {
    fit: Option<Fit>,
    work: Moments,
    x: f64,
    done: f64,
}

/// Steps in one mean of the work: errors of the sum are of second order.
const STEPS: f64 = 500.0;

impl Course {
    fn new(work: Moments) -> Self {
        let fit = (work.mean > 0.0 && work.variance > 0.0).then(|| Fit::new(work));
        Self { fit, work, x: 0.0, done: 0.0 }
    }

    /// Part of all work that is done when the given part of the requests has left.
    fn done_when(&mut self, left: f64) -> f64 {
        let Some(fit) = &self.fit else { return 1.0 };
        let step = self.work.mean / STEPS;
        while fit.below(self.x) < left && self.done < self.work.mean {
            self.done += step * (1.0 - fit.below(self.x + 0.5 * step));
            self.x += step;
        }
        (self.done / self.work.mean).min(1.0)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn replies(scv: f64) -> Vec<f64> {
        let request = |k: u32| {
            let reply = Moments::new(f64::from(k + 1), 0.0);
            Request { sent: Moments::ZERO, reply }
        };
        let mut requests: Vec<Request> = (0..100).map(request).collect();
        share(&mut requests, Moments::new(1.0, scv));
        requests.iter().map(|request| request.reply.mean).collect()
    }

    /// Equal work is done all at once; exponential work leaves evenly. Tolerance: a place in the order, by rounding.
    #[test]
    fn sharing_lets_equal_work_end_together() {
        assert!(replies(0.0).iter().all(|&reply| reply == 100.0));
        for (k, reply) in replies(1.0).into_iter().enumerate() {
            assert!((reply - (k as f64 + 1.0)).abs() <= 1.0, "{k}: {reply}");
        }
    }
}
