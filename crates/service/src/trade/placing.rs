//! The use cases of orders: place, look beforehand, change, take back, list; standing orders; and the round that ends what is over and
//! holds the auctions.

use super::floor::Floor;
use super::orders::{Ask, Orders, STANDING_MAX, Stands, Told, standing_follow};
use super::turn::{Amend, HELD_MAX, OPEN_MAX, OrderDone, Place, Setting, Turn};
use super::{EXPIRY_DAYS, TradeError, rules_on};
use crate::accounts::ClusterAccounts;
use crate::digest::digest;
use crate::policy::{Action, Actor};
use crate::{Service, ServiceError};
use domain::{MemberNo, OrderNo, StandingNo};
use ledger::IdempotencyKey;
use market::guard::GuardRules;
use market::{ENERGY_MAX, Order, Side};
use quantity::{BusinessDay, DAY_MS, Instant, Ngwee, PricePerKwh, WattHours};
use store::Tx;
use store::tables::{AuctionRow, ClusterRow, OrderRow, StandingRow, StandingState, TradeRow};

/// Most orders or trades given at once.
pub const LIST_MAX: u32 = 200;

/// An order to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderCreate {
    /// Whose it is.
    pub member: MemberNo,
    /// Buy or sell.
    pub side: Side,
    /// The limit: the most a buyer pays, the least a seller takes.
    pub price: PricePerKwh,
    /// How much, in lots of [`market::LOT`].
    pub energy: WattHours,
    /// First instant at which it is no longer good; `None` for as long as the member likes.
    pub expires_at: Option<Instant>,
    /// Only if the book is still at this version; else `book_changed`.
    pub at_version: Option<i64>,
    /// Recognises a repeat.
    pub key: IdempotencyKey,
}

/// A standing order to be set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StandingCreate {
    /// Whose it is.
    pub member: MemberNo,
    /// Buy or sell.
    pub side: Side,
    /// The limit.
    pub price: PricePerKwh,
    /// Own credits that are kept: above is sold, below is bought.
    pub keep: WattHours,
    /// First instant at which it is no longer good.
    pub expires_at: Option<Instant>,
    /// Recognises a repeat.
    pub key: IdempotencyKey,
}

/// What an order would do if it were placed now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderPreview {
    /// Trades it would make at once.
    pub trades: Vec<TradeRow>,
    /// What it would pay or get for them.
    pub money: Ngwee,
    /// What of it would wait in the book.
    pub rest: WattHours,
    /// What would be held for that: ngwee of a buyer, Wh of a seller.
    pub hold: i64,
    /// The fee: there is none inside a cluster.
    pub fee: Ngwee,
    /// Why an officer would look at it first, as codes, the gravest first; then nothing trades and nothing is reserved.
    pub reasons: Vec<String>,
    /// Version of the book it was worked out on.
    pub version: i64,
}

impl Service {
    /// Places an order: it trades at once with what waits in the book, at the price of those who wait, and what is left of it waits. Its
    /// money or energy credits are reserved. The same key with the same content is one order.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError`], with the book unchanged; what the store says.
    pub async fn order_place(&self, actor: Actor, cluster: &ClusterRow, new: OrderCreate) -> Result<OrderDone, ServiceError> {
        self.require(actor, cluster.id, Action::Trade(new.member)).await?;
        let place = place(actor, &new)?;
        let ask = new.at_version.map_or(Ask::Place(place.clone()), |version| Ask::PlaceAt(version, place));
        self.order_ask(cluster, ask).await
    }

    /// What an order would do now: what [`Service::order_place`] does to the ngwee, when the book is still at the version given.
    ///
    /// # Errors
    /// As [`Service::order_place`].
    pub async fn order_preview(&self, actor: Actor, cluster: &ClusterRow, new: OrderCreate) -> Result<OrderPreview, ServiceError> {
        self.require(actor, cluster.id, Action::Trade(new.member)).await?;
        let place = place(actor, &new)?;
        let (row, guard, now, desk) = (cluster.clone(), self.guard, self.now(), std::sync::Arc::clone(&self.orders));
        let done = self
            .store
            .read(move |tx| {
                let (row, place, desk) = (row.clone(), place.clone(), std::sync::Arc::clone(&desk));
                Box::pin(async move { preview(tx, &row, (desk.work(), &guard), now, &place).await })
            })
            .await?;
        let (OrderDone { order, trades, .. }, version) = done?;
        let (money, rest, hold, reasons) = (order.paid, order.left(), order.hold_amount, order.reasons().map(str::to_owned).collect());
        Ok(OrderPreview { money, rest, hold, fee: Ngwee::ZERO, trades, reasons, version })
    }

