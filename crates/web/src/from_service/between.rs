//! Trade with other groups over the use cases: the page, one deal, and offers and deals that are looked at beforehand.

use domain::{ClusterId, Compliance, DealNo, SellerOfRecord};
use market::Side;
use market::between::{Deal, DealState as State, Line, Party, penalty_max};
use market::pricing::NoClusterPrice;
use quantity::{HOUR_MS, Instant, Interval, PricePerKwh, Step, WattHours};
use service::between::{DealTold, DealTotal, LinePrices, PENALTY};
use service::policy::{Action, Actor};
use service::{ClusterToday, Service, ServiceError};
use store::tables::{BoardRow, ClusterRow, DealAct, DealActKind, DealWay, DeliveryRow, LineRow, OfferRow, OfferState};

use super::{date, head, now};
use crate::input::between::{
    DealDelivered, DealInput, DealStage, DealStep, DeliveryInput, GroupDeal, GroupsInput, GroupsRights, LimitsInput, OfferCheck, OfferInput,
    OfferStage, PapersInput, RegionOffer, Span, StepKind, Way, Worth,
};
use crate::input::trade::TradeSide;
use crate::view::between::Partner;

const DAYS_BACK: i32 = 31;

/// The lines of a cluster with the clusters at their ends.
pub type Lines = Vec<(LineRow, ClusterRow, ClusterRow)>;

/// The page.
///
/// # Errors
/// What the use cases say.
pub(super) async fn groups(service: &Service, actor: Actor, today: &ClusterToday) -> Result<Option<GroupsInput>, ServiceError> {
    let cluster = &today.cluster;
    let standing = service.require(actor, cluster.id, Action::ClusterRead).await?;
    let board = service.board(actor, cluster).await?;
    let (lines, prices) = (service.line_list(actor, cluster).await?, service.line_prices(actor, cluster).await?);
    let is_forming = service.rules_read(actor, cluster).await?.is_forming;
    let limits = &board.compliance.limits;
    let Some(from_on) = date(limits.from_day) else { return Ok(None) };
    let rights = GroupsRights {
        may_deal: standing.may(Action::Deal),
        may_papers: standing.may(Action::ComplianceWrite),
        may_limits: is_forming && standing.may(Action::RulesWrite),
    };
    let deals: Vec<GroupDeal> = board.deals.iter().map(|told| told_deal(told, cluster, &board.deliveries)).collect();
    Ok(Some(GroupsInput {
        cluster: head(today),
        now: now(today),
        is_on: board.compliance.is_between_on,
        missing: board.compliance.missing.iter().map(|code| (*code).to_owned()).collect(),
        papers: papers(&board.compliance),
        limits: LimitsInput {
            version: limits.version,
            from_on,
            sell_max_wh: limits.config.sell_max.0,
            sell_price_min_ngwee: limits.config.sell_price_min.0,
            buy_max_wh: limits.config.buy_max.0,
            buy_price_max_ngwee: limits.config.buy_price_max.0,
            spend_max_ngwee: limits.config.spend_max.0,
        },
        rights,
        own: board.own.iter().map(|row| own_offer(row, cluster.step)).collect(),
        board: board.offers.iter().map(|row| region_offer(row, cluster, &lines, &prices)).collect(),
        deliveries: deliveries(service, actor, cluster, &board.deliveries, &deals).await?,
        deals,
    }))
}

/// What was delivered, with the deals of it; those that are too old for the list are read beside it.
async fn deliveries(
    service: &Service,
    actor: Actor,
    cluster: &ClusterRow,
    rows: &[DeliveryRow],
    listed: &[GroupDeal],
) -> Result<Vec<DeliveryInput>, ServiceError> {
    let mut deals = listed.to_vec();
    let mut old: Vec<DealNo> = rows.iter().map(|row| row.deal).filter(|no| !deals.iter().any(|deal| deal.no == no.get())).collect();
    old.sort_unstable();
    old.dedup();
    let old = service.deals_read(actor, cluster, &old).await?;
    deals.extend(old.iter().map(|told| told_deal(told, cluster, &[])));
    Ok(rows.iter().filter_map(|row| delivery(row, &deals)).collect())
}

