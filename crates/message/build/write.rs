//! Writes the messages as Rust: a method for each, and the list of them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::kind::Kind;
use super::read::{Messages, method};

/// A language with its messages.
pub struct Spoken {
    /// Its variant of `Language`.
    pub variant: &'static str,
    /// Whether a file of it waits for a review.
    pub is_draft: bool,
    /// Its messages.
    pub messages: Messages,
    /// Its files, which the crate holds as they are.
    pub paths: Vec<PathBuf>,
}

/// The code of all messages of the first language, in every language that has them.
pub fn code(languages: &[Spoken]) -> String {
    let mut out = String::from("impl Say {\n");
    let Some(english) = languages.first() else { return out };
    for key in english.messages.keys() {
        out.push_str(&one_method(key, languages));
    }
    out.push_str("}\n\npub(super) static ENTRIES: &[Entry] = &[\n");
    for (key, message) in &english.messages {
        let args: Vec<String> = message.args.iter().map(|a| format!("({a:?}, Kind::{:?})", Kind::of(a))).collect();
        let has = languages.iter().filter(|l| l.messages.contains_key(key)).map(|l| format!("Language::{}", l.variant));
        let has = has.collect::<Vec<_>>().join(", ");
        out.push_str(&format!("    Entry {{ key: {key:?}, args: &[{}], languages: &[{has}] }},\n", args.join(", ")));
    }
    out.push_str("];\n\npub(super) fn sources(language: Language) -> &'static [&'static str] {\n    match language {\n");
    for language in languages {
        let files: Vec<String> = language.paths.iter().map(|p| format!("include_str!({:?})", p.display().to_string())).collect();
        out.push_str(&format!("        Language::{} => &[{}],\n", language.variant, files.join(", ")));
    }
    out.push_str("    }\n}\n");
    let drafts: Vec<String> = languages.iter().filter(|l| l.is_draft).map(|l| format!("Language::{}", l.variant)).collect();
    out.push_str(&format!("\n#[cfg(test)]\npub(super) static DRAFTS: &[Language] = &[{}];\n", drafts.join(", ")));
    out
}

fn one_method(key: &str, languages: &[Spoken]) -> String {
    let Some(english) = languages.first().and_then(|l| l.messages.get(key)) else { return String::new() };
    let name = method(key);
    let doc = english.shown.replace('\n', " ").replace('`', "'");
    let head = format!("    /// `{doc}`\n    #[must_use]\n    pub fn {name}(self");
    if let Some(text) = &english.plain {
        let mut arms = String::new();
        for language in &languages[1..] {
            if let Some(other) = language.messages.get(key).and_then(|m| m.plain.as_ref()) {
                arms.push_str(&format!("            Language::{} => {other:?},\n", language.variant));
            }
        }
        if arms.is_empty() {
            return format!("{head}) -> &'static str {{\n        {text:?}\n    }}\n\n");
        }
        return format!("{head}) -> &'static str {{\n        match self.language() {{\n{arms}            _ => {text:?},\n        }}\n    }}\n\n");
    }
    let kinds: Vec<(&String, Kind)> = english.args.iter().map(|a| (a, Kind::of(a))).collect();
    let parameters: String = kinds.iter().map(|(a, kind)| format!(", {a}: {}", rust_type(*kind))).collect();
    let values: Vec<String> = kinds.iter().map(|(a, kind)| format!("({a:?}, Arg::{}({a}))", variant(*kind))).collect();
    // A warning of clippy's about many parameters would blame whoever writes a long message.
    let allow = if kinds.iter().collect::<BTreeSet<_>>().len() > 6 { "    #[allow(clippy::too_many_arguments)]\n" } else { "" };
    format!("{allow}{head}{parameters}) -> String {{\n        self.format({key:?}, &[{}])\n    }}\n\n", values.join(", "))
}

fn rust_type(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "&str",
        Kind::On => "crate::CalendarDate",
        Kind::Month => "crate::CalendarMonth",
        _ => "i64",
    }
}

fn variant(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "Text",
        Kind::On => "On",
        Kind::Month => "Month",
        _ => "Number",
    }
}
