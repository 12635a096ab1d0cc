//! What was opened lately, in the folder for settings.

use std::path::PathBuf;

/// So many are shown.
pub(crate) const SHOWN: usize = 6;
/// So many are kept.
const KEPT: usize = 20;

fn file() -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "tracecast")?.config_dir().join("recent.json"))
}

/// The latest first; those that are gone are left out.
pub(crate) fn read() -> Vec<PathBuf> {
    let text = file().and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    let paths: Vec<PathBuf> = serde_json::from_str(&text).unwrap_or_default();
    paths.into_iter().filter(|path| path.exists()).collect()
}

/// Puts one in front. It is a convenience: where it cannot be written, nothing is lost but that.
pub(crate) fn remember(recent: &mut Vec<PathBuf>, path: PathBuf) {
    let path = std::path::absolute(&path).unwrap_or(path);
    recent.retain(|other| *other != path);
    recent.insert(0, path);
    recent.truncate(KEPT);
    if let (Some(file), Ok(text)) = (file(), serde_json::to_string(recent)) {
        let made = file.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_ok());
        if made {
            let _ = std::fs::write(file, text);
        }
    }
}