/// The page of one deal; `None` when there is none of this number.
///
/// # Errors
/// What the use cases say.
pub(super) async fn deal(service: &Service, actor: Actor, today: &ClusterToday, no: i64) -> Result<Option<DealInput>, ServiceError> {
    let cluster = &today.cluster;
    let standing = service.require(actor, cluster.id, Action::ClusterRead).await?;
    let Ok(no) = DealNo::new(no) else { return Ok(None) };
    let told = match service.deal_read(actor, cluster, no).await {
        Err(error) if error.code() == "deal_unknown" => return Ok(None),
        told => told?,
    };
    let days = (today.day.plus_days(-DAYS_BACK), today.day.next());
    let mut rows = service.delivery_list(actor, cluster, days, service::between::LIST_MAX).await?;
    rows.retain(|row| row.deal == no);
    let deal = told_deal(&told, cluster, &rows);
    Ok(Some(DealInput {
        cluster: head(today),
        now: now(today),
        steps: told.acts.iter().map(|act| step(act, &told, cluster.step)).collect(),
        deliveries: rows.iter().filter_map(|row| delivery(row, std::slice::from_ref(&deal))).collect(),
        deal,
        may_deal: standing.may(Action::Deal),
    }))
}

fn papers(view: &service::between::ComplianceView) -> PapersInput {
    let list = view.row.as_ref().map_or_else(Compliance::new, |row| row.config.clone());
    PapersInput {
        capacity_w: list.capacity_w,
        grid: list.grid_link.map_or("", |link| link.as_str()),
        licence: list.licence_number.unwrap_or_default(),
        licence_last: list.licence_expires_on.and_then(date),
        exemption: list.licence_exemption.unwrap_or_default(),
        seller: match list.seller_of_record {
            Some(SellerOfRecord::Member) => "member",
            Some(SellerOfRecord::Cooperative) => "cooperative",
            None => "",
        },
        wires: list.wiring_note.unwrap_or_default(),
        voted: list.voted_on.and_then(date),
        versions: view.row.as_ref().map_or(0, |row| row.version),
        written_at: view.row.as_ref().map(|row| row.set_at.0),
    }
}

/// Hours and what is in them, of so much in each interval.
pub fn span(window: Interval, energy: WattHours, step: Step) -> Span {
    let count = window.end().ms_since(window.start()) / step.ms();
    Span {
        from_at: window.start().0,
        until_at: window.end().0,
        hour_wh: energy.0.saturating_mul(HOUR_MS / step.ms()),
        energy_wh: energy.0.saturating_mul(count),
    }
}

fn own_offer(row: &OfferRow, step: Step) -> OfferInput {
    OfferInput {
        no: row.no.get(),
        side: super::trading::side(row.side),
        span: span(row.window, row.energy, step),
        price_ngwee: row.price.0,
        gate_at: row.gate_at.0,
        stage: match row.state {
            OfferState::Open => OfferStage::Open,
            OfferState::Cleared => OfferStage::Matched,
            OfferState::Withdrawn => OfferStage::TakenBack,
        },
        filled_wh: row.filled.0,
        reason: row.reason.map(|reason| reason.as_str().to_owned()).unwrap_or_default(),
    }
}

/// An offer or wish of another cluster, with the line that it would take as it is today.
pub fn region_offer(row: &BoardRow, cluster: &ClusterRow, lines: &Lines, prices: &[LinePrices]) -> RegionOffer {
    let sells = row.side == Side::Sell;
    let (from, to) = if sells { (row.cluster, cluster.id) } else { (cluster.id, row.cluster) };
    let line = lines.iter().map(|(line, ..)| line).find(|line| line.from == from && line.to == to);
    RegionOffer {
        code: row.code.clone(),
        name: row.name.clone(),
        side: super::trading::side(row.side),
        span: span(row.window, row.energy, cluster.step),
        price_ngwee: row.price.0,
        way: line.and_then(|line| way(line, row.price, !sells)),
        worth: worth(prices, from, to).unwrap_or(Worth::Unknown),
    }
}

