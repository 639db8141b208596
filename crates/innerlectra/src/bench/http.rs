//! Durable transfers over HTTP: the whole program, as a process of its own, asked by signed-in users over 64 connections; beside another server
//! when one is named.
//!
//! Ours checks who asks, what they may, what the body says and whether the key was used before, keeps limits and the log, and writes down each
//! request. The peer does none of that. Both write to a file and have it on disk when they answer: afterwards what was answered is counted in
//! the files.

mod load;
mod orders;
mod requests;

pub(super) use self::orders::rows as orders;

use self::load::Answered;
use self::requests::{Ask, Caller, Keys, Members};
use super::measure::{Contender, Sample, interleaved};
use super::place::Place;
use super::row::{Row, Taken};
use super::start::{Running, answers, free_port};
use super::{Size, data};
use anyhow::{Context, Result, ensure};
use domain::{ClusterCode, ClusterKind, Connection, Language, MemberNo, Msisdn, Region, Role, SystemClock};
use quantity::{BusinessDay, Ngwee, Step, UtcOffset, Watts};
use service::account::{AccountOptions, PersonNew, Pin};
use service::policy::Actor;
use service::{ClusterCreate, MemberCreate, Service};
use settlement::RuleSet;
use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use store::tables::{ClusterNew, ClusterRow, RulePrices, RuleRow};

/// Transfers of one request where a request has many.
const MANY: usize = 500;
/// Code of the cluster.
const CLUSTER: &str = "BENCH";
/// What everybody's wallet holds at the start: more than is ever paid.
const OPENING: Ngwee = Ngwee(1 << 44);

/// What `bench http` is given.
#[derive(Debug, Clone, clap::Args)]
pub struct HttpArgs {
    /// Folder of another server to compare with: `node server.js each|group PORT FILE` is run in it.
    #[arg(long, value_name = "FOLDER")]
    peer: Option<PathBuf>,
    /// How long each run asks, in seconds.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
}

/// A running server and the file it writes.
struct Server {
    address: SocketAddr,
    file: PathBuf,
    /// Counts the transfers in its file.
    count: &'static str,
    /// Transfers before the first request.
    before: u64,
    _running: Running,
}

/// One side of a comparison.
struct Side<'a> {
    server: &'a Server,
    tokens: &'a [String],
    ask: Ask,
    members: Members,
    lasting: Duration,
    runs: u64,
    answered: Answered,
    /// Transfers that were answered, also in the run that does not count.
    transfers: u64,
}

impl Side<'_> {
    fn run(&mut self) -> Result<Sample> {
        self.runs += 1;
        let host = self.server.address.to_string();
        let seed = self.runs * 100 + self.ask.transfers() as u64;
        let caller = |(at, token): (usize, &String)| Caller::new(self.ask, &host, CLUSTER, token, (at, seed), self.members);
        let callers = self.tokens.iter().enumerate().map(caller).collect();
        let answered = load::run(self.server.address, callers, self.lasting)?;
        let (count, took) = (answered.count * self.ask.transfers() as u64, answered.took);
        self.transfers += if self.ask == Ask::Plain { 0 } else { count };
        if self.runs > 1 {
            self.answered.add(answered);
        }
        Ok(Sample { count, took })
    }

    /// Half and nearly all of the waits.
    fn waits(&mut self) -> String {
        format!("p50 {:.1} ms, p99 {:.1} ms", self.answered.within(500), self.answered.within(990))
    }
}

