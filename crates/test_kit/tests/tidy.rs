//! Tidiness that a machine can judge: who may depend on whom, where SQL and floats may stand, dead links, one machine's paths.
//!
//! Each check is a function over text or dependency lists that returns its faults, so that the tests below can also show it failing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The crates from left to right: each may use those of earlier rows only. A new crate gets its place here first.
const ORDER: [&[&str]; 11] = [
    &["quantity"],
    &["domain"],
    &["message"],
    &["ledger"],
    &["metering", "market", "governance", "microfinance", "foresight"],
    &["settlement"],
    &["store"],
    &["gateways"],
    &["service"],
    &["api", "ussd", "web"],
    &["innerlectra"],
];
/// Test set-up: outside the order, and never more than a dev-dependency.
const TEST_ONLY: [&str; 1] = ["test_kit"];
/// What no crate left of `store` may touch, in any kind of dependency.
const OUTER_WORLD: [&str; 6] = ["tokio", "rusqlite", "tokio-postgres", "deadpool-postgres", "refinery", "axum"];
const DRIVERS: [&str; 2] = ["rusqlite", "tokio-postgres"];
/// `innerlectra` measures bare statements as the benchmarks' baselines; `test_kit` makes scratch databases.
const DRIVER_USERS: [&str; 3] = ["store", "innerlectra", "test_kit"];
/// Crates that count money or energy in integers only.
const NO_FLOATS: [&str; 4] = ["quantity", "ledger", "market", "settlement"];
/// Every region file, by name: a file that is not listed is one that nobody decided to ship.
const REGIONS: [&str; 4] = ["copperbelt", "kabwe", "lusaka", "rural"];
const VAGUE_NAMES: [&str; 8] = ["util", "utils", "helper", "helpers", "common", "misc", "shared", "stuff"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace folder")
}

/// Every text file of the project with its path from the root, `/` between the parts, sorted.
fn texts() -> Vec<(String, String)> {
    fn walk(folder: &Path, root: &Path, found: &mut Vec<(String, String)>) {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a folder entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if ["target", ".git", "node_modules"].contains(&name) {
                continue;
            }
            if path.is_dir() {
                walk(&path, root, found);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let from_root = path.strip_prefix(root).expect("inside the root").to_string_lossy().replace('\\', "/");
                found.push((from_root, text));
            }
        }
    }
    let (root, mut found) = (root(), Vec::new());
    walk(&root, &root, &mut found);
    found.sort();
    assert!(found.iter().any(|(path, _)| path == "Cargo.toml"), "the walk begins at the workspace root");
    found
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// `path:line: what` for every line that `lines` finds in the texts that `applies` picks by path.
fn line_faults(applies: impl Fn(&str) -> bool, lines: impl Fn(&str) -> Vec<usize>, what: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in texts().iter().filter(|(path, _)| applies(path)) {
        faults.extend(lines(text).into_iter().map(|line| format!("{path}:{line}: {what}")));
    }
    faults
}

// --- Who depends on whom ---

/// Crate -> (dependency, kind), the kind being `normal`, `dev` or `build`.
type Dependencies = BTreeMap<String, BTreeSet<(String, String)>>;

fn workspace_dependencies() -> Dependencies {
    let mut command = Command::new(env!("CARGO"));
    command.args(["metadata", "--format-version", "1", "--no-deps", "--offline"]).current_dir(root());
    let output = command.output().expect("cargo metadata runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let one = |package: &serde_json::Value| {
        let dependencies = package["dependencies"].as_array().expect("a list of dependencies");
        let kind = |dependency: &serde_json::Value| dependency["kind"].as_str().unwrap_or("normal").to_owned();
        (text(&package["name"]), dependencies.iter().map(|dependency| (text(&dependency["name"]), kind(dependency))).collect())
    };
    metadata["packages"].as_array().expect("a list of packages").iter().map(one).collect()
}

fn rank(name: &str) -> Option<usize> {
    ORDER.iter().position(|row| row.contains(&name))
}

