//! What the Trading Hub shows: the reader's own side, the market of the cluster, other groups, and what waits for officers.
//!
//! Each part is there or not, so that the page is whole without it.

use super::between::{GroupDeal, RegionOffer};
use super::{CalendarDate, CalendarMonth, ClusterHead, NowInput, PriceInput};

/// Buy or sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TradeSide {
    /// Gets energy credits for money.
    Buy,
    /// Gives energy credits for money.
    Sell,
}

impl TradeSide {
    /// The word in addresses and forms.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Buy => "buy",
            Self::Sell => "sell",
        }
    }

    /// The side of a word in an address or form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Buy, Self::Sell].into_iter().find(|side| side.as_str() == text)
    }
}

/// The page.
#[derive(Debug, Clone)]
pub struct TradeInput {
    /// The cluster.
    pub cluster: ClusterHead,
    /// Its present.
    pub now: NowInput,
    /// The present month.
    pub month: CalendarMonth,
    /// The price now and ahead.
    pub price: Option<PriceInput>,
    /// What the members voted.
    pub rules: TradeRules,
    /// The reader's own side; `None` for who has no home here.
    pub own: Option<OwnTrade>,
    /// The market of the cluster; `None` where it is not read.
    pub market: Option<MarketInput>,
    /// Other groups; `None` where the cluster does not look at them.
    pub between: Option<BetweenInput>,
    /// Orders that wait for an officer; `None` for who is none.
    pub held: Option<Vec<HeldOrder>>,
    /// Whether the reader decides about held orders.
    pub is_officer: bool,
    /// Numbers of the houses that the reader acts for: about their orders another officer decides.
    pub homes: Vec<i64>,
    /// What stands behind the energy credits; `None` where nobody can have any.
    pub cover: Option<CoverInput>,
}

/// What the members voted about trading.
#[derive(Debug, Clone, Copy)]
pub struct TradeRules {
    /// Whether members trade among themselves.
    pub is_on: bool,
    /// Lowest price of an order, ngwee per kWh.
    pub floor_ngwee: i64,
    /// Highest price of an order, ngwee per kWh.
    pub ceiling_ngwee: i64,
    /// Whether there is no grid, and so nothing that could keep energy for later.
    pub is_off_grid: bool,
}

/// The reader's own side.
#[derive(Debug, Clone, Default)]
pub struct OwnTrade {
    /// House number.
    pub no: i64,
    /// What the home made and did not use itself.
    pub spare: Option<Spare>,
    /// Energy credits.
    pub credits: Option<CreditsInput>,
    /// What happens with the surplus; `None` where there is nothing to choose.
    pub surplus: Option<SurplusInput>,
    /// Money free in the wallet, ngwee.
    pub free_ngwee: Option<i64>,
    /// The standing order that sells, when it is on.
    pub sell: Option<StandingInput>,
    /// The standing order that buys, when it is on.
    pub buy: Option<StandingInput>,
    /// Open orders, the newest first.
    pub orders: Vec<OpenOrder>,
    /// Last trades, the newest first.
    pub trades: Vec<OwnTraded>,
    /// This month's trade.
    pub month: Option<MonthTraded>,
}

/// What a home makes and does not use itself.
#[derive(Debug, Clone, Copy)]
pub struct Spare {
    /// In the last interval, W.
    pub now_w: Option<i64>,
    /// Today so far, Wh.
    pub today_wh: i64,
    /// On a usual day, Wh.
    pub usual_wh: Option<i64>,
    /// What is expected still today, Wh.
    pub left_wh: Option<i64>,
}

/// A member's energy credits.
#[derive(Debug, Clone, Copy)]
pub struct CreditsInput {
    /// Free, Wh.
    pub free_wh: i64,
    /// Held for open orders, Wh.
    pub held_wh: i64,
    /// Whether the member's surplus becomes credits; `None` where that is not known.
    pub is_banking: Option<bool>,
}

/// What a home chose for its surplus.
#[derive(Debug, Clone, Copy)]
pub struct SurplusInput {
    /// Whether it becomes energy credits today.
    pub is_banking: bool,
    /// Another choice that holds from a later day on: whether it becomes credits then, and from when.
    pub next: Option<(bool, CalendarDate)>,
    /// From when a choice made now holds.
    pub from_on: CalendarDate,
}

/// Where all energy credits of a cluster are, and what stands behind them. `issued_wh` is the sum of the six amounts after it.
#[derive(Debug, Clone, Copy)]
pub struct CoverInput {
    /// Kept so far, Wh.
    pub issued_wh: i64,
    /// With members and free, Wh.
    pub held_wh: i64,
    /// With members and held for orders, Wh.
    pub reserved_wh: i64,
    /// Used, Wh.
    pub used_wh: i64,
    /// Gone to other clusters, less what came from them, Wh.
    pub moved_wh: i64,
    /// Turned into prepaid tokens, Wh.
    pub tokens_wh: i64,
    /// Over, Wh.
    pub expired_wh: i64,
    /// Whether the utility's own bank owes them, rather than the cluster's fund.
    pub is_of_utility: bool,
    /// The credit fund, ngwee.
    pub fund_ngwee: i64,
    /// The most that buying a kWh back can cost today, ngwee.
    pub price_ngwee: i64,
    /// What could be bought back now, Wh.
    pub covered_wh: i64,
    /// Whether more can be kept today.
    pub is_open: bool,
}

