//! Style sheet, script and icon, inside the binary, under names that change with their content.

use std::sync::OnceLock;

use sha2::{Digest, Sha256};

const CSS: &str = concat!(include_str!("../assets/tokens.css"), include_str!("../assets/components.css"), include_str!("../assets/forms.css"));
const SCRIPT: &str = include_str!("../assets/app.js");
const OFFLINE: &str = include_str!("../assets/offline.js");
const ICON: &str = include_str!("../assets/icon.svg");

/// One file.
#[derive(Debug)]
pub struct AssetFile {
    /// Its address, such as `/static/style-1f0c2a9b77de4410.css`.
    pub path: String,
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub content: &'static str,
}

/// All files.
#[derive(Debug)]
pub struct AssetFiles {
    /// Style sheet.
    pub css: AssetFile,
    /// Script.
    pub script: AssetFile,
    /// Icon.
    pub icon: AssetFile,
    /// The worker that keeps pages for reading offline; it has one address for ever, `/app/offline.js`.
    pub offline: AssetFile,
}

impl AssetFiles {
    /// The file at this address.
    pub fn find(&self, path: &str) -> Option<&AssetFile> {
        [&self.css, &self.script, &self.icon].into_iter().find(|f| f.path == path)
    }
}

/// The files, hashed once.
pub fn files() -> &'static AssetFiles {
    static FILES: OnceLock<AssetFiles> = OnceLock::new();
    FILES.get_or_init(|| AssetFiles {
        css: file("style", "css", "text/css; charset=utf-8", CSS),
        script: file("app", "js", "text/javascript; charset=utf-8", SCRIPT),
        icon: file("icon", "svg", "image/svg+xml", ICON),
        offline: AssetFile { path: "/app/offline.js".to_owned(), media_type: "text/javascript; charset=utf-8", content: OFFLINE },
    })
}

fn file(name: &str, ending: &str, media_type: &'static str, content: &'static str) -> AssetFile {
    let digest = Sha256::digest(content.as_bytes());
    let hash: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    AssetFile { path: format!("/static/{name}-{hash}.{ending}"), media_type, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_content() {
        let files = files();
        assert!(files.find(&files.css.path).is_some());
        assert!(files.find("/static/style.css").is_none());
        assert_ne!(file("a", "css", "", "x").path, file("a", "css", "", "y").path);
    }

    #[test]
    fn the_script_stays_small() {
        let bytes = SCRIPT.len() + OFFLINE.len();
        assert!(bytes <= 12 * 1024, "{bytes} bytes before compression");
    }
}
