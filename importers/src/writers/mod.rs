//! Spans to trace files, one format a file.

pub mod otlp_json;
pub mod partial;

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

/// Packs a file with gzip, as [`open::read`](crate::open::read) unpacks it.
///
/// # Errors
/// None is known for bytes in memory.
pub fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes)?;
    packed.finish()
}
