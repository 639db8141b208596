//! The market of the demo: what members bank, the rules of trading, and a day of orders that comes again every day.
//!
//! Nobody real trades here. Who places what is drawn from the time of the day and the cluster's code alone, so the same day gives the same
//! orders on every machine, however often the demo was stopped on the way. What wallets and energy credits do not cover is left out.

use super::database;
use super::people;
use crate::exit::Failure;
use domain::{ClusterCode, MemberNo, SimulatedClock, TradingConfig};
use ledger::{Account, IdempotencyKey};
use market::Side;
use quantity::{BusinessDay, HOUR_MS, Instant, MINUTE_MS, Ngwee, PricePerKwh, UtcOffset, WattHours};
use service::cluster::RulesChange;
use service::policy::Actor;
use service::trade::{OrderCreate, StandingCreate};
use service::{AlertCreate, ClusterAccounts, CoverSource, Service, ServiceError, SurplusChoice};
use std::sync::Arc;
use store::tables::ClusterRow;

/// Orders come in quarters of an hour.
const SLOT_MS: i64 = 900_000;
/// How far back trading is made up for when the demo was not running.
const CATCH_UP_MS: i64 = 24 * HOUR_MS;
/// Who sells, who buys and who rests changes every so many days: neighbours who did both within a day would look like a circle.
const ROLE_DAYS: i32 = 3;
/// What a kWh is worth, in ngwee, at a minute of the day, before the little ups and downs: much sun at noon, many lamps in the evening.
const WORTH: [(i64, i64); 11] =
    [(0, 118), (300, 122), (420, 134), (540, 114), (720, 100), (840, 102), (960, 116), (1_080, 138), (1_200, 144), (1_320, 130), (1_440, 118)];

/// How one of the clusters trades.
struct Habit {
    code: &'static str,
    /// Homes that have a number from 1 to this.
    homes: i64,
    /// Money behind its energy credits.
    cover: Ngwee,
    /// How much dearer than elsewhere, ngwee per kWh.
    dearer: i64,
    /// Steps of 50 Wh in its largest order.
    steps: u64,
    /// Whose standing order sells, and whose buys.
    standing: (i64, i64),
    /// Homes of people whom a visitor may be: after the opening nobody orders for them.
    people: &'static [i64],
}

const HABITS: [Habit; 2] = [
    Habit { code: "KAB", homes: 20, cover: Ngwee(90_000), dearer: 0, steps: 4, standing: (16, 5), people: &[1, 2, 3, 4] },
    Habit { code: "LUS", homes: 60, cover: Ngwee(90_000), dearer: 4, steps: 8, standing: (34, 11), people: &[5] },
];

/// Three homes of five bank their surplus, in each of the three roles.
const fn banks(number: i64) -> bool {
    !matches!(number % 5, 0 | 3)
}

fn habit(row: &ClusterRow) -> Option<&'static Habit> {
    HABITS.iter().find(|habit| habit.code == row.code.as_str())
}

/// A number drawn from what it is for.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014 (SplitMix64).
fn drawn(of: &str, at: Instant, what: u64) -> u64 {
    let seed = of.bytes().fold(at.0.cast_unsigned() ^ what.rotate_left(48), |seed, byte| seed.rotate_left(5) ^ u64::from(byte));
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// What a kWh is worth at a time, ngwee.
fn worth(at: Instant) -> i64 {
    let minute = at.ms_since(BusinessDay::of(at, UtcOffset::LUSAKA).start(UtcOffset::LUSAKA)) / MINUTE_MS;
    let between = WORTH.windows(2).find(|pair| minute < pair[1].0);
    between.map_or(WORTH[0].1, |pair| pair[0].1 + (pair[1].1 - pair[0].1) * (minute - pair[0].0) / (pair[1].0 - pair[0].0))
}

/// An order that somebody will place.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Planned {
    at: Instant,
    side: Side,
    /// Who could place it; one of those who can afford it is taken.
    members: Vec<i64>,
    draw: u64,
    price: i64,
    energy: i64,
    /// How long it is good.
    good_ms: i64,
}

