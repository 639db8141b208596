//! A walk as a new user takes it: found a cluster, three join by code, readings arrive, the dashboard moves, the month closes, the receipt
//! is read. In a real Chromium at the width of a phone and of a desk, with and without script. Pictures are kept in the build folder.

mod driver;

use domain::{Region, SimulatedClock};
use driver::Browser;
use gateways::{SmsGateway, SmsMemory};
use quantity::{BusinessDay, Instant, UtcOffset};
use serde_json::json;
use service::policy::Actor;
use service::{AccountOptions, Service};
use std::sync::Arc;
use store::{OpenOptions, Store};

const PIN: &str = "70461";
const OFFSET: UtcOffset = UtcOffset::LUSAKA;

fn day(number: u32) -> BusinessDay {
    BusinessDay::from_ymd(2026, 11, number).expect("a day of November")
}

fn at(day: BusinessDay, minutes: i64) -> Instant {
    day.start(OFFSET).plus_ms(minutes * 60_000)
}

/// The whole program in this process, on a scratch database and a clock that the test moves.
struct Town {
    address: String,
    clock: SimulatedClock,
    service: Service,
    texts: SmsMemory,
    runtime: tokio::runtime::Runtime,
    _database: test_kit::Database,
}

impl Town {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        let database = test_kit::sqlite();
        let clock = SimulatedClock::at(at(day(1), 8 * 60));
        let (service, address) = runtime.block_on(async {
            let store = Store::open(database.url(), OpenOptions::default()).await.expect("opens");
            let regions = Region::shipped_codes().map(|code| Region::shipped(code).expect("a region").expect("a region"));
            let service = Service::new(store, Arc::new(clock.clone()), regions).with_accounts(AccountOptions::trial());
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address").to_string();
            let faces = web::router(service.clone(), web::WebOptions::default());
            tokio::spawn(web::serve(listener, faces, std::future::pending()));
            (service, address)
        });
        Self { address, clock, service, texts: SmsMemory::default(), runtime, _database: database }
    }

    fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The code in the last text that went out.
    fn code(&self) -> String {
        let gateway = SmsGateway::Memory(self.texts.clone());
        self.runtime.block_on(self.service.sms_deliver(&gateway)).expect("texts go out");
        let text = self.texts.taken().last().expect("a text").text.clone();
        text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap_or_else(|| panic!("no code in {text:?}")).to_owned()
    }

    fn settle(&self) {
        self.runtime.block_on(async {
            for cluster in self.service.cluster_list(Actor::System).await.expect("the clusters") {
                self.service.cluster_settle(Actor::System, &cluster, |_| {}).await.expect("settles");
            }
        });
    }

    /// Readings of some quarter hours, as a program of the cluster sends them: the sun shines from six to six, the homes use what is asked.
    fn readings(&self, code: &str, from: Instant, until: Instant) {
        let code = domain::ClusterCode::parse(code).expect("a code");
        let step = 15 * 60_000;
        let rows: Vec<(String, Instant, i64, i64)> = (0..(until.0 - from.0) / step)
            .flat_map(|slot| {
                let start = from.plus_ms(slot * step);
                let hour = start.plus_ms(OFFSET.ms()).0.div_euclid(3_600_000).rem_euclid(24);
                let sun = if (6..18).contains(&hour) { 150 * (6 - (hour - 12).abs()).max(1) } else { 0 };
                let home = |no: i64| (format!("HOME-{no}"), start, 40 + 15 * no + if hour > 17 { 60 } else { 0 }, 0);
                (1..=4).map(home).chain([("PLANT".to_owned(), start, 0, sun)]).collect::<Vec<_>>()
            })
            .collect();
        self.runtime.block_on(async {
            let cluster = self.service.cluster(&code).await.expect("the cluster");
            let values: Vec<metering::validate::RowValues<'_>> = rows
                .iter()
                .map(|(meter, start, used, made)| metering::validate::RowValues {
                    meter_id: meter,
                    start: *start,
                    consumption: *used,
                    generation: *made,
                    received_at: None,
                })
                .collect();
            let mut refused = Vec::new();
            let report =
                self.service.readings_append(Actor::System, &cluster, &values, service::ImportOptions::default(), |row| refused.push(row)).await;
            let report = report.expect("readings are taken");
            assert!(refused.is_empty(), "refused: {:?}", refused.first());
            assert_eq!(report.accepted as usize, rows.len());
        });
    }
}

