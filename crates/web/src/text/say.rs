//! Sentences made from numbers: under fifteen words each, for a reader of twelve.

use super::{number, time};
use crate::input::{
    Alert, AlertKind, BookKind, CalendarDate, ClusterHead, ClusterKind, Connection, CurveKind, DataOrigin, FundKind, Payback, ReceiptKind,
    Replacement, Severity,
};
use crate::view::moment::{Moment, Source};

/// The sentence that is true now.
pub fn moment(moment: &Moment) -> String {
    match *moment {
        Moment::NothingYet => "No meter has been read yet.".into(),
        Moment::NoReading { since_at, now_at } => {
            format!("No reading since {}.", time::clock_near(since_at, now_at))
        }
        Moment::Dark { dark, homes, is_outage } => {
            let start = if is_outage { "The grid is off. " } else { "" };
            if dark >= homes {
                format!("{start}No home has power.")
            } else {
                let has = if dark == 1 { "has" } else { "have" };
                format!("{start}{dark} of {homes} homes {has} no power.")
            }
        }
        Moment::Short { is_outage: true } => "The grid is off. There is not enough for all.".into(),
        Moment::Short { is_outage: false } => "There is not enough power for all we need.".into(),
        Moment::Island { by } => format!("The grid is off. Our {} carries us.", source(by)),
        Moment::Idle => "Nothing is used right now.".into(),
        Moment::SunCarries { fills, sells, wastes } => match (fills, sells, wastes) {
            (true, true, _) => "The sun carries everyone, fills the battery, and we sell the rest.",
            (true, false, _) => "The sun carries everyone now, and fills the battery.",
            (false, true, _) => "The sun carries everyone now, and we sell the rest.",
            (false, false, true) => "The sun carries everyone now. Some of it finds no user.",
            (false, false, false) => "The sun carries everyone now.",
        }
        .into(),
        Moment::SunHelped { part_w, use_w, helper } => format!(
            "The sun carries {} of our use. The {} {}.",
            share(part_w, use_w),
            source(helper),
            if helper == Source::Neighbours { "help" } else { "helps" },
        ),
        Moment::Carried { is_night, by, part_w, use_w } => {
            let start = if is_night { "Night. " } else { "" };
            let carries = if by == Source::Neighbours { "carry" } else { "carries" };
            match share(part_w, use_w) {
                "all" => format!("{start}The {} {carries} everyone.", source(by)),
                part => format!("{start}The {} {carries} {part} of our use.", source(by)),
            }
        }
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Sun => "sun",
        Source::Battery => "battery",
        Source::Neighbours => "neighbours",
        Source::Grid => "grid",
        Source::Generator => "generator",
    }
}

/// A part in the words people use for it.
pub fn share(part: i64, total: i64) -> &'static str {
    if total > 0 && part >= total {
        return "all";
    }
    match number::percent_of(part, total).unwrap_or(0) {
        86.. => "nearly all",
        71..=85 => "three quarters",
        59..=70 => "two thirds",
        42..=58 => "half",
        29..=41 => "a third",
        17..=28 => "a quarter",
        _ => "a small part",
    }
}

/// `20 homes`, `1 home`.
pub fn homes(n: i64) -> String {
    format!("{n}{}{}", super::NBSP, if n == 1 { "home" } else { "homes" })
}

/// `KAB, 20 homes, Kabwe`.
pub fn under_name(head: &ClusterHead) -> String {
    format!("{}, {}, {}", head.code, homes(head.homes), head.place)
}

/// What a cluster is, in a few words.
pub fn kind(kind: ClusterKind) -> &'static str {
    match kind {
        ClusterKind::Micro => "small group",
        ClusterKind::Neighborhood => "neighbourhood",
        ClusterKind::Industrial => "power producers",
        ClusterKind::Supply => "suppliers",
        ClusterKind::Open => "open market",
    }
}

/// How a cluster is wired, in a few words.
pub fn connection(connection: Connection) -> &'static str {
    match connection {
        Connection::OffGrid => "own wires, no grid",
        Connection::OnePoint => "one shared grid connection",
        Connection::Separate => "each home on the grid",
    }
}

/// What is missing to the full size of its kind.
pub fn forming(homes_missing: i64) -> Option<String> {
    (homes_missing > 0).then(|| format!("Still growing: {} to come.", homes(homes_missing)))
}

/// The note above a page whose data is not measured.
pub fn origin(origin: DataOrigin) -> Option<&'static str> {
    match origin {
        DataOrigin::Measured => None,
        DataOrigin::Modelled => Some("Sample data: modelled, not measured."),
        DataOrigin::Simulated => Some("Sample data: simulated, not measured."),
    }
}

