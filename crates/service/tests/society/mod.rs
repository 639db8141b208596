//! People who found, join and leave clusters.

use domain::{ClusterCode, ClusterId, ClusterKind, Connection, MemberNo, MeterRole, Region, SessionNo, SimulatedClock, UserId};
use ledger::{AccountCode, IdempotencyKey};
use quantity::{BusinessDay, Instant, Ngwee, Step, UtcOffset, WattHours, Watts};
use service::cluster::{ClusterFound, ClusterJoin, Household, Joined, MeterNew};
use service::policy::Actor;
use service::{ClusterAccounts, ImportOptions, Service};
use std::sync::Arc;
use store::tables::ClusterRow;
use store::{OpenOptions, Store, StoreError};

/// The first day.
pub fn day(at: i32) -> BusinessDay {
    BusinessDay::parse("2025-09-15").expect("a date").plus_days(at)
}

/// Noon of a day.
pub fn noon(at: i32) -> Instant {
    day(at).start(UtcOffset::LUSAKA).plus_ms(12 * 3_600_000)
}

pub fn no(number: i64) -> MemberNo {
    MemberNo::new(number).expect("a number")
}

pub fn user_id(number: i64) -> UserId {
    UserId::new(number).expect("an id")
}

pub fn user(number: i64) -> Actor {
    Actor::User { id: user_id(number), session: SessionNo::new(1).expect("a number"), is_operator: false }
}

pub fn operator() -> Actor {
    Actor::User { id: user_id(1_000_000), session: SessionNo::new(1).expect("a number"), is_operator: true }
}

pub fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::derive(&[text.as_bytes()])
}

/// A clock at noon of day 0 and the use cases over `url`.
pub async fn society(url: &str) -> (Service, SimulatedClock) {
    society_with(url, &|_| {}).await
}

/// As [`society`], in regions that differ from the shipped ones.
pub async fn society_with(url: &str, change: &dyn Fn(&mut Region)) -> (Service, SimulatedClock) {
    let clock = SimulatedClock::at(noon(0));
    let store = Store::open(url, OpenOptions::default()).await.expect("opens");
    let regions = Region::shipped_codes().filter_map(|code| Region::shipped(code).expect("reads"));
    let regions: Vec<Region> = regions
        .map(|mut region| {
            change(&mut region);
            region
        })
        .collect();
    (Service::new(store, Arc::new(clock.clone()), regions), clock)
}

pub fn household(alias: &str, kwacha: i64) -> Household {
    Household { alias: alias.to_owned(), contribution: Ngwee(kwacha * 100), ..Household::default() }
}

pub fn found(name: &str, kind: ClusterKind, household: Household) -> ClusterFound {
    ClusterFound {
        code: None,
        name: name.to_owned(),
        kind,
        place: "Mulenga".to_owned(),
        region: "kabwe".to_owned(),
        location: None,
        connection: Connection::OnePoint,
        capacity: WattHours(0),
        power: Watts(0),
        household,
        governance: None,
        trading: None,
        step: Step::Min15,
        key: key(name),
    }
}

pub fn join(code: &ClusterCode, household: Household) -> ClusterJoin {
    let key = key(&household.alias);
    ClusterJoin { code: code.clone(), household, move_from: None, key }
}

/// A micro cluster that user 1 founded, whose meters are M-1, M-2 … of users 1, 2 … and P-1 of the plant.
pub async fn village(service: &Service, homes: i64) -> ClusterRow {
    let home = |at: i64| Household { meters: vec![format!("M-{at}")], ..household(&format!("Home {at}"), 2_000 + 500 * (at % 7)) };
    let cluster = service.create_cluster(user(1), found("Mulenga Solar Group", ClusterKind::Micro, home(1))).await.expect("founds");
    for at in 2..=homes {
        joins(service, at, &cluster, home(at)).await;
    }
    let plant = MeterNew { serial: "P-1".to_owned(), role: MeterRole::Plant, limit: Watts(100_000), member: None, from: None };
    service.meter_add(user(1), &cluster, vec![plant]).await.expect("adds");
    cluster
}

pub async fn joins(service: &Service, who: i64, cluster: &ClusterRow, household: Household) -> Joined {
    service.join_cluster(user(who), join(&cluster.code, household)).await.expect("joins")
}

/// Readings of whole days of meters: `Wh` used and made in each quarter hour, those at night none made.
pub fn csv(days: std::ops::Range<i32>, meters: &[(&str, i64, i64)]) -> String {
    let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
    for (meter, used, made) in meters {
        for at in days.clone() {
            for slot in 0..96 {
                let made = if (28..68).contains(&slot) { *made } else { 0 };
                text.push_str(&format!("{meter},{}T{:02}:{:02}:00+02:00,{used},{made}\n", day(at), slot / 4, slot % 4 * 15));
            }
        }
    }
    text
}

/// Imports readings; gives the codes of refused rows.
pub async fn import(service: &Service, cluster: &ClusterRow, text: &str) -> Vec<&'static str> {
    let mut refused = Vec::new();
    let done = service
        .readings_import(Actor::System, cluster, text.as_bytes(), ImportOptions::default(), |row| refused.push(row.reason.code()), |_, _| {})
        .await;
    done.expect("imports");
    refused
}

/// Settles and recounts; gives days settled, counted from day 0, with how often each was posted.
pub async fn settle(service: &Service, cluster: &ClusterRow) -> Vec<(i32, i64)> {
    let report = service.cluster_settle(Actor::System, cluster, |_| {}).await.expect("settles");
    recount(service, cluster).await;
    report.days.iter().map(|settled| (settled.day.0 - day(0).0, settled.revision)).collect()
}

/// Recounts everything: nothing may differ.
pub async fn recount(service: &Service, cluster: &ClusterRow) {
    assert_eq!(service.cluster_verify(Actor::System, cluster).await.expect("verifies").problems, []);
}

pub async fn accounts(service: &Service, cluster: ClusterId) -> ClusterAccounts {
    let read = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.account_list(cluster).await }));
    ClusterAccounts::new(&read.await.expect("reads"))
}

/// Wallet, receivable and capital of a member, in ngwee.
pub async fn balances(service: &Service, cluster: &ClusterRow, member: i64) -> (i64, i64, i64) {
    let book = accounts(service, cluster.id).await.member(no(member)).expect("a member");
    (book.wallet.balance(), book.receivable.balance(), book.capital.balance())
}

pub async fn own(service: &Service, cluster: &ClusterRow, code: AccountCode) -> i64 {
    accounts(service, cluster.id).await.own(code).map_or(0, ledger::Account::balance)
}

/// Gives a user a name and a number.
pub async fn person(service: &Service, number: i64, name: &str, phone: &str) {
    let row = store::tables::UserRow {
        id: user_id(number),
        phone: domain::Msisdn::parse(phone).expect("a number"),
        name: name.to_owned(),
        language: domain::Language::En,
        wallet_operator: None,
        is_operator: false,
        pin_hash: String::new(),
        created_at: service.now(),
    };
    let write = service.store().write::<_, StoreError, _>(move |tx| {
        let row = row.clone();
        Box::pin(async move { tx.user_insert(&row).await })
    });
    assert!(write.await.expect("writes"));
}
