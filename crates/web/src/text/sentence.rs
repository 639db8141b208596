//! Sentences made from numbers: under fifteen words each, for a reader of twelve.

use message::Say;

use super::number;
use crate::input::{
    Alert, AlertKind, BookKind, CalendarDate, CalendarMonth, ClusterHead, ClusterKind, Connection, CurveKind, DataOrigin, FundKind, Payback,
    ReceiptKind, Replacement, Severity,
};
use crate::view::moment::{Moment, Source};

/// The sentence that is true now.
pub fn moment(say: Say, moment: &Moment) -> String {
    match *moment {
        Moment::NothingYet => say.no_meter_yet().into(),
        Moment::NoReading { since_at, now_at } => say.no_reading_since(&say.clock_near(since_at, now_at)),
        Moment::Dark { dark, homes, is_outage } => {
            let dark = if dark >= homes { say.all_homes_dark().to_owned() } else { say.some_homes_dark(dark, homes) };
            after(is_outage.then(|| say.grid_is_off()), dark)
        }
        Moment::Short { is_outage: true } => after(Some(say.grid_is_off()), say.short_in_outage().to_owned()),
        Moment::Short { is_outage: false } => say.short_on_grid().into(),
        Moment::Island { by } => after(Some(say.grid_is_off()), say.island(source(by))),
        Moment::Idle => say.idle().into(),
        Moment::SunCarries { fills, sells, wastes } => match (fills, sells, wastes) {
            (true, true, _) => say.sun_carries_fills_sells(),
            (true, false, _) => say.sun_carries_fills(),
            (false, true, _) => say.sun_carries_sells(),
            (false, false, true) => say.sun_carries_wastes(),
            (false, false, false) => say.sun_carries(),
        }
        .into(),
        Moment::SunHelped { part_w, use_w, helper } => say.sun_helped(share(part_w, use_w).text(say), source(helper)),
        Moment::Carried { is_night, by, part_w, use_w } => {
            let carried = match share(part_w, use_w) {
                Share::All => say.carried_all(source(by)),
                part => say.carried_part(part.text(say), source(by)),
            };
            after(is_night.then(|| say.night_now()), carried)
        }
    }
}

/// A sentence after another, where there is one.
fn after(first: Option<&str>, second: String) -> String {
    first.map_or_else(|| second.clone(), |first| format!("{first} {second}"))
}

/// The word by which a message chooses among sources.
fn source(source: Source) -> &'static str {
    match source {
        Source::Sun => "sun",
        Source::Battery => "battery",
        Source::Neighbours => "neighbours",
        Source::Grid => "grid",
        Source::Generator => "generator",
    }
}

/// A part as people think of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Share {
    /// All of it.
    All,
    /// 86 % and more.
    NearlyAll,
    /// About three quarters.
    ThreeQuarters,
    /// About two thirds.
    TwoThirds,
    /// About half.
    Half,
    /// About a third.
    Third,
    /// About a quarter.
    Quarter,
    /// Below 17 %.
    Small,
}

impl Share {
    /// The part in the words people use for it.
    pub fn text(self, say: Say) -> &'static str {
        match self {
            Self::All => say.part_all(),
            Self::NearlyAll => say.part_nearly_all(),
            Self::ThreeQuarters => say.part_three_quarters(),
            Self::TwoThirds => say.part_two_thirds(),
            Self::Half => say.part_half(),
            Self::Third => say.part_third(),
            Self::Quarter => say.part_quarter(),
            Self::Small => say.part_small(),
        }
    }
}

/// How large a part is.
pub fn share(part: i64, total: i64) -> Share {
    if total > 0 && part >= total {
        return Share::All;
    }
    match number::percent_of(part, total).unwrap_or(0) {
        86.. => Share::NearlyAll,
        71..=85 => Share::ThreeQuarters,
        59..=70 => Share::TwoThirds,
        42..=58 => Share::Half,
        29..=41 => Share::Third,
        17..=28 => Share::Quarter,
        _ => Share::Small,
    }
}

/// `KAB, 20 homes, Kabwe`.
pub fn under_name(say: Say, head: &ClusterHead) -> String {
    format!("{}, {}, {}", head.code, say.homes_count(head.homes), head.place)
}

/// What a cluster is, in a few words.
pub fn kind(say: Say, kind: ClusterKind) -> &'static str {
    match kind {
        ClusterKind::Micro => say.kind_micro(),
        ClusterKind::Neighborhood => say.kind_neighborhood(),
        ClusterKind::Industrial => say.kind_industrial(),
        ClusterKind::Supply => say.kind_supply(),
        ClusterKind::Open => say.kind_open(),
    }
}

