//! The architecture picture: who calls whom, drawn in columns from the clients on the left to the last callee.
//!
//! [`layout`] turns a [`System`] into a [`Picture`]: boxes and lines with coordinates, as plain data. [`svg()`] and
//! [`dot()`] write one as text, the window paints the same one natively. The stages are files of their own: what is
//! drawn (`graph`), which column a box is in (`layers`), where the boxes go (`placement`), and how the lines run
//! between them (`routes`).
//!
//! Of traces there are two: [`call_tree_svg`] draws one call tree along time, [`time_by_service_svg`] where requests of each
//! type spent theirs. [`over_time_svg`] draws the figures of a prediction over time.

mod describe;
mod dot;
mod flows;
mod fold;
mod graph;
mod layers;
mod markup;
mod over_time;
pub mod palette;
mod placement;
mod routes;
mod service_colors;
mod svg;
#[cfg(test)]
mod tests;
mod text;
mod time_axis;
mod time_by_service;
mod timeline;

use serde::{Deserialize, Serialize};
use tracecast_model::{Prediction, System};

pub use dot::dot;
pub use fold::Folding;
pub use markup::Escaped;
pub use over_time::svg as over_time_svg;
pub use service_colors::{ServiceColors, ink, mixed};
pub use svg::svg;
pub use time_axis::round_step;
pub use time_by_service::svg as time_by_service_svg;
pub use timeline::svg as call_tree_svg;

/// A drawn architecture. Lengths are in points, y grows downwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picture {
    /// Name of the system.
    pub title: String,
    /// Width of the whole, margins included.
    pub width: f64,
    /// Height of the whole, margins included.
    pub height: f64,
    /// The boxes: clients, services, work queues. No two overlap.
    pub nodes: Vec<Node>,
    /// The lines between them. None crosses a box.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Node {
    /// Unique in the picture: `"workload:NAME"`, `"service:NAME"` (external or not), `"queue:SERVICE"`, or `"group:NUMBER"`.
    pub id: String,
    /// What it stands for.
    pub kind: NodeKind,
    /// Its name in the model.
    pub name: String,
    /// The name, cut to fit the box.
    pub title: String,
    /// Short facts below the title, each fits the box.
    pub details: Vec<String>,
    /// More for whoever points at it: the operations with their work.
    pub notes: Vec<String>,
    /// Load in a prediction: busy part of its threads or of its host's cores, whichever is more; 1 is full.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load: Option<f64>,
    /// Share of the time of all requests that they spend here in a prediction, 0 to 1: waiting for it and in it, but not waiting
    /// for what it calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_share: Option<f64>,
    /// Left edge.
    pub x: f64,
    /// Upper edge.
    pub y: f64,
    /// Width.
    pub w: f64,
    /// Height.
    pub h: f64,
}

/// What a box stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A workload.
    Client,
    /// A service.
    Service,
    /// The queue in front of a service that fetches its requests.
    WorkQueue,
    /// A service known only from its callers.
    External,
    /// Services that are shown as one: see [`Folding`].
    Group,
}

/// A line from caller to callee.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Edge {
    /// Id of the node that calls.
    pub from: String,
    /// Id of the node that is called.
    pub to: String,
    /// How it calls.
    pub kind: EdgeKind,
    /// Mean calls per request of the caller (a range where its operations differ), or a workload's share of requests
    /// that go there; empty where it is one call, or all.
    pub label: String,
    /// Calls per second in a prediction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<f64>,
    /// Middle of the label.
    pub label_at: Point,
    /// More for whoever points at it: each pair of operations.
    pub notes: Vec<String>,
    /// Corners from caller to callee. Between two of different height the line is a cubic Bézier curve, horizontal at
    /// both ends, with its control points halfway between the two (see [`control_points`]).
    pub points: Vec<Point>,
}

/// x and y.
pub type Point = [f64; 2];

/// How a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EdgeKind {
    /// The caller waits for the reply.
    Sync,
    /// The caller goes on at once.
    Async,
    /// A service fetches its requests from its work queue.
    Queue,
}

/// The picture of a system. Works for any system, valid or not; calls to names that nothing bears and calls within a
/// service, both errors of validation, are left out.
pub fn layout(system: &System) -> Picture {
    layout_with(system, None)
}

/// The picture of a system with the load that a prediction found.
pub fn layout_with(system: &System, prediction: Option<&Prediction>) -> Picture {
    draw(system, graph::build(system, prediction))
}

/// The same with services put together, for systems of hundreds.
pub fn layout_folded(system: &System, prediction: Option<&Prediction>, folding: &Folding) -> Picture {
    draw(system, fold::fold(graph::build(system, prediction), folding))
}

fn draw(system: &System, mut graph: graph::Graph) -> Picture {
    let placement = placement::place(&graph);
    let edges = routes::draw(&graph, &placement);
    for (node, area) in graph.nodes.iter_mut().zip(&placement.areas) {
        (node.x, node.y, node.w, node.h) = (area.x, area.y, area.w, area.h);
    }
    Picture {
        title: system.name.clone().unwrap_or_else(|| "Architecture".to_string()),
        width: placement.width,
        height: placement.height,
        nodes: graph.nodes,
        edges,
    }
}

/// The two control points of the curve between two neighboring points of an [`Edge`].
pub fn control_points(from: Point, to: Point) -> [Point; 2] {
    let middle = f64::midpoint(from[0], to[0]);
    [[middle, from[1]], [middle, to[1]]]
}

impl NodeKind {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "workload",
            Self::Service => "service",
            Self::WorkQueue => "queue",
            Self::External => "external service",
            Self::Group => "group",
        }
    }
}

impl EdgeKind {
    /// Every kind, in the order of the legend.
    pub const ALL: [Self; 3] = [Self::Sync, Self::Async, Self::Queue];

    /// What it means, for legends.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Sync => "synchronous call",
            Self::Async => "asynchronous call",
            Self::Queue => "fetches from the queue",
        }
    }
}
