//! How the lines run: out of a box's side, along their lanes, into the other box; and where their labels are.

use super::graph::Graph;
use super::placement::{Area, Placement};
use super::{Edge, Point, control_points, text};

/// Between two lines at the side of a box, at most.
const PORT_DISTANCE: f64 = 13.0;
/// Height of a label with a little space.
const LABEL_HEIGHT: f64 = 14.0;
/// Where on a curve a label may be, in order of preference.
const LABEL_PLACES: [f64; 7] = [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8];

/// The edges of all links.
pub(super) fn draw(graph: &Graph, placement: &Placement) -> Vec<Edge> {
    let ports = ports(graph, placement);
    let mut labels = Labels { taken: placement.areas.clone() };
    graph
        .links
        .iter()
        .enumerate()
        .map(|(place, link)| {
            let mut points = middle(graph, placement, place);
            points.insert(0, ports[place][0]);
            points.push(ports[place][1]);
            Edge {
                from: graph.nodes[link.from].id.clone(),
                to: graph.nodes[link.to].id.clone(),
                kind: link.kind,
                label: link.label.clone(),
                rate: link.rate,
                label_at: labels.find(&points, &link.label),
                notes: link.notes.clone(),
                points,
            }
        })
        .collect()
}

/// The points of a link between its ends, from caller to callee.
fn middle(graph: &Graph, placement: &Placement, link: usize) -> Vec<Point> {
    let mut points: Vec<Point> =
        placement.passes[link].iter().flat_map(|pass| [[pass.left, pass.y], [pass.right, pass.y]]).collect();
    if leads_left(graph, placement, link) {
        points.reverse();
    }
    points
}

fn leads_left(graph: &Graph, placement: &Placement, link: usize) -> bool {
    placement.areas[graph.links[link].from].x > placement.areas[graph.links[link].to].x
}

/// Where each link leaves its caller and reaches its callee. The lines at one side of a box are ordered by where they
/// come from or lead to, so that they do not cross there.
fn ports(graph: &Graph, placement: &Placement) -> Vec<[Point; 2]> {
    let mut ports = vec![[[0.0; 2]; 2]; graph.links.len()];
    // Per node: links at its left and right side, each with which of its ends it is and the height it aims at.
    let mut sides: Vec<[Vec<(usize, usize, f64)>; 2]> = vec![Default::default(); graph.nodes.len()];
    for (place, link) in graph.links.iter().enumerate() {
        let points = middle(graph, placement, place);
        let ends = [link.from, link.to];
        let leaves_right = usize::from(!leads_left(graph, placement, place));
        for (end, side) in [(0, leaves_right), (1, 1 - leaves_right)] {
            let neighbor = if end == 0 { points.first() } else { points.last() };
            let aim =
                neighbor.map_or_else(|| middle_height(placement.areas[ends[1 - end]]), |point| point[1]);
            sides[ends[end]][side].push((place, end, aim));
        }
    }
    for (area, node) in placement.areas.iter().zip(&mut sides) {
        for (side, lines) in node.iter_mut().enumerate() {
            lines.sort_by(|a, b| a.2.total_cmp(&b.2).then(a.0.cmp(&b.0)));
            let distance = PORT_DISTANCE.min(area.h / (lines.len() + 1) as f64);
            let first = middle_height(*area) - distance * (lines.len() as f64 - 1.0) / 2.0;
            for (number, &(link, end, _)) in lines.iter().enumerate() {
                let x = area.x + area.w * side as f64;
                ports[link][end] = [x, first + distance * number as f64];
            }
        }
    }
    ports
}

fn middle_height(area: Area) -> f64 {
    area.y + area.h / 2.0
}

/// Finds places for labels that are neither on a box nor on another label.
struct Labels {
    taken: Vec<Area>,
}

impl Labels {
    fn find(&mut self, points: &[Point], label: &str) -> Point {
        let width = text::width(label, text::TEXT_SIZE);
        let around =
            |[x, y]: Point| Area { x: x - width / 2.0, y: y - LABEL_HEIGHT / 2.0, w: width, h: LABEL_HEIGHT };
        let curves = || points.windows(2).map(|pair| (pair[0], pair[1]));
        let candidates = curves().flat_map(|(a, b)| LABEL_PLACES.map(|t| on_curve(a, b, t)));
        let free = |point: &Point| !self.taken.iter().any(|other| other.overlaps(&around(*point)));
        let first = curves().next().map_or([0.0; 2], |(a, b)| on_curve(a, b, 0.5));
        if label.is_empty() {
            return first;
        }
        let found = candidates.into_iter().find(free).unwrap_or(first);
        self.taken.push(around(found));
        found
    }
}

/// The point at `t` (0 to 1) of the curve between two points of an edge.
fn on_curve(from: Point, to: Point, t: f64) -> Point {
    let [one, two] = control_points(from, to);
    let weights = [(1.0 - t).powi(3), 3.0 * (1.0 - t).powi(2) * t, 3.0 * (1.0 - t) * t * t, t.powi(3)];
    [0, 1].map(|k| weights[0] * from[k] + weights[1] * one[k] + weights[2] * two[k] + weights[3] * to[k])
}