/// From the first page to an account.
fn register(town: &Town, browser: &mut Browser, phone: &str, name: &str, language: &str) {
    browser.forget();
    browser.open(&town.page("/app/start"));
    browser.submit("/app/start", &[("language", language)]);
    browser.arrives("/app/start/phone");
    browser.submit("/app/start/phone", &[("phone", phone)]);
    browser.arrives("/app/start/code");
    browser.submit("/app/start/code", &[("code", &town.code()), ("name", name), ("pin", PIN), ("pin2", PIN)]);
    browser.arrives("/app/start/group");
}

fn found(town: &Town, browser: &mut Browser) {
    register(town, browser, "0971000001", "Mutinta Hamoonga", "en");
    browser.picture("walk-group");
    browser.open(&town.page("/app/start/found?preset=hostel"));
    browser.picture("walk-found");
    let fields = [
        ("name", "Chindwin Student Homes"),
        ("place", "Kabwe"),
        ("region", "kabwe"),
        ("code", "CHINDWIN"),
        ("alias", "Mutinta's room"),
        ("pledge", "3000"),
        ("gps", "-14.4469, 28.4464"),
    ];
    browser.submit("/app/start/found", &fields);
    browser.arrives("/app/start/tour");
    browser.picture("walk-tour");
}

fn join(town: &Town, browser: &mut Browser, no: usize, phone: &str, name: &str, language: &str) {
    register(town, browser, phone, name, language);
    browser.submit("/app/start/group", &[("code", "chindwin")]);
    browser.arrives("code=chindwin");
    browser.picture(&format!("walk-verdict-{language}"));
    browser.open(&town.page("/app/start/home?code=CHINDWIN"));
    let meter = format!("HOME-{no}");
    browser.submit("/app/start/home", &[("alias", &format!("{name}'s room")), ("meter", &meter), ("pledge", "2500")]);
    browser.arrives("/app/start/tour");
}

fn sign_in(town: &Town, browser: &mut Browser, phone: &str) {
    browser.forget();
    browser.open(&town.page("/app/sign-in"));
    browser.submit("/app/sign-in", &[("phone", phone), ("pin", PIN)]);
    browser.arrives("/app/clusters/CHINDWIN");
}

/// Nothing scrolls sideways, and the accessibility rules find nothing serious.
fn check(browser: &mut Browser, script: bool, picture: &str) {
    browser.picture(picture);
    if script {
        let overflow = browser.script("return document.documentElement.scrollWidth - window.innerWidth;");
        assert!(overflow.as_i64().is_some_and(|overflow| overflow <= 0), "{picture} scrolls sideways by {overflow}");
        let found: Vec<_> = browser.axe().into_iter().filter(|finding| matches!(finding.impact.as_str(), "serious" | "critical")).collect();
        assert!(found.is_empty(), "{picture}: {found:#?}");
        let errors = browser.errors();
        assert!(errors.is_empty(), "{picture}: {errors:?}");
    }
}

