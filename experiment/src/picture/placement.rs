//! Where the boxes go: each connected part is laid out in columns, then the parts are put on shelves.
//!
//! A link over several columns gets a lane of its own in each column between, so that it never runs through a box.
//! Since lanes count like boxes, the order within the columns (few crossings) and the heights (straight lines) of
//! both come from one layered layout (K. Sugiyama, S. Tagawa, M. Toda 1981; heights as by U. Brandes, B. Köpf 2002).

use rust_sugiyama::configure::{Config, CrossingMinimization, RankingType};

use super::graph::Graph;
use super::layers::{self, Pair};
use super::{Point, text};

/// Empty space around the drawing.
const MARGIN: f64 = 24.0;
/// Between two boxes of a column.
const BOX_GAP: f64 = 26.0;
/// Height of a lane, and so the distance of lines side by side.
const LANE_HEIGHT: f64 = 16.0;
/// Between two columns at least.
const COLUMN_GAP: f64 = 46.0;
/// Around a label between two columns.
const LABEL_MARGIN: f64 = 15.0;
/// A gap is at least so wide relative to the height that a line in it climbs, up to `WIDEST_CLIMB`.
const CLIMB: f64 = 0.16;
const WIDEST_CLIMB: f64 = 200.0;
/// Between two connected parts.
const PART_GAP: f64 = 40.0;
/// Parts of more boxes and lanes than this are stacked without looking for few crossings, which takes time that
/// grows faster than their number, for a picture that nobody can read anyway.
const MOST_CELLS: usize = 3000;
/// Up to so many boxes and lanes, neighbors are also swapped one by one to reduce crossings.
const MOST_CELLS_TO_TRANSPOSE: usize = 400;

/// Where everything is.
pub(super) struct Placement {
    /// Of each node.
    pub(super) areas: Vec<Area>,
    /// For each link, where it passes the columns between its ends, from left to right.
    pub(super) passes: Vec<Vec<Pass>>,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Area {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) w: f64,
    pub(super) h: f64,
}

impl Area {
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.w
            && other.x < self.x + self.w
            && self.y < other.y + other.h
            && other.y < self.y + self.h
    }
}

/// A level stretch of a link across a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Pass {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) y: f64,
}

/// A box or a lane in a column; `y` is its middle.
struct Cell {
    what: Content,
    column: usize,
    height: f64,
    y: f64,
}

#[derive(Clone, Copy)]
enum Content {
    Node(usize),
    Lane(usize),
}

/// A connected part, laid out with its upper left corner at the origin.
struct Part {
    cells: Vec<Cell>,
    /// Left edge and width of each column.
    columns: Vec<(f64, f64)>,
    size: Point,
}

/// Places all boxes and lanes.
pub(super) fn place(graph: &Graph) -> Placement {
    let links: Vec<Pair> = graph.links.iter().map(|link| (link.from, link.to)).collect();
    let backward = layers::backward(graph.nodes.len(), &links);
    // From here on every link leads to the right.
    let links: Vec<Pair> = links
        .iter()
        .zip(backward)
        .map(|(&(from, to), back)| if back { (to, from) } else { (from, to) })
        .collect();
    let columns = layers::columns(graph.nodes.len(), &links);
    let mut part_of = vec![0; graph.nodes.len()];
    let components = layers::components(graph.nodes.len(), &links);
    for (part, nodes) in components.iter().enumerate() {
        nodes.iter().for_each(|&node| part_of[node] = part);
    }
    let mut links_of = vec![Vec::new(); components.len()];
    for (link, &(from, _)) in links.iter().enumerate() {
        links_of[part_of[from]].push(link);
    }
    let parts = components
        .iter()
        .zip(&links_of)
        .map(|(nodes, own)| lay_out(graph, &columns, &links, nodes, own))
        .collect();
    assemble(graph, parts)
}

fn lay_out(graph: &Graph, columns: &[usize], links: &[Pair], nodes: &[usize], own: &[usize]) -> Part {
    let mut cells: Vec<Cell> = nodes
        .iter()
        .map(|&node| Cell {
            what: Content::Node(node),
            column: columns[node],
            height: graph.nodes[node].h + BOX_GAP,
            y: 0.0,
        })
        .collect();
    let cell_of = |node: usize| nodes.binary_search(&node).unwrap_or_default();
    // For each own link its cells from left to right.
    let mut chains = Vec::with_capacity(own.len());
    for &link in own {
        let (left, right) = links[link];
        let mut chain = vec![cell_of(left)];
        for column in columns[left] + 1..columns[right] {
            chain.push(cells.len());
            cells.push(Cell { what: Content::Lane(link), column, height: LANE_HEIGHT, y: 0.0 });
        }
        chain.push(cell_of(right));
        chains.push(chain);
    }
    let mut steps: Vec<Pair> =
        chains.iter().flat_map(|chain| chain.windows(2).map(|pair| (pair[0], pair[1]))).collect();
    steps.sort_unstable();
    steps.dedup();
    set_heights(&mut cells, &steps);
    separate(&mut cells);
    let height = cells.iter().map(|cell| cell.y + cell.height / 2.0).fold(0.0, f64::max) - BOX_GAP / 2.0;
    let columns = column_places(graph, &cells, &chains, own);
    let width = columns.last().map_or(0.0, |&(x, w)| x + w);
    Part { cells, columns, size: [width, height] }
}

