//! Who calls whom, layer by layer.

use rand::{Rng, RngExt};

use super::{GenerateError, Shape, Size};

/// A call graph without cycles. Services are numbered layer by layer, so that callers come before the called; 0 is the entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Graph {
    /// The layer of each service; that of the entry is 0.
    pub(super) layers: Vec<u32>,
    /// Caller and called, each pair once, by caller and then by called.
    pub(super) edges: Vec<(usize, usize)>,
}

/// Draws a graph of that size and shape.
pub(super) fn draw(size: &Size, random: &mut impl Rng) -> Result<Graph, GenerateError> {
    let services = size.services as usize;
    match size.shape {
        Shape::Chain => Ok(Graph {
            layers: (0..size.services).collect(),
            edges: (1..services).map(|called| (called - 1, called)).collect(),
        }),
        Shape::Tree => {
            let layers = layers(size, size.fan_out.ceil().max(1.0), random)?;
            Ok(tree(layers, size.fan_out.ceil().max(1.0) as usize, random))
        }
        Shape::Graph => {
            let layers = layers(size, f64::INFINITY, random)?;
            Ok(with_more_calls(tree(layers, usize::MAX, random), size, random))
        }
    }
}

/// The layer of each service, ascending: one in the first, at least one in each, and no more than `widest` times as many as
/// in the one before; those left over at random.
fn layers(size: &Size, widest: f64, random: &mut impl Rng) -> Result<Vec<u32>, GenerateError> {
    let depth = size.layers as usize;
    if size.layers == 0 || size.layers > size.services || (size.layers == 1 && size.services > 1) {
        return Err(GenerateError::Layers { layers: size.layers, services: size.services });
    }
    let mut counts = vec![1_usize; depth];
    for _ in depth..size.services as usize {
        // A layer has room while each service of the one before may call so many.
        let open: Vec<usize> =
            (1..depth).filter(|&layer| (counts[layer] as f64) < widest * counts[layer - 1] as f64).collect();
        if open.is_empty() {
            return Err(GenerateError::TooNarrow {
                services: size.services,
                layers: size.layers,
                fan_out: size.fan_out,
            });
        }
        counts[open[random.random_range(0..open.len())]] += 1;
    }
    Ok((0..size.layers).zip(counts).flat_map(|(layer, count)| std::iter::repeat_n(layer, count)).collect())
}

/// Every service but the entry is called by one of the layer before, which calls no more than so many.
fn tree(layers: Vec<u32>, most: usize, random: &mut impl Rng) -> Graph {
    let mut calls = vec![0_usize; layers.len()];
    let mut edges = Vec::with_capacity(layers.len());
    for called in 1..layers.len() {
        let open: Vec<usize> = (0..called)
            .filter(|&caller| layers[caller] + 1 == layers[called] && calls[caller] < most)
            .collect();
        let caller = open[random.random_range(0..open.len())];
        calls[caller] += 1;
        edges.push((caller, called));
    }
    edges.sort_unstable();
    Graph { layers, edges }
}

/// Adds calls to deeper layers until callers call as many services on average as asked for. The called are drawn in proportion
/// to how often they are called already, so that few are called by many, with a heavy tail (Price, Journal of the American
/// Society for Information Science 27(5), 1976).
fn with_more_calls(tree: Graph, size: &Size, random: &mut impl Rng) -> Graph {
    let Graph { layers, mut edges } = tree;
    let deepest = layers.last().copied().unwrap_or(0);
    let callers: Vec<usize> = (0..layers.len()).filter(|&service| layers[service] < deepest).collect();
    let wanted = (size.fan_out * callers.len() as f64).round() as usize;
    // One ball for each time that a service is called.
    let mut called: Vec<usize> = edges.iter().map(|&(_, called)| called).collect();
    let mut known: std::collections::HashSet<(usize, usize)> = edges.iter().copied().collect();
    // Small graphs may have no room for so many calls; then a draw that fails often enough ends it.
    let mut failures = 0;
    while edges.len() < wanted && failures < 100 * layers.len() {
        let caller = callers[random.random_range(0..callers.len())];
        let to = called[random.random_range(0..called.len())];
        if layers[to] > layers[caller] && known.insert((caller, to)) {
            edges.push((caller, to));
            called.push(to);
            failures = 0;
        } else {
            failures += 1;
        }
    }
    edges.sort_unstable();
    Graph { layers, edges }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_xoshiro::Xoshiro256PlusPlus;

    fn drawn(shape: Shape, services: u32, layers: u32, fan_out: f64, seed: u64) -> Graph {
        let size = Size { services, layers, fan_out, shape };
        draw(&size, &mut Xoshiro256PlusPlus::seed_from_u64(seed)).unwrap()
    }

    #[test]
    fn layers_are_filled_and_calls_go_down() {
        for seed in 0..50 {
            for shape in [Shape::Tree, Shape::Graph] {
                let graph = drawn(shape, 40, 5, 3.0, seed);
                assert_eq!((graph.layers[0], graph.layers[39]), (0, 4));
                assert_eq!(graph.layers.iter().filter(|&&layer| layer == 0).count(), 1);
                assert!(graph.edges.iter().all(|&(from, to)| graph.layers[from] < graph.layers[to]));
                let is_called = |service: usize| graph.edges.iter().any(|edge| edge.1 == service);
                assert!((1..40).all(is_called));
            }
        }
    }

    #[test]
    fn trees_have_one_caller_and_no_more_calls_than_allowed() {
        for seed in 0..50 {
            let graph = drawn(Shape::Tree, 30, 5, 2.0, seed);
            assert_eq!(graph.edges.len(), 29);
            let calls = |service: usize| graph.edges.iter().filter(|edge| edge.0 == service).count();
            assert!((0..30).all(|service| calls(service) <= 2));
        }
    }

    #[test]
    fn chains() {
        assert_eq!(drawn(Shape::Chain, 4, 4, 1.0, 1).edges, [(0, 1), (1, 2), (2, 3)]);
    }

    /// Of 1000 services the most called one has many times as many callers as the mean: with a Poisson distribution of mean 2.5
    /// one of 15 or more would be seen in one of 500 graphs.
    #[test]
    fn few_are_called_by_many() {
        let graph = drawn(Shape::Graph, 1000, 6, 4.0, 7);
        let mut callers = vec![0; 1000];
        graph.edges.iter().for_each(|&(_, to)| callers[to] += 1);
        let callers_of_most = callers.iter().max().copied().unwrap();
        assert!(callers_of_most >= 20, "{callers_of_most}");
        let callers = graph.layers.iter().filter(|&&layer| layer < 5).count();
        assert_eq!(graph.edges.len(), 4 * callers);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let refused = |shape, services, layers, fan_out| {
            let size = Size { services, layers, fan_out, shape };
            draw(&size, &mut Xoshiro256PlusPlus::seed_from_u64(1)).unwrap_err().to_string()
        };
        assert!(refused(Shape::Graph, 3, 4, 2.0).contains("4 layers"));
        assert!(refused(Shape::Graph, 3, 1, 2.0).contains("1 layer"));
        // 1 + 2 + 4 = 7 services at most.
        assert!(refused(Shape::Tree, 8, 3, 2.0).contains("fan-out of 2"));
    }
}
