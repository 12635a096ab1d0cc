//! Files in the folder where the desktop keeps a program's settings. They are a convenience: where they cannot be written,
//! nothing is lost but that.

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

fn file(name: &str) -> Option<PathBuf> {
    Some(directories::ProjectDirs::from("", "", "tracecast")?.config_dir().join(name))
}

/// What was written last; the default where there is nothing, or nothing of use.
pub(crate) fn read<T: DeserializeOwned + Default>(name: &str) -> T {
    let text = file(name).and_then(|file| std::fs::read_to_string(file).ok()).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}

/// Keeps something for the next time.
pub(crate) fn write(name: &str, value: &impl Serialize) {
    if let (Some(file), Ok(text)) = (file(name), serde_json::to_string(value)) {
        let made = file.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_ok());
        if made {
            let _ = std::fs::write(file, text);
        }
    }
}