/// How a cluster is wired, in a few words.
pub fn connection(say: Say, connection: Connection) -> &'static str {
    match connection {
        Connection::OffGrid => say.connection_off_grid(),
        Connection::OnePoint => say.connection_one_point(),
        Connection::Separate => say.connection_separate(),
    }
}

/// What is missing to the full size of its kind.
pub fn forming(say: Say, homes_missing: i64) -> Option<String> {
    (homes_missing > 0).then(|| say.still_growing(homes_missing))
}

/// The note above a page whose data is not measured.
pub fn origin(say: Say, origin: DataOrigin) -> Option<&'static str> {
    match origin {
        DataOrigin::Measured => None,
        DataOrigin::Modelled => Some(say.origin_modelled()),
        DataOrigin::Simulated => Some(say.origin_simulated()),
    }
}

/// The stamp in the masthead.
pub fn stamp(say: Say, reading_at: Option<i64>, now_at: i64, is_old: bool) -> String {
    match reading_at {
        None => say.stamp_none().into(),
        Some(at) if is_old => say.stamp_old(&say.clock_near(at, now_at)),
        Some(at) => say.stamp_now(&say.clock_near(at, now_at)),
    }
}

/// How an old reading is named on the page.
pub fn age(say: Say, reading_at: i64, now_at: i64) -> String {
    say.reading_age(&say.span(now_at.saturating_sub(reading_at)))
}

/// A kettle uses about 2,000 W; the nearest plain comparison for a total.
pub fn power_comparison(say: Say, total_w: i64) -> String {
    match total_w {
        ..=0 => String::new(),
        1..=199 => say.compare_lamps((total_w / 10).max(1)),
        200..=1_999 => say.compare_below_kettle().into(),
        _ => say.compare_kettles(total_w / 2_000 + total_w % 2_000 / 1_000 * i64::from(total_w >= 3_000)),
    }
}

/// In = Out, with its losses.
pub fn balance(say: Say, in_w: i64, used_w: i64, lost_w: i64, unaccounted_w: i64) -> String {
    if unaccounted_w > 0 { say.balance_sum_open(in_w, lost_w, unaccounted_w, used_w) } else { say.balance_sum(in_w, lost_w, used_w) }
}

/// `50 W lost, 2 %`.
pub fn lost(say: Say, lost_w: i64, in_w: i64) -> String {
    match number::percent_of(lost_w, in_w) {
        Some(percent) if lost_w > 0 => say.lost_now(lost_w, percent),
        _ => String::new(),
    }
}

/// The battery's sentence: what it does and how long it lasts.
pub fn battery(say: Say, in_w: i64, out_w: i64, hours_tenths: Option<i64>, until: Option<String>) -> String {
    let doing = match (in_w, out_w) {
        (w, _) if w > 0 => say.battery_fills(w),
        (_, w) if w > 0 => say.battery_gives(w),
        _ => say.battery_rests().to_owned(),
    };
    let lasts = match (hours_tenths, until) {
        (Some(0), _) => say.battery_reserve_only().to_owned(),
        (Some(tenths), Some(until)) if out_w > 0 => say.battery_lasts_until(&say.hours_from_tenths(tenths), &until),
        (Some(tenths), _) => say.battery_lasts(&say.hours_from_tenths(tenths)),
        (None, _) => return doing,
    };
    format!("{doing} {lasts}")
}

/// What the day's curve says.
pub fn curve(say: Say, kind: CurveKind, so_far_wh: i64, yesterday_wh: Option<i64>, is_whole_day: bool, peak: Option<(i64, i64)>) -> String {
    let mut out = match (kind, is_whole_day) {
        (CurveKind::Sun, true) => say.curve_made_today(so_far_wh),
        (CurveKind::Sun, false) => say.curve_made_so_far(so_far_wh),
        (CurveKind::Use, true) => say.curve_used_today(so_far_wh),
        (CurveKind::Use, false) => say.curve_used_so_far(so_far_wh),
    };
    if let Some(wh) = yesterday_wh {
        out.push(' ');
        out.push_str(&if is_whole_day { say.curve_yesterday(wh) } else { say.curve_yesterday_by_now(wh) });
    }
    if let Some((w, minutes)) = peak {
        out.push(' ');
        out.push_str(&say.curve_most(&number::power_step(w), &message::clock_of_minutes(minutes)));
    }
    out
}

/// Which readings are missing, from minutes to minutes of the day.
pub fn gaps(say: Say, gaps: &[(i64, i64)]) -> String {
    match gaps {
        [] => String::new(),
        [(from, to)] => say.gap_one(&message::clock_of_minutes(*from), &message::clock_of_minutes(*to)),
        many => say.gap_many(i64::try_from(many.len()).unwrap_or(i64::MAX)),
    }
}

