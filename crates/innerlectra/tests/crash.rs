//! `kill -9` at random moments of the whole program: what was told is there, nothing is doubled, and everything can be recounted.
//!
//! The demo runs on simulated time, so that the same clusters end with the same log roots however often the program was killed on the way.
//! The moments come from a seed that is printed; `INNERLECTRA_TEST_SEED=N` takes one again.

mod program;
#[path = "../../service/tests/village/mod.rs"]
#[allow(dead_code, reason = "the stories of the service use the rest")]
mod village;

use program::{Ended, Folder, Running, run};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Two units of import, as a unit is a week.
const DAYS: &str = "8";
const DAY_COUNT: usize = 8;
/// Kills of the demo on SQLite and on PostgreSQL.
const KILLS: [u32; 2] = [28, 8];

/// Moments, from a printed seed.
struct Chance(u64);

impl Chance {
    fn new(of: &str) -> Self {
        let given = std::env::var("INNERLECTRA_TEST_SEED").ok().map(|seed| seed.parse().expect("a number"));
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(of) >> 16);
        println!("{of}: INNERLECTRA_TEST_SEED={seed}");
        Self(seed)
    }

    /// A part of `whole`, by thousandths.
    fn part(&mut self, whole: Duration) -> Duration {
        // Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (SplitMix64).
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        whole * u32::try_from((z ^ (z >> 31)) % 1000).unwrap_or(0) / 1000
    }

    /// A moment in part `at` of `of` parts of `whole`, each longer than the one before: many moments cover all of it, and the short
    /// beginning, in which a database is made and filled, is met as well as the long rest.
    fn within(&mut self, whole: Duration, at: u32, of: u32) -> Duration {
        let begins = |at: u32| whole * (at * at) / (of * of);
        begins(at) + self.part(begins(at + 1) - begins(at))
    }
}

/// How long `work` takes.
#[expect(clippy::disallowed_methods, reason = "the moments of the kills are spread over the real duration")]
fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let begun = std::time::Instant::now();
    let done = work();
    (done, begun.elapsed())
}

fn demo(url: &str) -> [&str; 10] {
    ["demo", "--no-serve", "--json", "--steps", "--only", "KAB", "--days", DAYS, "--database", url]
}

/// What runs of the demo told before they were killed.
#[derive(Default, Debug)]
struct Told {
    intervals: usize,
    is_imported: bool,
    /// Records and transfers of each day when it was first told.
    days: BTreeMap<String, (i64, i64)>,
    is_settled: bool,
    /// Whether members were placing orders when it was told last.
    is_trading: bool,
    /// How often it was killed; each time one more day may be stored than was told.
    kills: i64,
}

impl Told {
    fn hear(&mut self, err: &str) {
        // A line that was cut off was not told.
        for line in err.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["KAB:", done, "of", _, "intervals", "stored"] => self.intervals = self.intervals.max(done.parse().expect("a number")),
                ["KAB:", day, "stored,", sealed, "sealed,", booked, "booked"] => {
                    let new = (sealed.parse().expect("a number"), booked.parse().expect("a number"));
                    assert!(self.days.insert((*day).to_owned(), new).is_none() || new == (0, 0), "{day} was told before and settled again: {line}");
                }
                ["KAB:", _, "rows,", ..] => self.is_imported = true,
                ["KAB:", _, "days", "settled,", ..] => self.is_settled = true,
                ["trading", "goes", "on"] => self.is_trading = true,
                ["trading", "rests"] => self.is_trading = false,
                _ => panic!("what does it say? {line}"),
            }
        }
    }

    fn phase(&self) -> &'static str {
        match (self.intervals, self.is_imported, self.days.len(), self.is_settled) {
            (_, true, _, false) if self.is_trading => "while members traded",
            (0, false, ..) => "before or in the first unit of the import",
            (_, false, ..) => "in the import",
            (_, true, _, false) => "in the settlement",
            (.., true) => "after the settlement",
        }
    }
}

/// The one cluster in a JSON answer, or nothing when there is none.
fn cluster(json: &Value) -> Option<&Value> {
    let clusters = json["clusters"].as_array().expect("clusters");
    assert!(clusters.len() <= 1);
    clusters.first()
}

