//! Templates and views hold no words: every text comes from the catalogue.

use std::path::Path;

/// Attributes that are read to people.
const SPOKEN: [&str; 5] = ["aria-label", "alt", "title", "placeholder", "data-l"];

/// `text` without the parts between `open` and `close`, a mark in their place so that words do not run together.
fn without(text: &str, open: &str, close: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(open) {
        out.push_str(before);
        out.push(' ');
        rest = after.split_once(close).map_or("", |(_, after)| after);
    }
    out + rest
}

/// Words of a template that stand outside tags and outside what the view gives, or in an attribute that is read to people.
fn words(template: &str) -> Vec<String> {
    let text = without(&without(&without(template, "{#", "#}"), "{%", "%}"), "{{", "}}");
    let mut spoken = without(&text, "<", ">");
    for attribute in SPOKEN {
        for value in text.split(&format!(" {attribute}=\"")).skip(1) {
            spoken.push(' ');
            spoken.push_str(value.split('"').next().unwrap_or_default());
        }
    }
    let is_word = |word: &&str| word.chars().any(char::is_alphabetic) && !word.starts_with('&');
    spoken.split_whitespace().filter(is_word).map(str::to_owned).collect()
}

/// Strings of Rust that look like a sentence or a label: they begin with a capital and a small letter, and a later word
/// with a small one (names of programs have capitals).
/// What goes to the log, to a panic or into an error's own text is not read by members; tests are not looked at.
fn sentences(code: &str) -> Vec<String> {
    let code = code.split("#[cfg(test)]").next().unwrap_or_default();
    let is_shown = |line: &&str| !["//", "#[error", "tracing::", ".expect(", "reason ="].iter().any(|mark| line.trim().contains(mark));
    let is_sentence = |text: &&str| {
        let mut letters = text.chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_some_and(char::is_lowercase)
            && text.split(' ').skip(1).any(|word| word.starts_with(char::is_lowercase))
    };
    let strings = code.lines().filter(is_shown).flat_map(|line| line.split('"').skip(1).step_by(2));
    strings.filter(is_sentence).map(str::to_owned).collect()
}

fn files(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).expect("a text")));
        }
    }
}

#[test]
fn templates_hold_no_words() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &mut found);
    assert!(found.len() >= 10);
    let faults: Vec<String> = found
        .iter()
        .flat_map(|(path, text)| words(text).into_iter().map(move |word| format!("{path}: {word:?}: take it from the catalogue")))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_word_in_a_template_is_found() {
    let template = r#"{% if a < b %}<p class="say" aria-label="Left {{ x }}">{{ say.sun() }} watts<b>&nbsp;%</b></p>{# a note #}{% endif %}"#;
    assert_eq!(words(template), ["watts", "Left"]);
}

#[test]
fn views_hold_no_sentences() {
    let mut found = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() >= 20);
    let faults: Vec<String> = found
        .iter()
        .filter(|(path, _)| path.ends_with(".rs"))
        .flat_map(|(path, text)| sentences(text).into_iter().map(move |words| format!("{path}: {words:?}: take it from the catalogue")))
        .collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_sentence_in_a_view_is_found() {
    let view = "say.sun();\nformat!(\"Sun of {day}\");\n// \"Not this\"\n#[error(\"Nor this\")]\n\"cols even\"";
    assert_eq!(sentences(view), ["Sun of {day}"]);
}