/// What a kWh from one cluster to another is worth; `None` without an open line that was priced.
fn worth(prices: &[LinePrices], from: ClusterId, to: ClusterId) -> Option<Worth> {
    let line = prices.iter().find(|prices| prices.line.from == from && prices.line.to == to)?;
    Some(match line.suggested() {
        Ok(price) => Worth::Price { seller_gets_ngwee: price.seller_gets.0, buyer_pays_ngwee: price.buyer_pays.0 },
        Err(NoClusterPrice::LineTooDear) => Worth::TooDear,
        Err(_) => Worth::Unknown,
    })
}

/// A line with what a price at the one end comes to at the other: as a seller gets it of a buyer's, or as a buyer pays it of a seller's.
fn way(row: &LineRow, price: PricePerKwh, is_netback: bool) -> Option<Way> {
    let line = Line::new(0, 1, row.fee, row.capacity, row.loss_ppm).ok().filter(|_| row.capacity.0 > 0)?;
    let door_ngwee = if is_netback { line.netback(price.0) } else { line.landed(price.0) };
    Some(Way { loss_ppm: row.loss_ppm, fee_ngwee: row.fee.0, door_ngwee })
}

/// A deal of a cluster, with what of it is in `deliveries`: for every page that shows one.
pub fn told_deal(told: &DealTold, cluster: &ClusterRow, deliveries: &[DeliveryRow]) -> GroupDeal {
    let row = &told.row;
    let total = DealTotal::of(&row.deal.terms, row.buyer_price, cluster.step);
    GroupDeal {
        no: row.no.get(),
        version: row.version,
        is_on_the_way: row.intent.is_some(),
        is_matched: row.way == DealWay::Auction,
        doubts: row
            .review
            .filter(|review| row.deal.state == State::Open && review.version == row.version)
            .map(|review| review.reasons.iter().map(|reason| reason.as_str().to_owned()).collect())
            .unwrap_or_default(),
        delivered: delivered_of(told, deliveries),
        ..deal_of(&row.deal, total, told.side, &told.other.name, cluster.step)
    }
}

/// What was delivered of a deal: both amounts as they were sent, so that what the line loses or could not carry counts against nobody.
fn delivered_of(told: &DealTold, deliveries: &[DeliveryRow]) -> Option<DealDelivered> {
    let mut delivered = None;
    for day in deliveries.iter().filter(|day| day.deal == told.row.no) {
        let DealDelivered { promised_wh, sent_wh, money_ngwee } = delivered.unwrap_or_default();
        // The fee and the rent of a joint clearing are paid by the buyer beside what the seller gets.
        let beside = if told.side == Party::Buyer { rounded(day.sum.fee.0.into()).saturating_add(rounded(day.sum.rent.0.into())) } else { 0 };
        delivered = Some(DealDelivered {
            promised_wh: promised_wh.saturating_add(day.sum.contracted.0),
            sent_wh: sent_wh.saturating_add(day.sum.sent.0),
            money_ngwee: money_ngwee.saturating_add(day.clearing.0).saturating_add(beside),
        });
    }
    delivered
}