/// The stamp in the masthead.
pub fn stamp(reading_at: Option<i64>, now_at: i64, is_old: bool) -> String {
    match reading_at {
        None => "No data yet".into(),
        Some(at) if is_old => format!("Old: {}", time::clock_near(at, now_at)),
        Some(at) => format!("As of {}", time::clock_near(at, now_at)),
    }
}

/// How an old reading is named on the page.
pub fn age(reading_at: i64, now_at: i64) -> String {
    format!("The last reading is {} old.", time::span(now_at.saturating_sub(reading_at)))
}

/// A kettle uses about 2,000 W; the nearest plain comparison for a total.
pub fn power_comparison(total_w: i64) -> String {
    match total_w {
        ..=0 => String::new(),
        1..=199 => format!("about {} lamps of 10{}W", (total_w / 10).max(1), super::NBSP),
        200..=1_999 => format!("a kettle takes 2,000{}W", super::NBSP),
        2_000..=2_999 => "like one kettle".into(),
        _ => format!("like {} kettles", number::whole(total_w / 2_000 + total_w % 2_000 / 1_000)),
    }
}

/// In = Out, with its losses.
pub fn balance(in_w: i64, used_w: i64, lost_w: i64, unaccounted_w: i64) -> String {
    let mut out = format!("In {} = out {} + lost {}", number::watts(in_w), number::watts(used_w), number::watts(lost_w));
    if unaccounted_w > 0 {
        out.push_str(&format!(" + not accounted for {}", number::watts(unaccounted_w)));
    }
    out.push('.');
    out
}

/// `50 W lost, 2 %`.
pub fn lost(lost_w: i64, in_w: i64) -> String {
    match number::percent_of(lost_w, in_w) {
        Some(percent) if lost_w > 0 => {
            format!("{} lost, {}", number::watts(lost_w), number::percent(percent))
        }
        _ => String::new(),
    }
}

/// The battery's sentence: what it does and how long it lasts.
pub fn battery(in_w: i64, out_w: i64, hours_tenths: Option<i64>, until_at: Option<i64>) -> String {
    let doing = if in_w > 0 {
        format!("Filling with {}.", number::watts(in_w))
    } else if out_w > 0 {
        format!("Giving {}.", number::watts(out_w))
    } else {
        "Resting.".to_owned()
    };
    match (hours_tenths, until_at) {
        (Some(0), _) => format!("{doing} Only the reserve is left."),
        (Some(tenths), Some(until)) if out_w > 0 => {
            format!("{doing} Alone it would last {}, until {}.", number::hours_from_tenths(tenths), time::clock(until))
        }
        (Some(tenths), _) => {
            format!("{doing} Alone it would last {}.", number::hours_from_tenths(tenths))
        }
        (None, _) => doing,
    }
}

/// What the day's curve says.
pub fn curve(kind: CurveKind, so_far_wh: i64, yesterday_wh: Option<i64>, is_whole_day: bool, peak: Option<(i64, i64)>) -> String {
    let verb = match kind {
        CurveKind::Sun => "made",
        CurveKind::Use => "used",
    };
    let mut out =
        if is_whole_day { format!("{} {verb} today.", number::kwh(so_far_wh)) } else { format!("{} {verb} so far.", number::kwh(so_far_wh)) };
    if let Some(wh) = yesterday_wh {
        let when = if is_whole_day { "Yesterday" } else { "Yesterday by this time" };
        out.push_str(&format!(" {when}: {}.", number::kwh(wh)));
    }
    if let Some((w, minutes)) = peak {
        out.push_str(&format!(" Most at {}: {}.", time::clock_of_minutes(minutes), number::watts(w)));
    }
    out
}

