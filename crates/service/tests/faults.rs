//! Faults inside the units of work: a full disk at every page, connections cut by the server, two services at once. Each time the error says
//! what it is, what was reported is there, the same call goes on when the fault is gone, and the end is that of an undisturbed run.

#[allow(dead_code, reason = "other tests use the rest")]
mod village;

use domain::SimulatedClock;
use ledger::merkle::Hash;
use quantity::UtcOffset;
use service::{ImportOptions, Service, ServiceError, VerifyReport};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use store::tables::ClusterRow;
use store::{OpenOptions, Store, StoreError};
use village::{csv, day, found};

/// Two units of import.
const DAYS: i32 = 8;

async fn service_with(url: &str, options: OpenOptions) -> Result<Service, StoreError> {
    let clock = SimulatedClock::at(day(DAYS).start(UtcOffset::LUSAKA).plus_ms(12 * 3_600_000));
    let regions = domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).expect("reads"));
    Ok(Service::new(Store::open(url, options).await?, Arc::new(clock), regions))
}

async fn service(url: &str) -> Service {
    service_with(url, OpenOptions::default()).await.expect("opens")
}

async fn import(service: &Service, cluster: &ClusterRow) -> Result<u64, ServiceError> {
    let readings = csv(0..DAYS, &[]);
    let report =
        service.readings_import(service::policy::Actor::System, cluster, readings.as_bytes(), ImportOptions::default(), |_| {}, |_, _| {}).await?;
    assert_eq!(report.accepted + report.duplicates + report.replaced_estimates, DAYS as u64 * 96 * 4);
    assert_eq!(report.corrected, 0);
    Ok(report.accepted)
}

/// Days that were reported, also when it failed later.
async fn settle(service: &Service, cluster: &ClusterRow) -> (usize, Result<(), ServiceError>) {
    let mut told = 0;
    let settled = service.cluster_settle(service::policy::Actor::System, cluster, |_| told += 1).await;
    (told, settled.map(|report| assert_eq!(report.days.len(), told)))
}

#[track_caller]
fn sound(report: VerifyReport) -> VerifyReport {
    assert_eq!(report.problems, []);
    report
}

async fn verified(service: &Service, cluster: &ClusterRow) -> VerifyReport {
    sound(service.cluster_verify(service::policy::Actor::System, cluster).await.expect("verifies"))
}

/// What must be the same however one came to it.
#[derive(Debug, PartialEq)]
struct End {
    root: Hash,
    transfers: i64,
    sealed: i64,
    balances: Vec<(i64, i64)>,
}

async fn end(service: &Service, cluster: &ClusterRow) -> End {
    let report = verified(service, cluster).await;
    assert_eq!(report.days, i64::from(DAYS));
    End { root: report.root, transfers: report.transfers, sealed: report.sealed, balances: balances(service, cluster).await }
}

async fn balances(service: &Service, cluster: &ClusterRow) -> Vec<(i64, i64)> {
    let id = cluster.id;
    let accounts = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.account_list(id).await }));
    accounts.await.expect("reads").iter().map(|account| (account.no.get(), account.balance())).collect()
}

/// The end of an undisturbed run, and the pages of its file after founding and at the end.
async fn undisturbed() -> (End, u32, u32) {
    let database = test_kit::sqlite();
    let pages = || {
        let length = std::fs::metadata(database.url().trim_start_matches("sqlite:")).expect("the file").len();
        u32::try_from(length / 4096).expect("a small file")
    };
    let founded = service(database.url()).await;
    let cluster = found(&founded).await;
    // The last handle closes the file, which takes the log into it.
    drop(founded);
    let before = pages();
    let service = service(database.url()).await;
    assert_eq!(import(&service, &cluster).await.expect("imports"), DAYS as u64 * 96 * 4);
    assert_eq!(settle(&service, &cluster).await.0, DAYS as usize);
    let end = end(&service, &cluster).await;
    drop(service);
    (end, before, pages())
}

