//! What the colors of boxes mean.

use tracecast_experiment::picture::{Node, Picture, palette};

use crate::theme::PictureColors;

/// By what boxes are colored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Coloring {
    /// How busy they are.
    #[default]
    Load,
    /// How much of the time requests spend there.
    Time,
}

impl Coloring {
    pub(super) const ALL: [Self; 2] = [Self::Load, Self::Time];

    /// For the choice.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Load => "load",
            Self::Time => "share of the time",
        }
    }

    pub(super) fn explanation(self) -> &'static str {
        match self {
            Self::Load => "Busy part of the threads or of the host's cores, whichever is more",
            Self::Time => {
                "Share of the time of all requests that they spend there: waiting for it and in it, but not waiting for what it calls"
            }
        }
    }

    /// The figure of a box, where it is known.
    pub(super) fn of(self, node: &Node) -> Option<f64> {
        match self {
            Self::Load => node.load,
            Self::Time => node.time_share,
        }
    }

    /// The largest figure of a picture; none where none is known.
    pub(super) fn most(self, picture: &Picture) -> Option<f64> {
        picture.nodes.iter().filter_map(|node| self.of(node)).reduce(f64::max)
    }

    /// Color of a box: of loads by class, of shares on a scale up to the largest.
    pub(super) fn fill(self, node: &Node, most: f64, colors: &PictureColors) -> Option<palette::Color> {
        let figure = self.of(node)?;
        Some(match self {
            Self::Load => colors.load(palette::load_class(figure)),
            Self::Time => colors.scale(if most > 0.0 { figure / most } else { 0.0 }),
        })
    }
}
