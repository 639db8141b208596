//! The built program, run and judged from outside.

#![allow(dead_code, reason = "each test file uses a part of it")]

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

/// The next step of an error that nobody has thought of.
const NO_STEP: &str = "report this message";

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Ended {
    /// The run, which must have gone well.
    #[track_caller]
    pub fn good(self) -> Self {
        assert_eq!(self.code, Some(0), "{}{}", self.out, self.err);
        self
    }

    /// The JSON of a run that went well.
    #[track_caller]
    pub fn json(self) -> Value {
        let run = self.good();
        serde_json::from_str(&run.out).unwrap_or_else(|error| panic!("{error}: {}", run.out))
    }

    /// The code of the error told last.
    pub fn error(&self) -> Option<&str> {
        self.err.lines().filter_map(|line| line.strip_prefix("error[")?.split(']').next()).next_back()
    }

    /// Checks a refusal: the exit code, one error with its code, and a next step that says `step`; no result beside it.
    #[track_caller]
    pub fn refused(&self, exit: i32, code: &str, step: &str) {
        assert_eq!(self.code, Some(exit), "{self:?}");
        let mut lines = self.err.lines().skip_while(|line| !line.starts_with("error["));
        let (error, next) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        assert!(error.starts_with(&format!("error[{code}]: ")) && error.len() > code.len() + 12, "{}", self.err);
        assert!(next.starts_with("next: ") && next.contains(step) && !next.contains(NO_STEP), "{}", self.err);
        assert_eq!((lines.next(), self.out.as_str()), (None, ""), "{self:?}");
    }
}

/// A command of the program.
pub fn command<S: AsRef<OsStr>>(args: &[S]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_innerlectra"));
    command.args(args).env_remove("INNERLECTRA_DATABASE").stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn run<S: AsRef<OsStr>>(args: &[S]) -> Ended {
    ended(&mut command(args))
}

/// Runs a command to its end.
pub fn ended(command: &mut Command) -> Ended {
    let output = command.output().expect("the program starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
}

/// A program under way, killed when it is dropped.
pub struct Running {
    child: Child,
    out: Option<JoinHandle<String>>,
    err: Option<JoinHandle<String>>,
}

impl Running {
    pub fn start<S: AsRef<OsStr>>(args: &[S]) -> Self {
        let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let out = child.stdout.take().map(collect);
        let err = child.stderr.take().map(collect);
        Self { child, out, err }
    }

    /// Starts it and gives its first line of stdout, after which it goes on.
    pub fn start_until_line<S: AsRef<OsStr>>(args: &[S], wanted: &str) -> (Self, String) {
        use std::io::{BufRead, BufReader};
        let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let err = child.stderr.take().map(collect);
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut line = String::new();
        while !line.contains(wanted) {
            line.clear();
            if out.read_line(&mut line).expect("text") == 0 {
                let said = err.map(|err| err.join().expect("a reader")).unwrap_or_default();
                panic!("it ended before it said {wanted}: {said}");
            }
        }
        let out = Some(collect(out.into_inner()));
        (Self { child, out, err }, line)
    }

    /// Starts it and waits until it tells of `wanted` on stderr.
    pub fn start_until_told<S: AsRef<OsStr>>(args: &[S], wanted: &str) -> Self {
        use std::io::{BufRead, BufReader};
        let mut child = command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let out = child.stdout.take().map(collect);
        let mut err = BufReader::new(child.stderr.take().expect("a pipe"));
        let mut told = String::new();
        while !told.contains(wanted) {
            assert!(err.read_line(&mut told).expect("text") > 0, "it ended before it told of {wanted}: {told}");
        }
        let err = std::thread::spawn(move || {
            err.read_to_string(&mut told).expect("a pipe");
            told
        });
        Self { child, out, err: Some(err) }
    }

    /// `kill -9` after `pause`. Gives what it had said, and `true` when it had not ended by itself before.
    pub fn kill_after(mut self, pause: Duration) -> (Ended, bool) {
        std::thread::sleep(pause);
        let was_running = self.child.try_wait().expect("a child").is_none();
        // On Unix this is SIGKILL: nothing is flushed, no destructor runs.
        self.child.kill().expect("the signal is sent");
        (self.end(), was_running)
    }

    /// Asks it to stop, as a service manager does, and waits.
    pub fn terminate(mut self) -> Ended {
        let told = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status().expect("kill runs");
        assert!(told.success());
        self.end()
    }

    fn end(&mut self) -> Ended {
        let status: ExitStatus = self.child.wait().expect("a child");
        let text = |pipe: Option<JoinHandle<String>>| pipe.map(|pipe| pipe.join().expect("a reader")).unwrap_or_default();
        Ended { code: status.code(), out: text(self.out.take()), err: text(self.err.take()) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended; then there is nothing to stop.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).expect("a pipe");
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// A folder of one test, removed with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("innerlectra-{name}-{}", std::process::id()));
        // Left by a killed run with the same number.
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).expect("the temporary folder can be written");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The path of a file in it.
    pub fn file(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("a path of plain text").to_owned()
    }

    /// Names of what is in it, sorted.
    pub fn names(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.0).expect("a folder").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned());
        let mut names: Vec<String> = names.collect();
        names.sort();
        names
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's own tidying.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
