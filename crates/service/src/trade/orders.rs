//! The desk where orders are handed in: what it loads for a turn, and what it writes after it.

use super::floor::Floor;
use super::turn::{Amend, Fate, OrderDone, Place, Setting, Turn};
use super::{TradeError, review, rules_on};
use crate::accounts::{ClusterAccounts, accounts_need};
use crate::desk::Work;
use domain::{AccountNo, AuctionNo, ClusterId, MemberNo, OrderNo};
use ledger::{AccountCode, IdempotencyKey, Outcome};
use market::guard::GuardRules;
use quantity::{BusinessDay, HOUR_MS, Instant, WattHours};
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::tables::{AuctionRow, ClusterRow, LedgerHead, MarketHead, OrderOrigin, OrderRow, OrderState, StandingRow, StandingState};
use store::{EventNew, Store, StoreError, Tx};

/// Clusters whose floor is kept in memory between units.
const FLOORS_KEPT: usize = 64;
/// Most standing orders of a cluster that are on: all of them take part in every auction.
pub const STANDING_MAX: u32 = 2_000;

/// What one caller asks for at the desk.
#[derive(Debug, Clone)]
pub(crate) enum Ask {
    /// Place an order.
    Place(Place),
    /// Take one back: the member, the user, the order.
    Cancel(MemberNo, i64, OrderNo),
    /// Change one.
    Amend(Amend),
    /// Place one only if the book is still at this version.
    PlaceAt(i64, Place),
    /// Let an order go on that waits for an officer.
    Release(i64, OrderNo),
    /// Refuse one that waits.
    Refuse(i64, OrderNo),
    /// End what is over.
    Sweep,
    /// Hold the auction of the interval that begins then, unless it was held; see [`Loaded::met`].
    Auction(Instant),
}

/// What came of it.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    Order(OrderDone),
    Swept,
    Auction(Option<AuctionRow>),
}

/// The work of the desk, with the floors that are good for their clusters' present version.
#[derive(Default)]
pub(crate) struct Orders {
    floors: Mutex<HashMap<ClusterId, Arc<Floor>>>,
    guard: GuardRules,
}