/// What a price is, against the others of the strip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceWord {
    /// In the lowest third.
    Cheap,
    /// In between, or all alike.
    Usual,
    /// In the highest third.
    Dear,
}

/// `cheap`, `usual`, `dear`.
pub fn price_word(say: Say, word: PriceWord) -> &'static str {
    match word {
        PriceWord::Cheap => say.cheap(),
        PriceWord::Usual => say.usual(),
        PriceWord::Dear => say.dear(),
    }
}

/// The strip's sentence: what holds now, until when, and the next dear or cheap time.
pub fn price(say: Say, words: &[(i64, PriceWord)]) -> String {
    let Some(&(_, now)) = words.first() else { return String::new() };
    let Some(&(change_at, next)) = words.iter().find(|(_, w)| *w != now) else {
        return say.price_same().into();
    };
    match (now, next) {
        (PriceWord::Cheap, _) => {
            let dear = words.iter().find(|(_, w)| *w == PriceWord::Dear);
            let after = dear.map(|(at, _)| format!(" {}", say.price_dear_from(*at)));
            format!("{}{}", say.price_cheap_until(change_at), after.unwrap_or_default())
        }
        (PriceWord::Dear, _) => say.price_dear_until(change_at),
        (PriceWord::Usual, PriceWord::Dear) => say.price_usual_then_dear(change_at),
        (PriceWord::Usual, _) => say.price_usual_then_cheap(change_at),
    }
}

/// How many homes are heard and served.
pub fn homes_now(say: Say, homes: i64, dark: i64, silent: i64) -> String {
    if silent > 0 && silent >= homes {
        return say.homes_all_silent(homes);
    }
    let mut out = if dark == 0 && silent == 0 { say.homes_all_power(homes) } else { say.homes_some_power(homes, homes - dark - silent) };
    if dark > 0 {
        out.push(' ');
        out.push_str(&say.homes_dark(dark));
    }
    if silent > 0 {
        out.push(' ');
        out.push_str(&say.homes_silent(silent));
    }
    out
}

/// How many homes of a forming group are there.
pub fn homes_joined(say: Say, homes: i64, missing: i64) -> String {
    if missing <= 0 { say.homes_joined(homes) } else { say.homes_joined_of(homes.saturating_add(missing), homes) }
}

/// How much of my use came from inside.
pub fn my_own_part(say: Say, own_wh: i64, used_wh: i64) -> Option<String> {
    (used_wh > 0).then(|| say.my_own_part(share(own_wh, used_wh).text(say)))
}

/// How much of today's use came from inside.
pub fn own_part(say: Say, own_wh: i64, used_wh: i64) -> Option<String> {
    (used_wh > 0).then(|| match share(own_wh, used_wh) {
        Share::All => say.own_part_all().into(),
        part => say.own_part(part.text(say)),
    })
}

/// An alert's first word.
pub fn severity(say: Say, severity: Severity) -> &'static str {
    match severity {
        Severity::Bad => say.severity_bad(),
        Severity::Watch => say.severity_watch(),
        Severity::Info => say.severity_info(),
    }
}

/// What an alert says.
pub fn alert(say: Say, kind: &AlertKind) -> String {
    match *kind {
        AlertKind::HomesDark { homes } => say.alert_homes_dark(homes),
        AlertKind::MeterSilent { house_no } => say.alert_meter_silent(&house_no.to_string()),
        AlertKind::PlantSilent => say.alert_plant_silent().into(),
        AlertKind::GridOff => say.grid_is_off().into(),
        AlertKind::BatteryLow { percent } => say.alert_battery_low(percent),
        AlertKind::Unaccounted { percent } => say.alert_unaccounted(percent),
        AlertKind::Estimated { intervals } => say.alert_estimated(intervals),
        AlertKind::ReplacementShort { on } => say.alert_replacement_short(on.calendar_month()),
        AlertKind::Corrected { on } => say.alert_corrected(on),
    }
}

/// An alert's second line: what it means, and since when.
pub fn alert_note(say: Say, alert: &Alert, now_at: i64) -> String {
    let means = match alert.kind {
        AlertKind::HomesDark { .. } => say.alert_homes_dark_note(),
        AlertKind::MeterSilent { .. } => say.alert_meter_silent_note(),
        AlertKind::PlantSilent => say.alert_plant_silent_note(),
        AlertKind::GridOff => say.alert_grid_off_note(),
        AlertKind::BatteryLow { .. } => say.alert_battery_low_note(),
        AlertKind::Unaccounted { .. } => say.alert_unaccounted_note(),
        AlertKind::Estimated { .. } => say.alert_estimated_note(),
        AlertKind::ReplacementShort { .. } => say.alert_replacement_short_note(),
        AlertKind::Corrected { .. } => say.alert_corrected_note(),
    };
    match alert.since_at {
        Some(at) => format!("{means} {}", say.since(&say.clock_near(at, now_at))),
        None => means.into(),
    }
}