fn int(json: &Value, key: &str) -> i64 {
    json[key].as_i64().unwrap_or_else(|| panic!("{key} in {json}"))
}

/// The recount of a database that must be sound. One that the program was killed before it could be made is made first, as it says.
fn recount(url: &str, nothing_told: bool) -> Value {
    let verify = ["verify", "--json", "--database", url];
    let ended = run(&verify);
    if nothing_told && ended.code != Some(0) {
        assert!(matches!(ended.error(), Some("database_older" | "database_unopenable")), "{ended:?}");
        run(&["migrate", "--database", url]).good();
        return run(&verify).json();
    }
    ended.json()
}

/// Intervals that have readings.
async fn stored_intervals(url: &str) -> usize {
    let store = store::Store::open(url, store::OpenOptions::read_only()).await.expect("opens");
    let code = domain::ClusterCode::parse("KAB").expect("a code");
    let all = quantity::Interval::new(quantity::Instant(0), quantity::Instant(i64::MAX / 2)).expect("an interval");
    let blocks = store.read::<_, store::StoreError, _>(move |tx| {
        let code = code.clone();
        Box::pin(async move {
            let Some(cluster) = tx.cluster_by_code(&code).await? else { return Ok(0) };
            Ok(tx.block_list(cluster.id, all).await?.len())
        })
    });
    blocks.await.expect("reads")
}

/// What an undisturbed run gives.
struct Reference {
    demo: Value,
    verified: Value,
    /// Transfers of the founding.
    opening: i64,
    readings: String,
    lasts: Duration,
}

/// Transfers of the founding: all but those of the settled day, of a run so short that nobody has anything to trade yet.
fn opening_transfers() -> i64 {
    let folder = Folder::new("crash-opening");
    let url = folder.file("village.db");
    let ended = run(&["demo", "--no-serve", "--json", "--steps", "--only", "KAB", "--days", "1", "--database", &url]).good();
    let mut told = Told::default();
    told.hear(&ended.err);
    let booked: i64 = told.days.values().map(|(_, booked)| booked).sum();
    int(cluster(&recount(&url, false)).expect("KAB"), "transfers") - booked
}

fn reference(url: &str) -> Reference {
    let (ended, lasts) = timed(|| run(&demo(url)).good());
    let mut told = Told::default();
    told.hear(&ended.err);
    assert!(told.is_settled && told.days.len() == DAY_COUNT && told.intervals == DAY_COUNT * 96, "{told:?}");
    let verified = recount(url, false);
    let opening = opening_transfers();
    let readings = ended.err.lines().find_map(|line| line.split(" rows").next()?.strip_prefix("KAB: ")?.parse::<u64>().ok());
    let readings = readings.expect("the number of rows").to_string();
    Reference { demo: ended.json(), verified, opening, readings, lasts }
}

/// Everything told is there.
async fn check(url: &str, told: &Told, reference: &Reference) {
    let verified = recount(url, told.intervals == 0);
    assert_eq!(verified["sound"], true, "{verified}");
    let Some(found) = cluster(&verified) else {
        assert_eq!((told.intervals, told.days.len()), (0, 0), "the cluster is gone");
        return;
    };
    let sealed: i64 = told.days.values().map(|(sealed, _)| sealed).sum();
    let booked: i64 = told.days.values().map(|(_, booked)| booked).sum();
    assert!(int(found, "days") >= told.days.len() as i64, "{found} {told:?}");
    // Money behind the credits and the like comes in units of its own after the founding, all of it before anything is imported.
    let opening = if told.intervals > 0 || told.is_imported { reference.opening } else { 0 };
    assert!(int(found, "sealed") >= sealed && int(found, "transfers") >= opening + booked, "{found} {told:?}");
    assert!(int(found, "sealed") <= sealed + 96 * told.kills, "{found} {told:?}");
    let stored = stored_intervals(url).await;
    assert!(stored >= told.intervals && (!told.is_imported || stored == DAY_COUNT * 96), "{stored} stored, {told:?}");
}

