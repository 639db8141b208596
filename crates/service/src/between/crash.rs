//! Deals, clearings and deliveries that stop after each of their steps, and what is true when they go on.

use super::deal_steps::{self, digest_of};
use super::deals::{DealMove, DealOffer};
use super::offers::board_row;

use super::{LineSet, OfferCreate};
use crate::cluster::{ClusterFound, Household, RulesChange};
use crate::policy::Actor;
use crate::{ImportOptions, Service};
use domain::{
    BetweenLimits, ClusterKind, Compliance, Connection, GridLink, Region, SellerOfRecord, SessionNo, SimulatedClock, TradingConfig, UserId,
};
use ledger::{AccountCode, IdempotencyKey};
use market::Side;
use market::between::{DealState, Party};
use quantity::{BusinessDay, Instant, Interval, Ngwee, PricePerKwh, Step, UtcOffset, WattHours, Watts};
use std::sync::Arc;
use store::tables::{ClusterRow, DealAct, DealActKind, OfferState};
use store::{OpenOptions, Store, StoreError};

/// The bidding zone of the region that these tests are in.
const ZONE: &str = "central";

fn day(at: i32) -> BusinessDay {
    BusinessDay::parse("2025-09-15").expect("a date").plus_days(at)
}

fn hour(at: i32, hour: i64) -> Instant {
    day(at).start(UtcOffset::LUSAKA).plus_ms(hour * 3_600_000)
}

fn user(number: i64) -> Actor {
    Actor::User { id: UserId::new(number).expect("an id"), session: SessionNo::new(1).expect("a number"), is_operator: false }
}

fn key(text: &str) -> IdempotencyKey {
    IdempotencyKey::derive(&[text.as_bytes()])
}

async fn group(service: &Service, founder: i64, name: &str, meter: &str) -> ClusterRow {
    let founding = ClusterFound {
        code: None,
        name: name.to_owned(),
        kind: ClusterKind::Micro,
        place: String::new(),
        region: "kabwe".to_owned(),
        location: None,
        connection: Connection::OnePoint,
        capacity: WattHours(0),
        power: Watts(0),
        household: Household { alias: "Chanda".to_owned(), contribution: Ngwee(300_000), meters: vec![meter.to_owned()], ..Household::default() },
        governance: None,
        trading: None,
        step: Step::Min60,
        key: key(name),
    };
    let cluster = service.create_cluster(user(founder), founding).await.expect("founds");
    let trading = service.rules_read(Actor::System, &cluster).await.expect("reads").trading.config;
    let trading = TradingConfig { is_between_on: true, ..trading };
    let change = RulesChange { from_day: day(0), settlement: None, governance: None, trading: Some(trading) };
    service.rules_change(Actor::System, &cluster, change).await.expect("changes");
    let list = Compliance {
        capacity_w: Some(5_000),
        grid_link: Some(GridLink::OnePoint),
        licence_exemption: Some("below 100 kW".to_owned()),
        seller_of_record: Some(SellerOfRecord::Member),
        wiring_note: Some("own wires".to_owned()),
        voted_on: Some(day(0)),
        ..Compliance::new()
    };
    service.compliance_set(Actor::System, &cluster, list).await.expect("sets");
    let limits = BetweenLimits {
        sell_max: WattHours(100_000),
        buy_max: WattHours(100_000),
        sell_price_min: PricePerKwh(1),
        buy_price_max: PricePerKwh(500),
        spend_max: Ngwee(100_000),
        ..BetweenLimits::NOTHING
    };
    service.between_limits_set(Actor::System, &cluster, day(0), limits).await.expect("sets");
    cluster
}

/// A seller and a buyer of one home each, with a line between them.
async fn pair(url: &str) -> (Service, SimulatedClock, ClusterRow, ClusterRow) {
    let clock = SimulatedClock::at(hour(0, 12));
    let store = Store::open(url, OpenOptions::default()).await.expect("opens");
    let regions = Region::shipped_codes().filter_map(|code| Region::shipped(code).expect("reads"));
    let service = Service::new(store, Arc::new(clock.clone()), regions);
    let (seller, buyer) = (group(&service, 1, "Mulenga", "S-1").await, group(&service, 2, "Kafue", "B-1").await);
    let line = LineSet { from_day: day(0), fee: PricePerKwh(20), capacity: WattHours(2_000), loss_ppm: 0, owner: "Wires".to_owned() };
    service.line_set(Actor::System, &seller, &buyer, line).await.expect("sets");
    (service, clock, seller, buyer)
}

fn offer(name: &str) -> DealOffer {
    DealOffer {
        side: Party::Seller,
        window: Interval::new(hour(1, 10), hour(1, 14)).expect("an interval"),
        energy: WattHours(500),
        price: PricePerKwh(120),
        penalty: PricePerKwh(50),
        expires_at: hour(0, 18),
        key: key(name),
    }
}

