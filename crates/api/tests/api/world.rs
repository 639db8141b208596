//! A village with people in every part, behind a router: small enough to know every number.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use domain::{ClusterCode, ClusterId, ClusterKind, Connection, Language, MemberNo, Msisdn, Region, Role, SimulatedClock};
use quantity::{BusinessDay, Instant, Ngwee, PricePerKwh, Step, UtcOffset, Watts};
use serde_json::Value;
use service::policy::Actor;
use service::{AccountOptions, ClusterCreate, ImportOptions, MemberCreate, PersonNew, Pin, Service};
use settlement::{RuleSet, SharingKey};
use std::sync::Arc;
use store::tables::{ClusterNew, ClusterRow, RulePrices, RuleRow};
use store::{OpenOptions, Store};
use tower::ServiceExt;

/// First day of the village.
pub const DAY: &str = "2026-03-02";
const PIN: &str = "7294";

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    Nobody,
    /// Signed in, member of nothing.
    Stranger,
    /// Treasurer, chair and technician of another cluster.
    OfficerElsewhere,
    /// Acts for member 2 of the village, whose data the operations are about.
    Member,
    /// Acts for member 3 of the village: of member 2 no more than a neighbour.
    Neighbour,
    /// Member 1: treasurer, chair and technician of the village.
    Officer,
    /// Runs the installation.
    Operator,
}

impl Who {
    pub const ALL: [Self; 7] = [Self::Nobody, Self::Stranger, Self::OfficerElsewhere, Self::Member, Self::Neighbour, Self::Officer, Self::Operator];

    /// The phone number; nobody has none.
    pub fn phone(self) -> Option<Msisdn> {
        let text = match self {
            Self::Nobody => return None,
            Self::Stranger => "0971000001",
            Self::OfficerElsewhere => "0971000002",
            Self::Member => "0971000003",
            Self::Officer => "0971000004",
            Self::Operator => "0971000005",
            Self::Neighbour => "0971000006",
        };
        Some(Msisdn::parse(text).expect("a number"))
    }
}

/// The village and its router.
pub struct World {
    pub service: Service,
    pub clock: SimulatedClock,
    pub router: Router,
    pub village: ClusterRow,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The code of a problem; empty when it is none.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

fn at(text: &str) -> BusinessDay {
    BusinessDay::parse(text).expect("a date")
}

impl World {
    /// On a fresh database, with these limits.
    pub async fn new(url: &str, limits: api::Limits) -> Self {
        let clock = SimulatedClock::at(at(DAY).plus_days(2).start(UtcOffset::LUSAKA).plus_ms(10 * 3_600_000));
        let store = Store::open(url, OpenOptions::default()).await.expect("opens");
        let regions = Region::shipped_codes().map(|code| Region::shipped(code).expect("reads").expect("there"));
        let service = Service::new(store, Arc::new(clock.clone()), regions).with_accounts(AccountOptions::trial());
        let village = found(&service, 77, "MULENGA", 4).await;
        let elsewhere = found(&service, 78, "ELSEWHERE", 2).await;
        people(&service, &village, &elsewhere).await;
        readings(&service, &village).await;
        let router = api::router(service.clone(), limits);
        Self { service, clock, router, village }
    }

    /// A fresh session; nobody has none.
    pub async fn token(&self, who: Who) -> Option<String> {
        let phone = who.phone()?;
        let pin = Pin::parse(PIN).expect("a PIN");
        Some(self.service.session_create(phone, &pin, "a test").await.expect("signs in").token)
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        // A stream has no end.
        let is_stream = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let body = if is_stream { Body::empty() } else { body };
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        Answer { status: parts.status, headers: parts.headers, bytes }
    }

    /// Sends JSON, or nothing, with a token and an idempotency key.
    pub async fn call(&self, token: Option<&str>, method: Method, path: &str, body: Option<&Value>, key: Option<&str>) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let body = match body {
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("a request")).await
    }

    pub async fn get(&self, token: Option<&str>, path: &str) -> Answer {
        self.call(token, Method::GET, path, None, None).await
    }

