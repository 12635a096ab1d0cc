//! What is drawn: nodes with their texts and sizes, and links between them, still without a place.

use std::collections::HashMap;

use tracecast_model::{CallKind, Element, Operation, OperationRef, Prediction, Service, System, Workload};

use super::{EdgeKind, Node, NodeKind, describe, flows, text};

/// Names longer than this many points are cut in the box.
const WIDEST_TEXT: f64 = 230.0;
/// Between a box's border and its text.
pub(super) const PADDING: f64 = 10.0;
/// From one line of text to the next.
pub(super) const LINE_HEIGHT: f64 = 15.0;
/// Room for the symbol of a client (left) or of a queue (right).
pub(super) const SYMBOL: f64 = 26.0;

/// Nodes at the origin, and the links between them.
pub(super) struct Graph {
    pub(super) nodes: Vec<Node>,
    pub(super) links: Vec<Link>,
}

/// A line to be, between two nodes given by position.
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: EdgeKind,
    pub(super) label: String,
    pub(super) rate: Option<f64>,
    pub(super) notes: Vec<String>,
}

/// Where requests to a service go: to itself or to its queue. By name of the service.
type Doors<'a> = HashMap<&'a str, usize>;

/// Workloads first, then each service, behind its queue where it has one.
pub(super) fn build(system: &System, prediction: Option<&Prediction>) -> Graph {
    let mut graph = Graph { nodes: Vec::new(), links: Vec::new() };
    for workload in &system.workloads {
        graph.nodes.push(client(workload));
    }
    let shares = prediction.map(|prediction| flows::time_shares(system, prediction)).unwrap_or_default();
    let mut doors = Doors::new();
    let mut homes = Vec::new();
    for service in &system.services {
        let mut door = None;
        if let Some(queue) = &service.work_queue {
            door = Some(graph.nodes.len());
            graph.nodes.push(work_queue(&queue.name, service, prediction));
        }
        let home = graph.nodes.len();
        let mut node = service_node(system, service, prediction);
        node.time_share = shares.get(service.name.as_str()).copied();
        graph.nodes.push(node);
        if let Some(queue) = door {
            let fetched =
                prediction.and_then(|prediction| prediction.services.get(&service.name)?.throughput);
            let rate = fetched.map(|metric| metric.mean);
            graph.links.push(Link { rate, ..Link::new(queue, home, EdgeKind::Queue) });
        }
        homes.push(home);
        doors.entry(&service.name).or_insert(door.unwrap_or(home));
    }
    for (client, workload) in system.workloads.iter().enumerate() {
        requests(client, workload, &doors, prediction, &mut graph.links);
    }
    for (service, &home) in system.services.iter().zip(&homes) {
        calls(home, service, &doors, prediction, &mut graph.links);
    }
    graph
}

impl Link {
    fn new(from: usize, to: usize, kind: EdgeKind) -> Self {
        Self { from, to, kind, label: String::new(), rate: None, notes: Vec::new() }
    }
}

fn client(workload: &Workload) -> Node {
    let notes = workload
        .shares()
        .map(|(operation, share)| format!("asks for {operation}: {}", describe::percent(share)))
        .collect();
    node(NodeKind::Client, &workload.name, describe::workload(workload), notes)
}

fn work_queue(name: &str, service: &Service, prediction: Option<&Prediction>) -> Node {
    let mut details = vec!["work queue".to_string()];
    let result = prediction.and_then(|prediction| prediction.services.get(&service.name));
    if let Some(result) = result
        && let (Some(all), Some(busy)) = (result.queue_length, result.utilization)
    {
        details.push(format!("{} waiting", describe::number((all.mean - busy.mean).max(0.0))));
    }
    let mut node = node(NodeKind::WorkQueue, name, details, Vec::new());
    // Two services may name their queues alike.
    node.id = format!("queue:{}", service.name);
    node.notes.push(format!("worked off by {}", service.name));
    node
}

fn service_node(system: &System, service: &Service, prediction: Option<&Prediction>) -> Node {
    let host = system.hosts.iter().find(|host| host.name == service.host);
    let load = prediction.and_then(|prediction| load(system, service, prediction));
    let mut details = describe::service(service, host);
    details.extend(load.map(|load| format!("load {:.0} %", load * 100.0)));
    let kind = if service.external { NodeKind::External } else { NodeKind::Service };
    let notes = service.operations.iter().map(describe::operation).collect();
    let mut node = node(kind, &service.name, details, notes);
    node.id = format!("service:{}", service.name);
    node.load = load;
    node
}

/// Busy part of the threads or of the host, whichever is more; `None` where neither is limited or known.
fn load(system: &System, service: &Service, prediction: &Prediction) -> Option<f64> {
    let threads = service.concurrency.finite().and_then(|threads| {
        let result = prediction.services.get(&service.name)?;
        // Of replicas that come and go, as many as there are on average.
        let replicas = result.replicas.map_or(f64::from(service.replicas), |replicas| replicas.mean);
        let threads = f64::from(threads) * replicas;
        (threads > 0.0).then_some(result.utilization?.mean / threads)
    });
    let cores = cores(system, &service.host).and_then(|cores| {
        let busy = prediction.hosts.get(&service.host)?.utilization?;
        Some(busy.mean / cores)
    });
    threads.into_iter().chain(cores).reduce(f64::max)
}

