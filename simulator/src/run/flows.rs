//! The records of visits and strands.

use super::strands::Strand;
use super::visits::Visit;

/// A visit with its first strand, or a branch of a fork, with a copy of the visit for what does not change. A visit and
/// its first strand have the same number; mostly there is no other.
///
/// One of them fills one cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(crate) struct Flow {
    pub(super) strand: Strand,
    pub(super) visit: Visit,
}

const _: () = assert!(size_of::<Flow>() == 64);