/// The middles of all cells: in an order with few crossings, lines as straight as can be.
fn set_heights(cells: &mut [Cell], steps: &[Pair]) {
    if steps.is_empty() || cells.len() > MOST_CELLS {
        return;
    }
    let vertices: Vec<(u32, (f64, f64))> =
        cells.iter().zip(0..).map(|(cell, id)| (id, (cell.height, 1.0))).collect();
    let edges: Vec<(u32, u32)> = steps.iter().map(|&(from, to)| (from as u32, to as u32)).collect();
    let config = Config {
        vertex_spacing: 0.0,
        ranking_type: RankingType::Up,
        c_minimization: CrossingMinimization::Barycenter,
        transpose: cells.len() <= MOST_CELLS_TO_TRANSPOSE,
        ..Config::default()
    };
    for (places, _, _) in rust_sugiyama::from_vertices_and_edges(&vertices, &edges, &config) {
        for (cell, (across, _)) in places {
            cells[cell].y = across;
        }
    }
}

/// Pushes cells of a column down until none overlaps the one above, and all of them up to the top.
fn separate(cells: &mut [Cell]) {
    let mut order: Vec<usize> = (0..cells.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&cells[a], &cells[b]);
        a.column.cmp(&b.column).then(a.y.total_cmp(&b.y))
    });
    let mut above: Option<usize> = None;
    for &cell in &order {
        if let Some(above) = above
            && cells[above].column == cells[cell].column
        {
            let least = cells[above].y + (cells[above].height + cells[cell].height) / 2.0;
            cells[cell].y = cells[cell].y.max(least);
        }
        above = Some(cell);
    }
    let top = cells.iter().map(|cell| cell.y - cell.height / 2.0).fold(f64::INFINITY, f64::min);
    // The gap above the first box is half of that between two; it belongs to nobody.
    cells.iter_mut().for_each(|cell| cell.y -= top + BOX_GAP / 2.0);
}

/// Left edge and width of each column; the gaps have room for their labels and for lines that climb.
fn column_places(graph: &Graph, cells: &[Cell], chains: &[Vec<usize>], own: &[usize]) -> Vec<(f64, f64)> {
    let count = cells.iter().map(|cell| cell.column + 1).max().unwrap_or(0);
    let mut widths = vec![0.0_f64; count];
    for cell in cells {
        if let Content::Node(node) = cell.what {
            widths[cell.column] = widths[cell.column].max(graph.nodes[node].w);
        }
    }
    let mut gaps = vec![COLUMN_GAP; count];
    for (chain, &link) in chains.iter().zip(own) {
        let label = text::width(&graph.links[link].label, text::TEXT_SIZE) + 2.0 * LABEL_MARGIN;
        for pair in chain.windows(2) {
            let (left, right) = (&cells[pair[0]], &cells[pair[1]]);
            let climb = ((left.y - right.y).abs() * CLIMB).min(WIDEST_CLIMB);
            gaps[left.column] = gaps[left.column].max(label).max(climb);
        }
    }
    let mut x = 0.0;
    widths
        .into_iter()
        .zip(gaps)
        .map(|(width, gap)| {
            let left = x;
            x += width + gap;
            (left, width)
        })
        .collect()
}

/// Puts the parts side by side on shelves, the highest first, the widest part or a page's proportions giving the width.
fn assemble(graph: &Graph, mut parts: Vec<Part>) -> Placement {
    parts.sort_by(|a, b| b.size[1].total_cmp(&a.size[1]));
    let area: f64 = parts.iter().map(|part| (part.size[0] + PART_GAP) * (part.size[1] + PART_GAP)).sum();
    let shelf = parts.iter().map(|part| part.size[0]).fold((1.6 * area).sqrt(), f64::max);
    let mut placement = Placement {
        areas: vec![Area::default(); graph.nodes.len()],
        passes: vec![Vec::new(); graph.links.len()],
        width: 0.0,
        height: 0.0,
    };
    let (mut x, mut y, mut shelf_height) = (0.0, 0.0, 0.0_f64);
    for part in &parts {
        if x > 0.0 && x + part.size[0] > shelf {
            (x, y, shelf_height) = (0.0, y + shelf_height + PART_GAP, 0.0);
        }
        placement.put(graph, part, [MARGIN + x, MARGIN + y]);
        placement.width = placement.width.max(x + part.size[0]);
        x += part.size[0] + PART_GAP;
        shelf_height = shelf_height.max(part.size[1]);
    }
    placement.width += 2.0 * MARGIN;
    placement.height = y + shelf_height + 2.0 * MARGIN;
    placement
}

impl Placement {
    fn put(&mut self, graph: &Graph, part: &Part, [x, y]: Point) {
        for cell in &part.cells {
            let (left, width) = part.columns[cell.column];
            match cell.what {
                Content::Node(node) => {
                    let h = graph.nodes[node].h;
                    self.areas[node] = Area { x: x + left, y: y + cell.y - h / 2.0, w: width, h };
                }
                Content::Lane(link) => {
                    self.passes[link].push(Pass { left: x + left, right: x + left + width, y: y + cell.y });
                }
            }
        }
    }
}
