//! From starting the program on an existing database to its first page, and the memory it then holds.

use super::ingest::Receivers;
use super::measure::{Sample, interleaved, median, on_wall};
use super::place::Place;
use super::row::{Row, Taken};
use super::{Size, data};
use anyhow::{Context, Result, bail, ensure};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

/// Pause between two attempts to connect.
const PAUSE: Duration = Duration::from_micros(200);
/// Attempts before a server counts as one that does not start.
const ATTEMPTS_MAX: u32 = 50_000;
/// How long a server is left alone before its memory is looked at.
const REST: Duration = Duration::from_millis(300);
/// Days in the database that is made when none is named.
const DAYS: usize = 7;

/// What `bench start` is given.
#[derive(Debug, Clone, clap::Args)]
pub struct StartArgs {
    /// The SQLite file to start on; without it one is made, with three clusters and a week of readings.
    #[arg(long, value_name = "PATH")]
    database: Option<PathBuf>,
    /// Another server to compare with, as a shell command that stays in the foreground.
    #[arg(long, value_name = "COMMAND", requires = "peer_url")]
    peer_command: Option<String>,
    /// A page that the other server answers with 200.
    #[arg(long, value_name = "http://HOST:PORT/PATH", requires = "peer_command")]
    peer_url: Option<String>,
}

/// A server that runs until this is dropped.
pub(super) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Measures starts of this program, and of the peer when one is named.
pub(super) fn rows(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let program = std::env::current_exe().context("the program cannot find itself")?;
    let database = match &size.start.database {
        Some(path) => path.clone(),
        None => filled(size, place)?,
    };
    let (mut own_memory, mut peer_memory) = (Vec::new(), Vec::new());
    let mut serve = || {
        let port = free_port()?;
        let mut command = Command::new(&program);
        command.arg("serve").arg("--no-settle").arg("--database").arg(&database).arg("--listen").arg(format!("127.0.0.1:{port}"));
        first_answer(command, &format!("http://127.0.0.1:{port}/app"), &mut own_memory)
    };
    let mut bare = || {
        let mut command = Command::new(&program);
        command.arg("--version").stdout(Stdio::null());
        on_wall(1, || {
            ensure!(command.status()?.success(), "the program cannot say its version");
            Ok(())
        })
    };
    let taken = Taken { unit: "starts/s", runs: size.runs, engine: "sqlite" };
    let Some((peer, url)) = size.start.peer_command.as_ref().zip(size.start.peer_url.as_ref()) else {
        let medians = interleaved(size.runs, &mut [&mut serve, &mut bare])?;
        let note =
            format!("{} to the first page, {:.1} MiB then; name a peer with --peer-command and --peer-url", ms(medians[0]), median(own_memory));
        return Ok(vec![Row::new("cold_start", taken, medians[0], "the program alone, saying its version", medians[1]).note(note)]);
    };
    let mut other = || {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("exec {peer}"));
        first_answer(command, url, &mut peer_memory)
    };
    let medians = interleaved(size.runs, &mut [&mut serve, &mut other])?;
    let memory = Taken { unit: "per GiB", ..taken };
    let note = format!("{} against {} from start to the first 200", ms(medians[0]), ms(medians[1]));
    let (own, others) = (median(own_memory), median(peer_memory));
    Ok(vec![
        Row::new("cold_start", taken, medians[0], "the peer", medians[1]).target(10.0, 30.0).note(note),
        Row::new("memory_at_rest", memory, 1024.0 / own, "the peer", 1024.0 / others)
            .target(2.0, 4.0)
            .note(format!("{own:.1} MiB against {others:.1} MiB, shortly after the first 200; counted as how many fit a GiB")),
    ])
}

fn ms(per_second: f64) -> String {
    format!("{:.1} ms", 1000.0 / per_second)
}

/// A database with settled days in it.
fn filled(size: &Size, place: &Place) -> Result<PathBuf> {
    let path = place.fresh("start");
    let days = Arc::new(data::days(8, 3));
    let receivers = Receivers::found(place, place.store(&path)?, days.len())?;
    for date in 0..if size.is_quick { 1 } else { DAYS } {
        receivers.take(place, &days, date, data::SLOTS)?;
        for cluster in &receivers.clusters {
            place.wait(receivers.service.distribute_energy(service::policy::Actor::System, cluster, data::day_of(date)))?;
        }
    }
    Ok(path)
}

pub(super) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0)).context("no free port")?.local_addr()?.port())
}

/// Starts a server and waits for its first 200; notes the memory it holds a little later, in MiB, and ends it.
fn first_answer(mut command: Command, url: &str, memory: &mut Vec<f64>) -> Result<Sample> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = None;
    let sample = on_wall(1, || {
        let child = running.insert(Running(command.spawn().context("the server cannot be started")?));
        answers(child, url)
    })?;
    std::thread::sleep(REST);
    if let Some(running) = &running {
        memory.push(resident_mib(running.0.id())?);
    }
    Ok(sample)
}

/// Waits for a server's first 200.
pub(super) fn answers(server: &mut Running, url: &str) -> Result<()> {
    let (host, path) =
        url.strip_prefix("http://").map(|rest| rest.split_once('/').unwrap_or((rest, ""))).context("a server's address begins with http://")?;
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
    for _ in 0..ATTEMPTS_MAX {
        if is_answered(host, &request) {
            return Ok(());
        }
        if let Some(status) = server.0.try_wait()? {
            bail!("the server ended before it answered: {status}");
        }
        std::thread::sleep(PAUSE);
    }
    bail!("{url} does not answer")
}

fn is_answered(host: &str, request: &str) -> bool {
    let Ok(mut stream) = TcpStream::connect(host) else { return false };
    let mut head = [0; 12];
    stream.write_all(request.as_bytes()).and_then(|()| stream.read_exact(&mut head)).is_ok() && &head[8..] == b" 200"
}

/// Memory that a process holds, as Linux tells it.
fn resident_mib(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("the system does not tell the memory of a process")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("the system does not tell the memory of a process")?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}