/// A fund's name.
pub fn fund(say: Say, kind: FundKind) -> &'static str {
    match kind {
        FundKind::Equipment => say.fund_equipment(),
        FundKind::Loan => say.fund_loan(),
        FundKind::Emergency => say.fund_emergency(),
        FundKind::Maintenance => say.fund_maintenance(),
        FundKind::Operating => say.fund_operating(),
        FundKind::Surplus => say.fund_surplus(),
    }
}

/// How long new parts are paid for.
pub fn replacement(say: Say, replacement: Replacement) -> String {
    match replacement {
        Replacement::FundedUntil(month) => say.replacement_funded(month),
        Replacement::NotFunded => say.replacement_not_funded().into(),
        Replacement::NothingToReplace => say.replacement_nothing().into(),
    }
}

/// The statement's first sentence.
pub fn standing(say: Say, balance_ngwee: i64) -> String {
    match balance_ngwee {
        0 => say.book_even().into(),
        n if n > 0 => say.you_have_amount(n),
        n => say.you_owe_amount(n.saturating_neg()),
    }
}

/// As [`standing`], at the end of a month that is over.
pub fn standing_then(say: Say, balance_ngwee: i64, month: CalendarMonth) -> String {
    match balance_ngwee {
        0 => say.book_was_even(month),
        n if n > 0 => say.you_had_amount(n, month),
        n => say.you_owed_amount(month, n.saturating_neg()),
    }
}

/// Alone against cluster. Dearer is said plainly, with what it bought.
pub fn comparison(say: Say, alone_ngwee: i64, cluster_ngwee: i64) -> String {
    let difference = alone_ngwee.saturating_sub(cluster_ngwee);
    match difference {
        0 => say.month_same().into(),
        d if d > 0 => say.month_saved(d),
        d => say.month_dearer(d.saturating_neg()),
    }
}

/// What the extra money buys when the cluster is dearer.
pub fn bought(say: Say, served_minutes: i64, share_ppm: Option<i64>) -> String {
    match (served_minutes, share_ppm) {
        (0, None) => say.bought_readiness().into(),
        (0, Some(ppm)) => say.bought_share(ppm),
        (minutes, None) => say.bought_hours(minutes),
        (minutes, Some(ppm)) => say.bought_hours_share(minutes, ppm),
    }
}

/// Supply in outages.
pub fn outages(say: Say, outage_minutes: i64, served_minutes: i64) -> String {
    if outage_minutes == 0 { say.outage_none().into() } else { say.outage_hours(outage_minutes, served_minutes) }
}

/// Carbon avoided.
pub fn carbon(say: Say, grams: i64) -> String {
    if grams > 0 { say.carbon_avoided(grams) } else { say.carbon_none().into() }
}

/// How avoided carbon is counted; a word that the catalogue does not know is shown as it is.
pub fn carbon_method(say: Say, word: &str) -> String {
    say.text(&format!("carbon-{word}"), &[]).unwrap_or_else(|| word.to_owned())
}

/// A line of the receipt.
pub fn receipt_line(say: Say, kind: ReceiptKind) -> &'static str {
    match kind {
        ReceiptKind::OwnSun => say.receipt_own_sun(),
        ReceiptKind::OurPlant => say.receipt_our_plant(),
        ReceiptKind::FromNeighbours => say.receipt_from_neighbours(),
        ReceiptKind::GivenToNeighbours => say.receipt_given_to_neighbours(),
        ReceiptKind::Battery => say.receipt_battery(),
        ReceiptKind::TradedIn => say.receipt_traded_in(),
        ReceiptKind::Generator => say.receipt_generator(),
        ReceiptKind::GridBought => say.receipt_grid_bought(),
        ReceiptKind::GridSold => say.receipt_grid_sold(),
        ReceiptKind::CreditsUsed => say.receipt_credits_used(),
        ReceiptKind::CreditsBanked => say.receipt_credits_banked(),
        ReceiptKind::CreditsBoughtBack => say.receipt_credits_bought_back(),
    }
}