fn direction_faults(crates: &Dependencies) -> Vec<String> {
    let store = rank("store").expect("store has a place");
    let mut faults = Vec::new();
    for (name, dependencies) in crates {
        let test_only = TEST_ONLY.contains(&name.as_str());
        if !test_only && rank(name).is_none() {
            faults.push(format!("{name} has no place in the order: add it to ORDER in this test and to ARCHITECTURE.md"));
            continue;
        }
        for (used, kind) in dependencies {
            let used = used.as_str();
            let inside = crates.contains_key(used);
            if TEST_ONLY.contains(&used) && kind != "dev" && !test_only {
                faults.push(format!("{name} uses {used} outside its tests"));
            }
            if inside && !test_only && !TEST_ONLY.contains(&used) && rank(used) >= rank(name) {
                faults.push(format!("{name} uses {used}, which is not left of it"));
            }
            if rank(name).is_some_and(|rank| rank < store) && OUTER_WORLD.contains(&used) {
                faults.push(format!("{name} uses {used}: crates left of store do no input or output"));
            }
            if DRIVERS.contains(&used) && !DRIVER_USERS.contains(&name.as_str()) {
                faults.push(format!("{name} uses {used}: only store speaks to a database"));
            }
        }
    }
    faults
}

#[test]
fn crates_depend_leftwards() {
    let crates = workspace_dependencies();
    assert!(crates.contains_key("quantity") && crates.contains_key("store"), "the workspace is the one we think");
    none(&direction_faults(&crates));
}

#[test]
fn a_wrong_dependency_is_found() {
    let check = |name: &str, used: &str, kind: &str| {
        let mut crates: Dependencies = ["ledger", "metering", "market", "store", "test_kit"].map(|name| (name.to_owned(), BTreeSet::new())).into();
        crates.insert(name.to_owned(), [(used.to_owned(), kind.to_owned())].into());
        direction_faults(&crates).len()
    };
    for (name, used, kind, faults) in [
        ("market", "ledger", "normal", 0),
        ("ledger", "metering", "normal", 1),
        ("market", "metering", "normal", 1),
        ("ledger", "store", "dev", 1),
        ("ledger", "tokio", "dev", 1),
        ("service", "rusqlite", "normal", 1),
        ("market", "rusqlite", "normal", 2),
        ("store", "rusqlite", "normal", 0),
        ("store", "test_kit", "dev", 0),
        ("store", "test_kit", "normal", 1),
        ("novelty", "serde", "normal", 1),
    ] {
        assert_eq!(check(name, used, kind), faults, "{name} uses {used} ({kind})");
    }
}

#[test]
fn one_bundled_sqlite() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("Cargo.lock");
    assert_eq!(lock.matches("name = \"libsqlite3-sys\"\n").count(), 1, "a second copy of the bundled SQLite does not link");
}

// --- Where SQL and floats may stand ---

/// Baselines of benchmarks are bare statements, and a test may spoil what no use case would.
fn may_hold_sql(path: &str) -> bool {
    ["crates/store/", "crates/test_kit/", "crates/innerlectra/src/bench", "crates/service/tests/"].iter().any(|home| path.starts_with(home))
}

/// Lines that hold an SQL statement. Rust comments are skipped; keywords count in capitals, or in small letters right after a quote.
fn sql_lines(text: &str) -> Vec<usize> {
    let is_sql = |line: &str| {
        let line = line.trim();
        let capitals = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "ALTER TABLE ", "DROP TABLE ", "PRAGMA "];
        let update = line.contains("UPDATE ") && line.contains(" SET ");
        let quoted = ["\"select ", "\"insert into ", "\"update ", "\"delete from ", "\"create table ", "\"pragma "];
        !line.starts_with("//") && (update || capitals.iter().any(|word| line.contains(word)) || quoted.iter().any(|word| line.contains(word)))
    };
    text.lines().enumerate().filter(|(_, line)| is_sql(line)).map(|(at, _)| at.saturating_add(1)).collect()
}

#[test]
fn sql_stands_in_store_alone() {
    let is_code = |path: &str| path.starts_with("crates/") && (path.ends_with(".rs") || path.ends_with(".sql"));
    none(&line_faults(|path| is_code(path) && !may_hold_sql(path), sql_lines, "SQL outside crates/store"));
}