/// State and version of the newest deal of each side.
async fn states(service: &Service, one: &ClusterRow, other: &ClusterRow) -> [(DealState, i64, bool); 2] {
    let mut states = Vec::new();
    for cluster in [one, other] {
        let row = service.deal_list(Actor::System, cluster, None, 1).await.expect("lists").remove(0).row;
        states.push((row.deal.state, row.version, row.intent.is_some()));
    }
    [states[0], states[1]]
}

/// What the buyer does, as its first step writes it down.
fn act(kind: DealActKind, name: &str, buyer: &ClusterRow, seller: &ClusterRow) -> DealAct {
    let terms = offer(name);
    let key = IdempotencyKey::derive(&[b"deal-act", &buyer.id.get().to_be_bytes(), &key(name).0]);
    let act = DealAct {
        kind,
        side: Party::Buyer,
        window: terms.window,
        energy: terms.energy,
        price: terms.price,
        penalty: terms.penalty,
        expires_at: terms.expires_at,
        digest: 0,
        key,
        at: hour(0, 12),
        actor: 2,
    };
    DealAct { digest: digest_of(&act, seller.id.get()), ..act }
}

async fn import(service: &Service, cluster: &ClusterRow, meter: &str, used: i64, made: i64) {
    let mut text = String::from("meter_id,interval_start,consumption_wh,generation_wh\n");
    for at in 0..2 {
        for hour in 0..24 {
            text.push_str(&format!("{meter},{}T{hour:02}:00:00+02:00,{used},{made}\n", day(at)));
        }
    }
    let done = service.readings_import(Actor::System, cluster, text.as_bytes(), ImportOptions::default(), |_| {}, |_, _| {});
    assert!(done.await.expect("imports").refused.is_empty());
}

async fn clearing(service: &Service, cluster: &ClusterRow) -> i64 {
    let id = cluster.id;
    let read = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.account_list(id).await }));
    let accounts = crate::ClusterAccounts::new(&read.await.expect("reads"));
    accounts.own(AccountCode::InterClusterClearing).map_or(0, ledger::Account::balance)
}

async fn recount(service: &Service, clusters: [&ClusterRow; 2]) {
    for cluster in clusters {
        assert_eq!(service.cluster_verify(Actor::System, cluster).await.expect("verifies").problems, []);
    }
    let report = service.clearing_check(Actor::System).await.expect("checks");
    assert_eq!((report.failed.len(), report.differences.len()), (0, 0), "{report:?}");
}

