//! The pages of people over a real service, used as a browser without script uses them.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod between;
mod browser;
mod live;
mod rights;
mod story;
mod trading;
mod weight;

use browser::{Browser, Reply};
use domain::{ClusterId, ClusterKind, Connection, Language, MemberNo, Msisdn, Role, SeededChance, SimulatedClock};
use ledger::IdempotencyKey;
use quantity::{BusinessDay, Instant, Ngwee, Step, WattHours, Watts};
use service::policy::Actor;
use service::{AccountOptions, ClusterFound, ClusterJoin, Household, PersonNew, Pin, Service};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use store::tables::ClusterRow;
use store::{OpenOptions, Store};
use web::WebOptions;

/// 2026-11-21 10:00 in Lusaka.
const START: Instant = Instant(1_795_248_000_000);
const PIN: &str = "73914";

/// A server over an empty database, which ends with the test.
struct Scene {
    service: Service,
    address: SocketAddr,
    runtime: tokio::runtime::Runtime,
    _database: test_kit::Database,
}

impl Scene {
    fn new() -> Self {
        Self::with(WebOptions { live_tick: Duration::from_millis(20), ..WebOptions::default() })
    }

    fn with(options: WebOptions) -> Self {
        let database = test_kit::sqlite();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = SimulatedClock::at(START);
        let regions: Vec<_> = domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).unwrap()).collect();
        let store = runtime.block_on(Store::open(database.url(), OpenOptions::default())).unwrap();
        let accounts = AccountOptions { codes_per_number: 100, ..AccountOptions::trial() };
        let chance = Arc::new(SeededChance::new(7));
        let service = Service::new(store, Arc::new(clock), regions).with_chance(chance).with_accounts(accounts);
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let router = web::router(service.clone(), options);
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            web::serve(listener, router, std::future::pending()).await.unwrap();
        });
        Self { service, address, runtime, _database: database }
    }

    fn browser(&self) -> Browser {
        Browser::new(self.address)
    }

    fn phone(n: u32) -> Msisdn {
        Msisdn::from_national(971_000_000 + n).unwrap()
    }

    /// A person with roles.
    fn person(&self, n: u32, name: &str, roles: Vec<(ClusterId, MemberNo, Role)>) {
        let person = PersonNew {
            phone: Self::phone(n),
            name: name.to_owned(),
            pin: Pin::parse(PIN).unwrap(),
            language: Language::En,
            roles,
            since: BusinessDay::of(START, quantity::UtcOffset::LUSAKA),
        };
        self.runtime.block_on(self.service.person_add(Actor::System, person)).unwrap();
    }

    /// A browser in which the person is signed in.
    fn signed_in(&self, n: u32) -> Browser {
        let mut browser = self.browser();
        let page = browser.get("/app/sign-in");
        let number = Self::phone(n).e164();
        let reply = browser.fill(&page, "/app/sign-in", &[("phone", &number), ("pin", PIN)]);
        assert_eq!((reply.status, reply.location()), (303, "/app"), "{}", reply.headline());
        browser
    }

    /// A cluster with so many homes and no meters.
    fn cluster(&self, code: &str, homes: i64) -> ClusterRow {
        let found = ClusterFound {
            code: Some(domain::ClusterCode::parse(code).unwrap()),
            name: format!("Group {code}"),
            kind: ClusterKind::Neighborhood,
            place: "Makululu".to_owned(),
            region: "kabwe".to_owned(),
            location: None,
            connection: Connection::OnePoint,
            capacity: WattHours(10_000),
            power: Watts(5_000),
            household: household(1),
            governance: None,
            trading: None,
            step: Step::Min15,
            key: IdempotencyKey::derive(&[code.as_bytes()]),
        };
        let row = self.runtime.block_on(self.service.create_cluster(Actor::System, found)).unwrap();
        for n in 2..=homes {
            let key = IdempotencyKey::derive(&[code.as_bytes(), &n.to_be_bytes()]);
            let join = ClusterJoin { code: row.code.clone(), household: household(n), move_from: None, key };
            self.runtime.block_on(self.service.join_cluster(Actor::System, join)).unwrap();
        }
        row
    }

    /// The last text that went to a number.
    fn text_to(&self, phone: Msisdn) -> String {
        let texts = self.runtime.block_on(self.service.sms_list(Actor::System, None, 50)).unwrap();
        texts.into_iter().find(|text| text.to == phone).map(|text| text.body).unwrap_or_default()
    }

    /// The code in the last text to a number.
    fn code_to(&self, phone: Msisdn) -> String {
        let text = self.text_to(phone);
        text.split(|c: char| !c.is_ascii_digit()).find(|digits| digits.len() >= 6).map(str::to_owned).unwrap_or_else(|| panic!("no code in {text:?}"))
    }
}

fn household(n: i64) -> Household {
    Household { alias: format!("Home {n}"), house: format!("Plot {n}"), contribution: Ngwee(300_000), residents: 4, ..Household::default() }
}

fn no(n: i64) -> MemberNo {
    MemberNo::new(n).unwrap()
}

/// What every page must be: one headline, no inline style or script, no id twice, every label with its field.
fn holds_together(reply: &Reply, path: &str) {
    let html = reply.text();
    assert_eq!(html.matches("<h1").count(), 1, "{path}");
    assert!(!html.contains(" style=") && !html.contains("<style") && !html.contains(" onclick="), "{path}");
    assert_eq!(html.matches("<script").count(), 1, "{path}");
    let mut ids: Vec<&str> = html.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count, "{path}: an id stands twice");
    for label in html.split("<label for=\"").skip(1).filter_map(|s| s.split('"').next()) {
        assert!(ids.contains(&label), "{path}: no field for {label}");
    }
    for described in html.split("aria-describedby=\"").skip(1).filter_map(|s| s.split('"').next()) {
        assert!(described.split(' ').all(|id| ids.contains(&id)), "{path}: {described}");
    }
    assert!(!html.contains("token=") && !html.contains("key="), "{path}: a secret in an address");
}