    /// Changes an order in the book. `energy` is how much it shall be in all, traded or not, so that the same request again changes nothing;
    /// with the same price and no more energy, the order keeps its place.
    ///
    /// # Errors
    /// As [`Service::order_place`]; [`TradeError::BelowFilled`]; `order_not_open` when it is filled, cancelled, over, or another's.
    pub async fn order_amend(
        &self,
        actor: Actor,
        cluster: &ClusterRow,
        member: MemberNo,
        no: OrderNo,
        price: Option<PricePerKwh>,
        energy: Option<WattHours>,
    ) -> Result<OrderDone, ServiceError> {
        self.require(actor, cluster.id, Action::Trade(member)).await?;
        self.order_ask(cluster, Ask::Amend(Amend { member, actor: actor.number(), no, price, energy })).await
    }

    /// Takes an order back: what it reserved is free again; what was traded stays.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; `order_not_open`; what the store says.
    pub async fn order_cancel(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, no: OrderNo) -> Result<OrderDone, ServiceError> {
        self.require(actor, cluster.id, Action::Trade(member)).await?;
        self.order_ask(cluster, Ask::Cancel(member, actor.number(), no)).await
    }

    pub(super) async fn order_ask(&self, cluster: &ClusterRow, ask: Ask) -> Result<OrderDone, ServiceError> {
        match self.orders.execute(&self.store, &self.clock, cluster.id, ask).await?? {
            Told::Order(done) => Ok(done),
            Told::Swept | Told::Auction(_) => Err(wrong_answer()),
        }
    }