/// Which readings are missing, from minutes to minutes of the day.
pub fn gaps(gaps: &[(i64, i64)]) -> String {
    match gaps {
        [] => String::new(),
        [(from, to)] => format!("Readings are missing from {} to {}.", time::clock_of_minutes(*from), time::clock_of_minutes(*to)),
        many => format!("Readings are missing {} times today.", many.len()),
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
pub fn price_word(word: PriceWord) -> &'static str {
    match word {
        PriceWord::Cheap => "cheap",
        PriceWord::Usual => "usual",
        PriceWord::Dear => "dear",
    }
}

/// The strip's sentence: what holds now, until when, and the next dear or cheap time.
pub fn price(words: &[(i64, PriceWord)]) -> String {
    let Some(&(_, now)) = words.first() else { return String::new() };
    let Some(&(change_at, next)) = words.iter().find(|(_, w)| *w != now) else {
        return "The price stays about the same.".into();
    };
    let until = time::clock(change_at);
    match (now, next) {
        (PriceWord::Cheap, _) => {
            let dear = words.iter().find(|(_, w)| *w == PriceWord::Dear);
            let after = dear.map(|(at, _)| format!(" It is dear from {}.", time::clock(*at)));
            format!("Cheap until {until}. Iron or pump before then.{}", after.unwrap_or_default())
        }
        (PriceWord::Dear, _) => format!("Dear until {until}. Wait with heavy work if you can."),
        (PriceWord::Usual, PriceWord::Dear) => format!("Usual now. It is dear from {until}."),
        (PriceWord::Usual, _) => format!("Usual now. It is cheap from {until}."),
    }
}

/// How many homes are heard and served.
pub fn homes_now(homes: i64, dark: i64, silent: i64) -> String {
    if silent > 0 && silent >= homes {
        return format!("All {} are silent, so we do not know.", self::homes(homes));
    }
    let mut out = match dark {
        0 if silent == 0 => format!("All {} have power.", self::homes(homes)),
        _ => format!("{} of {} have power.", homes - dark - silent, self::homes(homes)),
    };
    if dark > 0 {
        out.push_str(&format!(" {} dark.", is_are(dark)));
    }
    if silent > 0 {
        out.push_str(&format!(" {} silent, so we do not know.", is_are(silent)));
    }
    out
}

fn is_are(n: i64) -> String {
    if n == 1 { "1 is".into() } else { format!("{n} are") }
}

/// How many homes of a forming group are there.
pub fn homes_joined(homes: i64, missing: i64) -> String {
    match missing {
        ..=0 => format!("{} have joined.", self::homes(homes)),
        n => format!("{homes} of {} have joined.", self::homes(homes.saturating_add(n))),
    }
}

/// How much of my use came from inside.
pub fn my_own_part(own_wh: i64, used_wh: i64) -> Option<String> {
    (used_wh > 0).then(|| format!("Our own power gave {} of my use.", share(own_wh, used_wh)))
}

/// How much of today's use came from inside.
pub fn own_part(own_wh: i64, used_wh: i64) -> Option<String> {
    (used_wh > 0).then(|| match share(own_wh, used_wh) {
        "all" => "All of today's use came from our own power.".into(),
        part => format!("Our own power gave {part} of today's use."),
    })
}

/// An alert's first word.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Bad => "Act now.",
        Severity::Watch => "Watch.",
        Severity::Info => "To know.",
    }
}

/// What an alert says.
pub fn alert(kind: &AlertKind) -> String {
    match kind {
        AlertKind::HomesDark { homes: 1 } => "1 home has no power.".into(),
        AlertKind::HomesDark { homes } => format!("{homes} homes have no power."),
        AlertKind::MeterSilent { house_no } => format!("House {house_no}: meter silent."),
        AlertKind::PlantSilent => "The meter of our plant is silent.".into(),
        AlertKind::GridOff => "The grid is off.".into(),
        AlertKind::BatteryLow { percent } => {
            format!("The battery is at {}.", number::percent(*percent))
        }
        AlertKind::Unaccounted { percent } => {
            format!("{} of our power is not accounted for.", number::percent(*percent))
        }
        AlertKind::Estimated { intervals: 1 } => "1 interval is estimated.".into(),
        AlertKind::Estimated { intervals } => format!("{intervals} intervals are estimated."),
        AlertKind::ReplacementShort { on } => {
            format!("Money for new parts ends in {}.", time::month_long(on.calendar_month()))
        }
        AlertKind::Corrected { on } => format!("{} was corrected.", time::date_short(*on)),
    }
}

/// An alert's second line: what it means, and since when.
pub fn alert_note(alert: &Alert, now_at: i64) -> String {
    let means = match alert.kind {
        AlertKind::HomesDark { .. } => "Tell your technician.",
        AlertKind::MeterSilent { .. } => "Its use is estimated until it speaks again.",
        AlertKind::PlantSilent => "What it makes is not shared until it speaks again.",
        AlertKind::GridOff => "We run on what we have.",
        AlertKind::BatteryLow { .. } => "Use less until the sun is up.",
        AlertKind::Unaccounted { .. } => "A meter may be wrong or a wire tapped.",
        AlertKind::Estimated { .. } => "Real readings replace them when they come.",
        AlertKind::ReplacementShort { .. } => "A vote can raise the service charge.",
        AlertKind::Corrected { .. } => "The difference is in each book.",
    };
    match alert.since_at {
        Some(at) => format!("{means} Since {}.", time::clock_near(at, now_at)),
        None => means.into(),
    }
}

