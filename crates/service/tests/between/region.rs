//! A region of clusters that may trade with each other.

#[expect(dead_code, reason = "other tests need more of it")]
#[path = "../society/mod.rs"]
pub mod society;

use domain::{BetweenLimits, ClusterKind, Compliance, Connection, GridLink, MeterRole, SellerOfRecord, SimulatedClock, TradingConfig};
use ledger::AccountCode;
use market::between::Party;
use quantity::{Instant, Interval, Ngwee, PricePerKwh, UtcOffset, WattHours, Watts};
use service::between::{DealMove, DealOffer, DealTold, LineSet};
use service::cluster::{ClusterFound, Household, MeterNew, RulesChange};
use service::policy::Actor;
use service::{Service, ServiceError};
use society::{day, found, household, joins, key, noon, operator, own, user};
use store::tables::ClusterRow;

/// A seller with a plant, whose people are users 1 to 3, and a buyer, whose people are 11 to 13.
pub struct Region {
    pub service: Service,
    pub clock: SimulatedClock,
    pub seller: ClusterRow,
    pub buyer: ClusterRow,
    asked: std::cell::Cell<u32>,
}

pub const LIMITS: BetweenLimits = BetweenLimits {
    version: 1,
    sell_max: WattHours(200_000),
    buy_max: WattHours(200_000),
    sell_price_min: PricePerKwh(50),
    buy_price_max: PricePerKwh(300),
    spend_max: Ngwee(50_000),
};

pub fn checklist() -> Compliance {
    Compliance {
        capacity_w: Some(20_000),
        grid_link: Some(GridLink::OnePoint),
        licence_exemption: Some("below 100 kW".to_owned()),
        seller_of_record: Some(SellerOfRecord::Cooperative),
        wiring_note: Some("own wires, agreement of 2025".to_owned()),
        voted_on: Some(day(0)),
        ..Compliance::new()
    }
}

/// Whole hours of a day.
pub fn hours(at: i32, from: i64, until: i64) -> Interval {
    let start = day(at).start(UtcOffset::LUSAKA);
    Interval::new(start.plus_ms(from * 3_600_000), start.plus_ms(until * 3_600_000)).expect("an interval")
}

/// A micro cluster of three homes of users from `first` on, with a plant; its meters begin with `mark`.
pub async fn village(service: &Service, name: &str, first: i64, mark: &str) -> ClusterRow {
    village_in(service, "kabwe", name, first, mark).await
}

/// The same in a region.
pub async fn village_in(service: &Service, region: &str, name: &str, first: i64, mark: &str) -> ClusterRow {
    let home = |at: i64| Household { meters: vec![format!("{mark}-{at}")], ..household(&format!("{name} {at}"), 3_000) };
    let founding = ClusterFound { connection: Connection::OnePoint, region: region.to_owned(), ..found(name, ClusterKind::Micro, home(1)) };
    let cluster = service.create_cluster(user(first), founding).await.expect("founds");
    for at in 2..=3 {
        joins(service, first + at - 1, &cluster, home(at)).await;
    }
    let plant = MeterNew { serial: format!("{mark}-P"), role: MeterRole::Plant, limit: Watts(100_000), member: None, from: None };
    service.meter_add(user(first), &cluster, vec![plant]).await.expect("adds");
    cluster
}

/// Allows trade with others, fills the checklist, and sets limits.
pub async fn allow(service: &Service, cluster: &ClusterRow) {
    let trading = service.rules_read(Actor::System, cluster).await.expect("reads").trading.config;
    let trading = TradingConfig { is_between_on: true, ..trading };
    let change = RulesChange { from_day: day(0), settlement: None, governance: None, trading: Some(trading) };
    service.rules_change(Actor::System, cluster, change).await.expect("changes");
    service.compliance_set(Actor::System, cluster, checklist()).await.expect("sets");
    service.between_limits_set(Actor::System, cluster, day(0), LIMITS).await.expect("sets");
}

pub fn line(fee: i64, capacity: i64, loss_ppm: i64) -> LineSet {
    LineSet { from_day: day(0), fee: PricePerKwh(fee), capacity: WattHours(capacity), loss_ppm, owner: "Mulenga wires".to_owned() }
}