/// A line of the book.
pub fn book_line(say: Say, kind: &BookKind) -> String {
    match *kind {
        BookKind::Energy { on } => say.book_energy(on),
        BookKind::ServiceCharge { on } => say.book_service(on),
        BookKind::Correction { on } => say.book_correction(on),
        BookKind::PaidIn => say.book_paid_in().into(),
        BookKind::PaidOut => say.book_paid_out().into(),
        BookKind::CashIn => say.book_cash_in().into(),
        BookKind::DebtPaid => say.book_debt_paid().into(),
        BookKind::CashOut => say.book_cash_out().into(),
        BookKind::Contribution => say.book_contribution().into(),
        BookKind::Reversal { of_line } => say.book_reversal(&of_line.to_string()),
    }
}

/// Daily lines of several days as one: `Energy 1 to 7 Oct`.
pub fn book_days(say: Say, first: CalendarDate, last: CalendarDate, has_charge: bool) -> String {
    let is_one_month = first.calendar_month() == last.calendar_month();
    let from = if is_one_month { first.day().to_string() } else { say.date_short(first) };
    let to = say.date_short(last);
    if has_charge { say.book_energy_service_days(&from, &to) } else { say.book_energy_days(&from, &to) }
}

/// A part of a day: `06:00 to 09:00: 3.2 kWh made, 2.1 kWh used`.
pub fn day_part(say: Say, from_at: i64, to_at: i64, sums: Option<(i64, i64)>) -> String {
    let hours = say.hours_range(&say.clock(from_at), &say.clock(to_at));
    match sums {
        Some((made_wh, used_wh)) => say.day_part(&hours, made_wh, used_wh),
        None => say.day_part_open(&hours),
    }
}

/// Months as years and months.
pub fn years_months(say: Say, months: i64) -> String {
    match (months / 12, months % 12) {
        (0, m) => say.payback_months(m),
        (y, 0) => say.payback_years(y),
        (y, m) => format!("{} {}", say.payback_years(y), say.payback_months(m)),
    }
}

/// When the member's money has come back.
pub fn payback(say: Say, payback: Payback) -> String {
    match payback {
        Payback::Months(months) => years_months(say, months),
        Payback::NotAtThisRate => say.payback_not().into(),
        Payback::Unknown => say.too_early().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EN: Say = Say::new(message::Language::En);
    const AT: i64 = 1_795_177_920_000;

    #[test]
    fn dearer_is_said_plainly() {
        assert_eq!(comparison(EN, 10_000, 12_240), "The group cost you K22.40 more than being alone.");
        assert_eq!(comparison(EN, 10_000, 6_880), "The group saved you K31.20 this month.");
        assert_eq!(comparison(EN, 5, 5), "The group cost you the same as being alone.");
        assert_eq!(bought(EN, 870, Some(50_000)), "It bought 14.5\u{a0}hours of power in outages, and 5.0\u{a0}% of the plant.");
    }

    #[test]
    fn a_debt_is_never_a_negative_amount() {
        assert_eq!(standing(EN, -4_400), "You owe K44.00.");
        assert_eq!(standing(EN, 14_482), "You have K144.82.");
        assert_eq!(standing(EN, 0), "Your book is even. You owe nothing.");
    }

    #[test]
    fn the_price_sentence_names_the_next_change() {
        use PriceWord::{Cheap, Dear, Usual};
        let hour = 3_600_000;
        let at = |words: &[PriceWord]| {
            let slots: Vec<_> = (0i64..).zip(words).map(|(i, w)| (AT + i * hour, *w)).collect();
            price(EN, &slots)
        };
        assert_eq!(at(&[Cheap, Usual, Dear]), "Cheap until 15:32. Iron or pump before then. It is dear from 16:32.");
        assert_eq!(at(&[Dear, Usual]), "Dear until 15:32. Wait with heavy work if you can.");
        assert_eq!(at(&[Usual, Dear]), "Usual now. It is dear from 15:32.");
        assert_eq!(at(&[Usual, Usual]), "The price stays about the same.");
        assert_eq!(at(&[]), "");
    }

    #[test]
    fn homes_are_counted_in_homes() {
        assert_eq!(homes_now(EN, 20, 0, 0), "All 20\u{a0}homes have power.");
        assert_eq!(homes_now(EN, 20, 0, 1), "19 of 20\u{a0}homes have power. 1 is silent, so we do not know.");
        assert_eq!(homes_now(EN, 20, 6, 0), "14 of 20\u{a0}homes have power. 6 are dark.");
    }

    #[test]
    fn the_worst_is_first() {
        assert!(Severity::Bad < Severity::Watch && Severity::Watch < Severity::Info);
        assert_eq!(AlertKind::GridOff.severity(), Severity::Watch);
    }
}