/// A fund's name.
pub fn fund(kind: FundKind) -> &'static str {
    match kind {
        FundKind::Equipment => "Equipment",
        FundKind::Loan => "Loans",
        FundKind::Emergency => "Emergency",
        FundKind::Maintenance => "Care and replacement",
        FundKind::Operating => "Running costs",
        FundKind::Surplus => "Surplus",
    }
}

/// How long new parts are paid for.
pub fn replacement(replacement: Replacement) -> String {
    match replacement {
        Replacement::FundedUntil(month) => {
            format!("Replacement is funded until {}.", time::month_long(month))
        }
        Replacement::NotFunded => "Replacement is not funded. There is no service charge.".into(),
        Replacement::NothingToReplace => "We own nothing that wears out yet.".into(),
    }
}

/// The statement's first sentence.
pub fn standing(balance_ngwee: i64) -> String {
    match balance_ngwee {
        0 => "Your book is even. You owe nothing.".into(),
        n if n > 0 => format!("You have {}.", number::money(n)),
        n => format!("You owe {}.", number::money(n.saturating_neg())),
    }
}

/// Alone against cluster. Dearer is said plainly, with what it bought.
pub fn comparison(alone_ngwee: i64, cluster_ngwee: i64) -> String {
    let difference = alone_ngwee.saturating_sub(cluster_ngwee);
    match difference {
        0 => "The group cost you the same as being alone.".into(),
        d if d > 0 => format!("The group saved you {} this month.", number::money(d)),
        d => format!("The group cost you {} more than being alone.", number::money(d.saturating_neg())),
    }
}

/// What the extra money buys when the cluster is dearer.
pub fn bought(served_minutes: i64, share_ppm: Option<i64>) -> String {
    let hours = number::hours_from_minutes(served_minutes);
    match (served_minutes, share_ppm) {
        (0, None) => "There was no outage this month, so it bought only readiness.".into(),
        (0, Some(ppm)) => format!("It bought your {} of the plant. No outage needed it this month.", number::percent_from_ppm(ppm)),
        (_, None) => format!("It bought {hours} of power in outages."),
        (_, Some(ppm)) => format!("It bought {hours} of power in outages, and {} of the plant.", number::percent_from_ppm(ppm)),
    }
}

/// Supply in outages.
pub fn outages(outage_minutes: i64, served_minutes: i64) -> String {
    if outage_minutes == 0 {
        return "The grid was not off this month.".into();
    }
    format!(
        "The grid was off {}. You had power for {} of them.",
        number::hours_from_minutes(outage_minutes),
        number::hours_from_minutes(served_minutes)
    )
}

/// Carbon avoided.
pub fn carbon(grams: i64) -> String {
    if grams > 0 {
        format!("Your sun kept {} of carbon dioxide out of the air.", number::kilograms(grams))
    } else {
        "No carbon was avoided this month.".into()
    }
}

/// A line of the receipt.
pub fn receipt_line(kind: ReceiptKind) -> &'static str {
    match kind {
        ReceiptKind::OwnSun => "Own sun",
        ReceiptKind::OurPlant => "Our plant",
        ReceiptKind::FromNeighbours => "From neighbours",
        ReceiptKind::GivenToNeighbours => "Given to neighbours",
        ReceiptKind::Battery => "Battery",
        ReceiptKind::TradedIn => "From other groups",
        ReceiptKind::Generator => "Generator",
        ReceiptKind::GridBought => "Grid, bought",
        ReceiptKind::GridSold => "Grid, sold",
    }
}

/// A line of the book.
pub fn book_line(kind: &BookKind) -> String {
    match kind {
        BookKind::Energy { on } => format!("Energy {}", time::date_short(*on)),
        BookKind::ServiceCharge { on } => format!("Service charge {}", time::date_short(*on)),
        BookKind::Correction { on } => format!("Correction, energy {}", time::date_short(*on)),
        BookKind::PaidIn => "Paid in".into(),
        BookKind::PaidOut => "Paid out".into(),
        BookKind::Contribution => "For our equipment".into(),
        BookKind::Reversal { of_line } => format!("Line {of_line} taken back"),
    }
}

/// Daily lines of several days as one: `Energy 1 to 7 Oct`.
pub fn book_days(first: CalendarDate, last: CalendarDate, has_charge: bool) -> String {
    let what = if has_charge { "Energy and service" } else { "Energy" };
    if first.calendar_month() == last.calendar_month() {
        return format!("{what} {} to {}", first.day(), time::date_short(last));
    }
    format!("{what} {} to {}", time::date_short(first), time::date_short(last))
}

