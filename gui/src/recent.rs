//! What was opened lately.

use std::path::PathBuf;

use crate::settings;

/// So many are shown.
pub(crate) const SHOWN: usize = 6;
/// So many are kept.
const KEPT: usize = 20;
const FILE: &str = "recent.json";

/// The latest first; those that are gone are left out.
pub(crate) fn read() -> Vec<PathBuf> {
    settings::read::<Vec<PathBuf>>(FILE).into_iter().filter(|path| path.exists()).collect()
}

/// Puts one in front, and keeps that.
pub(crate) fn remember(recent: &mut Vec<PathBuf>, path: PathBuf) {
    let path = std::path::absolute(&path).unwrap_or(path);
    recent.retain(|other| *other != path);
    recent.insert(0, path);
    recent.truncate(KEPT);
    settings::write(FILE, recent);
}