/// Cores of a host, of all machines together.
fn cores(system: &System, name: &str) -> Option<f64> {
    system.total_cores(system.hosts.iter().find(|host| host.name == name)?)
}

/// A node as large as its texts ask for.
pub(super) fn node(kind: NodeKind, name: &str, details: Vec<String>, notes: Vec<String>) -> Node {
    let title_size = text::TITLE_SIZE * text::BOLD;
    let title = text::fit(name, title_size, WIDEST_TEXT);
    let details: Vec<String> =
        details.into_iter().map(|line| text::fit(&line, text::TEXT_SIZE, WIDEST_TEXT)).collect();
    let widest = details
        .iter()
        .map(|line| text::width(line, text::TEXT_SIZE))
        .fold(text::width(&title, title_size), f64::max);
    let symbol = if matches!(kind, NodeKind::Client | NodeKind::WorkQueue) { SYMBOL } else { 0.0 };
    Node {
        id: format!("{}:{name}", kind.name()),
        kind,
        name: name.to_string(),
        title,
        w: (widest + symbol + 2.0 * PADDING).ceil().max(90.0),
        h: LINE_HEIGHT * (1 + details.len()) as f64 + 2.0 * PADDING - 2.0,
        details,
        notes,
        load: None,
        time_share: None,
        x: 0.0,
        y: 0.0,
    }
}

/// One link for each service that a workload asks.
fn requests(
    client: usize,
    workload: &Workload,
    doors: &Doors<'_>,
    prediction: Option<&Prediction>,
    links: &mut Vec<Link>,
) {
    let sent = prediction.and_then(|prediction| prediction.workloads.get(&workload.name)?.throughput);
    let mut shares: Vec<(usize, f64)> = Vec::new();
    for (operation, share) in workload.shares() {
        let Some(&to) = doors.get(operation.service()) else { continue };
        match shares.iter_mut().find(|(other, _)| *other == to) {
            Some((_, sum)) => *sum += share,
            None => shares.push((to, share)),
        }
    }
    for (to, share) in shares {
        let mut link = Link::new(client, to, EdgeKind::Sync);
        link.rate = sent.map(|metric| metric.mean * share);
        if share < 1.0 - 1e-9 {
            link.label = describe::percent(share);
        }
        links.push(link);
    }
}

/// One link for each service and kind that a service calls.
fn calls(
    home: usize,
    service: &Service,
    doors: &Doors<'_>,
    prediction: Option<&Prediction>,
    links: &mut Vec<Link>,
) {
    let mut found: Vec<Bundle> = Vec::new();
    for operation in &service.operations {
        let caller = OperationRef::new(&service.name, &operation.name);
        for (callee, kind, verb, mean) in targets(operation) {
            let Some(&to) = doors.get(callee.service()) else { continue };
            if callee.service() == service.name {
                continue;
            }
            let place = found.iter().position(|b| (b.to, b.kind) == (to, kind)).unwrap_or_else(|| {
                found.push(Bundle { to, kind, means: Vec::new(), notes: Vec::new() });
                found.len() - 1
            });
            found[place].add(&caller, verb, callee, mean);
        }
    }
    links.extend(found.into_iter().map(|bundle| bundle.into_link(home, prediction)));
}

/// Whom an operation asks for something: how, in a word, and how often per request. Who passes a request on does not
/// wait, like the sender of a message.
pub(super) fn targets(operation: &Operation) -> Vec<(&OperationRef, CallKind, &'static str, f64)> {
    let mut found = Vec::new();
    operation.walk(&mut |element, times| match element {
        Element::Activity(activity) => {
            found.extend(activity.calls.iter().map(|call| (&call.to, call.kind, "calls", times * call.mean)));
        }
        Element::Forward(forward) => found.push((&forward.to, CallKind::Asynchronous, "forwards to", times)),
    });
    found
}

/// All calls of one kind from one service to another.
struct Bundle {
    to: usize,
    kind: CallKind,
    /// Sum of mean calls for each calling operation, in the order found.
    means: Vec<(OperationRef, f64)>,
    notes: Vec<String>,
}

impl Bundle {
    fn add(&mut self, caller: &OperationRef, verb: &str, callee: &OperationRef, mean: f64) {
        match self.means.iter_mut().find(|(other, _)| other == caller) {
            Some((_, sum)) => *sum += mean,
            None => self.means.push((caller.clone(), mean)),
        }
        self.notes.push(format!("{caller} {verb} {callee} ×{}", describe::number(mean)));
    }

    fn into_link(self, from: usize, prediction: Option<&Prediction>) -> Link {
        let least = self.means.iter().map(|(_, mean)| *mean).fold(f64::INFINITY, f64::min);
        let most = self.means.iter().map(|(_, mean)| *mean).fold(0.0, f64::max);
        let kind = match self.kind {
            CallKind::Synchronous => EdgeKind::Sync,
            CallKind::Asynchronous => EdgeKind::Async,
        };
        let rate = prediction.and_then(|prediction| {
            self.means.iter().map(|(caller, mean)| Some(flows::rate(prediction, caller)? * mean)).sum()
        });
        Link { from, to: self.to, kind, label: describe::calls(least, most), rate, notes: self.notes }
    }
}