impl Region {
    pub fn of(service: Service, clock: SimulatedClock, seller: ClusterRow, buyer: ClusterRow) -> Self {
        Self { service, clock, seller, buyer, asked: std::cell::Cell::new(0) }
    }

    /// Both allowed, with a line that costs K0.20, carries 5 kWh in a quarter hour and loses a tenth.
    pub async fn open(url: &str) -> Self {
        let (service, clock) = society::society(url).await;
        let seller = village(&service, "Mulenga Solar Group", 1, "S").await;
        let buyer = village(&service, "Kafue Homes", 11, "B").await;
        for cluster in [&seller, &buyer] {
            allow(&service, cluster).await;
        }
        service.line_set(operator(), &seller, &buyer, line(20, 5_000, 100_000)).await.expect("sets");
        Self { service, clock, seller, buyer, asked: std::cell::Cell::new(0) }
    }

    pub fn key(&self) -> ledger::IdempotencyKey {
        self.asked.set(self.asked.get() + 1);
        key(&format!("asked {}", self.asked.get()))
    }

    pub fn terms(&self, energy: i64, price: i64) -> DealOffer {
        DealOffer {
            side: Party::Seller,
            window: hours(1, 8, 16),
            energy: WattHours(energy),
            price: PricePerKwh(price),
            penalty: PricePerKwh(50),
            expires_at: noon(0).plus_ms(3_600_000),
            key: self.key(),
        }
    }

    pub async fn offer(&self, new: DealOffer) -> Result<DealTold, ServiceError> {
        let (by, to) = if new.side == Party::Seller { (&self.seller, &self.buyer) } else { (&self.buyer, &self.seller) };
        let who = if new.side == Party::Seller { 1 } else { 11 };
        self.service.deal_offer(user(who), by, to, new).await
    }

    /// What the seller or the buyer does with its newest deal.
    pub async fn act(&self, by: Party, action: DealMove) -> Result<DealTold, ServiceError> {
        let (cluster, who) = if by == Party::Seller { (&self.seller, 1) } else { (&self.buyer, 11) };
        let no = self.deal(by).await.row.no;
        self.service.deal_act(user(who), cluster, no, action, self.key()).await
    }

    pub async fn deal(&self, by: Party) -> DealTold {
        let cluster = if by == Party::Seller { &self.seller } else { &self.buyer };
        self.service.deal_list(Actor::System, cluster, None, 1).await.expect("lists").remove(0)
    }

    /// An agreed deal of day 1.
    pub async fn agree(&self, energy: i64, price: i64) {
        self.offer(self.terms(energy, price)).await.expect("offers");
        self.act(Party::Buyer, DealMove::Accept).await.expect("accepts");
    }

    pub fn at(&self, when: Instant) {
        self.clock.set(when);
    }

    /// Readings of days, each home of the seller using 50 Wh and of the buyer 300 in a quarter hour; the seller's plant makes `made` by day.
    pub async fn read(&self, days: std::ops::Range<i32>, made: Option<i64>) {
        let mut meters = vec![("S-1", 50, 0), ("S-2", 50, 0), ("S-3", 50, 0)];
        meters.extend(made.map(|made| ("S-P", 0, made)));
        assert_eq!(society::import(&self.service, &self.seller, &society::csv(days.clone(), &meters)).await, [""; 0]);
        let homes = [("B-1", 300, 0), ("B-2", 300, 0), ("B-3", 300, 0), ("B-P", 0, 0)];
        assert_eq!(society::import(&self.service, &self.buyer, &society::csv(days, &homes)).await, [""; 0]);
    }

    /// Settles and recounts both, in both orders of who comes first.
    pub async fn settle(&self) {
        for cluster in [&self.seller, &self.buyer] {
            self.service.cluster_settle(Actor::System, cluster, |_| {}).await.expect("settles");
        }
        for cluster in [&self.seller, &self.buyer] {
            society::recount(&self.service, cluster).await;
        }
        let report = self.service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!((report.failed.len(), report.differences.len()), (0, 0), "{report:?}");
    }

    /// The clearing accounts of both, in ngwee: what is owed to the other.
    pub async fn clearing(&self) -> (i64, i64) {
        let of = |cluster| own(&self.service, cluster, AccountCode::InterClusterClearing);
        (of(&self.seller).await, of(&self.buyer).await)
    }
}