/// Lines that name a float type outside a comment.
fn float_lines(text: &str) -> Vec<usize> {
    let names_float = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        let is_float = |word: &str, float: &str| {
            word == float || word.strip_suffix(float).is_some_and(|rest| rest.ends_with(|c: char| c == '_' || c.is_ascii_digit()))
        };
        code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| is_float(word, "f32") || is_float(word, "f64"))
    };
    text.lines().enumerate().filter(|(_, line)| names_float(line)).map(|(at, _)| at.saturating_add(1)).collect()
}

#[test]
fn money_and_energy_are_integers() {
    let counts = |path: &str| path.ends_with(".rs") && NO_FLOATS.iter().any(|name| path.starts_with(&format!("crates/{name}/")));
    none(&line_faults(counts, float_lines, "a float where money or energy is counted"));
}

#[test]
fn sql_and_floats_are_seen() {
    let sql = "let a = \"SELECT 1\";\n// SELECT a member first\nlet b = \"update member set x = 1\";\nUPDATE member SET x = 1\nselect(a)";
    assert_eq!(sql_lines(sql), [1, 3, 4]);
    assert_eq!(float_lines("let a: f64 = b;\nlet c = 1.0f32; // x\n// f64 is not used\nlet half64 = buf32x;\nat.as_secs_f64()"), [1, 2, 5]);
}

// --- Documents ---

/// Targets of the links and pictures of a Markdown text, without those inside code.
fn link_targets(markdown: &str) -> Vec<String> {
    let (mut targets, mut fenced) = (Vec::new(), false);
    for line in markdown.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let prose: String = line.split('`').step_by(2).collect::<Vec<_>>().join("code");
            let target = |rest: &str| rest.split([')', ' ']).next().unwrap_or_default().to_owned();
            targets.extend(prose.split("](").skip(1).map(target));
        }
    }
    targets
}

fn dead_links(path: &str, markdown: &str, exists: impl Fn(&Path) -> bool) -> Vec<String> {
    let outside = |target: &str| target.contains("://") || target.starts_with("mailto:") || target.starts_with('#');
    let folder = Path::new(path).parent().unwrap_or(Path::new(""));
    let file = |target: &str| folder.join(target.split('#').next().unwrap_or_default());
    let dead = |target: &String| !outside(target) && !exists(&file(target));
    link_targets(markdown).into_iter().filter(dead).map(|target| format!("{path}: dead link {target}")).collect()
}

#[test]
fn links_lead_somewhere() {
    let root = root();
    let documents: Vec<_> = texts().into_iter().filter(|(path, _)| path.ends_with(".md")).collect();
    assert!(documents.iter().any(|(path, _)| path == "README.md"));
    none(&documents.iter().flat_map(|(path, text)| dead_links(path, text, |file| root.join(file).exists())).collect::<Vec<_>>());
}

#[test]
fn a_dead_link_is_found() {
    let text = "[a](here.md#x) ![b](gone.png) [c](https://example.org) [d](#e)\n```\n[f](gone.md)\n```\n`[g](gone.md)` [h](../up.md)";
    let exists = |file: &Path| ["docs/here.md", "docs/../up.md"].iter().any(|there| file == Path::new(there));
    assert_eq!(dead_links("docs/a.md", text, exists), ["docs/a.md: dead link gone.png"]);
}

/// Lines that name a folder of one machine. Spelled in parts, so that this file does not find itself.
fn machine_path_lines(text: &str) -> Vec<usize> {
    let folders = ["work", "root", "tmp", "home", "Users"].map(|name| format!("/{name}/"));
    let starts_a_path =
        |line: &str, at: usize| line[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric() && !"/._-}".contains(before));
    let names_one = |line: &str| folders.iter().any(|folder| line.match_indices(folder).any(|(at, _)| starts_a_path(line, at)));
    text.lines().enumerate().filter(|(_, line)| names_one(line)).map(|(at, _)| at.saturating_add(1)).collect()
}

#[test]
fn no_paths_of_one_machine() {
    none(&line_faults(|_| true, machine_path_lines, "a path of one machine"));
}

