//! The different names that spans bear, and what they mean in words.

use std::collections::HashMap;

use rayon::prelude::*;

use super::routes::Routes;
use crate::span::Attributes;
use crate::{Name, Span, Trace};

/// Where the names of a span are in memory, which tells them apart while the traces hold them: service, operation, instance,
/// and what tells the other end. Equal names may be at several places.
pub(super) type Names = [usize; 5];

/// One of the spans of each set of names, and how many there are.
pub(super) type Seen<'a> = HashMap<Names, (&'a Span, u64), foldhash::fast::RandomState>;

/// All different names.
pub(super) fn seen(traces: &[Trace]) -> Seen<'_> {
    fn add<'a>(mut seen: Seen<'a>, span: &'a Span, count: u64) -> Seen<'a> {
        seen.entry(names(span)).or_insert((span, 0)).1 += count;
        seen
    }
    let parts = traces.par_iter().fold(Seen::default, |seen, trace| {
        trace.nodes.iter().fold(seen, |seen, node| add(seen, &node.span, 1))
    });
    parts.reduce(Seen::default, |seen, other| {
        other.into_values().fold(seen, |seen, (span, count)| add(seen, span, count))
    })
}

/// The names of one span.
pub(super) fn names(span: &Span) -> Names {
    let place = |name: Option<&Name>| name.map_or(0, |name| name.as_ptr().addr());
    let Attributes { peer_service, database, server_address, .. } = &span.attributes;
    let host = server_address.as_ref().filter(|_| peer_service.is_none() && database.is_some());
    let peer = peer_service.as_ref().or(database.as_ref());
    [
        place(Some(&span.service)),
        place(Some(&span.name)),
        place(span.instance.as_ref()),
        place(peer),
        place(host),
    ]
}

/// What the names of a span mean, in words.
pub(super) struct Meant {
    pub(super) service: Name,
    pub(super) operation: Name,
    pub(super) instance: Option<Name>,
    /// The service at the other end.
    pub(super) peer: Option<Name>,
}

impl Meant {
    pub(super) fn new(span: &Span, routes: &Routes) -> Self {
        Self {
            service: clean(&span.service),
            operation: routes.of(&span.service, &span.name),
            instance: span.instance.clone(),
            peer: peer(&span.attributes),
        }
    }
}

/// A name that the model may bear: `/` divides services from operations there.
fn clean(name: &Name) -> Name {
    if name.contains('/') { name.replace('/', "_").into() } else { name.clone() }
}

/// What the other end of a client span is called: its service; else, of a database, its host or its kind.
fn peer(attributes: &Attributes) -> Option<Name> {
    if let Some(peer) = &attributes.peer_service {
        return Some(clean(peer));
    }
    let database = attributes.database.as_ref()?;
    let host = attributes.server_address.as_ref().filter(|address| names_a_host(address));
    Some(clean(host.unwrap_or(database)))
}

/// Is it a name rather than a number or the machine itself?
fn names_a_host(address: &str) -> bool {
    address != "localhost" && address.parse::<std::net::IpAddr>().is_err() && !address.contains('/')
}
