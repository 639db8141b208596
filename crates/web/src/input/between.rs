//! What the pages of trade with other groups show: papers, what members allow, offers to all, deals with one group, deliveries.

use super::trade::TradeSide;
use super::{CalendarDate, ClusterHead, NowInput};

/// The page.
#[derive(Debug, Clone)]
pub struct GroupsInput {
    /// The cluster.
    pub cluster: ClusterHead,
    /// Its present.
    pub now: NowInput,
    /// Whether the members voted for trade with other groups.
    pub is_on: bool,
    /// What the law still asks for, as codes.
    pub missing: Vec<String>,
    /// What is written down of it.
    pub papers: PapersInput,
    /// What members allow.
    pub limits: LimitsInput,
    /// What the reader may do.
    pub rights: GroupsRights,
    /// Own offers, the newest first.
    pub own: Vec<OfferInput>,
    /// What other groups offer and want, by day.
    pub board: Vec<RegionOffer>,
    /// Deals, the newest first.
    pub deals: Vec<GroupDeal>,
    /// What was delivered in the last 31 days, the newest first.
    pub deliveries: Vec<DeliveryInput>,
}

impl GroupsInput {
    /// Whether nothing of the law or the rules stands in the way.
    pub const fn is_ready(&self) -> bool {
        self.is_on && self.missing.is_empty()
    }
}

/// What the reader may do on these pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GroupsRights {
    /// Offer, propose, answer.
    pub may_deal: bool,
    /// Write the papers.
    pub may_papers: bool,
    /// Set what is allowed without a vote.
    pub may_limits: bool,
}

/// What the law asks for, as it is written down.
#[derive(Debug, Clone, Default)]
pub struct PapersInput {
    /// What the plant can make, W.
    pub capacity_w: Option<i64>,
    /// `none`, `one_point` or `net_metering`, or empty.
    pub grid: &'static str,
    /// Number of the licence, or empty.
    pub licence: String,
    /// Its last day.
    pub licence_last: Option<CalendarDate>,
    /// Why none is needed, or empty.
    pub exemption: String,
    /// `member` or `cooperative`, or empty.
    pub seller: &'static str,
    /// Whose wires and by which agreement, or empty.
    pub wires: String,
    /// The day of the vote.
    pub voted: Option<CalendarDate>,
    /// How often it was written.
    pub versions: i64,
    /// When it was written last.
    pub written_at: Option<i64>,
}

/// What members allow their officers, for each day of delivery. Version 0: nothing was said.
#[derive(Debug, Clone, Copy)]
pub struct LimitsInput {
    /// Which version.
    pub version: i64,
    /// Since when.
    pub from_on: CalendarDate,
    /// Sold, Wh.
    pub sell_max_wh: i64,
    /// Lowest price, ngwee per kWh.
    pub sell_price_min_ngwee: i64,
    /// Bought, Wh.
    pub buy_max_wh: i64,
    /// Highest price with the fee, ngwee per kWh.
    pub buy_price_max_ngwee: i64,
    /// Spent, ngwee.
    pub spend_max_ngwee: i64,
}

/// How far an offer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfferStage {
    /// On the board.
    Open,
    /// Went through the matching.
    Matched,
    /// Taken back.
    TakenBack,
}

/// Hours and the energy in them.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// From when.
    pub from_at: i64,
    /// Until when.
    pub until_at: i64,
    /// In each hour, Wh.
    pub hour_wh: i64,
    /// In all, Wh.
    pub energy_wh: i64,
}

/// An offer of the own group.
#[derive(Debug, Clone)]
pub struct OfferInput {
    /// Its number.
    pub no: i64,
    /// Buy or sell.
    pub side: TradeSide,
    /// When and how much.
    pub span: Span,
    /// The limit, ngwee per kWh.
    pub price_ngwee: i64,
    /// When it is matched.
    pub gate_at: i64,
    /// How far it is.
    pub stage: OfferStage,
    /// Why it met nobody, as a code; empty where that is not known.
    pub reason: String,
    /// What found a partner, Wh.
    pub filled_wh: i64,
}

/// The way to or from another group.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Lost, millionths.
    pub loss_ppm: i64,
    /// For the line, ngwee per kWh sent.
    pub fee_ngwee: i64,
    /// What a kWh comes to at the other end, ngwee: at the own door for an offer of others, at theirs for an own one.
    pub door_ngwee: i64,
}

/// What a kWh is worth between two groups, by the supply and demand of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// A price over the line.
    Price {
        /// For each kWh sent, ngwee.
        seller_gets_ngwee: i64,
        /// For each kWh that arrives, with the fee of the line, ngwee.
        buyer_pays_ngwee: i64,
    },
    /// With fee and loss the buyer's own grid is cheaper.
    TooDear,
    /// Nothing is known of what both have and want, or one of both is nothing.
    Unknown,
}

/// An offer or wish of another group.
#[derive(Debug, Clone)]
pub struct RegionOffer {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What the other group does.
    pub side: TradeSide,
    /// When and how much.
    pub span: Span,
    /// Its price, ngwee per kWh.
    pub price_ngwee: i64,
    /// The line that it would take; `None` where there is none.
    pub way: Option<Way>,
    /// What a kWh over this line is worth now.
    pub worth: Worth,
}

/// How far a deal is, from where the own group stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DealStage {
    /// The own group is asked.
    Mine,
    /// The other group is asked.
    Theirs,
    /// It binds.
    Agreed,
    /// Somebody said no.
    Declined,
    /// The terms were taken back.
    Withdrawn,
    /// Nobody answered in time.
    Expired,
}