#[test]
fn a_disk_full_at_any_page_is_told_and_gone_on_from() {
    test_kit::run(async {
        let (wanted, before, after) = undisturbed().await;
        assert!(after > before + 40, "{before} to {after} pages");
        let mut failed = BTreeMap::new();
        let mut told_before_failing = 0;
        for pages in (before..after + 4).step_by(4) {
            let database = test_kit::sqlite();
            let founding = service(database.url()).await;
            let cluster = found(&founding).await;
            drop(founding);
            let small = service_with(database.url(), OpenOptions { pages_max: Some(pages), ..OpenOptions::default() }).await.expect("opens");
            let full = |error: ServiceError| {
                assert_eq!(error.code(), "disk_full", "{error}");
                assert!(error.to_string().contains("free some space"), "{error}");
            };
            let mut told = 0;
            let stage = match import(&small, &cluster).await {
                Err(error) => {
                    full(error);
                    "import"
                }
                Ok(_) => match settle(&small, &cluster).await {
                    (days, Err(error)) => {
                        told = days;
                        full(error);
                        "settle"
                    }
                    (days, Ok(())) => {
                        told = days;
                        "nothing"
                    }
                },
            };
            *failed.entry(stage).or_insert(0) += 1;
            // Told while the disk is full: what was reported is there, and what is there is whole.
            let there = verified(&small, &cluster).await;
            assert_eq!((there.days, there.sealed), (told as i64, told as i64 * 96), "{pages} pages");
            told_before_failing += told;
            drop(small);
            // With room, the same calls go on from there.
            let service = service(database.url()).await;
            import(&service, &cluster).await.expect("imports");
            let (days, settled) = settle(&service, &cluster).await;
            settled.expect("settles");
            assert_eq!(told + days, DAYS as usize);
            assert_eq!(end(&service, &cluster).await, wanted, "{pages} pages");
        }
        println!("full at {failed:?}");
        assert!(failed["import"] > 3 && failed["settle"] > 3 && told_before_failing > 3, "{failed:?}, {told_before_failing} days");
    });
}

#[test]
fn a_disk_full_while_a_database_is_made_is_gone_on_from() {
    test_kit::run(async {
        let mut full = 0;
        for pages in (1..240).step_by(2) {
            let database = test_kit::sqlite();
            if let Err(error) = service_with(database.url(), OpenOptions { pages_max: Some(pages), ..OpenOptions::default() }).await {
                assert_eq!(error.code(), "disk_full", "{pages} pages: {error}");
                full += 1;
            }
            found(&service(database.url()).await).await;
        }
        assert!((10..119).contains(&full), "full {full} times");
    });
}

#[test]
fn a_server_restarted_between_two_days_is_not_noticed() {
    let database = test_kit::postgres();
    test_kit::run(async {
        let (wanted, ..) = undisturbed().await;
        let service = service(database.url()).await;
        let cluster = found(&service).await;
        database.cut_connections();
        import(&service, &cluster).await.expect("imports");
        let settled = service.cluster_settle(service::policy::Actor::System, &cluster, |_| database.cut_connections()).await.expect("settles");
        assert_eq!(settled.days.len(), DAYS as usize);
        assert_eq!(end(&service, &cluster).await, wanted);
    });
}

/// Counts an error that a cut connection may give, each of which says that the same call may be repeated.
fn note(error: &ServiceError, errors: &mut BTreeMap<String, u32>) {
    assert!(["database_unreachable", "commit_unknown", "retry_exhausted"].contains(&error.code()), "{}: {error}", error.code());
    assert!(matches!(error, ServiceError::Store(error) if error.is_transient()));
    *errors.entry(error.code().to_owned()).or_insert(0) += 1;
}

#[test]
fn connections_cut_in_the_middle_are_told_and_gone_on_from() {
    let database = test_kit::postgres();
    test_kit::run(async {
        let (wanted, ..) = undisturbed().await;
        let service = service(database.url()).await;
        let cluster = found(&service).await;
        let (mut errors, mut days) = (BTreeMap::new(), 0);
        database.cut_while(test_kit::growing_pauses(), async {
            while let Err(error) = import(&service, &cluster).await {
                note(&error, &mut errors);
            }
            loop {
                let (told, outcome) = settle(&service, &cluster).await;
                days += told;
                match outcome {
                    Ok(()) => break,
                    Err(error) => note(&error, &mut errors),
                }
            }
        });
        println!("cut off: {errors:?}");
        assert!(!errors.is_empty(), "no cut met anything");
        // A day whose commit was not answered may be there untold; none was told twice.
        assert!(days <= DAYS as usize);
        assert_eq!(import(&service, &cluster).await.expect("imports"), 0);
        assert_eq!(settle(&service, &cluster).await.0, 0);
        assert_eq!(end(&service, &cluster).await, wanted);
    });
}