/// The orders of a quarter of an hour, by time: one waits on each side for some hours, and one or two take what waits.
fn plan(habit: &Habit, slot: Instant, is_open: bool) -> Vec<Planned> {
    let draw = |what: u64, of: u64| i64::try_from(drawn(habit.code, slot, what) % of).unwrap_or(0);
    let period = i64::from((BusinessDay::of(slot, UtcOffset::LUSAKA).0).div_euclid(ROLE_DAYS)) + 1;
    let is_free = |member: &i64| *member != habit.standing.0 && *member != habit.standing.1 && !(is_open && habit.people.contains(member));
    let of_role = |role: i64| (1..=habit.homes).filter(move |member| (member - period).rem_euclid(3) == role).filter(is_free).collect::<Vec<_>>();
    let roles = [of_role(0), of_role(1)];
    let middle = worth(slot) + habit.dearer + draw(1, 5) - 2;
    let kinds: [(Side, i64, i64, bool); 4] = [
        (Side::Sell, 3 + draw(2, 13), 6 * HOUR_MS, true),
        (Side::Buy, -3 - draw(3, 13), 4 * HOUR_MS, true),
        (Side::Buy, 9, SLOT_MS, draw(4, 2) > 0),
        (Side::Sell, -9, SLOT_MS, draw(5, 3) == 0),
    ];
    let mut orders = Vec::new();
    for (at, (side, off, good_ms, is_placed)) in (0_i64..).zip(kinds) {
        if !is_placed {
            continue;
        }
        let (members, what) = (roles[usize::from(side == Side::Buy)].clone(), 10 + at.cast_unsigned());
        let energy = 100 + 50 * draw(what + 10, habit.steps);
        let (at, draw) = (slot.plus_ms((1 + 3 * at) * MINUTE_MS), drawn(habit.code, slot, what));
        orders.push(Planned { at, side, members, draw, price: middle + off, energy, good_ms });
    }
    orders
}

fn key(code: &ClusterCode, what: &str, at: Instant) -> IdempotencyKey {
    IdempotencyKey::derive(&[b"demo", code.as_str().as_bytes(), what.as_bytes(), &at.0.to_be_bytes()])
}

fn failed(error: &ServiceError) -> Failure {
    database::from_service(error)
}

/// Lets members of a cluster trade from its first day on: rules, who banks its surplus, and money behind what is banked. Off the grid nothing
/// is exported and so nothing can be banked; there members trade with other clusters alone. What is there is left as it is.
///
/// # Errors
/// [`Failure`].
pub async fn allow(service: &Service, row: &ClusterRow) -> Result<(), Failure> {
    let rules = service.rules_read(Actor::System, row).await.map_err(|error| failed(&error))?.trading;
    if rules.config.is_between_on {
        return Ok(());
    }
    if let Some(habit) = habit(row) {
        let at = row.opened_on.start(row.offset);
        let added = service.cover_add(Actor::System, row, CoverSource::Gift, habit.cover, key(&row.code, "cover", at)).await;
        added.map_err(|error| failed(&error))?;
        for number in (1..=habit.homes).filter(|number| banks(*number)) {
            let member = member(number)?;
            service.surplus_choice_set(Actor::System, row, member, SurplusChoice::Bank).await.map_err(|error| failed(&error))?;
        }
    }
    let trading = TradingConfig {
        price_floor: PricePerKwh(40),
        price_ceiling: PricePerKwh(300),
        is_inside_on: habit(row).is_some(),
        is_between_on: true,
        order_max: WattHours(5_000),
        ..rules.config
    };
    let change = RulesChange { from_day: row.opened_on, settlement: None, governance: None, trading: Some(trading) };
    service.rules_change(Actor::System, row, change).await.map_err(|error| failed(&error))?;
    Ok(())
}