test_kit::on_both! {
    /// The program dies after each step of an offer and its acceptance; the same request or the next round ends it the same way.
    async fn a_deal_that_stops_after_any_step_is_finished(url: &str) {
        let (service, _, seller, buyer) = pair(url).await;
        for by_request in [true, false] {
            for stop in 1..=4 {
                let name = format!("deal {by_request} {stop}");
                let first = service.deal_offer(user(1), &seller, &buyer, offer(&name)).await.expect("offers");
                let theirs = service.deal_list(Actor::System, &buyer, None, 1).await.expect("lists").remove(0).row.no;
                let accept = act(DealActKind::Accept, &name, &buyer, &seller);
                // 1: the buyer has written down that it accepts.
                service.deal_intend(&buyer, theirs, accept, &seller).await.expect("intends");
                let (open, done) = (DealState::Open, DealState::Accepted);
                assert_eq!(states(&service, &seller, &buyer).await, [(open, 1, false), (open, 1, true)]);
                let pair = first.row.pair;
                if stop >= 2 {
                    // 2: the seller's row has decided.
                    let (row, now) = (Arc::new((seller.clone(), service.imports())), service.now());
                    let decide = service.store().write(move |tx| {
                        let row = Arc::clone(&row);
                        Box::pin(async move { deal_steps::decide(tx, (&row.0, &row.1), pair, &accept, (None, "Kafue"), now).await.map(|_| ()) })
                    });
                    decide.await.expect("decides");
                    assert_eq!(states(&service, &seller, &buyer).await, [(done, 2, false), (open, 1, true)]);
                }
                if stop >= 3 {
                    // 3: the buyer has copied it, and the seller does not know that yet.
                    assert_eq!(service.deal_copy(&seller, first.row.no).await.expect("copies"), Some(2));
                    assert_eq!(states(&service, &seller, &buyer).await, [(done, 2, false), (done, 2, false)]);
                }
                if stop == 4 {
                    service.deal_tell(&seller, first.row.no).await.expect("tells");
                }
                if by_request {
                    service.deal_act(user(2), &buyer, theirs, DealMove::Accept, key(&name)).await.expect("goes on");
                } else {
                    service.clearing_check(Actor::System).await.expect("checks");
                }
                assert_eq!(states(&service, &seller, &buyer).await, [(done, 2, false), (done, 2, false)], "{name}");
                let again = service.deal_act(user(2), &buyer, theirs, DealMove::Accept, key(&name)).await.expect("the same");
                assert_eq!(again.row.version, 2);
                // Only so much can be sold: make room for the next one.
                drop_deals(&service, [&seller, &buyer]).await;
            }
        }
        assert_eq!(service.clearing_check(Actor::System).await.expect("checks").advanced, 0);
    }

    /// An offer that never reached the other side, and an acceptance that comes after the offer was taken back.
    async fn what_never_arrived_arrives_and_what_is_too_late_is_given_up(url: &str) {
        let (service, _, seller, buyer) = pair(url).await;
        let first = service.deal_offer(user(1), &seller, &buyer, offer("one")).await.expect("offers");
        let theirs = service.deal_list(Actor::System, &buyer, None, 1).await.expect("lists").remove(0).row.no;
        // The seller withdraws, and the program dies before the buyer knows.
        let withdraw = DealAct { side: Party::Seller, ..act(DealActKind::Withdraw, "withdraw", &seller, &buyer) };
        let (row, now, pair) = (Arc::new((seller.clone(), service.imports())), service.now(), first.row.pair);
        let decide = service.store().write(move |tx| {
            let row = Arc::clone(&row);
            Box::pin(async move { deal_steps::decide(tx, (&row.0, &row.1), pair, &withdraw, (None, "Kafue"), now).await.map(|_| ()) })
        });
        decide.await.expect("withdraws");
        assert_eq!(service.deal_act(user(2), &buyer, theirs, DealMove::Accept, key("late")).await.expect_err("over").code(), "deal_ended");
        // Nothing waits, and the next round tells the buyer.
        assert_eq!(states(&service, &seller, &buyer).await, [(DealState::Withdrawn, 2, false), (DealState::Open, 1, false)]);
        service.clearing_check(Actor::System).await.expect("checks");
        assert_eq!(states(&service, &seller, &buyer).await[1], (DealState::Withdrawn, 2, false));
        let told = service.deal_read(Actor::System, &buyer, theirs).await.expect("reads");
        assert_eq!(told.acts.len(), 2);
    }

    /// Deliveries stop between the two legs; clearings stop before, between and after the clusters.
    async fn a_clearing_and_its_delivery_are_finished_however_often_they_stop(url: &str) {
        let (service, clock, seller, buyer) = pair(url).await;
        let window = offer("").window;
        for (who, cluster, side, price) in [(1, &seller, Side::Sell, 100), (2, &buyer, Side::Buy, 200)] {
            let new = OfferCreate { side, window, energy: WattHours(500), price: PricePerKwh(price), key: key(side.as_str()) };
            service.offer_place(user(who), cluster, new).await.expect("places");
        }
        clock.set(hour(0, 18));
        // Decided and written down, nobody has a part; twice is once.
        service.round_hold(ZONE, day(1)).await.expect("holds");
        service.round_hold(ZONE, day(1)).await.expect("holds");
        let count = async |cluster: &ClusterRow| service.deal_list(Actor::System, cluster, None, 9).await.expect("lists").len();
        assert_eq!((count(&seller).await, count(&buyer).await), (0, 0));
        let mut open = service.store().read::<_, StoreError, _>(|tx| Box::pin(async move { tx.round_list_open(ZONE).await })).await.expect("reads");
        // One cluster has its part.
        service.round_apply(ZONE, open.remove(0), 1).await.expect("applies");
        assert_eq!(count(&seller).await + count(&buyer).await, 1);
        // Two processes finish it at the same time.
        let other = service.clone().with_desks_of_its_own();
        let (a, b) = tokio::join!(service.joint_round(ZONE), other.joint_round(ZONE));
        assert!(a.is_ok() && b.is_ok(), "{a:?} {b:?}");
        assert_eq!((count(&seller).await, count(&buyer).await), (1, 1));
        clock.set(hour(2, 12));
        import(&service, &seller, "S-1", 100, 1_000).await;
        import(&service, &buyer, "B-1", 800, 0).await;
        for cluster in [&seller, &buyer] {
            // Settled without what follows.
            for at in 0..2 {
                service.day_settle(cluster, day(at)).await.expect("settles");
            }
        }
        assert_eq!((clearing(&service, &seller).await, clearing(&service, &buyer).await), (0, 0));
        // The buyer cannot go first; then the seller's leg is there and the buyer's is not.
        assert_eq!(service.side_follow(&buyer, Party::Buyer).await.expect("waits"), 0);
        assert_eq!(service.side_follow(&seller, Party::Seller).await.expect("settles"), 1);
        assert_eq!((clearing(&service, &seller).await, clearing(&service, &buyer).await), (-280, 0));
        recount(&service, [&seller, &buyer]).await;
        assert_eq!((clearing(&service, &seller).await, clearing(&service, &buyer).await), (-280, 280));
        let (a, b) = tokio::join!(service.deliveries_follow(&seller), other.deliveries_follow(&buyer));
        assert_eq!((a.expect("nothing"), b.expect("nothing")), (0, 0));
        recount(&service, [&seller, &buyer]).await;
    }
}

