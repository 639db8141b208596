//! Trade between the clusters of the demo: what the law asks, what officers may commit, the lines, and what is agreed every evening.
//!
//! All of it is made up and says so. The village has no grid: its line is one that is planned.

use super::clusters::first_day;
use super::database;
use crate::exit::Failure;
use domain::{BetweenLimits, ClusterCode, Compliance, GridLink, SellerOfRecord, SimulatedClock};
use ledger::IdempotencyKey;
use market::Side;
use market::between::{DealState, Party};
use quantity::{BusinessDay, HOUR_MS, Instant, Interval, Ngwee, PricePerKwh, UtcOffset, WattHours};
use service::between::{DealMove, DealOffer, LineSet, OfferCreate};
use service::policy::Actor;
use service::{Service, ServiceError};
use std::sync::Arc;
use store::tables::ClusterRow;

/// Hour of the day at which officers agree about the next day.
const AGREES_AT: i64 = 16;
/// Days before the last shipped one for which deals were made.
const DEAL_DAYS: i32 = 3;
/// How many days ahead energy is offered to everybody.
const OFFER_DAYS: i32 = 3;

/// A line from a cluster to another: fee in ngwee per kWh, Wh in a quarter of an hour, loss in parts per million, owner.
const LINES: [(&str, &str, i64, i64, i64, &str); 3] = [
    ("KAB", "LUS", 25, 5_000, 60_000, "Utility line, modelled"),
    ("LUS", "KAB", 25, 5_000, 60_000, "Utility line, modelled"),
    ("VIL", "KAB", 30, 1_000, 90_000, "Planned private line, modelled"),
];

/// What is agreed for every day: seller, buyer, hours of the day, Wh in a quarter of an hour, price.
struct Habit {
    seller: &'static str,
    buyer: &'static str,
    hours: (i64, i64),
    energy: i64,
    price: i64,
}

const DEALS: [Habit; 2] = [
    Habit { seller: "LUS", buyer: "KAB", hours: (11, 13), energy: 500, price: 110 },
    Habit { seller: "VIL", buyer: "KAB", hours: (12, 14), energy: 900, price: 60 },
];

/// An offer: whose, which side, from and until which hour, Wh an interval, ngwee per kWh.
type Offered = (&'static str, Side, (i64, i64), i64, i64);

/// What a cluster offers to all others of its zone: side, hours, Wh in a quarter of an hour, price. In the morning they meet, in the evening
/// everybody asks.
const OFFERS: [Offered; 6] = [
    ("KAB", Side::Buy, (9, 12), 400, 150),
    ("KAB", Side::Sell, (14, 16), 400, 95),
    ("KAB", Side::Buy, (18, 21), 800, 160),
    ("LUS", Side::Sell, (9, 15), 2_000, 100),
    ("LUS", Side::Buy, (18, 22), 3_000, 170),
    ("VIL", Side::Sell, (10, 15), 300, 70),
];

/// When officers agree about the day after `day`.
pub fn agreeing_time(day: BusinessDay) -> Instant {
    day.start(UtcOffset::LUSAKA).plus_ms(AGREES_AT * HOUR_MS)
}

fn failed(error: &ServiceError) -> Failure {
    database::from_service(error)
}

fn key(what: &str, codes: &[&str], day: BusinessDay) -> IdempotencyKey {
    IdempotencyKey::derive(&[b"demo", what.as_bytes(), codes.join("-").as_bytes(), &day.0.to_be_bytes()])
}

fn hours(day: BusinessDay, (from, until): (i64, i64)) -> Result<Interval, Failure> {
    let start = day.start(UtcOffset::LUSAKA);
    Interval::new(start.plus_ms(from * HOUR_MS), start.plus_ms(until * HOUR_MS))
        .map_err(|error| Failure::bad_input("demo_data_wrong", error.to_string()))
}

fn checklist(code: &ClusterCode) -> Compliance {
    let (capacity, link, wires) = match code.as_str() {
        "KAB" => (10_000, GridLink::NetMetering, "Modelled: own wires behind one meter, agreement with the utility of 2025"),
        "LUS" => (150_000, GridLink::NetMetering, "Modelled: own wires behind one meter, agreement with the utility of 2025"),
        _ => (10_000, GridLink::None, "Modelled: own wires; the line out of the village is planned, not built"),
    };
    let is_small = capacity <= domain::LICENCE_FREE_MAX.0;
    Compliance {
        capacity_w: Some(capacity),
        grid_link: Some(link),
        licence_number: (!is_small).then(|| "MODELLED-0001".to_owned()),
        licence_expires_on: (!is_small).then(|| first_day().plus_days(3_650)),
        licence_exemption: is_small.then(|| "Modelled: below 100 kW, owned by its members".to_owned()),
        seller_of_record: Some(SellerOfRecord::Cooperative),
        wiring_note: Some(wires.to_owned()),
        voted_on: Some(first_day()),
        ..Compliance::new()
    }
}

fn limits(code: &ClusterCode) -> BetweenLimits {
    let (sell, buy, spend) = match code.as_str() {
        // What is spent is mostly what a promise could cost that is not kept: the dearest unit of the tariff above the price, and the penalty.
        "KAB" => (20_000, 30_000, 12_000),
        "LUS" => (100_000, 100_000, 60_000),
        _ => (20_000, 0, 12_000),
    };
    let prices = (PricePerKwh(50), PricePerKwh(200));
    let (sell_max, buy_max) = (WattHours(sell), WattHours(buy));
    BetweenLimits { sell_max, buy_max, sell_price_min: prices.0, buy_price_max: prices.1, spend_max: Ngwee(spend), ..BetweenLimits::NOTHING }
}

/// Fills the checklist of a cluster and sets what its officers may commit, once.
///
/// # Errors
/// [`Failure`].
pub async fn allow(service: &Service, row: &ClusterRow) -> Result<(), Failure> {
    let view = service.compliance_view(Actor::System, row).await.map_err(|error| failed(&error))?;
    if view.limits.version == 0 {
        service.between_limits_set(Actor::System, row, row.opened_on, limits(&row.code)).await.map_err(|error| failed(&error))?;
    }
    if view.row.is_none() {
        service.compliance_set(Actor::System, row, checklist(&row.code)).await.map_err(|error| failed(&error))?;
    }
    Ok(())
}

fn find<'r>(rows: &'r [ClusterRow], code: &str) -> Option<&'r ClusterRow> {
    rows.iter().find(|row| row.code.as_str() == code)
}