    /// A member's orders before number `before`, the newest first, at most [`LIST_MAX`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn order_list(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, before: Option<i64>) -> Result<Vec<OrderRow>, ServiceError> {
        self.require(actor, cluster.id, Action::OrdersRead(member)).await?;
        let (id, before) = (cluster.id, before.unwrap_or(i64::MAX));
        self.store.read(move |tx| Box::pin(async move { Ok(tx.order_list_of(id, member, before, LIST_MAX).await?) })).await
    }

    /// A member's orders that are in the book or wait for an officer, however old, the newest first: at most [`OPEN_MAX`] and [`HELD_MAX`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn orders_open(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<Vec<OrderRow>, ServiceError> {
        self.require(actor, cluster.id, Action::OrdersRead(member)).await?;
        let (id, most) = (cluster.id, u32::try_from(OPEN_MAX + HELD_MAX).unwrap_or(u32::MAX));
        self.store.read(move |tx| Box::pin(async move { Ok(tx.order_list_waiting(id, member, most).await?) })).await
    }

    /// An order of a member.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError::OrderUnknown`], also when it is another's.
    pub async fn order_find(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, no: OrderNo) -> Result<OrderRow, ServiceError> {
        self.require(actor, cluster.id, Action::OrdersRead(member)).await?;
        let id = cluster.id;
        let found = self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.order_find(id, no).await?) })).await?;
        Ok(found.filter(|row| row.member == member).ok_or(TradeError::OrderUnknown { no })?)
    }

    /// A member's trades before number `before`, the newest first, at most [`LIST_MAX`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn trade_list(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, before: Option<i64>) -> Result<Vec<TradeRow>, ServiceError> {
        self.require(actor, cluster.id, Action::OrdersRead(member)).await?;
        let (id, before) = (cluster.id, before.unwrap_or(i64::MAX));
        self.store.read(move |tx| Box::pin(async move { Ok(tx.trade_list_of(id, member, before, LIST_MAX).await?) })).await
    }

    /// Sets a standing order in the place of the member's earlier one on that side: in every auction what is above the credits to keep is
    /// sold, or what is below is bought as far as the wallet goes. The same key with the same content is one. Where the guard holds it, an order
    /// in its stead waits for an officer, and until then it takes part in no auction.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError`].
    pub async fn standing_set(&self, actor: Actor, cluster: &ClusterRow, new: StandingCreate) -> Result<StandingRow, ServiceError> {
        self.require(actor, cluster.id, Action::Trade(new.member)).await?;
        let (row, now, by) = (cluster.clone(), self.now(), actor.number());
        let (desk, guard) = (std::sync::Arc::clone(&self.orders), self.guard);
        self.store
            .write(move |tx| {
                let (row, desk) = (row.clone(), std::sync::Arc::clone(&desk));
                Box::pin(async move { standing_set(tx, (&row, desk.work(), &guard), new, by, now).await })
            })
            .await
    }

    /// Ends a standing order.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError::StandingUnknown`].
    pub async fn standing_end(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo, no: StandingNo) -> Result<StandingRow, ServiceError> {
        self.require(actor, cluster.id, Action::Trade(member)).await?;
        let (at, now, by) = (cluster.clone(), self.now(), actor.number());
        let (desk, guard) = (std::sync::Arc::clone(&self.orders), self.guard);
        self.store
            .write(move |tx| {
                let (at, desk) = (at.clone(), std::sync::Arc::clone(&desk));
                Box::pin(async move {
                    let id = at.id;
                    tx.cluster_turn(id).await?;
                    let found = tx.standing_list_of(id, member).await?.into_iter().find(|row| row.no == no);
                    let mut row = found.ok_or(TradeError::StandingUnknown { no })?;
                    (row.state, row.ended_at) = (StandingState::Ended, Some(now));
                    tx.standing_put(id, &row).await?;
                    standing_follow(tx, (&at, desk.work(), &guard), Stands::Ended(&row), by, now).await?;
                    Ok::<_, ServiceError>(row)
                })
            })
            .await
    }

    /// A member's standing orders that are on.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn standing_list(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<Vec<StandingRow>, ServiceError> {
        self.require(actor, cluster.id, Action::OrdersRead(member)).await?;
        let id = cluster.id;
        self.store.read(move |tx| Box::pin(async move { Ok(tx.standing_list_of(id, member).await?) })).await
    }

    /// Ends orders that are over and holds the auction of the present interval, if it was not held yet. Safe to run at any time, also when the
    /// clock was ahead and was set back: then the auctions of the present intervals go on, and those that were held ahead of time are not held
    /// again when their intervals come.
    ///
    /// # Errors
    /// What the store says.
    pub async fn market_round(&self, cluster: &ClusterRow) -> Result<Option<AuctionRow>, ServiceError> {
        let step = cluster.step.ms();
        let (id, now) = (cluster.id, self.now());
        let start = Instant(now.0.div_euclid(step) * step);
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            Box::pin(async move {
                let is_held = tx.market_head(id).await?.last_auction_at == Some(start) || tx.auction_is_held(id, start).await?;
                Ok((is_held, tx.market_waits(id, now).await?))
            })
        });
        let (is_held, (stands, ends)) = read.await?;
        if !ends && (!stands || is_held) {
            return Ok(None);
        }
        match self.orders.execute(&self.store, &self.clock, cluster.id, Ask::Auction(start)).await? {
            Ok(Told::Auction(row)) => Ok(row),
            // There is nothing to hold any more on a day whose books are closed.
            Err(TradeError::DayClosed) => Ok(None),
            Err(error) => Err(error.into()),
            Ok(Told::Order(_) | Told::Swept) => Err(wrong_answer()),
        }
    }
}

impl Service {
    /// As [`Service::market_round`] on the way of another round: what fails is told in the log and tried again in the next one.
    pub(crate) async fn market_follow(&self, cluster: &ClusterRow) {
        if let Err(error) = self.market_round(cluster).await {
            tracing::warn!(cluster = %cluster.code, code = error.code(), "the market did not go on: {error}");
        }
    }
}

fn wrong_answer() -> ServiceError {
    ServiceError::ClusterInvalid { reason: "the desk answered another question".to_owned() }
}

/// Parses what a caller gives into an ask: nothing that no order can say goes further.
fn place(actor: Actor, new: &OrderCreate) -> Result<Place, TradeError> {
    let order = Order::for_book(new.side, new.price, new.energy)?;
    let end = new.expires_at.map_or(0, |end| end.0);
    let digest = digest(&[new.member.get(), i64::from(new.side == Side::Buy), new.price.0, new.energy.0, end]);
    Ok(Place { member: new.member, actor: actor.number(), order, expires_at: new.expires_at, key: new.key, digest })
}