/// What some have set before the first order: a standing order on each side, and what the member whom most visitors are wants to be told.
///
/// # Errors
/// [`Failure`].
pub async fn prepare(service: &Service, rows: &[ClusterRow], at: Instant) -> Result<(), Failure> {
    let service = service.clone().with_clock(Arc::new(SimulatedClock::at(at)));
    for (row, habit) in rows.iter().filter_map(|row| Some((row, habit(row)?))) {
        let sides = [(Side::Sell, habit.standing.0, 138, 10_000), (Side::Buy, habit.standing.1, 108, 4_000)];
        for (side, number, price, keep) in sides {
            let (member, key) = (member(number)?, key(&row.code, &format!("standing {number}"), row.opened_on.start(row.offset)));
            let new = StandingCreate { member, side, price: PricePerKwh(price), keep: WattHours(keep), expires_at: None, key };
            service.standing_set(Actor::System, row, new).await.map_err(|error| failed(&error))?;
        }
    }
    let Some(row) = rows.iter().find(|row| row.code.as_str() == people::VISITOR.0) else { return Ok(()) };
    let user = people::visitor(&service).await?;
    for (kind, threshold) in [("above", 135), ("below", 105)] {
        let new = AlertCreate { kind: kind.to_owned(), threshold, expires_at: None };
        service.alert_create(user, row, new).await.map_err(|error| failed(&error))?;
    }
    Ok(())
}

/// Lets members trade from where they stopped, at `from` the earliest, up to `until`. Up to `opening` all homes take part.
///
/// # Errors
/// [`Failure`].
pub async fn go_on(service: &Service, rows: &[ClusterRow], (from, until): (Instant, Instant), opening: Instant) -> Result<(), Failure> {
    let of = |code: &str| rows.iter().find(|row| row.code.as_str() == code);
    // Both at once share the disk; each has its own books.
    let trade = async |row: Option<&ClusterRow>| match row {
        Some(row) => trade(service, row, (from, until), opening).await,
        None => Ok(()),
    };
    let (one, other) = tokio::join!(trade(of(HABITS[0].code)), trade(of(HABITS[1].code)));
    one.and(other)
}

/// When the last order of a cluster was placed.
async fn last_order(service: &Service, row: &ClusterRow) -> Result<Option<Instant>, Failure> {
    let id = row.id;
    let last = service.store().read(move |tx| Box::pin(async move { tx.orders_recent(id, 1).await })).await;
    Ok(last.map_err(|error: store::StoreError| database::from_store(&error))?.first().map(|(_, at, _)| *at))
}

