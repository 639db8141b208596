//! The document is the committed one, and the page is made from it.

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares a generated file with the committed one; `INNERLECTRA_UPDATE=1` writes it anew.
pub fn check_file(path: &Path, made: &str) {
    if std::env::var_os("INNERLECTRA_UPDATE").is_some() {
        std::fs::write(path, made).expect("writes");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    let line = kept.lines().zip(made.lines()).position(|(a, b)| a != b).unwrap_or(kept.lines().count().min(made.lines().count()));
    assert!(
        kept == made,
        "{} is not what the code gives, from line {} on:\n  kept {:?}\n  made {:?}\nLook at the change, then run the test with INNERLECTRA_UPDATE=1",
        path.display(),
        line + 1,
        kept.lines().nth(line),
        made.lines().nth(line)
    );
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    check_file(&root().join("openapi.json"), &api::document());
}

#[test]
fn every_operation_has_a_summary_a_name_and_one_group() {
    let document: serde_json::Value = serde_json::from_str(&api::document()).expect("JSON");
    assert_eq!(document["openapi"].as_str().map(|version| &version[..3]), Some("3.1"));
    let mut names = std::collections::BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            let name = operation["operationId"].as_str().expect("a name");
            assert!(names.insert(name.to_owned()), "{name} is there once");
            assert!(!operation["summary"].as_str().unwrap_or_default().is_empty(), "{method} {path} says what it does");
            assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{method} {path} is in one group");
            assert!(operation["responses"]["429"].is_object(), "{method} {path} may be too much");
        }
    }
    for promised in ["create_cluster", "join_cluster", "distribute_energy", "calculate_member_returns", "readings_append", "session_create"] {
        assert!(names.contains(promised), "{promised} is promised by name");
    }
}