/// Runs to the end what was killed, and compares with the run that was not.
fn finish(url: &str, told: &mut Told, reference: &Reference) {
    let ended = run(&demo(url)).good();
    told.hear(&ended.err);
    assert!(told.days.len() as i64 + told.kills >= DAY_COUNT as i64, "{told:?}");
    assert_eq!(ended.json(), reference.demo);
    assert_eq!(recount(url, false), reference.verified);
    let again = run(&demo(url)).good();
    assert!(again.err.contains(&format!("{0} rows, 0 new, {0} known, 0 refused", reference.readings)), "{}", again.err);
    assert!(again.err.contains("0 days settled, 0 intervals sealed, 0 transfers booked"), "{}", again.err);
    assert_eq!(again.json(), reference.demo);
}

/// Life after life on fresh databases, each killed up to three times and then let finish.
async fn killed_at_any_moment(fresh: fn() -> test_kit::Database, kills: u32) {
    let database = fresh();
    let reference = reference(database.url());
    let mut chance = Chance::new("demo");
    let (mut killed, mut lives, mut phases) = (0, 0, BTreeMap::new());
    // The reference may have had to share the processors: whoever ends before its moment shows that a run takes no longer.
    let mut lasts = reference.lasts;
    while killed < kills {
        lives += 1;
        assert!(lives <= 3 * kills, "only {killed} runs could be killed before their end");
        let (database, mut told) = (fresh(), Told::default());
        for _ in 0..3 {
            let pause = chance.within(lasts, killed % 10, 10);
            let (ended, was_running) = Running::start(&demo(database.url())).kill_after(pause);
            told.hear(&ended.err);
            if !was_running {
                lasts = if told.kills == 0 { pause } else { lasts };
                break;
            }
            killed += 1;
            told.kills += 1;
            *phases.entry(told.phase()).or_insert(0) += 1;
            check(database.url(), &told, &reference).await;
        }
        finish(database.url(), &mut told, &reference);
    }
    println!("{killed} kills in {lives} lives of {lasts:?}: {phases:?}");
    assert!(phases.contains_key("in the settlement") && phases.len() >= 2, "{phases:?}");
}

#[test]
fn the_demo_survives_on_sqlite() {
    test_kit::run(killed_at_any_moment(test_kit::sqlite, KILLS[0]));
}

#[test]
fn the_demo_survives_on_postgres() {
    test_kit::run(killed_at_any_moment(test_kit::postgres, KILLS[1]));
}

/// Killed among orders: each is there or not, nothing is reserved for what is not there, and the day of trading ends as it would have.
async fn killed_among_orders(fresh: fn() -> test_kit::Database, kills: u32) {
    let database = fresh();
    let reference = reference(database.url());
    let ((), lasts) = timed(|| drop(Running::start_until_told(&demo(fresh().url()), "trading goes on").kill_after(Duration::ZERO)));
    let (mut chance, mut met, rest) = (Chance::new("orders"), 0, reference.lasts.saturating_sub(lasts).max(Duration::from_millis(200)));
    for at in 0..4 * kills {
        let (database, mut told) = (fresh(), Told::default());
        let (ended, was_running) = Running::start_until_told(&demo(database.url()), "trading goes on").kill_after(chance.within(rest, at % 5, 5));
        told.hear(&ended.err);
        let is_among = was_running && told.is_trading;
        met += u32::from(is_among);
        told.kills = i64::from(was_running);
        check(database.url(), &told, &reference).await;
        finish(database.url(), &mut told, &reference);
        if met == kills {
            return;
        }
    }
    panic!("only {met} of {kills} kills fell among orders");
}

#[test]
fn trading_survives_on_sqlite() {
    test_kit::run(killed_among_orders(test_kit::sqlite, 5));
}

#[test]
fn trading_survives_on_postgres() {
    test_kit::run(killed_among_orders(test_kit::postgres, 3));
}