/// Measures, with the peer when one is named.
pub(super) fn rows(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let members = if size.is_quick { Members { payers: 4, members: 20 } } else { Members { payers: 64, members: 1_000 } };
    let (file, tokens) = founded(place, members)?;
    let mut servers = vec![own_server(place, file, OWN_COUNT)?];
    if let Some(folder) = &size.http.peer {
        servers.extend([peer_server(place, folder, "each")?, peer_server(place, folder, "group")?]);
    }
    let lasting = if size.is_quick { Duration::from_millis(100) } else { Duration::from_secs(size.http.seconds.into()) };
    let side = |(server, ask): (usize, Ask)| {
        let server = servers.get(server)?;
        Some(Side { server, tokens: &tokens, ask, members, lasting, runs: 0, answered: Answered::default(), transfers: 0 })
    };
    let mut sides: Vec<Side<'_>> = SIDES.into_iter().filter_map(side).collect();
    let mut runs: Vec<_> = sides.iter_mut().map(|side| || side.run()).collect();
    let mut contenders: Vec<Contender<'_>> = runs.iter_mut().map(|run| run as Contender<'_>).collect();
    let medians = interleaved(size.runs, &mut contenders)?;
    drop(runs);
    for server in &servers {
        let answered = sides.iter().filter(|side| std::ptr::eq(side.server, server)).map(|side| side.transfers).sum();
        server.has_kept(answered)?;
    }
    let waits: Vec<String> = sides.iter_mut().map(Side::waits).collect();
    Ok(compared(Taken { unit: "transfers/s", runs: size.runs, engine: "sqlite" }, &medians, &waits))
}

/// What is asked of which server: ours, the peer that commits each transfer, the peer that commits those that wait together.
const SIDES: [(usize, Ask); 7] = [
    (0, Ask::Payment(Keys::Timed)),
    (0, Ask::Payments(MANY)),
    (0, Ask::Payment(Keys::Random)),
    (0, Ask::Plain),
    (1, Ask::Peer),
    (2, Ask::Peer),
    (1, Ask::PeerBatch(MANY)),
];

/// The rows, from the medians in the order of [`SIDES`].
fn compared(taken: Taken, medians: &[f64], waits: &[String]) -> Vec<Row> {
    let about = |text: &str, at: usize| format!("{text}; {}", waits[at]);
    let arrays = format!("arrays of {MANY}");
    let mut rows = vec![
        Row::new("http_arrays", taken, medians[1], "the same server, one transfer a request", medians[0]).target(5.0, 8.0).note(about(&arrays, 1)),
        Row::new("http_transfers_of_plain", taken, medians[0], "the same server's answers that neither read nor write", medians[3])
            .note(about("one transfer a request", 0)),
        Row::new("http_random_keys", taken, medians[2], "the same with keys that begin with the time", medians[0])
            .note(about("keys all over their index", 2)),
    ];
    let [each, group, batch] = medians.get(4..).unwrap_or_default() else { return rows };
    let versus = |at: usize| format!("{}, against {}", waits[0], waits[at]);
    rows.insert(0, Row::new("http_transfers", taken, medians[0], "the peer, a commit for each", *each).target(10.0, 15.0).note(versus(4)));
    rows.insert(1, Row::new("http_transfers_group", taken, medians[0], "the peer, a commit for those that wait", *group).note(versus(5)));
    rows.push(Row::new("http_random_keys_each", taken, medians[2], "the peer, a commit for each", *each).note(waits[2].clone()));
    rows.push(Row::new("http_arrays_each", taken, medians[1], "the peer, a commit for each array", *batch).note(arrays));
    rows
}

impl Server {
    /// Counts what is in the file, which needs no word from the server.
    fn has_kept(&self, answered: u64) -> Result<()> {
        let kept = transfers_in(&self.file, self.count)? - self.before;
        ensure!(kept == answered, "{answered} transfers were answered, and {kept} are in {}", self.file.display());
        Ok(())
    }
}

