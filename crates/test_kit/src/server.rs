//! The scratch PostgreSQL server that all test processes share.
//!
//! Two locks in its folder: `start.lock` is held while somebody looks whether the server runs, starts it or stops it;
//! `users.lock` is held, shared, by every test process until it ends. The watchdog stops the server only when it gets
//! both, so it never stops one that a test has just found running.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::scratch::answers;

/// What to do when there is no server program.
const MISSING: &str = "the tests need PostgreSQL's server program; install it with: apt-get install -y postgresql\n\
    or name a running server: INNERLECTRA_TEST_POSTGRES=postgres://USER@HOST/NAME";

/// Asks every 5 seconds whether anybody uses the server, and stops it after two minutes of no. `$1` folder, `$2` bin.
const WATCHDOG: &str = r#"
cd "$1" || exit 1
idle=0
while [ -d "$1/data" ]; do
  sleep 5
  if flock -n -x users.lock true; then idle=$((idle + 1)); else idle=0; fi
  if [ "$idle" -ge 24 ]; then
    flock start.lock flock -n -x users.lock sh -c '"$1/pg_ctl" -D data -m immediate -w stop; rm -rf data port' stop "$2"
    idle=0
  fi
done
"#;

struct Server {
    url: String,
    /// Keeps the watchdog away for as long as this process lives.
    _user: Option<File>,
}

/// The address of the server; starts it on first use.
pub(crate) fn url() -> &'static str {
    static SERVER: OnceLock<Server> = OnceLock::new();
    &SERVER.get_or_init(find_or_start).url
}

/// The driver's error with what the server said.
pub(crate) fn text(error: &tokio_postgres::Error) -> String {
    error.as_db_error().map_or_else(|| error.to_string(), |db| db.message().to_owned())
}

fn find_or_start() -> Server {
    if let Ok(url) = std::env::var("INNERLECTRA_TEST_POSTGRES") {
        return Server { url, _user: None };
    }
    let scratch = Scratch::here();
    let start = scratch.lock_file("start.lock");
    start.lock().expect("the start lock can be waited for");
    let user = scratch.lock_file("users.lock");
    user.lock_shared().expect("the users lock can be shared");
    let url = match scratch.running() {
        Some(url) => url,
        None => scratch.start(),
    };
    Server { url, _user: Some(user) }
}

/// The folder of the server and the programs to run it.
struct Scratch {
    folder: PathBuf,
    bin: PathBuf,
    is_root: bool,
}

impl Scratch {
    fn here() -> Self {
        let is_root = output(Command::new("id").arg("-u")).trim() == "0";
        let folder =
            std::env::temp_dir().join(format!("innerlectra-postgres-{}-{:08x}", output(Command::new("id").arg("-u")).trim(), workspace_hash()));
        let scratch = Self { folder, bin: bin_folder().unwrap_or_else(|| panic!("{MISSING}")), is_root };
        if !scratch.folder.is_dir() {
            // Somebody else may make it at the same moment.
            let _ = std::fs::create_dir(&scratch.folder);
            if is_root {
                output(Command::new("chown").arg("postgres:").arg(&scratch.folder));
            }
        }
        scratch
    }

    fn lock_file(&self, name: &str) -> File {
        let path = self.folder.join(name);
        let file = File::options().read(true).write(true).create(true).truncate(false).open(&path);
        let file = file.unwrap_or_else(|error| panic!("cannot open {}: {error}", path.display()));
        if self.is_root {
            output(Command::new("chown").arg("postgres:").arg(&path));
        }
        file
    }

    fn running(&self) -> Option<String> {
        let port = std::fs::read_to_string(self.folder.join("port")).ok()?.trim().parse().ok()?;
        Some(server_url(port)).filter(|url| answers(url))
    }

    /// Makes a new data folder and starts a server on it. What a crash has left is thrown away.
    fn start(&self) -> String {
        let data = self.folder.join("data");
        if data.exists() {
            self.run("pg_ctl", &["-D", path_text(&data), "-m", "immediate", "-w", "stop"]).ok();
            std::fs::remove_dir_all(&data).unwrap_or_else(|error| panic!("cannot remove {}: {error}", data.display()));
        }
        self.must("initdb", &["-D", path_text(&data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"]);
        let port = free_port();
        let settings = format!(
            "-p {port} -c listen_addresses=127.0.0.1 -k {} -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
             -c max_connections=400 -c shared_buffers=64MB -c max_wal_size=256MB",
            path_text(&self.folder)
        );
        let log = self.folder.join("server.log");
        self.must("pg_ctl", &["-D", path_text(&data), "-l", path_text(&log), "-o", &settings, "-w", "-t", "60", "start"]);
        std::fs::write(self.folder.join("port"), port.to_string()).expect("the port can be noted");
        self.start_watchdog();
        server_url(port)
    }

    #[expect(clippy::zombie_processes, reason = "it outlives this process by design")]
    fn start_watchdog(&self) {
        use std::os::unix::process::CommandExt;
        let mut command = self.command("sh", &["-c", WATCHDOG, "watchdog", path_text(&self.folder), path_text(&self.bin)]);
        // A group of its own: the end of the tests, or Ctrl-C, must not take it along.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        command.spawn().expect("the watchdog starts");
    }

    fn must(&self, program: &str, arguments: &[&str]) {
        if let Err(text) = self.run(program, arguments) {
            panic!("{program} failed: {text}\n(see {}/server.log)", self.folder.display());
        }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        let mut command = self.command(path_text(&self.bin.join(program)), arguments);
        // The server inherits these; a pipe would keep the test runner waiting for its end.
        let log = File::create(self.folder.join(format!("{program}.log"))).map_err(|error| error.to_string())?;
        let status = command.stdin(Stdio::null()).stdout(log.try_clone().map_err(|error| error.to_string())?).stderr(log).status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(std::fs::read_to_string(self.folder.join(format!("{program}.log"))).unwrap_or_default()),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A command as the user that owns the server.
    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = if self.is_root {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", program]);
            command
        } else {
            Command::new(program)
        };
        command.args(arguments).current_dir(&self.folder);
        command
    }
}

fn server_url(port: u16) -> String {
    format!("postgres://postgres@127.0.0.1:{port}/postgres")
}

/// The newest PostgreSQL on this machine: the one in PATH, or Debian's folder with the highest version.
fn bin_folder() -> Option<PathBuf> {
    let in_path = std::env::var_os("PATH").into_iter().flat_map(|path| std::env::split_paths(&path).collect::<Vec<_>>());
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut versions: Vec<PathBuf> = versions.collect();
    versions.sort_by_key(|path| path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse::<u32>().ok()));
    let installed = versions.into_iter().rev().map(|path| path.join("bin"));
    in_path.chain(installed).find(|bin| bin.join("initdb").is_file() && bin.join("postgres").is_file())
}

/// Tells the servers of two checkouts apart.
fn workspace_hash() -> u32 {
    env!("CARGO_MANIFEST_DIR").bytes().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("a port has a number").port()
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn path_text(path: &Path) -> &str {
    path.to_str().expect("the temporary folder has a plain name")
}