impl Orders {
    /// With a guard of these rules.
    pub(crate) fn guarded(guard: GuardRules) -> Self {
        Self { floors: Mutex::default(), guard }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ClusterId, Arc<Floor>>> {
        self.floors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn keep(&self, cluster: ClusterId, floor: Floor) {
        let mut floors = self.lock();
        if floors.len() >= FLOORS_KEPT
            && let Some(other) = floors.keys().next().copied()
        {
            floors.remove(&other);
        }
        floors.insert(cluster, Arc::new(floor));
    }

    /// A copy of the floor that is kept, when it is good for the market as it stands; none while a unit works with it.
    pub(crate) fn peek(&self, cluster: ClusterId, market: &MarketHead) -> Option<Floor> {
        let kept = self.lock().get(&cluster).filter(|floor| floor.head == *market).map(Arc::clone)?;
        // Copied when others can go on: a large book takes a while.
        Some(Floor::clone(&kept))
    }
}

impl Work for Orders {
    type Ask = Ask;
    type Answer = Result<Told, TradeError>;

    fn size(_: &Ask) -> usize {
        1
    }

    async fn book(&self, store: &Store, cluster: ClusterId, now: Instant, asks: Arc<[Arc<Ask>]>) -> Result<Vec<Self::Answer>, StoreError> {
        // Taken out for the time of the unit: if the unit fails, what it did in memory is forgotten with it.
        let kept = self.lock().remove(&cluster);
        let kept = Arc::new(Mutex::new(kept.map(Arc::unwrap_or_clone)));
        let guard = self.guard;
        let (floor, answers) = store
            .write(move |tx| {
                let (kept, asks) = (Arc::clone(&kept), Arc::clone(&asks));
                Box::pin(async move {
                    let known = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
                    run(tx, cluster, now, (known, &guard), &asks).await
                })
            })
            .await?;
        if let Some(floor) = floor {
            self.keep(cluster, floor);
        }
        Ok(answers)
    }
}

/// Everything a unit reads before it decides.
struct Loaded {
    cluster: ClusterRow,
    head: LedgerHead,
    floor: Floor,
    rules: domain::TradingConfig,
    offset: quantity::UtcOffset,
    prior: HashMap<IdempotencyKey, OrderRow>,
    stored: HashMap<i64, OrderRow>,
    standing: Vec<StandingRow>,
    /// Intervals asked about in whose auction two sides have met already.
    met: BTreeSet<Instant>,
    available: HashMap<AccountNo, i64>,
    now: Instant,
}

impl Loaded {
    /// Whether the auction of the interval that begins at `start` is still to be held. Intervals need not come in order: a clock that ran
    /// ahead may be set back. So the last one held is not enough to know; one in which two sides met is never held again.
    fn is_due(&self, start: Instant) -> bool {
        self.floor.head.last_auction_at != Some(start) && !self.met.contains(&start)
    }
}

/// Takes back all orders of a member who leaves, standing ones too, in the unit in which it leaves. Every process reads its floor anew.
///
/// # Errors
/// What the store says.
pub(crate) async fn orders_end(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo, now: Instant) -> Result<(), StoreError> {
    for mut row in tx.standing_list_of(cluster, member).await? {
        (row.state, row.ended_at) = (StandingState::Ended, Some(now));
        tx.standing_put(cluster, &row).await?;
    }
    if tx.market_head(cluster).await? == MarketHead::NEW {
        return Ok(());
    }
    let mut loaded = load(tx, cluster, now, None, &[Arc::new(Ask::Sweep)]).await?;
    let guard = GuardRules::default();
    let setting =
        Setting { cluster, offset: loaded.offset, rules: &loaded.rules, guard: &guard, now: loaded.now, next_transfer: loaded.head.next_transfer_no };
    let mut turn = Turn::new(&mut loaded.floor, setting, HashMap::new());
    turn.cancel_all(member, 0);
    turn.touch();
    record(tx, &loaded.cluster, &mut loaded.head, turn, &[]).await
}

/// What happens to standing orders of a member.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stands<'a> {
    /// This one was set: the guard looks at it.
    Set(&'a StandingRow),
    /// This one ends.
    Ended(&'a StandingRow),
}

/// Follows what happens to a standing order, in the unit in which it does: one that is set is held where the guard says so, with an order
/// that waits for an officer in its stead; with one that ends, so does what waited for it.
///
/// # Errors
/// What the store says.
pub(crate) async fn standing_follow(
    tx: &mut Tx<'_>,
    (cluster, desk, guard): (&ClusterRow, &Orders, &GuardRules),
    what: Stands<'_>,
    actor: i64,
    now: Instant,
) -> Result<(), StoreError> {
    let id = cluster.id;
    let market = tx.market_head(id).await?;
    let floor = match desk.peek(id, &market) {
        Some(floor) => floor,
        None => Floor::load(tx, id, market, now).await?,
    };
    let (Stands::Set(row) | Stands::Ended(row)) = what;
    let waiting = floor.held.values().find(|held| held.origin == OrderOrigin::Standing && held.digest == row.no.get()).map(|held| held.no);
    let recent = tx.standing_recent(id, row.member, row.no, now.plus_ms(-HOUR_MS)).await?;
    let rules = rules_on(tx, id, BusinessDay::of(now, cluster.offset).max(cluster.opened_on)).await?;
    let reasons = match what {
        Stands::Set(_) => super::auction::looked(&floor, row, (id, &rules, guard), &recent, now),
        Stands::Ended(_) => None,
    };
    if reasons.is_none() && waiting.is_none() {
        return Ok(());
    }
    let mut loaded = load(tx, id, now, Some(floor), &[Arc::new(Ask::Sweep)]).await?;
    let setting = Setting { cluster: id, offset: loaded.offset, rules: &loaded.rules, guard, now, next_transfer: loaded.head.next_transfer_no };
    let mut turn = Turn::new(&mut loaded.floor, setting, HashMap::new());
    match (reasons, waiting) {
        (Some(reasons), _) => turn.hold_standing(row, WattHours(market::ORDER_MIN), reasons),
        (None, Some(no)) => drop(turn.cancel(row.member, actor, no)),
        (None, None) => {}
    }
    record(tx, &loaded.cluster, &mut loaded.head, turn, &[]).await
}

type Answers = Vec<Result<Told, TradeError>>;

/// Decides asks in order in one unit and writes what came of them.
async fn run(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    now: Instant,
    (known, guard): (Option<Floor>, &GuardRules),
    asks: &[Arc<Ask>],
) -> Result<(Option<Floor>, Answers), StoreError> {
    let mut loaded = load(tx, cluster, now, known, asks).await?;
    let today = BusinessDay::of(loaded.now, loaded.offset);
    if loaded.head.closed_until.is_some_and(|until| today <= until) {
        return Ok((None, asks.iter().map(|_| Err(TradeError::DayClosed)).collect()));
    }
    let auction_no = match asks.iter().any(|ask| matches!(**ask, Ask::Auction(start) if loaded.is_due(start))) {
        true => Some(AuctionNo::new(tx.numbers_take(cluster, "auction", 1).await?).map_err(|error| StoreError::corrupt("auction_no", error))?),
        false => None,
    };
    let setting =
        Setting { cluster, offset: loaded.offset, rules: &loaded.rules, guard, now: loaded.now, next_transfer: loaded.head.next_transfer_no };
    let mut turn = Turn::new(&mut loaded.floor, setting, std::mem::take(&mut loaded.available));
    let mut auctions = Vec::new();
    turn.expire();
    let mut decider = Decider {
        turn: &mut turn,
        prior: loaded.prior,
        stored: &loaded.stored,
        standing: &loaded.standing,
        met: loaded.met,
        auction_no,
        auctions: &mut auctions,
    };
    let answers = asks.iter().map(|ask| decider.decide(ask)).collect();
    record(tx, &loaded.cluster, &mut loaded.head, turn, &auctions).await?;
    Ok((Some(loaded.floor), answers))
}

/// Reads what a unit decides by.
///
/// `now` is what the clock shows, also when it shows an earlier time than the ledger's last transfer: the clock was ahead and was set back.
/// What members see goes by the clock: when an order was placed, trades or ends, the interval of an auction, a quarter of the chart. Only
/// the log of the ledger never goes back; there such a transfer is booked at the time of the last one.
async fn load(tx: &mut Tx<'_>, cluster: ClusterId, now: Instant, known: Option<Floor>, asks: &[Arc<Ask>]) -> Result<Loaded, StoreError> {
    let head = tx.ledger_head(cluster).await?;
    let market = tx.market_head(cluster).await?;
    let row = tx.cluster_find(cluster).await?.ok_or_else(|| StoreError::corrupt("cluster", cluster))?;
    // A clock that shows a time before there were any rules is wrong; the first ones hold then.
    let today = BusinessDay::of(now, row.offset).max(row.opened_on);
    let rules = rules_on(tx, cluster, today).await?;
    let mut floor = match known.filter(|floor| floor.head == market) {
        Some(floor) => floor,
        None => Floor::load(tx, cluster, market, now).await?,
    };
    let stored = stored(tx, cluster, asks).await?;
    let is_auction = asks.iter().any(|ask| matches!(**ask, Ask::Auction(_)));
    let standing = if is_auction { standing(tx, cluster, now).await? } else { Vec::new() };
    let mut met = BTreeSet::new();
    for ask in asks {
        if let Ask::Auction(start) = **ask
            && tx.auction_is_held(cluster, start).await?
        {
            met.insert(start);
        }
    }
    let members = who(asks, &stored, &standing);
    ready(tx, &row, &mut floor, &members, now).await?;
    let accounts: Vec<AccountNo> =
        members.iter().filter_map(|member| floor.traders.get(member)).flat_map(|trader| [Some(trader.wallet), trader.energy]).flatten().collect();
    let available = tx.account_find(cluster, &accounts).await?.into_iter().map(|account| (account.no, account.available())).collect();
    let keys: Vec<IdempotencyKey> = asks.iter().filter_map(|ask| placed(ask).map(|place| place.key)).collect();
    let prior = tx.orders_by_key(cluster, &keys).await?.into_iter().map(|row| (row.key, row)).collect();
    Ok(Loaded { head, floor, rules, offset: row.offset, cluster: row, prior, stored, standing, met, available, now })
}

/// The standing orders that take part; those whose time is over end.
async fn standing(tx: &mut Tx<'_>, cluster: ClusterId, now: Instant) -> Result<Vec<StandingRow>, StoreError> {
    let all = tx.standing_list_on(cluster, STANDING_MAX).await?;
    let (over, on): (Vec<StandingRow>, Vec<StandingRow>) = all.into_iter().partition(|row| row.expires_at.is_some_and(|end| end <= now));
    for mut row in over {
        (row.state, row.ended_at) = (StandingState::Expired, Some(now));
        tx.standing_put(cluster, &row).await?;
    }
    Ok(on)
}

fn placed(ask: &Ask) -> Option<&Place> {
    match ask {
        Ask::Place(place) | Ask::PlaceAt(_, place) => Some(place),
        _ => None,
    }
}

/// The orders that officers decide about: they are not in the book.
async fn stored(tx: &mut Tx<'_>, cluster: ClusterId, asks: &[Arc<Ask>]) -> Result<HashMap<i64, OrderRow>, StoreError> {
    let mut found = HashMap::new();
    for ask in asks {
        if let Ask::Release(_, no) | Ask::Refuse(_, no) = **ask
            && let Some(row) = tx.order_find(cluster, no).await?
        {
            found.insert(no.get(), row);
        }
    }
    Ok(found)
}

/// The members whose accounts a unit looks at.
fn who(asks: &[Arc<Ask>], stored: &HashMap<i64, OrderRow>, standing: &[StandingRow]) -> BTreeSet<MemberNo> {
    let mut members: BTreeSet<MemberNo> = standing.iter().map(|row| row.member).collect();
    for ask in asks {
        match &**ask {
            Ask::Place(place) | Ask::PlaceAt(_, place) => drop(members.insert(place.member)),
            Ask::Amend(amend) => drop(members.insert(amend.member)),
            Ask::Release(_, no) => members.extend(stored.get(&no.get()).map(|row| row.member)),
            Ask::Cancel(..) | Ask::Refuse(..) | Ask::Sweep | Ask::Auction(_) => {}
        }
    }
    members
}

/// Sees to it that these members can trade: that the floor knows them, and that they have an account for energy credits.
async fn ready(tx: &mut Tx<'_>, at: &ClusterRow, floor: &mut Floor, members: &BTreeSet<MemberNo>, now: Instant) -> Result<(), StoreError> {
    let cluster = at.id;
    let is_new = floor.traders.is_empty();
    if !is_new && floor.watch.is_fresh(now) && members.iter().all(|member| floor.is_ready(*member)) {
        return Ok(());
    }
    let rows = tx.member_list(cluster).await?;
    let known = ClusterAccounts::new(&tx.account_list(cluster).await?);
    let is_member = |member: &&MemberNo| known.member(**member).is_some();
    let mut wanted: Vec<(Option<MemberNo>, AccountCode)> =
        members.iter().filter(is_member).map(|member| (Some(*member), AccountCode::MemberEnergy)).collect();
    wanted.extend([(None, AccountCode::TradeClearing), (None, AccountCode::EnergyTrade), (None, AccountCode::EnergyPool)]);
    let opens = wanted.iter().any(|(member, code)| match member {
        Some(member) => known.energy(*member).is_none(),
        None => known.own(*code).is_none(),
    });
    let known = if opens {
        accounts_need(tx, cluster, &known, &wanted).await.map_err(as_store)?;
        ClusterAccounts::new(&tx.account_list(cluster).await?)
    } else {
        known
    };
    let ties = crate::ties::ties(tx, at, now).await?.ties;
    floor.traders_set(&rows, ties, &known, now);
    Ok(())
}

fn as_store(error: crate::ServiceError) -> StoreError {
    match error {
        crate::ServiceError::Store(error) => error,
        other => StoreError::DataCorrupt(other.to_string()),
    }
}

/// Decides asks one after the other.
struct Decider<'d, 'a> {
    turn: &'d mut Turn<'a>,
    prior: HashMap<IdempotencyKey, OrderRow>,
    stored: &'d HashMap<i64, OrderRow>,
    standing: &'d [StandingRow],
    met: BTreeSet<Instant>,
    auction_no: Option<AuctionNo>,
    auctions: &'d mut Vec<AuctionRow>,
}

impl Decider<'_, '_> {
    fn decide(&mut self, ask: &Ask) -> Result<Told, TradeError> {
        match ask {
            Ask::Place(place) => self.place(place, None),
            Ask::PlaceAt(version, place) => self.place(place, Some(*version)),
            Ask::Cancel(member, actor, no) => self.turn.cancel(*member, *actor, *no).map(Told::Order),
            Ask::Amend(amend) => self.turn.amend(amend).map(Told::Order),
            Ask::Release(actor, no) => self.release(*actor, *no),
            Ask::Refuse(actor, no) => self.refuse(*actor, *no),
            Ask::Sweep => Ok(Told::Swept),
            Ask::Auction(start) => Ok(Told::Auction(self.auction(*start))),
        }
    }

    fn place(&mut self, place: &Place, at: Option<i64>) -> Result<Told, TradeError> {
        if let Some(row) = self.prior.get(&place.key) {
            if (row.digest, row.member) != (place.digest, place.member) {
                return Err(TradeError::KeyReused);
            }
            let order = self.turn.changed.get(&row.no.get()).unwrap_or(row).clone();
            return Ok(Told::Order(OrderDone { order, trades: Vec::new(), is_repeat: true, version: self.turn.floor.head.version }));
        }
        if at.is_some_and(|version| version != self.turn.floor.head.version || self.turn.has_changed()) {
            return Err(TradeError::BookChanged);
        }
        let done = self.turn.place(place)?;
        self.prior.insert(place.key, done.order.clone());
        Ok(Told::Order(done))
    }

    fn held(&self, no: OrderNo) -> Result<OrderRow, TradeError> {
        let row = self.turn.changed.get(&no.get()).or_else(|| self.stored.get(&no.get())).ok_or(TradeError::OrderUnknown { no })?;
        if row.state == OrderState::Held { Ok(row.clone()) } else { Err(TradeError::NotHeld { no }) }
    }

    fn release(&mut self, actor: i64, no: OrderNo) -> Result<Told, TradeError> {
        let row = self.held(no)?;
        match row.origin {
            OrderOrigin::Limit => self.turn.resume(row, actor).map(Told::Order),
            OrderOrigin::Standing => Ok(Told::Order(self.turn.pass(row, actor))),
        }
    }

    fn refuse(&mut self, actor: i64, no: OrderNo) -> Result<Told, TradeError> {
        let row = self.held(no)?;
        Ok(Told::Order(self.turn.refuse(row, actor)))
    }

    fn auction(&mut self, start: Instant) -> Option<AuctionRow> {
        let no = self.auction_no?;
        if self.turn.floor.head.last_auction_at == Some(start) || self.met.contains(&start) {
            return None;
        }
        self.turn.floor.head.last_auction_at = Some(start);
        let row = self.turn.auction(no, start, self.standing)?;
        self.met.insert(start);
        self.auctions.push(row);
        Some(row)
    }
}

/// Writes what a turn has changed. Everything or nothing: a transfer that the ledger refuses ends the unit.
async fn record(tx: &mut Tx<'_>, at: &ClusterRow, head: &mut LedgerHead, mut turn: Turn<'_>, auctions: &[AuctionRow]) -> Result<(), StoreError> {
    let (cluster, now, news) = (at.id, turn.now(), std::mem::take(&mut turn.news));
    if let Some(what) = turn.broken {
        return Err(StoreError::CheckFailed(format!("trading misses {what}")));
    }
    let outcomes = tx.transfers_execute_at(cluster, head, now, &turn.commands).await?;
    if let Some(outcome) = outcomes.iter().find(|outcome| !matches!(outcome, Outcome::Created(_))) {
        return Err(StoreError::CheckFailed(format!("the ledger does not take a trade: {outcome:?}")));
    }
    if !turn.commands.is_empty() {
        tx.ledger_head_put(cluster, head).await?;
    }
    let (candles, has_changed) = (turn.candles(), turn.has_changed());
    let rows: Vec<OrderRow> = turn.changed.into_values().collect();
    tx.order_put(cluster, &rows).await?;
    tx.trade_insert(cluster, &turn.trades).await?;
    tx.candle_add(cluster, &candles).await?;
    for row in auctions {
        tx.auction_insert(cluster, row).await?;
    }
    for (no, fate) in &turn.standing {
        match fate {
            Fate::Ends => tx.standing_end(cluster, *no, now).await?,
            Fate::Passes(codes) => tx.standing_pass(cluster, *no, codes, now).await?,
        }
    }
    if has_changed {
        turn.floor.head.version += 1;
    }
    if turn.floor.head != turn.before {
        tx.market_head_put(cluster, &turn.floor.head).await?;
    }
    if has_changed {
        let last = turn.floor.head.last_price.map_or_else(|| "null".to_owned(), |price| price.0.to_string());
        let payload = format!("{{\"version\":{},\"trades\":{},\"last\":{last}}}", turn.floor.head.version, turn.trades.len());
        tx.outbox_append(cluster, &[EventNew { kind: "market".to_owned(), payload }], now).await?;
    }
    review::tell(tx, at, &news, now).await.map_err(as_store)
}