fn walk(script: bool, width: i64) {
    let town = Town::start();
    let mut browser = if script { Browser::start() } else { Browser::start_without_script() };
    let named = |what: &str| format!("walk-{what}-{width}{}", if script { "" } else { "-no-script" });
    // So high that every field is in sight and the pictures hold the whole page.
    browser.cdp("Emulation.setDeviceMetricsOverride", json!({"width": width, "height": 4000, "deviceScaleFactor": 1, "mobile": width < 500}));
    found(&town, &mut browser);
    for (no, phone, name, language) in [(2, "0961000002", "Chanda", "bem"), (3, "0951000003", "Phiri", "ny"), (4, "0771000004", "Lweendo", "toi")] {
        join(&town, &mut browser, no, phone, name, language);
    }
    // The founder adds the meters that are missing: the own one and the plant's.
    sign_in(&town, &mut browser, "0971000001");
    browser.open(&town.page("/app/clusters/CHINDWIN/members"));
    check(&mut browser, script, &named("members"));
    browser.open(&town.page("/app/clusters/CHINDWIN/group"));
    check(&mut browser, script, &named("group"));
    for (serial, whose) in [("HOME-1", "1"), ("PLANT", "plant")] {
        browser.open(&town.page("/app/clusters/CHINDWIN/group"));
        browser.submit("/app/clusters/CHINDWIN/meters", &[("serial", serial), ("whose", whose)]);
        browser.shows(serial);
    }
    // The first day: readings until ten, then until noon.
    browser.open(&town.page("/app/clusters/CHINDWIN"));
    check(&mut browser, script, &named("dashboard-before"));
    town.clock.set(at(day(1), 635));
    town.readings("CHINDWIN", at(day(1), 0), at(day(1), 600));
    town.settle();
    browser.open(&town.page("/app/clusters/CHINDWIN"));
    check(&mut browser, script, &named("dashboard"));
    let before = browser.text("#in-total").expect("power comes in");
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    assert!(!browser.exists("body.is-old"), "fresh data is shown as old");
    town.clock.set(at(day(1), 755));
    town.readings("CHINDWIN", at(day(1), 600), at(day(1), 720));
    town.settle();
    if script {
        // The page moves by itself.
        let moved = (0..150).any(|_| {
            std::thread::sleep(std::time::Duration::from_millis(200));
            browser.text("#in-total").is_some_and(|now| now != before)
        });
        assert!(moved, "the dashboard still says {before}");
    } else {
        browser.open(&town.page("/app/clusters/CHINDWIN"));
        assert_ne!(browser.text("#in-total").expect("power comes in"), before);
    }
    // The month closes.
    town.clock.set(at(day(30).next(), 8 * 60));
    town.readings("CHINDWIN", at(day(1), 720), at(day(30).next(), 0));
    town.settle();
    sign_in(&town, &mut browser, "0961000002");
    browser.open(&town.page("/app/clusters/CHINDWIN/members/2/statement?month=2026-11"));
    check(&mut browser, script, &named("statement"));
    let receipt = browser.text("main").expect("a statement");
    let total = town.runtime.block_on(async {
        let cluster = town.service.cluster(&domain::ClusterCode::parse("CHINDWIN").expect("a code")).await.expect("the cluster");
        let member = domain::MemberNo::new(2).expect("a number");
        let statement = town.service.member_statement(Actor::System, &cluster, member, Some(day(1))).await.expect("a statement");
        statement.receipt.expect("a receipt").total
    });
    let kwacha = format!("K{}.{:02}", total.0.abs() / 100, total.0.abs() % 100);
    assert!(total.0 != 0 && receipt.contains(&kwacha), "the receipt does not say {kwacha}: {receipt}");
    browser.open(&town.page("/app/me"));
    check(&mut browser, script, &named("me"));
    browser.open(&town.page("/app/notices"));
    check(&mut browser, script, &named("notices"));
    // A neighbour's statement stays closed.
    browser.open(&town.page("/app/clusters/CHINDWIN/members/3/statement"));
    assert!(!browser.text("main").is_some_and(|text| text.contains("Phiri's room")), "a neighbour's book is open");
}

#[test]
fn a_cluster_is_founded_and_its_month_closes_on_a_phone() {
    walk(true, 360);
}

#[test]
fn a_cluster_is_founded_and_its_month_closes_on_a_desk() {
    walk(true, 1280);
}

#[test]
fn a_cluster_is_founded_and_its_month_closes_without_script() {
    walk(false, 360);
}