/// Whether somebody has traded after `at`: then what was to be settled by then is settled, as trading comes after it.
///
/// # Errors
/// [`Failure`].
pub async fn has_gone_past(service: &Service, rows: &[ClusterRow], at: Instant) -> Result<bool, Failure> {
    for row in rows {
        if last_order(service, row).await?.is_some_and(|last| last > at) {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn trade(service: &Service, row: &ClusterRow, (from, until): (Instant, Instant), opening: Instant) -> Result<(), Failure> {
    let Some(habit) = habit(row) else { return Ok(()) };
    let last = last_order(service, row).await?;
    let earliest = if until > opening { from.max(until.plus_ms(-CATCH_UP_MS)) } else { from };
    let since = last.map_or(earliest, |last| last.max(earliest));
    let clock = SimulatedClock::at(since);
    let service = service.clone().with_clock(Arc::new(clock.clone()));
    let mut slot = Instant(since.0.div_euclid(SLOT_MS) * SLOT_MS);
    while slot <= until {
        // While the pages are open, rounds of settling do the same every quarter of an hour.
        if slot >= since && slot.0 % HOUR_MS == 0 {
            clock.set(slot);
            service.market_round(row).await.map_err(|error| failed(&error))?;
            service.alerts_round(row).await.map_err(|error| failed(&error))?;
        }
        for order in plan(habit, slot, slot > opening).into_iter().filter(|order| order.at > since && order.at <= until) {
            clock.set(order.at);
            place(&service, row, &order).await?;
        }
        slot = slot.plus_ms(SLOT_MS);
    }
    Ok(())
}

/// Places one order for one of those whose energy credits or wallet cover it, if there is one. What the market refuses is no failure of the
/// demo: the members may have voted other rules.
async fn place(service: &Service, row: &ClusterRow, order: &Planned) -> Result<(), Failure> {
    let id = row.id;
    let accounts = service.store().read(move |tx| Box::pin(async move { tx.account_list(id).await })).await;
    let accounts = ClusterAccounts::new(&accounts.map_err(|error: store::StoreError| database::from_store(&error))?);
    let is_covered = |number: &i64| {
        let Ok(member) = MemberNo::new(*number) else { return false };
        let free = match order.side {
            Side::Sell => accounts.energy(member).map_or(0, Account::available),
            Side::Buy => accounts.member(member).map_or(0, |book| book.wallet.available()),
        };
        // A kWh costs as many ngwee as its price is.
        free >= if order.side == Side::Sell { order.energy } else { order.energy * order.price / 1_000 + 1 }
    };
    let able: Vec<i64> = order.members.iter().copied().filter(is_covered).collect();
    let Some(number) = able.get(usize::try_from(order.draw % (able.len().max(1) as u64)).unwrap_or(0)) else { return Ok(()) };
    let new = OrderCreate {
        member: member(*number)?,
        side: order.side,
        price: PricePerKwh(order.price),
        energy: WattHours(order.energy),
        expires_at: Some(order.at.plus_ms(order.good_ms)),
        at_version: None,
        key: key(&row.code, "order", order.at),
    };
    match service.order_place(Actor::System, row, new).await {
        Ok(_) | Err(ServiceError::Trade(_)) => Ok(()),
        Err(error) => Err(failed(&error)),
    }
}

/// One order far from what others pay: the guard holds it, and the officers see how that looks.
///
/// # Errors
/// [`Failure`].
pub async fn stray(service: &Service, rows: &[ClusterRow], at: Instant) -> Result<(), Failure> {
    let Some(row) = rows.iter().find(|row| row.code.as_str() == people::VISITOR.0) else { return Ok(()) };
    let order = Planned { at, side: Side::Sell, members: STRAY_MEMBERS.to_vec(), draw: 0, price: 290, energy: 300, good_ms: 30 * 24 * HOUR_MS };
    place(&service.clone().with_clock(Arc::new(SimulatedClock::at(at))), row, &order).await
}

/// Whose order is far from what others pay: the first who has that much to sell.
const STRAY_MEMBERS: [i64; 4] = [19, 17, 12, 16];

fn member(number: i64) -> Result<MemberNo, Failure> {
    MemberNo::new(number).map_err(|error| Failure::bad_input(error.code(), error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(days: i64) -> impl Iterator<Item = Instant> {
        let start = super::super::clusters::first_day().start(UtcOffset::LUSAKA);
        (0..96 * days).map(move |at| start.plus_ms(at * SLOT_MS))
    }

    #[test]
    fn evening_is_dear_and_noon_cheap() {
        let day: Vec<i64> = slots(1).map(worth).collect();
        assert_eq!((day[0], day[48], day[80]), (118, 100, 144));
        assert!(day.windows(2).all(|pair| (pair[0] - pair[1]).abs() <= 6), "{day:?}");
    }

    #[test]
    fn a_plan_is_bounded_and_the_same_every_time() {
        for habit in &HABITS {
            for slot in slots(30) {
                let orders = plan(habit, slot, true);
                assert_eq!(orders, plan(habit, slot, true));
                assert!((2..=4).contains(&orders.len()));
                for order in &orders {
                    assert!((80..=170).contains(&order.price) && order.energy % 50 == 0 && order.energy >= 100, "{order:?}");
                    assert!(order.at > slot && order.at < slot.plus_ms(SLOT_MS) && !order.members.iter().any(|member| habit.people.contains(member)));
                }
            }
        }
    }

    /// What makes circles of two or three within a day impossible.
    #[test]
    fn who_sells_to_a_neighbour_buys_nothing_back_for_days() {
        for habit in &HABITS {
            let mut last = std::collections::BTreeMap::new();
            for slot in slots(30) {
                for order in plan(habit, slot, false) {
                    for member in &order.members {
                        last.insert((*member, order.side == Side::Sell), order.at);
                        let sold: Option<&Instant> = last.get(&(*member, true)).filter(|_| order.side == Side::Buy);
                        assert!(sold.is_none_or(|sold| order.at.ms_since(*sold) > 24 * HOUR_MS), "{order:?}");
                    }
                }
            }
        }
    }
}
