//! The architecture of large systems as it is drawn: the less busy services of a column as one box.

use std::collections::BTreeSet;
use std::sync::Arc;

use tracecast_experiment::picture::{Folding, Picture};

use crate::state::{AppState, Element};

/// Boxes beyond which nobody reads a picture.
const MANY: usize = 60;
/// Services of a column that stay boxes of their own.
const MOST: usize = 6;

/// What the user wants to see of it, and what was drawn last.
#[derive(Clone, Debug, Default)]
pub struct Overview {
    /// All services, however many.
    pub shows_all: bool,
    /// Ids of groups that were opened.
    pub unfolded: BTreeSet<String>,
    pub(crate) drawn: Option<Drawn>,
}

/// A picture with services put together.
#[derive(Clone, Debug)]
pub(crate) struct Drawn {
    /// The whole picture.
    pub(crate) of: Arc<Picture>,
    pub(crate) folding: Folding,
    pub(crate) picture: Arc<Picture>,
}

impl AppState {
    /// Are there more services than are read at once?
    pub fn is_large(&self) -> bool {
        self.picture().is_some_and(|picture| picture.nodes.len() > MANY)
    }

    /// What is to be put together; none where all is shown.
    pub(crate) fn folding(&self) -> Option<Folding> {
        let chosen = match &self.chosen {
            Some(Element::Service(name)) => Some(name.clone()),
            _ => None,
        };
        (self.is_large() && !self.overview.shows_all).then(|| Folding {
            most: MOST,
            kept: chosen.into_iter().collect(),
            unfolded: self.overview.unfolded.clone(),
        })
    }

    /// The picture to show; what was drawn last until what is asked for now is there.
    pub fn drawing(&self) -> Option<&Arc<Picture>> {
        match self.folding() {
            None => self.picture(),
            Some(_) => self.overview.drawn.as_ref().map(|drawn| &drawn.picture),
        }
    }

    /// What has to be drawn, and of which picture.
    pub(crate) fn undrawn(&self) -> Option<(Arc<Picture>, Folding)> {
        let (picture, folding) = (self.picture()?, self.folding()?);
        let is_drawn = |drawn: &Drawn| Arc::ptr_eq(&drawn.of, picture) && drawn.folding == folding;
        (!self.overview.drawn.as_ref().is_some_and(is_drawn)).then(|| (Arc::clone(picture), folding))
    }
}
