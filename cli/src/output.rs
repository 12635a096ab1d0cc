//! Files out: whole or not at all.

use std::io::Write;
use std::path::Path;

use tracecast_importers::writers;

use crate::exit::Failure;

/// Writes a file so that nobody ever sees a part of it: to a neighbor first, then renamed.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let failure = |error: &dyn std::fmt::Display| {
        Failure::at(path.display(), format_args!("cannot be written: {error}"))
    };
    let mut file = tempfile::Builder::new()
        .permissions(permissions())
        .tempfile_in(folder)
        .map_err(|error| failure(&error))?;
    file.write_all(bytes).map_err(|error| failure(&error))?;
    file.persist(path).map_err(|error| failure(&error.error))?;
    Ok(())
}

/// The same, packed with gzip where the name ends in `.gz`.
pub(crate) fn write_packed(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    if path.extension().is_none_or(|extension| extension != "gz") {
        return write(path, bytes);
    }
    write(path, &writers::gzip(bytes).map_err(|error| Failure::at(path.display(), error))?)
}

/// Temporary files are private by default; results are not. The umask still applies.
fn permissions() -> std::fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    std::fs::Permissions::from_mode(0o666)
}
