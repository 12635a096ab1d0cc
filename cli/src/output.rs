//! Files out: whole or not at all.

use std::path::Path;

use tracecast_importers::writers;

use crate::exit::Failure;

/// Writes a file so that nobody ever sees a part of it: to a neighbor first, then renamed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    tracecast_report::write_whole(path, bytes)
        .map_err(|error| Failure::at(path.display(), format_args!("cannot be written: {error}")))
}

/// The same, packed with gzip where the name ends in `.gz`.
pub(crate) fn write_packed(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path.extension().is_none_or(|extension| extension != "gz") {
        return write(path, bytes);
    }
    write(path, &writers::gzip(bytes).map_err(|error| Failure::at(path.display(), error))?)
}