/// A new database is made whole or not at all: whatever a kill has left, the next start goes on from it.
#[test]
fn a_killed_migration_is_gone_on_from() {
    let (folder, mut chance) = (Folder::new("crash-migration"), Chance::new("migration"));
    let migrate = |database: &str| ["migrate".to_owned(), "--database".to_owned(), database.to_owned()];
    let lasts = (0..3).map(|at| timed(|| run(&migrate(&folder.file(&format!("whole-{at}.db")))).good()).1).min().expect("three");
    let mut outcomes = BTreeMap::new();
    for at in 0..40 {
        let database = folder.file(&format!("{at}.db"));
        let (_, was_running) = Running::start(&migrate(&database)).kill_after(chance.within(lasts, at, 40));
        let verified = run(&["verify", "--database", &database]);
        assert!(matches!(verified.error(), None | Some("database_older" | "database_unopenable")), "{verified:?}");
        *outcomes.entry((was_running, verified.error().map(str::to_owned))).or_insert(0) += 1;
        run(&migrate(&database)).good();
        run(&["verify", "--database", &database]).good();
    }
    println!("(killed, what a reader says) -> times: {outcomes:?}");
    assert!(outcomes.keys().any(|(was_running, _)| *was_running), "{outcomes:?}");
}

#[test]
fn a_killed_backup_leaves_the_old_one() {
    let (folder, mut chance) = (Folder::new("crash-backup"), Chance::new("backup"));
    let (database, file) = (folder.file("village.db"), folder.file("village.backup"));
    run(&demo(&database)).good();
    let backup = ["backup", &file, "--json", "--database", &database];
    let (summary, lasts) = timed(|| run(&backup).json());
    let mut outcomes = BTreeMap::new();
    for at in 0..12 {
        let old = std::fs::read(&file).expect("the backup");
        let (ended, was_running) = Running::start(&backup).kill_after(chance.within(lasts, at, 12));
        // Whatever it was doing: under the name there is a whole backup, the old one or the new.
        let now = std::fs::read(&file).expect("the backup");
        let checked = store::backup::verify(std::path::Path::new(&file)).expect("a whole backup");
        assert_eq!(checked.rows.to_string(), summary["rows"].to_string());
        assert!(now != old || !ended.out.contains("rows"), "it said that it was done: {ended:?}");
        *outcomes.entry((was_running, now == old)).or_insert(0) += 1;
    }
    println!("(killed, old one there) -> times: {outcomes:?}");
    assert!(outcomes.contains_key(&(true, true)), "{outcomes:?}");
    // What a killed one has left beside is used up by the next.
    std::fs::write(format!("{file}.partial"), "left by a killed backup").expect("writes");
    run(&backup).good();
    assert!(folder.names().iter().all(|name| !name.contains("partial")), "{:?}", folder.names());
}

/// Restores into fresh databases, killed on the way: what is there is all or nothing, and the same command says which.
fn killed_restores(fresh: fn() -> test_kit::Database, kills: u32) {
    let (folder, mut chance) = (Folder::new(&format!("crash-restore-{kills}")), Chance::new("restore"));
    let (database, file) = (folder.file("village.db"), folder.file("village.backup"));
    run(&demo(&database)).good();
    run(&["backup", &file, "--database", &database]).good();
    let wanted = recount(&database, false);
    let target = fresh();
    let (_, lasts) = timed(|| run(&["restore", &file, "--database", target.url()]).good());
    assert_eq!(recount(target.url(), false), wanted);
    let mut outcomes = BTreeMap::new();
    for at in 0..kills {
        let target = fresh();
        let restore = ["restore", &file, "--database", target.url()];
        let (ended, was_running) = Running::start(&restore).kill_after(chance.within(lasts, at, kills));
        let there = recount(target.url(), !ended.out.contains("restored"));
        let again = run(&restore);
        if cluster(&there).is_some() {
            assert_eq!(there, wanted);
            again.refused(2, "restore_not_empty", "restore into an empty one");
        } else {
            assert!(!ended.out.contains("restored"), "{ended:?}");
            again.good();
        }
        assert_eq!(recount(target.url(), false), wanted);
        *outcomes.entry((was_running, cluster(&there).is_some())).or_insert(0) += 1;
    }
    println!("(killed, filled) -> times: {outcomes:?}");
    assert!(outcomes.contains_key(&(true, false)), "{outcomes:?}");
}

#[test]
fn a_killed_restore_is_all_or_nothing_on_sqlite() {
    killed_restores(test_kit::sqlite, 12);
}

#[test]
fn a_killed_restore_is_all_or_nothing_on_postgres() {
    killed_restores(test_kit::postgres, 6);
}

