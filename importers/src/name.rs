//! Names that many spans share.

use std::collections::HashSet;
use std::sync::Arc;

/// A name (of a service, an operation …), shared between the spans that bear it.
pub type Name = Arc<str>;

/// Hands out one [`Name`] for equal texts, so that millions of spans hold a few hundred names.
#[derive(Debug, Default)]
pub(crate) struct Names(HashSet<Name, foldhash::fast::RandomState>);

impl Names {
    pub(crate) fn get(&mut self, text: &str) -> Name {
        if let Some(name) = self.0.get(text) {
            return name.clone();
        }
        let name: Name = text.into();
        self.0.insert(name.clone());
        name
    }

    /// None for an empty text.
    pub(crate) fn non_empty(&mut self, text: &str) -> Option<Name> {
        let text = text.trim();
        if text.is_empty() { None } else { Some(self.get(text)) }
    }
}