#[test]
fn a_machine_path_is_found() {
    let text = ["a /W/b", "\"/T/x\"", "https://example.org/W/x", "src/W/x", "/usr/lib"].join("\n").replace('W', "work").replace('T', "tmp");
    assert_eq!(machine_path_lines(&text), [1, 2]);
}

// --- Files ---

#[test]
fn every_region_is_listed() {
    let texts = texts();
    let files: Vec<_> = texts.iter().filter_map(|(path, _)| path.strip_prefix("regions/")).filter(|name| !name.starts_with("countries/")).collect();
    assert_eq!(files, REGIONS.map(|name| format!("{name}.toml")));
}

/// The part of a region file from its first tariff to what follows the tariffs.
fn tariff_part(region: &str) -> &str {
    let from = region.find("[[tariff]]").expect("a tariff");
    let last = region.rfind("[[tariff]]").expect("a tariff");
    let end = region[last..].find("\n\n").expect("something after the tariffs");
    &region[from..last.saturating_add(end)]
}

#[test]
fn regions_of_one_utility_have_one_tariff() {
    let texts = texts();
    let utility = texts.iter().filter(|(path, text)| path.starts_with("regions/") && text.contains("\"ZESCO ") && text.contains("[[tariff]]"));
    let tariffs: BTreeMap<&str, &str> = utility.map(|(path, text)| (path.as_str(), tariff_part(text))).collect();
    assert_eq!(tariffs.len(), REGIONS.len());
    let first = tariffs.values().next().expect("a region");
    for (path, tariff) in &tariffs {
        assert_eq!(tariff, first, "{path} differs: a new price of the utility goes into every region file");
    }
}

#[test]
fn files_are_named_after_what_they_hold() {
    let vague = |path: &str| Path::new(path).file_stem().and_then(|stem| stem.to_str()).is_some_and(|stem| VAGUE_NAMES.contains(&stem));
    let faults =
        texts().iter().filter(|(path, _)| path.ends_with(".rs") && vague(path)).map(|(path, _)| format!("{path}: name the idea")).collect::<Vec<_>>();
    none(&faults);
}

/// Texts whose key is put together: a fixed beginning, and a code that stands in the source.
const KEYS_BY_CODE: [&str; 5] = ["assume-", "carbon-", "error-", "notice-", "role-"];

/// Keys of a catalogue file that no word of `sources` names: a text that nobody ever reads, and that translators would translate.
fn unread_texts(ftl: &str, sources: &str) -> Vec<String> {
    let words: BTreeSet<&str> = sources.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let quoted: BTreeSet<&str> = sources.split('"').collect();
    let keys = ftl.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())).filter_map(|line| line.split_once(" ="));
    let is_read = |key: &str| {
        // A refusal may have a second text, without its values.
        let code = KEYS_BY_CODE.iter().find_map(|start| key.strip_prefix(start)).map(|code| code.trim_end_matches("-short"));
        words.contains(key.replace('-', "_").as_str())
            || code.is_some_and(|code| quoted.contains(code) || quoted.contains(code.replace('-', "_").as_str()))
    };
    keys.map(|(key, _)| key.to_owned()).filter(|key| !is_read(key)).collect()
}

#[test]
fn every_text_is_read_by_somebody() {
    let texts = texts();
    let is_source = |path: &str| path.starts_with("crates/") && (path.ends_with(".rs") || path.ends_with(".html"));
    let sources: String = texts.iter().filter(|(path, _)| is_source(path)).map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n");
    let english: Vec<_> = texts.iter().filter(|(path, _)| path.starts_with("crates/message/ftl/en/")).collect();
    assert!(english.len() > 5, "the catalogue is where we think");
    none(
        &english.iter().flat_map(|(path, ftl)| unread_texts(ftl, &sources).into_iter().map(move |key| format!("{path}: {key}"))).collect::<Vec<_>>(),
    );
}

#[test]
fn a_text_that_nobody_reads_is_found() {
    let ftl = "my-home = My home\nnever-said = Nothing\nerror-debt_first = Pay\nerror-old_code = Gone\n";
    assert_eq!(unread_texts(ftl, "say.my_home(); code(\"debt_first\")"), ["never-said", "error-old_code"]);
}