/// A deal from where a side stands.
pub fn deal_of(deal: &Deal, total: DealTotal, side: Party, name: &str, step: Step) -> GroupDeal {
    let terms = &deal.terms;
    GroupDeal {
        no: 0,
        name: name.to_owned(),
        side: if side == Party::Seller { TradeSide::Sell } else { TradeSide::Buy },
        stage: match deal.state {
            State::Open if deal.turn == side => DealStage::Mine,
            State::Open => DealStage::Theirs,
            State::Accepted => DealStage::Agreed,
            State::Declined => DealStage::Declined,
            State::Withdrawn => DealStage::Withdrawn,
            State::Expired => DealStage::Expired,
        },
        span: span(terms.window, terms.energy_per_interval, step),
        arrives_wh: total.received.0,
        price_ngwee: terms.price.0,
        penalty_ngwee: terms.penalty.0,
        loss_ppm: terms.loss.ppm(),
        answer_at: deal.stands_until().0,
        seller_gets_ngwee: total.seller_gets.0,
        fee_all_ngwee: total.fee.0,
        rent_all_ngwee: total.rent.0,
        penalty_all_ngwee: total.penalty.0,
        version: 0,
        is_on_the_way: false,
        is_matched: false,
        doubts: Vec::new(),
        delivered: None,
    }
}

fn step(act: &DealAct, told: &DealTold, step: Step) -> DealStep {
    DealStep {
        at: act.at.0,
        kind: match act.kind {
            DealActKind::Offer => StepKind::Offer,
            DealActKind::Counter => StepKind::Counter,
            DealActKind::Accept => StepKind::Accept,
            DealActKind::Decline => StepKind::Decline,
            DealActKind::Withdraw => StepKind::Withdraw,
            DealActKind::Expire => StepKind::Expire,
            DealActKind::Clear => StepKind::Clear,
        },
        is_ours: act.side == told.side,
        span: span(act.window, act.energy, step),
        price_ngwee: act.price.0,
        penalty_ngwee: act.penalty.0,
    }
}

fn delivery(row: &DeliveryRow, deals: &[GroupDeal]) -> Option<DeliveryInput> {
    let deal = deals.iter().find(|deal| deal.no == row.deal.get())?;
    let (sum, is_sale) = (&row.sum, deal.side == TradeSide::Sell);
    Some(DeliveryInput {
        on: date(row.day)?,
        deal: deal.no,
        name: deal.name.clone(),
        side: deal.side,
        promised_wh: sum.contracted.0,
        sent_wh: sum.sent.0,
        short_wh: sum.shortfall().0,
        lost_wh: row.undeliverable.0,
        penalty_ngwee: rounded(i128::from(sum.replacement.0) + i128::from(sum.penalty.0)),
        money_ngwee: if is_sale { row.clearing.0 } else { -row.clearing.0 },
        is_estimated: sum.is_estimated,
    })
}

/// Milli-ngwee as ngwee, half to even.
fn rounded(milli: i128) -> i64 {
    i64::try_from(message::number::div_half_even(milli, 1_000)).unwrap_or(i64::MAX)
}

/// An offer before it is placed, with the lines that it could take.
pub fn offer_check(row: &OfferRow, cluster: &ClusterRow, lines: &Lines) -> OfferCheck {
    let (is_sale, span) = (row.side == Side::Sell, span(row.window, row.energy, cluster.step));
    let penalty = PENALTY.min(penalty_max(row.price));
    let money = |price: PricePerKwh| rounded(i128::from(span.energy_wh) * i128::from(price.0));
    let ways = lines.iter().filter_map(|(line, from, to)| {
        let other = if is_sale { (from.id == cluster.id).then_some(to)? } else { (to.id == cluster.id).then_some(from)? };
        Some((other.name.clone(), way(line, row.price, !is_sale)?))
    });
    OfferCheck {
        side: super::trading::side(row.side),
        span,
        price_ngwee: row.price.0,
        money_ngwee: money(row.price),
        gate_at: row.gate_at.0,
        penalty_ngwee: (penalty.0, money(penalty)),
        ways: ways.collect(),
    }
}