/// Decides an order at a copy of the floor, the desk's where it has it, and forgets it.
async fn preview(
    tx: &mut Tx<'_>,
    row: &ClusterRow,
    (desk, guard): (&Orders, &GuardRules),
    now: Instant,
    place: &Place,
) -> Result<Result<(OrderDone, i64), TradeError>, ServiceError> {
    let (cluster, offset) = (row.id, row.offset);
    let market = tx.market_head(cluster).await?;
    let today = BusinessDay::of(now, offset);
    let rules = rules_on(tx, cluster, today).await?;
    let mut floor = match desk.peek(cluster, &market) {
        Some(floor) => floor,
        None => Floor::load(tx, cluster, market, now).await?,
    };
    let accounts = ClusterAccounts::new(&tx.account_list(cluster).await?);
    let ties = crate::ties::ties(tx, row, now).await?.ties;
    floor.traders_set(&tx.member_list(cluster).await?, ties, &accounts, now);
    let balances = [accounts.member(place.member).map(|book| book.wallet), accounts.energy(place.member).copied()];
    let available = balances.into_iter().flatten().map(|account| (account.no, account.available())).collect();
    floor.stand_in();
    let mut turn = Turn::new(&mut floor, Setting { cluster, offset, rules: &rules, guard, now, next_transfer: 1 }, available);
    turn.expire();
    Ok(turn.place(place).map(|done| (done, market.version)))
}

async fn standing_set(
    tx: &mut Tx<'_>,
    (cluster, desk, guard): (&ClusterRow, &Orders, &GuardRules),
    new: StandingCreate,
    actor: i64,
    now: Instant,
) -> Result<StandingRow, ServiceError> {
    let id = cluster.id;
    tx.cluster_turn(id).await?;
    let today = BusinessDay::of(now, cluster.offset);
    if let Some(known) = tx.standing_by_key(id, new.key).await? {
        let is_same =
            (known.member, known.side, known.price, known.keep, known.expires_at) == (new.member, new.side, new.price, new.keep, new.expires_at);
        return if is_same { Ok(known) } else { Err(TradeError::KeyReused.into()) };
    }
    let rules = rules_on(tx, id, today).await?;
    standing_check(&new, &rules, now)?;
    let member = tx.member_list(id).await?.into_iter().find(|row| row.no == new.member).ok_or(TradeError::MemberUnknown { member: new.member })?;
    if member.left_on.is_some() {
        return Err(TradeError::MemberLeft { member: new.member }.into());
    }
    let others = tx.standing_list_of(id, new.member).await?;
    if let Some(other) = others.iter().find(|row| row.side == new.side.other()) {
        let (buy, sell) = if new.side == Side::Buy { (new.keep, other.keep) } else { (other.keep, new.keep) };
        if buy > sell {
            return Err(TradeError::StandingCrossed { buy, sell }.into());
        }
    }
    let earlier = others.into_iter().find(|row| row.side == new.side);
    if earlier.is_none() && tx.standing_count(id).await? >= STANDING_MAX.into() {
        return Err(TradeError::StandingTooMany { most: STANDING_MAX }.into());
    }
    if let Some(mut row) = earlier {
        (row.state, row.ended_at) = (StandingState::Ended, Some(now));
        tx.standing_put(id, &row).await?;
        standing_follow(tx, (cluster, desk, guard), Stands::Ended(&row), actor, now).await?;
    }
    let row = StandingRow {
        no: StandingNo::new(tx.numbers_take(id, "standing", 1).await?)?,
        member: new.member,
        side: new.side,
        price: new.price,
        keep: new.keep,
        state: StandingState::On,
        placed_at: now,
        expires_at: new.expires_at,
        ended_at: None,
        actor,
        key: new.key,
        passed: None,
    };
    tx.standing_put(id, &row).await?;
    standing_follow(tx, (cluster, desk, guard), Stands::Set(&row), actor, now).await?;
    Ok(row)
}

fn standing_check(new: &StandingCreate, rules: &domain::TradingConfig, now: Instant) -> Result<(), TradeError> {
    if !rules.is_inside_on {
        return Err(TradeError::TradingOff);
    }
    // As an order it would have this price; how much is known when the auction is held.
    Order::for_book(new.side, new.price, WattHours(market::ORDER_MIN))?;
    if new.price < rules.price_floor || new.price > rules.price_ceiling {
        return Err(TradeError::PriceOutside { floor: Ngwee(rules.price_floor.0), ceiling: Ngwee(rules.price_ceiling.0) });
    }
    if !(0..=ENERGY_MAX).contains(&new.keep.0) {
        return Err(TradeError::Keep { most: WattHours(ENERGY_MAX) });
    }
    let last = now.plus_ms(EXPIRY_DAYS * DAY_MS);
    if new.expires_at.is_some_and(|end| end <= now || end > last) { Err(TradeError::Expiry { days: EXPIRY_DAYS }) } else { Ok(()) }
}