fn transfers_in(file: &Path, count: &str) -> Result<u64> {
    let connection = rusqlite::Connection::open_with_flags(file, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    Ok(connection.query_row(count, [], |row| row.get::<_, i64>(0))?.unsigned_abs())
}

const OWN_COUNT: &str = "SELECT COUNT(*) FROM transfer";
const PEER_COUNT: &str = "SELECT COUNT(*) FROM transfers";

/// This program over the file, with its log on and the limits for one caller off; `count` counts what requests leave in the file.
fn own_server(place: &Place, file: PathBuf, count: &'static str) -> Result<Server> {
    let (port, log) = (free_port()?, place.fresh("log"));
    let mut command = Command::new(std::env::current_exe().context("the program cannot find itself")?);
    command.args(["serve", "--no-settle", "--no-rates", "--listen", &format!("127.0.0.1:{port}"), "--database"]).arg(&file);
    command.env("INNERLECTRA_LOG", "info").stderr(File::create(log)?);
    let before = transfers_in(&file, count)?;
    Ok(Server { _running: started(command, port, "/version")?, address: ([127, 0, 0, 1], port).into(), file, count, before })
}

fn peer_server(place: &Place, folder: &Path, mode: &str) -> Result<Server> {
    ensure!(folder.join("server.js").is_file(), "there is no server.js in {}", folder.display());
    let (port, file) = (free_port()?, std::path::absolute(place.fresh("peer"))?);
    let mut command = Command::new("node");
    command.current_dir(folder).args(["server.js", mode, &port.to_string()]).arg(&file).stderr(Stdio::inherit());
    Ok(Server { _running: started(command, port, "/hello")?, address: ([127, 0, 0, 1], port).into(), file, count: PEER_COUNT, before: 0 })
}

fn started(mut command: Command, port: u16, path: &str) -> Result<Running> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let mut running = Running(command.spawn().with_context(|| format!("{:?} cannot be started", command.get_program()))?);
    answers(&mut running, &format!("http://127.0.0.1:{port}{path}"))?;
    Ok(running)
}

/// A file with one cluster and signed-in payers; gives their tokens.
fn founded(place: &Place, members: Members) -> Result<(PathBuf, Vec<String>)> {
    let file = place.fresh("http");
    let service = Service::new(place.store(&file)?, Arc::new(SystemClock), Region::shipped("lusaka")?).with_accounts(AccountOptions::trial());
    let tokens = place.wait(async {
        let today = BusinessDay::of(service.now(), UtcOffset::LUSAKA);
        let cluster = service.cluster_create(cluster(members.members, today)?).await?;
        let mut tokens = Vec::new();
        for number in 1..=members.payers as i64 {
            let (phone, pin) = (Msisdn::parse(&format!("09712{number:05}"))?, Pin::parse("4826")?);
            let person = PersonNew {
                phone,
                name: format!("Payer {number}"),
                pin: pin.clone(),
                language: Language::En,
                roles: vec![(cluster, MemberNo::new(number)?, Role::Member)],
                since: today,
            };
            service.person_add(Actor::System, person).await?;
            tokens.push(service.session_create(phone, &pin, "bench").await?.token);
        }
        anyhow::Ok(tokens)
    })?;
    Ok((file, tokens))
}

fn cluster(members: usize, today: BusinessDay) -> Result<ClusterCreate> {
    let row = ClusterRow {
        id: data::cluster_id(1),
        code: ClusterCode::parse(CLUSTER)?,
        name: "Bench".to_owned(),
        kind: ClusterKind::Open,
        place: "Lusaka".to_owned(),
        region: "lusaka".to_owned(),
        step: Step::Min15,
        offset: UtcOffset::LUSAKA,
        grace_minutes: 30,
        correction_days: 45,
        carbon_method: "average".to_owned(),
        is_modelled: true,
        opened_on: today,
    };
    let member = |at: usize| MemberCreate {
        alias: format!("Member {}", at + 1),
        kind: "urban_home".to_owned(),
        weight: 1,
        contribution: Ngwee(0),
        top_up: OPENING,
        meters: Vec::new(),
    };
    Ok(ClusterCreate {
        cluster: ClusterNew { row, secret: [1; 32] },
        rule: RuleRow { rule: RuleSet::new(Connection::OnePoint), from_day: today, prices: RulePrices::Region },
        members: (0..members).map(member).collect(),
        plant_meters: Vec::new(),
        meter_limit: Watts(100_000),
        assets: Vec::new(),
        outages: Vec::new(),
    })
}
