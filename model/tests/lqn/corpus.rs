//! The models beside the checkout.

use std::path::PathBuf;

use tracecast_model::fixtures;

/// The folder of models in both formats; `None`, with a message, where it is not there.
pub(crate) fn corpus() -> Option<PathBuf> {
    fixtures::shared("data/lqn/models")
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