/// Writes down the lines between those clusters that are there, once.
///
/// # Errors
/// [`Failure`].
pub async fn lines(service: &Service, rows: &[ClusterRow]) -> Result<(), Failure> {
    for (from, to, fee, capacity, loss_ppm, owner) in LINES {
        let (Some(from), Some(to)) = (find(rows, from), find(rows, to)) else { continue };
        let known = service.line_list(Actor::System, from).await.map_err(|error| failed(&error))?;
        if known.iter().any(|(line, ..)| (line.from, line.to) == (from.id, to.id)) {
            continue;
        }
        let (fee, capacity) = (PricePerKwh(fee), WattHours(capacity));
        let set = LineSet { from_day: first_day(), fee, capacity, loss_ppm, owner: owner.to_owned() };
        service.line_set(Actor::System, from, to, set).await.map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// What was agreed on the shipped days, up to the evening before `last`; nothing that was agreed in an earlier run.
///
/// # Errors
/// [`Failure`].
pub async fn agreed(service: &Service, rows: &[ClusterRow], last: BusinessDay) -> Result<(), Failure> {
    let first = last.plus_days(-DEAL_DAYS).max(first_day());
    for day in (first.0..last.0).map(BusinessDay) {
        agree(service, rows, day).await?;
    }
    Ok(())
}

/// What officers agree on a day: deals for the next one, and offers for some days later.
///
/// # Errors
/// [`Failure`]; what the limits or the clock do not let through any more is none.
pub async fn agree(service: &Service, rows: &[ClusterRow], day: BusinessDay) -> Result<(), Failure> {
    let service = service.clone().with_clock(Arc::new(SimulatedClock::at(agreeing_time(day))));
    for habit in &DEALS {
        let (Some(seller), Some(buyer)) = (find(rows, habit.seller), find(rows, habit.buyer)) else { continue };
        let done = deal(&service, seller, buyer, habit, day).await?;
        if let Err(error) = done.or_else(passing) {
            return Err(failed(&error));
        }
    }
    for (code, side, of_day, energy, price) in OFFERS {
        let Some(row) = find(rows, code) else { continue };
        let day = day.plus_days(OFFER_DAYS);
        let window = hours(day, of_day)?;
        let key = key(&format!("{} {}", if side == Side::Sell { "offer" } else { "ask" }, of_day.0), &[code], day);
        let new = OfferCreate { side, window, energy: WattHours(energy), price: PricePerKwh(price), key };
        if let Err(error) = service.offer_place(Actor::System, row, new).await.map(|_| ()).or_else(passing) {
            return Err(failed(&error));
        }
    }
    Ok(())
}

/// A visitor may have voted other limits, or answered first.
fn passing(error: ServiceError) -> Result<(), ServiceError> {
    match error {
        ServiceError::Between(refused) => {
            tracing::debug!(code = refused.code(), "not agreed: {refused}");
            Ok(())
        }
        other => Err(other),
    }
}

async fn deal(
    service: &Service,
    seller: &ClusterRow,
    buyer: &ClusterRow,
    habit: &Habit,
    day: BusinessDay,
) -> Result<Result<(), ServiceError>, Failure> {
    let (codes, next) = ([habit.seller, habit.buyer], day.next());
    let new = DealOffer {
        side: Party::Seller,
        window: hours(next, habit.hours)?,
        energy: WattHours(habit.energy),
        price: PricePerKwh(habit.price),
        penalty: PricePerKwh(20),
        expires_at: agreeing_time(day).plus_ms(4 * HOUR_MS),
        key: key("deal", &codes, next),
    };
    let accepted = async {
        let offered = service.deal_offer(Actor::System, seller, buyer, new).await?;
        if offered.row.deal.state != DealState::Open {
            return Ok(());
        }
        let known = service.deal_list(Actor::System, buyer, None, 50).await?;
        let Some(told) = known.iter().find(|told| told.row.pair == offered.row.pair) else { return Ok(()) };
        service.deal_act(Actor::System, buyer, told.row.no, DealMove::Accept, key("accept", &codes, next)).await.map(|_| ())
    };
    Ok(accepted.await)
}