    pub async fn post(&self, token: Option<&str>, path: &str, body: &Value, key: &str) -> Answer {
        self.call(token, Method::POST, path, Some(body), Some(key)).await
    }
}

async fn found(service: &Service, id: i64, code: &str, members: i64) -> ClusterRow {
    let member = |no: i64| MemberCreate {
        alias: format!("{code} home {no}"),
        kind: "urban_home".to_owned(),
        weight: 2,
        contribution: Ngwee(300_000),
        top_up: Ngwee(50_000),
        meters: vec![format!("{code}-M{no}")],
    };
    let row = ClusterRow {
        id: ClusterId::new(id).expect("an id"),
        code: ClusterCode::parse(code).expect("a code"),
        name: format!("{code} Solar Group"),
        kind: ClusterKind::Micro,
        place: "Kabwe".to_owned(),
        region: "kabwe".to_owned(),
        step: Step::Min15,
        offset: UtcOffset::LUSAKA,
        grace_minutes: 30,
        correction_days: 45,
        carbon_method: "grid_average".to_owned(),
        is_modelled: true,
        opened_on: at(DAY),
    };
    let rule = RuleSet { sharing_key: SharingKey::Equal, service_charge: PricePerKwh(20), ..RuleSet::new(Connection::OnePoint) };
    let create = ClusterCreate {
        cluster: ClusterNew { row: row.clone(), secret: [7; 32] },
        rule: RuleRow { rule, from_day: at(DAY), prices: RulePrices::Region },
        members: (1..=members).map(member).collect(),
        plant_meters: vec![format!("{code}-P")],
        meter_limit: Watts(100_000),
        assets: Vec::new(),
        outages: Vec::new(),
    };
    service.cluster_create(create).await.expect("founds");
    row
}

async fn people(service: &Service, village: &ClusterRow, elsewhere: &ClusterRow) {
    let no = |number| MemberNo::new(number).expect("a number");
    let offices =
        |cluster: &ClusterRow| [Role::Member, Role::Treasurer, Role::Chair, Role::Technician].map(|role| (cluster.id, no(1), role)).to_vec();
    for (who, name, roles) in [
        (Who::Stranger, "Stranger Surname", Vec::new()),
        (Who::OfficerElsewhere, "Elsewhere Surname", offices(elsewhere)),
        (Who::Member, "Member Surname", vec![(village.id, no(2), Role::Member)]),
        (Who::Neighbour, "Neighbour Surname", vec![(village.id, no(3), Role::Member)]),
        (Who::Officer, "Officer Surname", offices(village)),
    ] {
        let (phone, pin) = (who.phone().expect("a number"), Pin::parse(PIN).expect("a PIN"));
        let person = PersonNew { phone, name: name.to_owned(), pin, language: Language::En, roles, since: at(DAY) };
        service.person_add(Actor::System, person).await.expect("adds");
    }
    let (phone, pin) = (Who::Operator.phone().expect("a number"), Pin::parse(PIN).expect("a PIN"));
    service.operator_set(phone, "Operator Surname", &pin).await.expect("adds");
}

/// Two settled days of the village.
async fn readings(service: &Service, village: &ClusterRow) {
    let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
    for day in 0..2 {
        for slot in 0..96 {
            for (meter, used, made) in
                [("M1", 100, 0), ("M2", 60, 0), ("M3", 80, 0), ("M4", 40, 0), ("P", 0, if (24..72).contains(&slot) { 500 } else { 0 })]
            {
                let date = at(DAY).plus_days(day);
                text.push_str(&format!("MULENGA-{meter},{date}T{:02}:{:02}:00+02:00,{used},{made}\n", slot / 4, slot % 4 * 15));
            }
        }
    }
    service
        .readings_import(Actor::System, village, text.as_bytes(), ImportOptions::default(), |row| panic!("refused: {row:?}"), |_, _| {})
        .await
        .expect("imports");
    let report = service.cluster_settle(Actor::System, village, |_| {}).await.expect("settles");
    assert_eq!(report.days.iter().filter(|day| day.is_posted).count(), 2, "two days are posted");
}

/// Start of the first interval of the village.
pub fn first_start() -> Instant {
    at(DAY).start(UtcOffset::LUSAKA)
}
