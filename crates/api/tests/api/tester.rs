//! The document as strangers read it: a validator, a tester that makes up requests, and a generated client, against a running server.
//!
//! The programs come from `scripts/api-tools.txt`; `scripts/fetch_api_tools.sh` fetches them.

use crate::world::{Who, World};
use api::Limits;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Requests the tester makes up for each operation.
const EXAMPLES: u32 = 20;
/// The same requests on every run.
const SEED: u32 = 20_260_302;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace folder")
}

/// A program of the tools.
fn tool(name: &str) -> Command {
    let path = root().join("target/api-tools/venv/bin").join(name);
    assert!(path.exists(), "{name} is missing. Run: scripts/fetch_api_tools.sh");
    let mut command = Command::new(path);
    // Its output is compared and read by people: no colours, no frames as wide as a terminal.
    command.env("NO_COLOR", "1").env("COLUMNS", "200").env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

fn told(output: &Output) -> String {
    format!("{}\n{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A world behind a port, for as long as the test runs.
struct Server {
    address: SocketAddr,
    token: String,
    runtime: tokio::runtime::Runtime,
    folder: PathBuf,
    _database: test_kit::Database,
}

impl Server {
    fn start(who: Who) -> Self {
        let database = test_kit::sqlite();
        let folder = database.folder().expect("a folder").to_owned();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let (address, token) = runtime.block_on(async {
            let world = World::new(database.url(), Limits::none()).await;
            let token = world.token(who).await.expect("a token");
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            let service = world.router.into_make_service_with_connect_info::<SocketAddr>();
            tokio::spawn(async move { axum::serve(listener, service).await });
            (address, token)
        });
        Self { address, token, runtime, folder, _database: database }
    }
}

#[test]
fn the_document_is_valid() {
    let output = tool("openapi-spec-validator").arg(root().join("openapi.json")).output().expect("it runs");
    assert!(output.status.success(), "{}", told(&output));
}

/// Runs the tester over a fresh world; `parameters` fills parts of addresses, so that it gets behind them.
fn try_out(who: Who, parameters: &str, phases: &str) {
    let server = Server::start(who);
    let config = server.folder.join("schemathesis.toml");
    // 409 and 422 are answers to requests that are well formed.
    let text = format!(
        "[checks.positive_data_acceptance]\nexpected-statuses = [\"2XX\", 401, 403, 404, 409, 413, 422, 429]\n\
         [checks.negative_data_rejection]\nexpected-statuses = [\"4XX\"]\n{parameters}"
    );
    std::fs::write(&config, text).expect("writes");
    let mut command = tool("schemathesis");
    command.arg("--config-file").arg(&config).arg("run").arg(root().join("openapi.json"));
    command.arg("--url").arg(format!("http://{}", server.address)).arg("--header").arg(format!("Authorization: Bearer {}", server.token));
    command.args(["--checks", "all", "--max-examples", &EXAMPLES.to_string(), "--seed", &SEED.to_string(), "--generation-database", "none"]);
    command.args(["--phases", phases, "--workers", "2", "--request-timeout", "20", "--suppress-health-check", "all"]);
    // What ends the tester's own session, and what has no end, is tried elsewhere.
    for apart in ["market_events", "session_end", "session_end_all", "session_leave", "openapi", "docs"] {
        command.args(["--exclude-operation-id", apart]);
    }
    let output = command.current_dir(&server.folder).output().expect("it runs");
    drop(server.runtime);
    println!("{}", told(&output));
    assert!(output.status.success(), "the tester found failures");
}

#[test]
fn the_server_keeps_what_the_document_promises() {
    try_out(Who::Officer, "", "coverage");
}

/// Fills the addresses of the village.
const VILLAGE: &str = "[parameters]\n\"path.id\" = \"MULENGA\"\n\"path.cluster\" = \"MULENGA\"\n\"path.code\" = \"kabwe\"\n\"path.no\" = 1\n";

#[test]
fn the_village_keeps_what_the_document_promises() {
    try_out(Who::Officer, VILLAGE, "examples,fuzzing");
}

#[test]
fn the_installation_keeps_what_the_document_promises() {
    try_out(Who::Operator, VILLAGE, "examples,fuzzing");
}

#[test]
fn a_generated_client_makes_real_calls() {
    let server = Server::start(Who::Officer);
    let bin = root().join("target/api-tools/venv/bin");
    let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
    let mut generator = tool("openapi-python-client");
    generator.arg("generate").arg("--path").arg(root().join("openapi.json")).arg("--output-path").arg(server.folder.join("client"));
    let output = generator.args(["--meta", "none", "--fail-on-warning"]).env("PATH", path).current_dir(&server.folder).output().expect("it runs");
    assert!(output.status.success(), "{}", told(&output));
    let script = root().join("crates/api/tests/api/generated_client.py");
    let mut calls = tool("python");
    calls.arg(script).arg(format!("http://{}", server.address)).arg(&server.token).env("PYTHONPATH", &server.folder);
    let output = calls.current_dir(&server.folder).output().expect("it runs");
    drop(server.runtime);
    assert!(output.status.success() && told(&output).contains("agrees"), "{}", told(&output));
}