/// A deal with another group.
#[derive(Debug, Clone)]
pub struct GroupDeal {
    /// Its number; 0 before it is made.
    pub no: i64,
    /// Name of the other group.
    pub name: String,
    /// What the own group does.
    pub side: TradeSide,
    /// How far it is.
    pub stage: DealStage,
    /// When and how much, as it is sent.
    pub span: Span,
    /// What arrives, Wh.
    pub arrives_wh: i64,
    /// To the seller, ngwee per kWh sent.
    pub price_ngwee: i64,
    /// From the seller, ngwee per kWh not sent.
    pub penalty_ngwee: i64,
    /// Lost on the way, millionths.
    pub loss_ppm: i64,
    /// Until when the terms stand.
    pub answer_at: i64,
    /// What the seller gets in all, ngwee.
    pub seller_gets_ngwee: i64,
    /// The fee of the line in all, ngwee.
    pub fee_all_ngwee: i64,
    /// What the buyer pays beside both, ngwee.
    pub rent_all_ngwee: i64,
    /// The penalty if nothing is sent, ngwee.
    pub penalty_all_ngwee: i64,
    /// How often something was done with it.
    pub version: i64,
    /// Whether what the own group did waits for the other one.
    pub is_on_the_way: bool,
    /// Whether the matching of all offers made it.
    pub is_matched: bool,
    /// Why a second officer must agree too, as codes; empty where nobody waits for one.
    pub doubts: Vec<String>,
    /// What was delivered in the last 31 days; `None` before any of it is settled.
    pub delivered: Option<DealDelivered>,
}

/// What was delivered of a deal, over the days that were settled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DealDelivered {
    /// To be sent, Wh; without what the line could not carry.
    pub promised_wh: i64,
    /// Sent, Wh.
    pub sent_wh: i64,
    /// What the own group gets for it, or pays with the fee of the line and all else, ngwee.
    pub money_ngwee: i64,
}

impl GroupDeal {
    /// What it comes to for the own group when all is sent: what a seller gets, what a buyer pays in all, ngwee.
    pub const fn own_ngwee(&self) -> i64 {
        match self.side {
            TradeSide::Sell => self.seller_gets_ngwee,
            TradeSide::Buy => self.buyer_pays_ngwee(),
        }
    }

    /// What the buyer pays in all, ngwee.
    pub const fn buyer_pays_ngwee(&self) -> i64 {
        self.seller_gets_ngwee.saturating_add(self.fee_all_ngwee).saturating_add(self.rent_all_ngwee)
    }
}

/// What was done with a deal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StepKind {
    /// Named the first terms.
    Offer,
    /// Named other terms.
    Counter,
    /// Took them.
    Accept,
    /// Said no.
    Decline,
    /// Took them back.
    Withdraw,
    /// Time ran out.
    Expire,
    /// The matching made it.
    Clear,
}

/// A step of a deal.
#[derive(Debug, Clone, Copy)]
pub struct DealStep {
    /// When.
    pub at: i64,
    /// What.
    pub kind: StepKind,
    /// Whether the own group did it.
    pub is_ours: bool,
    /// When and how much.
    pub span: Span,
    /// Ngwee per kWh sent.
    pub price_ngwee: i64,
    /// Ngwee per kWh not sent.
    pub penalty_ngwee: i64,
}

/// The page of one deal.
#[derive(Debug, Clone)]
pub struct DealInput {
    /// The cluster.
    pub cluster: ClusterHead,
    /// Its present.
    pub now: NowInput,
    /// The deal.
    pub deal: GroupDeal,
    /// What was done, in order.
    pub steps: Vec<DealStep>,
    /// What was delivered of it, the newest first.
    pub deliveries: Vec<DeliveryInput>,
    /// Whether the reader answers for the group.
    pub may_deal: bool,
}

/// A day of a deal, as it was settled last.
#[derive(Debug, Clone)]
pub struct DeliveryInput {
    /// The day.
    pub on: CalendarDate,
    /// The deal.
    pub deal: i64,
    /// The other group.
    pub name: String,
    /// What the own group did.
    pub side: TradeSide,
    /// To be sent, Wh.
    pub promised_wh: i64,
    /// Sent, Wh.
    pub sent_wh: i64,
    /// Not sent, Wh.
    pub short_wh: i64,
    /// What the line could not carry, Wh; nobody pays for it.
    pub lost_wh: i64,
    /// What the seller pays for what is missing, ngwee.
    pub penalty_ngwee: i64,
    /// What the own group gets for the day; negative: pays, ngwee.
    pub money_ngwee: i64,
    /// Whether readings are missing.
    pub is_estimated: bool,
}

/// An offer to all groups before it is placed.
#[derive(Debug, Clone)]
pub struct OfferCheck {
    /// Buy or sell.
    pub side: TradeSide,
    /// When and how much.
    pub span: Span,
    /// The limit, ngwee per kWh.
    pub price_ngwee: i64,
    /// All money at the limit, ngwee.
    pub money_ngwee: i64,
    /// When it is matched.
    pub gate_at: i64,
    /// For each kWh sold and not sent, and for all of it, ngwee.
    pub penalty_ngwee: (i64, i64),
    /// The lines that it could take, each with the group it leads to.
    pub ways: Vec<(String, Way)>,
}
