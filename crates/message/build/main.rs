//! Reads the messages, refuses faults in them, and writes one method for each.

use std::path::{Path, PathBuf};
use std::{env, fs, process};

#[path = "../src/gsm7.rs"]
#[expect(dead_code, reason = "the build asks for single characters only")]
mod gsm7;
#[path = "../src/kind.rs"]
mod kind;
mod read;
mod write;

/// The folders of the languages and their variants of `Language`; English is the first.
const LANGUAGES: [(&str, &str); 4] = [("en", "En"), ("bem", "Bem"), ("ny", "Ny"), ("toi", "Toi")];

fn main() {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("ftl");
    println!("cargo:rerun-if-changed={}", folder.display());
    println!("cargo:rerun-if-changed=build");
    let mut faults = Vec::new();
    let mut languages = Vec::new();
    for (tag, variant) in LANGUAGES {
        let files = files(&folder.join(tag));
        let texts: Vec<(String, String)> = files.iter().map(|(path, text)| (format!("{tag}/{}", file_name(path)), text.clone())).collect();
        let (messages, found) = read::read(&texts, tag != "en");
        faults.extend(found);
        let is_draft = texts.iter().any(|(_, text)| read::is_draft(text));
        languages.push(write::Spoken { variant, is_draft, messages, paths: files.into_iter().map(|(path, _)| path).collect() });
    }
    if let Some((english, others)) = languages.split_first() {
        for other in others {
            faults.extend(read::differences(&english.messages, &other.messages));
        }
    }
    let code = write::code(&languages);
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("messages.rs");
    if let Err(error) = fs::write(&out, code) {
        faults.push(format!("{}: {error}", out.display()));
    }
    if !faults.is_empty() {
        for fault in &faults {
            println!("cargo::error={fault}");
        }
        process::exit(1);
    }
}

/// The `.ftl` files of a folder with their text, sorted by name.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).filter(|p| p.extension().is_some_and(|e| e == "ftl")).collect();
    paths.sort();
    paths.into_iter().map(|p| (p.clone(), fs::read_to_string(&p).unwrap_or_default())).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}