/// A village of three settled days at `database`, in which readings may be corrected for ever.
async fn found_village(database: &str, readings: &str) {
    let clock = domain::SimulatedClock::at(village::day(3).start(quantity::UtcOffset::LUSAKA).plus_ms(3_600_000));
    let store = store::Store::open(database, store::OpenOptions::default()).await.expect("opens");
    let regions = domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).expect("reads"));
    let service = service::Service::new(store, std::sync::Arc::new(clock), regions);
    let row = village::found_with(&service, 100_000).await;
    let input = readings.as_bytes();
    let report = service
        .readings_import(service::policy::Actor::System, &row, input, service::ImportOptions::default(), |_| {}, |_, _| {})
        .await
        .expect("imports");
    assert_eq!(report.accepted, 3 * 96 * 4);
    assert_eq!(service.cluster_settle(service::policy::Actor::System, &row, |_| {}).await.expect("settles").days.len(), 3);
}

/// Balances of all accounts, by number.
async fn balances(database: &str) -> Vec<(i64, i64)> {
    let store = store::Store::open(database, store::OpenOptions::read_only()).await.expect("opens");
    let accounts = store.read::<_, store::StoreError, _>(|tx| {
        Box::pin(async move {
            let clusters = tx.cluster_list(None, 10).await?;
            let mut found = Vec::new();
            for cluster in clusters {
                found.extend(tx.account_list(cluster.id).await?.iter().map(|account| (account.no.get(), account.balance())));
            }
            Ok(found)
        })
    });
    accounts.await.expect("reads")
}

/// Imports the correction and settles it, each killed when `pauses` says so, until both have said that they are done.
fn correct(database: &str, file: &str, mut pauses: impl FnMut(&str) -> Option<Duration>, mut check: impl FnMut(&Ended)) {
    let import = ["import", file, "--cluster", "MULENGA", "--json", "--database", database];
    let settle = ["settle", "--json", "--database", database];
    for (name, args) in [("import", &import[..]), ("settle", &settle[..])] {
        while let Some(pause) = pauses(name) {
            let (ended, was_running) = Running::start(args).kill_after(pause);
            check(&ended);
            if !was_running {
                assert_eq!(ended.code, Some(0), "{ended:?}");
            }
        }
        check(&run(args).good());
    }
}

#[test]
fn a_correction_survives() {
    let (folder, mut chance) = (Folder::new("crash-correction"), Chance::new("correction"));
    let (base, file) = (folder.file("base.db"), folder.file("fix.csv"));
    // Different values in two days: the state handed on makes the third day change too.
    let more = [("M-2", 30, 500), ("M-3", 77, 900), ("P-1", 40, 0), ("M-1", 20, 40)];
    std::fs::write(&file, village::csv(0..2, &more)).expect("writes");
    test_kit::run(async {
        found_village(&base, &village::csv(0..3, &[])).await;
        let before = balances(&base).await;
        let copy = |name: &str| {
            let path = folder.file(name);
            std::fs::copy(&base, &path).expect("copies");
            path
        };
        let wanted = copy("wanted.db");
        let ((), lasts) = timed(|| correct(&wanted, &file, |_| None, |_| {}));
        let (verified, after) = (recount(&wanted, false), balances(&wanted).await);
        assert_ne!(before, after, "the correction costs something");
        let found = cluster(&verified).expect("MULENGA");
        let mut moments = BTreeSet::new();
        for life in 0..7 {
            let database = copy(&format!("life-{life}.db"));
            let mut kills = 0;
            let pauses = |name: &str| {
                kills += 1;
                let pause = chance.within(lasts / 2, (life + kills) % 5, 5);
                // Two kills of each.
                (kills % 3 != 0).then(|| moments.insert((name.to_owned(), pause))).map(|_| pause)
            };
            correct(&database, &file, pauses, |_| assert_eq!(recount(&database, false)["sound"], true));
            let there = recount(&database, false);
            let there = cluster(&there).expect("MULENGA");
            for key in ["transfers", "sealed", "days", "accounts"] {
                assert_eq!(there[key], found[key], "{key}");
            }
            assert_eq!(balances(&database).await, after);
        }
        println!("{} kills within {lasts:?}", moments.len());
        assert!(moments.len() >= 20);
    });
}
