//! The models beside the checkout.

use std::path::{Path, PathBuf};

/// The folder of models in both formats; `None`, with a message, where it is not there.
pub(crate) fn corpus() -> Option<PathBuf> {
    let shared = std::env::var_os("TRACECAST_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let folder = shared.join("data/lqn/models");
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(std::env::var_os("TRACECAST_NO_SKIP").is_none(), "{} is missing", folder.display());
    eprintln!("skipped: there is no {}", folder.display());
    None
}

/// All models of the corpus as XML, with their names.
pub(crate) fn models() -> Vec<(String, String)> {
    let Some(folder) = corpus() else { return Vec::new() };
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "lqnx"));
    paths.sort();
    assert_eq!(paths.len(), 85);
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}
