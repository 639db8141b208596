//! People on both engines: registering, signing in, sessions, PINs, notices, texts, roles and the audit.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod audit;
mod household;
mod inbox;
mod login;
mod people;
mod registration;
mod reset;
mod roles;
mod sessions;
mod texts;
#[path = "../village/mod.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod village;

use domain::{Clock, ClusterId, Language, MemberNo, Msisdn, Role, SeededChance, SimulatedClock};
use quantity::{BusinessDay, Instant};
use service::policy::Actor;
use service::{AccountOptions, Pin, RegistrationConfirm, SignedIn};
use service::{Service, ServiceError};
use std::sync::Arc;
use store::tables::{ClusterRow, SmsRow};
use store::{OpenOptions, Store, StoreError};

const MINUTE: i64 = quantity::MINUTE_MS;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// 2026-11-21 10:00 in Lusaka.
const START: Instant = Instant(1_795_248_000_000);
const PIN: &str = "7391";

struct Scene {
    service: Service,
    clock: SimulatedClock,
}

fn service_at(store: Store, clock: &SimulatedClock, seed: u64) -> Service {
    let regions = domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).unwrap());
    Service::new(store, Arc::new(clock.clone()), regions)
        .with_chance(Arc::new(SeededChance::new(seed)))
        .with_accounts(AccountOptions { codes_per_number: 100, ..AccountOptions::trial() })
}

async fn scene(url: &str) -> Scene {
    let clock = SimulatedClock::at(START);
    let store = Store::open(url, OpenOptions::default()).await.unwrap();
    Scene { service: service_at(store, &clock, 1), clock }
}

fn phone(n: u32) -> Msisdn {
    Msisdn::from_national(971_000_000 + n).unwrap()
}

fn pin(text: &str) -> Pin {
    Pin::parse(text).unwrap()
}

fn member(n: i64) -> MemberNo {
    MemberNo::new(n).unwrap()
}

/// The code of a refusal; panics when it was none.
#[track_caller]
fn code_of<T>(result: Result<T, ServiceError>) -> &'static str {
    match result {
        Ok(_) => "done",
        Err(error) => error.code(),
    }
}

/// The six digits in a text.
fn digits(body: &str) -> String {
    body.split(|c: char| !c.is_ascii_digit()).find(|part| part.len() == 6).unwrap_or_else(|| panic!("no code in {body:?}")).to_owned()
}

impl Scene {
    /// Another process on the same database: its own caches, its own chance.
    fn other_process(&self) -> Self {
        Self { service: service_at(self.service.store().clone(), &self.clock, 2), clock: self.clock.clone() }
    }

    fn wait(&self, ms: i64) {
        self.clock.set(self.clock.now().plus_ms(ms));
    }

    /// The texts to a number, the newest first.
    async fn texts(&self, to: Msisdn) -> Vec<SmsRow> {
        let all = self.service.sms_list(Actor::System, None, 200).await.unwrap();
        all.into_iter().filter(|sms| sms.to == to).collect()
    }

    async fn last_code(&self, to: Msisdn) -> String {
        let texts = self.texts(to).await;
        digits(&texts.iter().find(|sms| sms.kind == "code").expect("a text with a code").body)
    }

    fn confirm(&self, to: Msisdn, code: &str) -> RegistrationConfirm {
        RegistrationConfirm {
            phone: to,
            code: code.to_owned(),
            name: "Mwila Banda".to_owned(),
            pin: pin(PIN),
            language: Language::Bem,
            device: "Itel A56".to_owned(),
        }
    }

    async fn register(&self, to: Msisdn) -> SignedIn {
        self.service.registration_begin(to, Language::En, None).await.unwrap();
        let code = self.last_code(to).await;
        self.service.registration_confirm(self.confirm(to, &code)).await.unwrap()
    }

    /// Registers person `n` and gives the actor.
    async fn person(&self, n: u32) -> Actor {
        let signed_in = self.register(phone(n)).await;
        self.service.actor(&signed_in.token).await.unwrap()
    }

    async fn login(&self, to: Msisdn, text: &str) -> Result<SignedIn, ServiceError> {
        self.service.session_create(to, &pin(text), "Nokia").await
    }

    async fn grant(&self, cluster: ClusterId, no: i64, actor: Actor, role: Role) {
        let user = actor.signed_in().unwrap();
        let done = self
            .service
            .store()
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.role_grant(cluster, member(no), user, role, BusinessDay(20_000)).await }));
        assert!(done.await.unwrap());
        self.service.roles_changed(cluster);
    }

    async fn revoke(&self, cluster: ClusterId, no: i64, actor: Actor, role: Role) {
        let user = actor.signed_in().unwrap();
        let done = self
            .service
            .store()
            .write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.role_revoke(cluster, member(no), user, role, BusinessDay(20_001)).await }));
        assert!(done.await.unwrap());
        self.service.roles_changed(cluster);
    }

    async fn found(&self) -> ClusterRow {
        village::found(&self.service).await
    }
}