/// A standing order that is on.
#[derive(Debug, Clone, Copy)]
pub struct StandingInput {
    /// Its number.
    pub no: i64,
    /// The limit, ngwee per kWh.
    pub price_ngwee: i64,
    /// Own credits that are kept (sell) or filled up to (buy), Wh.
    pub keep_wh: i64,
    /// Since when.
    pub since_at: i64,
}

/// An order in the book, or one that waits for an officer.
#[derive(Debug, Clone, Copy)]
pub struct OpenOrder {
    /// Its number.
    pub no: i64,
    /// Buy or sell.
    pub side: TradeSide,
    /// The limit, ngwee per kWh.
    pub price_ngwee: i64,
    /// All of it, Wh.
    pub energy_wh: i64,
    /// Traded of it, Wh.
    pub filled_wh: i64,
    /// Paid or got for that, ngwee.
    pub paid_ngwee: i64,
    /// First instant at which it is no longer good.
    pub expires_at: Option<i64>,
    /// Whether an officer looks at it first.
    pub is_held: bool,
}

/// A trade of the reader's.
#[derive(Debug, Clone, Copy)]
pub struct OwnTraded {
    /// Its number.
    pub no: i64,
    /// When.
    pub at: i64,
    /// What the reader did.
    pub side: TradeSide,
    /// How much, Wh.
    pub energy_wh: i64,
    /// For how much, ngwee.
    pub money_ngwee: i64,
    /// At what price, ngwee per kWh.
    pub price_ngwee: i64,
}

/// What a member traded in the present month.
#[derive(Debug, Clone, Copy, Default)]
pub struct MonthTraded {
    /// Sold, Wh.
    pub sold_wh: i64,
    /// Got for it, ngwee.
    pub earned_ngwee: i64,
    /// Bought, Wh.
    pub bought_wh: i64,
    /// Paid for it, ngwee.
    pub paid_ngwee: i64,
}

/// The market of a cluster; nobody is named in it.
#[derive(Debug, Clone, Default)]
pub struct MarketInput {
    /// The last trade.
    pub last: Option<Traded>,
    /// The last 24 hours.
    pub day: Option<DayTraded>,
    /// What sellers ask, from the lowest price up.
    pub asks: Vec<Level>,
    /// What buyers bid, from the highest price down.
    pub bids: Vec<Level>,
    /// Last trades, the newest first.
    pub trades: Vec<Traded>,
    /// Candles, the oldest first.
    pub candles: Vec<CandleInput>,
    /// Their length in minutes.
    pub candle_minutes: i64,
}

/// A trade of anybody's.
#[derive(Debug, Clone, Copy)]
pub struct Traded {
    /// When.
    pub at: i64,
    /// At what price, ngwee per kWh.
    pub price_ngwee: i64,
    /// How much, Wh.
    pub energy_wh: i64,
}

/// What was traded in 24 hours.
#[derive(Debug, Clone, Copy)]
pub struct DayTraded {
    /// Lowest price, ngwee per kWh.
    pub low_ngwee: i64,
    /// Highest price, ngwee per kWh.
    pub high_ngwee: i64,
    /// How much, Wh.
    pub energy_wh: i64,
    /// How often.
    pub count: i64,
}

/// All orders at one price.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// The price, ngwee per kWh.
    pub price_ngwee: i64,
    /// How much, Wh.
    pub energy_wh: i64,
}

/// The prices of a span of time.
#[derive(Debug, Clone, Copy)]
pub struct CandleInput {
    /// Start.
    pub from_at: i64,
    /// Lowest, ngwee per kWh.
    pub low_ngwee: i64,
    /// Highest, ngwee per kWh.
    pub high_ngwee: i64,
    /// Last, ngwee per kWh.
    pub close_ngwee: i64,
    /// How much, Wh.
    pub energy_wh: i64,
}

/// Trade with other groups.
#[derive(Debug, Clone, Default)]
pub struct BetweenInput {
    /// Whether the members voted for it.
    pub is_on: bool,
    /// What the law still asks for before it may begin, as codes.
    pub missing: Vec<String>,
    /// What other groups want or offer.
    pub board: Vec<RegionOffer>,
    /// Deals of the group, the newest first.
    pub deals: Vec<GroupDeal>,
}

/// An order that the guard held.
#[derive(Debug, Clone)]
pub struct HeldOrder {
    /// Its number.
    pub no: i64,
    /// The house.
    pub member: i64,
    /// Buy or sell.
    pub side: TradeSide,
    /// The limit, ngwee per kWh.
    pub price_ngwee: i64,
    /// How much, Wh.
    pub energy_wh: i64,
    /// The codes of the reasons, the gravest first.
    pub reasons: Vec<String>,
}

/// An order looked at before it is placed.
#[derive(Debug, Clone)]
pub struct PreviewInput {
    /// Buy or sell.
    pub side: TradeSide,
    /// How much, Wh.
    pub energy_wh: i64,
    /// The limit, ngwee per kWh.
    pub price_ngwee: i64,
    /// When it ends.
    pub expires_at: i64,
    /// What it meets at once: price (ngwee per kWh), energy (Wh), money (ngwee).
    pub meets: Vec<(i64, i64, i64)>,
    /// All money of that, ngwee.
    pub money_ngwee: i64,
    /// The fee, ngwee.
    pub fee_ngwee: i64,
    /// What would wait, Wh.
    pub rest_wh: i64,
    /// What that comes to at its limit, ngwee.
    pub rest_ngwee: i64,
    /// What is held for it: ngwee of a buyer, Wh of a seller.
    pub hold: i64,
    /// Version of the book.
    pub version: i64,
    /// Whether the book changed since the reader looked.
    pub is_changed: bool,
}