/// The groups that open lines lead to or come from, with what a kWh is worth over them.
pub fn partners(cluster: &ClusterRow, lines: &Lines, prices: &[LinePrices]) -> Vec<Partner> {
    let mut partners: Vec<Partner> = Vec::new();
    for (line, from, to) in lines.iter().filter(|(line, ..)| line.capacity.0 > 0) {
        let (other, is_sale) = if from.id == cluster.id { (to, true) } else { (from, false) };
        debug_assert!(line.from == cluster.id || line.to == cluster.id, "a line of another cluster");
        let code = other.code.to_string();
        if !partners.iter().any(|partner| partner.code == code) {
            partners.push(Partner { code: code.clone(), name: other.name.clone(), sell: None, buy: None });
        }
        for partner in partners.iter_mut().filter(|partner| partner.code == code) {
            let worth = Some(worth(prices, line.from, line.to).unwrap_or(Worth::Unknown));
            if is_sale { partner.sell = worth } else { partner.buy = worth }
        }
    }
    partners
}

/// The day on which an offer can still be matched: the next one, or the one after it when its gate has closed.
pub fn offer_day(cluster: &ClusterRow, now: Instant) -> quantity::BusinessDay {
    quantity::BusinessDay::of(now.plus_ms(service::between::GATE_MS), cluster.offset).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ClusterCode, ClusterKind, OfferNo};
    use ledger::IdempotencyKey;
    use market::between::{Loss, Parcel, Terms};
    use market::pricing::ClusterPrice;
    use quantity::{BusinessDay, MilliNgwee, Ngwee, UtcOffset};
    use store::tables::DealRow;

    const OURS: i64 = 1;
    const THEIRS: i64 = 2;

    fn id(number: i64) -> ClusterId {
        ClusterId::new(number).expect("an id")
    }

    fn day(at: i32) -> BusinessDay {
        BusinessDay::parse("2025-09-15").expect("a date").plus_days(at)
    }

    fn cluster(number: i64, name: &str) -> ClusterRow {
        ClusterRow {
            id: id(number),
            code: ClusterCode::parse(&format!("GROUP-{number}")).expect("a code"),
            name: name.to_owned(),
            kind: ClusterKind::Micro,
            place: "Mulenga".to_owned(),
            region: "kabwe".to_owned(),
            step: Step::Min15,
            offset: UtcOffset::LUSAKA,
            grace_minutes: 30,
            correction_days: 45,
            carbon_method: "grid".to_owned(),
            is_modelled: false,
            opened_on: day(0),
        }
    }

    /// An agreed deal of two days, 400 Wh in each quarter of an hour for K1.20, 4 % of which the line loses for K0.20; ours is on `side`.
    fn agreed(side: Party, buyer_price: Option<i64>) -> DealTold {
        let (seller, buyer) = if side == Party::Seller { (OURS, THEIRS) } else { (THEIRS, OURS) };
        let (start, end) = (day(1).start(UtcOffset::LUSAKA), day(3).start(UtcOffset::LUSAKA));
        let terms = Terms {
            window: Interval::new(start, end).expect("two days"),
            energy_per_interval: WattHours(400),
            price: PricePerKwh(120),
            loss: Loss::new(40_000).expect("a loss"),
            fee: PricePerKwh(20),
            penalty: PricePerKwh(50),
        };
        let deal = Deal { state: State::Accepted, seller: id(seller), buyer: id(buyer), terms, turn: Party::Buyer, expires_at: start, rounds: 1 };
        let row = DealRow {
            no: DealNo::new(7).expect("a number"),
            pair: IdempotencyKey([7; 16]),
            way: if buyer_price.is_some() { DealWay::Auction } else { DealWay::Bilateral },
            deal,
            buyer_price: buyer_price.map(PricePerKwh),
            is_leader: true,
            version: 2,
            told_version: 2,
            intent: None,
            review: None,
            made_at: Instant(0),
            changed_at: Instant(0),
        };
        DealTold { row, side, other: cluster(THEIRS, "Kafue Homes"), acts: Vec::new() }
    }

    /// A day of it: contracted and sent, and the rent; 4 % of what is sent is lost.
    fn delivered_day(at: i32, (contracted, sent): (i64, i64), rent: i64, undeliverable: i64) -> DeliveryRow {
        let sum = Parcel {
            contracted: WattHours(contracted),
            sent: WattHours(sent),
            received: WattHours(sent * 96 / 100),
            seller_due: MilliNgwee(sent * 120),
            fee: MilliNgwee(sent * 20),
            rent: MilliNgwee(rent),
            ..Parcel::default()
        };
        DeliveryRow {
            deal: DealNo::new(7).expect("a number"),
            day: day(at),
            revision: 1,
            sum,
            undeliverable: WattHours(undeliverable),
            clearing: Ngwee(sent * 120 / 1_000),
            parcels: Vec::new(),
            settled_at: Instant(0),
        }
    }

    fn line(from: i64, to: i64, capacity: i64) -> (LineRow, ClusterRow, ClusterRow) {
        let row = LineRow {
            from: id(from),
            to: id(to),
            from_day: day(0),
            zone: "zambia".to_owned(),
            fee: PricePerKwh(20),
            capacity: WattHours(capacity),
            loss_ppm: 40_000,
            owner: "Mulenga wires".to_owned(),
            set_at: Instant(0),
            set_by: 0,
        };
        (row, cluster(from, &format!("Group {from}")), cluster(to, &format!("Group {to}")))
    }

    fn all(deal: &GroupDeal) -> (i64, i64, i64) {
        let found = deal.delivered.expect("something was delivered");
        (found.promised_wh, found.sent_wh, found.money_ngwee)
    }

    #[test]
    fn a_lossy_line_makes_no_deal_incomplete() {
        let (whole, ours) = (96 * 400, cluster(OURS, "Mulenga"));
        let rows = [delivered_day(1, (whole, whole), 0, 0), delivered_day(2, (whole, whole), 0, 0)];
        for side in [Party::Seller, Party::Buyer] {
            let deal = told_deal(&agreed(side, None), &ours, &rows);
            // The buyer pays fee and energy, the seller gets the energy; both as agreed.
            let money = if side == Party::Seller { 9_216 } else { 10_752 };
            assert_eq!((deal.span.energy_wh, deal.arrives_wh, deal.own_ngwee()), (2 * whole, 2 * 96 * 384, money), "{side:?}");
            assert_eq!(all(&deal), (2 * whole, 2 * whole, money), "{side:?}: what was agreed is what was paid");
        }
    }

    #[test]
    fn a_running_deal_is_measured_by_the_days_that_are_over() {
        let whole = 96 * 400;
        let ours = cluster(OURS, "Mulenga");
        let deal = told_deal(&agreed(Party::Seller, None), &ours, &[delivered_day(1, (whole, whole), 0, 0)]);
        assert_eq!(all(&deal), (whole, whole, 4_608));
        assert_eq!(told_deal(&agreed(Party::Seller, None), &ours, &[]).delivered, None);
        let other = DeliveryRow { deal: DealNo::new(8).expect("a number"), ..delivered_day(1, (9, 9), 0, 0) };
        assert_eq!(told_deal(&agreed(Party::Seller, None), &ours, &[other]).delivered, None, "of another deal");
    }

    #[test]
    fn what_a_line_could_not_carry_counts_against_nobody() {
        let whole = 96 * 400;
        // Half of the first day the line was down; on the second the seller sent a quarter less.
        let rows = [delivered_day(1, (whole / 2, whole / 2), 0, whole / 2), delivered_day(2, (whole, whole * 3 / 4), 0, 0)];
        let (told, ours) = (agreed(Party::Buyer, None), cluster(OURS, "Mulenga"));
        let first = told_deal(&told, &ours, &rows[..1]);
        assert_eq!(all(&first), (whole / 2, whole / 2, 2_688));
        let both = told_deal(&told, &ours, &rows);
        assert_eq!(all(&both), (whole * 3 / 2, whole * 5 / 4, 6_720));
        let deliveries: Vec<DeliveryInput> = rows.iter().filter_map(|row| delivery(row, std::slice::from_ref(&both))).collect();
        assert_eq!(deliveries.iter().map(|row| (row.short_wh, row.lost_wh)).collect::<Vec<_>>(), [(0, whole / 2), (whole / 4, 0)]);
    }

    #[test]
    fn one_price_of_a_clearing_is_the_buyers_money() {
        let (ours, whole) = (cluster(OURS, "Mulenga"), 96 * 400);
        // Received 36,864 Wh a day at K2.00; sent 38,400 Wh at K1.20 and the fee.
        let rent = 36_864 * 200 - whole * 140;
        let rows = [delivered_day(1, (whole, whole), rent, 0), delivered_day(2, (whole, whole), rent, 0)];
        let bought = told_deal(&agreed(Party::Buyer, Some(200)), &ours, &rows);
        assert_eq!((bought.is_matched, bought.own_ngwee(), bought.rent_all_ngwee), (true, 14_746, 3_994));
        // Each day is rounded by itself.
        assert!((all(&bought).2 - bought.own_ngwee()).abs() <= 2, "{:?}", bought.delivered);
        assert_eq!(told_deal(&agreed(Party::Seller, Some(200)), &ours, &rows).own_ngwee(), 9_216);
    }

    #[test]
    fn offers_are_shown_with_their_open_line_and_price() {
        let ours = cluster(OURS, "Mulenga");
        let offer = |side| BoardRow {
            day: day(1),
            cluster: id(THEIRS),
            no: OfferNo::new(3).expect("a number"),
            code: "GROUP-2".to_owned(),
            name: "Kafue Homes".to_owned(),
            side,
            window: Interval::new(day(1).start(UtcOffset::LUSAKA), day(1).start(UtcOffset::LUSAKA).plus_ms(2 * HOUR_MS)).expect("two hours"),
            energy: WattHours(400),
            price: PricePerKwh(120),
            gate_at: Instant(0),
            placed_at: Instant(0),
        };
        let priced = |(line, ..): (LineRow, ClusterRow, ClusterRow), now| LinePrices { line, now, ahead: Vec::new() };
        let price = ClusterPrice { seller_gets: PricePerKwh(100), buyer_pays: PricePerKwh(125) };
        let lines = vec![line(OURS, THEIRS, 5_000), line(THEIRS, OURS, 0)];
        let prices = [priced(line(OURS, THEIRS, 5_000), Ok(price))];
        // They want: what we get of K1.20 is less loss and fee. They sell: the line from there is closed, and is none.
        let wants = region_offer(&offer(Side::Buy), &ours, &lines, &prices);
        let way = wants.way.expect("an open line");
        assert_eq!((wants.span.hour_wh, wants.span.energy_wh, way.door_ngwee, way.fee_ngwee), (1_600, 3_200, 95, 20));
        assert_eq!(wants.worth, Worth::Price { seller_gets_ngwee: 100, buyer_pays_ngwee: 125 });
        let sells = region_offer(&offer(Side::Sell), &ours, &lines, &prices);
        assert_eq!((sells.way.is_none(), sells.worth), (true, Worth::Unknown));
        let open = vec![line(THEIRS, OURS, 1)];
        let dear = [priced(line(THEIRS, OURS, 1), Err(NoClusterPrice::LineTooDear))];
        let sells = region_offer(&offer(Side::Sell), &ours, &open, &dear);
        assert_eq!((sells.way.map(|way| way.door_ngwee), sells.worth), (Some(146), Worth::TooDear));
        // The same lines as partners of a deal.
        let partners = partners(&ours, &lines, &prices);
        assert_eq!(
            partners.iter().map(|partner| (partner.name.as_str(), partner.sell, partner.buy)).collect::<Vec<_>>(),
            [("Group 2", Some(Worth::Price { seller_gets_ngwee: 100, buyer_pays_ngwee: 125 }), None)]
        );
    }
}