#[test]
fn two_servers_do_not_double_anything() {
    let database = test_kit::postgres();
    test_kit::run(async {
        let (wanted, ..) = undisturbed().await;
        let (one, two) = (service(database.url()).await, service(database.url()).await);
        let cluster = found(&one).await;
        let (first, second) = tokio::join!(import(&one, &cluster), import(&two, &cluster));
        assert_eq!(first.expect("imports") + second.expect("imports"), DAYS as u64 * 96 * 4, "each reading is new to one of them");
        let tasks: Vec<_> = [one.clone(), two.clone(), one.clone(), two]
            .into_iter()
            .map(|service| {
                let cluster = cluster.clone();
                tokio::spawn(async move { service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await })
            })
            .collect();
        let (mut sealed, mut booked) = (0, 0);
        for task in tasks {
            let report = task.await.expect("no panic").expect("settles");
            sealed += report.sealed;
            booked += report.transfers;
        }
        let end = end(&one, &cluster).await;
        assert_eq!(end, wanted);
        assert_eq!(sealed, wanted.sealed, "each record was sealed by one of them");
        let opening = verified(&one, &cluster).await.transfers - booked;
        assert!(opening > 0 && opening < 20, "each transfer was booked by one of them, beside the {opening} of the founding");
    });
}

test_kit::on_both! {
    async fn settling_while_readings_come_in_ends_the_same(url: &str) {
        let (wanted, ..) = undisturbed().await;
        let service = service(url).await;
        let cluster = found(&service).await;
        let settling = {
            let (service, cluster) = (service.clone(), cluster.clone());
            tokio::spawn(async move {
                let mut estimated = 0;
                for _ in 0..40 {
                    let report = service.cluster_settle(service::policy::Actor::System, &cluster, |_| {}).await.expect("settles");
                    estimated += report.days.iter().map(|day| day.estimated).sum::<i64>();
                    tokio::time::sleep(Duration::from_millis(4)).await;
                }
                estimated
            })
        };
        // Meter by meter, so that days are settled with estimates that later give way.
        let whole = csv(0..DAYS, &[]);
        for meter in ["M-1", "M-2", "M-3", "P-1"] {
            let part: String = whole.lines().enumerate().filter(|(at, line)| *at == 0 || line.starts_with(meter)).map(|(_, line)| format!("{line}\n")).collect();
            let report = service.readings_import(service::policy::Actor::System, &cluster, part.as_bytes(), ImportOptions::default(), |_| {}, |_, _| {}).await.expect("imports");
            assert_eq!(report.accepted + report.replaced_estimates, DAYS as u64 * 96);
        }
        println!("{} estimates on the way", settling.await.expect("no panic"));
        let (_, settled) = settle(&service, &cluster).await;
        settled.expect("settles");
        let report = verified(&service, &cluster).await;
        assert_eq!(report.days, i64::from(DAYS));
        // Another history, and the same result: what each member paid and has.
        let members = |end: &[(i64, i64)]| -> Vec<i64> { end.iter().skip(11).collect::<Vec<_>>().chunks(3).map(|book| book[0].1 + book[1].1).collect() };
        assert_eq!(members(&balances(&service, &cluster).await), members(&wanted.balances));
        assert_eq!(balances(&service, &cluster).await[..11], wanted.balances[..11]);
    }
}

#[test]
fn a_server_that_is_cut_off_while_it_starts_says_so() {
    let database = test_kit::postgres();
    test_kit::run(async {
        let mut codes = BTreeMap::new();
        database.cut_while(std::iter::repeat(Duration::from_millis(2)), async {
            for _ in 0..40 {
                let opened = service_with(database.url(), OpenOptions::default()).await;
                *codes.entry(opened.map_or_else(|error| error.code(), |_| "opened")).or_insert(0) += 1;
            }
        });
        println!("{codes:?}");
        // Not `migration_failed`, which would have people restore a backup.
        assert!(codes.contains_key("database_unreachable"), "{codes:?}");
        assert!(codes.keys().all(|code| ["opened", "database_unreachable"].contains(code)), "{codes:?}");
        let service = service(database.url()).await;
        found(&service).await;
    });
}