test_kit::on_both! {
    /// Between the decision of a clearing and its deals the line is taken all the same; and a clearing that got more offers is not ended by who
    /// has not seen them.
    async fn a_clearing_that_was_held_counts_before_it_is_carried_out(url: &str) {
        let (service, clock, seller, buyer) = pair(url).await;
        let window = offer("").window;
        let new = |side: Side, energy| OfferCreate { side, window, energy: WattHours(energy), price: PricePerKwh(150), key: key(side.as_str()) };
        let sells = service.offer_place(user(1), &seller, OfferCreate { price: PricePerKwh(100), ..new(Side::Sell, 1_600) }).await.expect("places");
        service.offer_place(user(2), &buyer, new(Side::Buy, 1_600)).await.expect("places");
        // The buyer asks by name for what is on the line then: 1,600 of 2,000 Wh are the clearing's.
        let ask = DealOffer { side: Party::Buyer, energy: WattHours(401), expires_at: hour(0, 20), ..offer("ask") };
        service.deal_offer(user(2), &buyer, &seller, ask).await.expect("asks");
        let no = service.deal_list(Actor::System, &seller, None, 1).await.expect("lists").remove(0).row.no;
        clock.set(hour(0, 18));
        service.round_hold(ZONE, day(1)).await.expect("holds");
        let open = async || service.store().read::<_, StoreError, _>(|tx| Box::pin(async move { tx.round_list_open(ZONE).await })).await.expect("reads");
        let held = open().await.remove(0);
        assert_eq!((held.version, held.contracts.len(), held.contracts[0].energy.0), (1, 1, 1_600));
        let code = async |energy, name: &str| {
            let new = DealOffer { energy: WattHours(energy), expires_at: hour(0, 20), ..offer(name) };
            service.deal_offer(user(1), &seller, &buyer, new).await.map_err(|error| error.code()).err()
        };
        let accept = async |name: &str| service.deal_act(user(1), &seller, no, DealMove::Accept, key(name)).await.map_err(|error| error.code()).err();
        assert_eq!((accept("early").await, code(401, "early").await), (Some("line_full"), Some("line_full")));
        // An offer that is on the board although its day was cleared, as another program may have left it.
        let (id, row) = (seller.id, seller.clone());
        let late = store::tables::OfferRow { no: domain::OfferNo::new(9).expect("a number"), key: key("late"), ..sells };
        let (of, board) = (late, board_row(&row, &late));
        let put = service.store().write::<_, StoreError, _>(move |tx| {
            let board = board.clone();
            Box::pin(async move {
                tx.offer_put(id, &of).await?;
                tx.board_insert(ZONE, &board).await
            })
        });
        put.await.expect("puts");
        service.round_hold(ZONE, day(1)).await.expect("adds");
        service.round_hold(ZONE, day(1)).await.expect("twice is once");
        // Who read the clearing before carries it out, and does not end it.
        service.round_apply(ZONE, held, usize::MAX).await.expect("applies");
        let again = open().await;
        assert_eq!(again.iter().map(|round| (round.version, round.fills.len())).collect::<Vec<_>>(), [(2, 3)]);
        assert_eq!((accept("then").await, code(401, "then").await), (Some("line_full"), Some("line_full")));
        assert_eq!(service.joint_round(ZONE).await.expect("ends"), 1);
        assert!(open().await.is_empty());
        let found = service.offer_list(Actor::System, &seller, None, 9).await.expect("lists");
        assert_eq!(found.iter().map(|row| (row.no.get(), row.state, row.filled.0)).collect::<Vec<_>>(), [
            (9, OfferState::Cleared, 0),
            (1, OfferState::Cleared, 6_400)
        ]);
        // What is left of the line is there for others.
        assert_eq!((code(401, "later").await, code(400, "fits").await), (Some("line_full"), None));
    }
}

/// Ends the deals of both, as if their days had passed.
async fn drop_deals(service: &Service, clusters: [&ClusterRow; 2]) {
    for cluster in clusters {
        let id = cluster.id;
        let ended = service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                for row in tx.deal_list(id, i64::MAX, 100).await? {
                    let deal = market::between::Deal { state: DealState::Declined, ..row.deal };
                    tx.deal_put(id, &[store::tables::DealRow { deal, ..row }]).await?;
                }
                Ok(())
            })
        });
        ended.await.expect("ends");
    }
}
