//! What of a picture matters now: what is looked for, or what is chosen with its neighbors.

use std::collections::HashSet;

use tracecast_experiment::picture::{Edge, Node, Picture};

use super::element;
use crate::state::Element;

/// Pictures with fewer boxes are read as a whole.
const FEW: usize = 14;

/// Ids of the boxes that matter; all of them where there is none to point out.
pub(super) struct Focus<'a>(Option<HashSet<&'a str>>);

impl<'a> Focus<'a> {
    /// By a text that is looked for, else by what is chosen.
    pub(super) fn new(picture: &'a Picture, sought: &str, chosen: Option<&Element>) -> Self {
        let found: HashSet<&str> = matches(picture, sought).map(|node| node.id.as_str()).collect();
        if !found.is_empty() {
            return Self(Some(found));
        }
        let Some(chosen) = chosen.filter(|_| picture.nodes.len() > FEW) else { return Self(None) };
        let own: HashSet<&str> = picture
            .nodes
            .iter()
            .filter(|node| element(node).as_ref() == Some(chosen))
            .map(|node| node.id.as_str())
            .collect();
        if own.is_empty() {
            return Self(None);
        }
        let touches = |edge: &&Edge| own.contains(edge.from.as_str()) || own.contains(edge.to.as_str());
        let near =
            picture.edges.iter().filter(touches).flat_map(|edge| [edge.from.as_str(), edge.to.as_str()]);
        Self(Some(own.iter().copied().chain(near).collect()))
    }

    pub(super) fn has_node(&self, node: &Node) -> bool {
        self.0.as_ref().is_none_or(|ids| ids.contains(node.id.as_str()))
    }

    pub(super) fn has_edge(&self, edge: &Edge) -> bool {
        let within = |id: &str| self.0.as_ref().is_none_or(|ids| ids.contains(id));
        within(&edge.from) && within(&edge.to)
    }
}

/// Boxes whose names contain a text, whatever its case; none for an empty one.
pub(super) fn matches<'a>(picture: &'a Picture, sought: &str) -> impl Iterator<Item = &'a Node> {
    let sought = sought.trim().to_lowercase();
    picture.nodes.iter().filter(move |node| !sought.is_empty() && node.name.to_lowercase().contains(&sought))
}

#[cfg(test)]
mod tests {
    use tracecast_experiment::picture;
    use tracecast_model::fixtures;

    use super::*;

    #[test]
    fn a_text_points_out_what_has_it() {
        let picture = picture::layout(&fixtures::three_tiers(1.0));
        let shown = |focus: &Focus<'_>| picture.nodes.iter().filter(|node| focus.has_node(node)).count();
        assert_eq!(shown(&Focus::new(&picture, "", None)), picture.nodes.len());
        assert_eq!(shown(&Focus::new(&picture, "DataB", None)), 1);
        // What nobody is called points out nothing.
        assert_eq!(shown(&Focus::new(&picture, "nobody", None)), picture.nodes.len());
    }
}