/// A part of a day: `06:00 to 09:00: 3.2 kWh made, 2.1 kWh used`.
pub fn day_part(from_at: i64, to_at: i64, sums: Option<(i64, i64)>) -> String {
    let hours = format!("{} to {}", time::clock(from_at), time::clock(to_at));
    match sums {
        Some((made, used)) => {
            format!("{hours}: {} made, {} used", number::kwh(made), number::kwh(used))
        }
        None => format!("{hours}: not settled"),
    }
}

/// When the member's money has come back.
pub fn payback(payback: Payback) -> String {
    match payback {
        Payback::Months(months) => match (months / 12, months % 12) {
            (0, m) => format!("{m} months"),
            (1, 0) => "1 year".into(),
            (y, 0) => format!("{y} years"),
            (1, m) => format!("1 year {m} months"),
            (y, m) => format!("{y} years {m} months"),
        },
        Payback::NotAtThisRate => "not at this rate".into(),
        Payback::Unknown => "too early to say".into(),
    }
}

/// Readings behind a figure.
pub fn readings(reading_count: i64, estimated_count: i64) -> String {
    let readings = number::whole(reading_count);
    match estimated_count {
        0 => format!("{readings} readings, none estimated."),
        1 => format!("{readings} readings, 1 of them estimated."),
        n => format!("{readings} readings, {} of them estimated.", number::whole(n)),
    }
}

/// Rules behind a figure.
pub fn rules(sharing: i64, price: i64) -> String {
    format!("Sharing rule {sharing}, price rule {price}.")
}

/// The seal behind a figure.
pub fn sealed(count: i64, from_at: i64, to_at: i64) -> String {
    format!(
        "{} sealed, {} to {}.",
        if count == 1 { "1 interval".into() } else { format!("{} intervals", number::whole(count)) },
        time::weekday_date_clock(from_at),
        time::weekday_date_clock(to_at)
    )
}

/// Ledger lines behind a figure.
pub fn ledger_lines(first: i64, last: i64) -> String {
    if first == last {
        return format!("Ledger line {first}.");
    }
    format!("Ledger lines {first} to {last}.")
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: i64 = 1_795_177_920_000;

    #[test]
    fn dearer_is_said_plainly() {
        assert_eq!(comparison(10_000, 12_240), "The group cost you K22.40 more than being alone.");
        assert_eq!(comparison(10_000, 6_880), "The group saved you K31.20 this month.");
        assert_eq!(comparison(5, 5), "The group cost you the same as being alone.");
        assert_eq!(bought(870, Some(50_000)), "It bought 14.5\u{a0}hours of power in outages, and 5.0\u{a0}% of the plant.");
    }

    #[test]
    fn a_debt_is_never_a_negative_amount() {
        assert_eq!(standing(-4_400), "You owe K44.00.");
        assert_eq!(standing(14_482), "You have K144.82.");
        assert_eq!(standing(0), "Your book is even. You owe nothing.");
    }

    #[test]
    fn the_price_sentence_names_the_next_change() {
        use PriceWord::{Cheap, Dear, Usual};
        let hour = 3_600_000;
        let at = |words: &[PriceWord]| {
            let slots: Vec<_> = (0i64..).zip(words).map(|(i, w)| (AT + i * hour, *w)).collect();
            price(&slots)
        };
        assert_eq!(at(&[Cheap, Usual, Dear]), "Cheap until 15:32. Iron or pump before then. It is dear from 16:32.");
        assert_eq!(at(&[Dear, Usual]), "Dear until 15:32. Wait with heavy work if you can.");
        assert_eq!(at(&[Usual, Dear]), "Usual now. It is dear from 15:32.");
        assert_eq!(at(&[Usual, Usual]), "The price stays about the same.");
        assert_eq!(at(&[]), "");
    }

    #[test]
    fn homes_are_counted_in_homes() {
        assert_eq!(homes_now(20, 0, 0), "All 20\u{a0}homes have power.");
        assert_eq!(homes_now(20, 0, 1), "19 of 20\u{a0}homes have power. 1 is silent, so we do not know.");
        assert_eq!(homes_now(20, 6, 0), "14 of 20\u{a0}homes have power. 6 are dark.");
    }

    #[test]
    fn the_worst_is_first() {
        assert!(Severity::Bad < Severity::Watch && Severity::Watch < Severity::Info);
        assert_eq!(AlertKind::GridOff.severity(), Severity::Watch);
    }
}
