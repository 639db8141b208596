//! The Cluster Dashboard: what is true now, In above Out, today, homes, battery, price, alerts, funds.

use askama::Template;

use super::ViewError;
use super::balance::{Balance, Flow, balance};
use super::frame::{Frame, Place, cluster_href, day_href, statement_href};
use super::moment::{self, moment};
use super::parts::{self, ALERTS_MAX, AlertView, Cell, Glance, PartRow, ProofView, Table};
use crate::chart::{self, BarPart, Cloth, DayCurveData, Houses, StripSlot, Svg};
use crate::input::{
    Battery, ClusterHead, Connection, CurveKind, DashboardInput, DayCurve, Fund, GridState, MemberToday, NowInput, OwnToday, PowerNow, PriceBasis,
    PriceInput, PriceSlot,
};
use crate::reader::Reader;
use crate::text::sentence::PriceWord;
use crate::text::{number, sentence};
use message::Say;

/// Hours of the price strip.
const STRIP_MS: i64 = 6 * 3_600_000;

/// The page.
#[derive(Debug, Template)]
#[template(path = "dashboard.html")]
pub struct DashboardView {
    /// Around.
    pub frame: Frame,
    /// What is true now.
    pub headline: String,
    /// Age of old data, or what the cluster still misses, or empty.
    pub under: String,
    /// Three figures.
    pub glance: Vec<Glance>,
    /// Power now; `None` without a reading.
    pub power: Option<PowerView>,
    /// What is said where there is no reading.
    pub no_power: String,
    /// Today's curve.
    pub curve: Option<CurveView>,
    /// Homes today.
    pub homes: Option<HomesView>,
    /// At most three alerts, worst first.
    pub alerts: Vec<AlertView>,
    /// How many are not shown, or empty.
    pub alerts_more: String,
    /// Battery.
    pub battery: Option<BatteryView>,
    /// Price.
    pub price: Option<PriceView>,
    /// Funds.
    pub funds: FundsView,
    /// How we know.
    pub proof: ProofView,
    /// Where today's intervals are.
    pub day_href: String,
    /// What a neighbour needs to join, as long as the group is not full; empty for who has no home here.
    pub invitation: Vec<String>,
    /// The reader's own home, where the reader has one here.
    pub mine: Option<MineView>,
}

/// The reader's own home today.
#[derive(Debug)]
pub struct MineView {
    /// `House 4, Moonga`.
    pub house: String,
    /// Used today.
    pub used: String,
    /// `Cost so far` or `Earned so far`.
    pub cost_label: &'static str,
    /// The amount.
    pub cost: String,
    /// Power now, or a dash.
    pub power: String,
    /// How much came from the group's own power, or empty.
    pub own: String,
    /// Where today's use came from.
    pub split: Option<Svg>,
    /// The same as a list.
    pub sources: Vec<PartRow>,
    /// Whether nothing is known of it today.
    pub is_blank: bool,
    /// Where the own book is.
    pub href: String,
    /// What is to be paid; empty where nothing is.
    pub dues: Vec<DueRow>,
}

/// Something that the reader's home is to pay.
#[derive(Debug)]
pub struct DueRow {
    /// What for.
    pub what: &'static str,
    /// How much is open.
    pub amount: String,
    /// What was done of it, or empty.
    pub note: String,
}

/// The own home of a reader who acts for member `no`; `None` when it is not there.
fn mine(input: &DashboardInput, no: i64, say: Say) -> Option<MineView> {
    let member = input.members.iter().find(|m| m.no == no)?;
    let own = member.own.unwrap_or_default();
    let used_wh = member.used_wh.unwrap_or(0);
    let sources = own_sources(&own, say);
    let names: Vec<String> = sources.iter().map(|(_, name, wh)| format!("{name} {}", number::kwh(*wh))).collect();
    let bar: Vec<(Cloth, i64)> = sources.iter().map(|(cloth, _, wh)| (*cloth, *wh)).collect();
    Some(MineView {
        house: say.my_house(&member.alias, &no.to_string()),
        used: number::kwh(used_wh),
        cost_label: if own.cost_ngwee < 0 { say.my_home_earned() } else { say.my_home_cost() },
        cost: number::money(own.cost_ngwee.saturating_abs()),
        power: own.power_w.filter(|_| !moment::is_stale(&input.now)).map_or_else(|| "\u{2013}".to_owned(), number::watts),
        own: sentence::my_own_part(say, member.own_wh.unwrap_or(0), used_wh).unwrap_or_default(),
        split: (used_wh > 0).then(|| chart::split_bar(&bar, &say.you_used_from(&names.join(", "), used_wh))),
        sources: sources
            .iter()
            .map(|(cloth, name, wh)| PartRow { id: "", swatch: cloth.swatch(), name, note: String::new(), amount: number::kwh(*wh), power_w: *wh })
            .collect(),
        is_blank: member.used_wh.is_none(),
        href: statement_href(&input.cluster.code, no),
        dues: dues(&own, say),
    })
}

/// Where a home's use of today came from; what gave nothing is left out.
fn own_sources(own: &OwnToday, say: Say) -> Vec<(Cloth, &'static str, i64)> {
    let all = [
        (Cloth::Sun, say.receipt_own_sun(), own.self_wh),
        (Cloth::Sun, say.receipt_our_plant(), own.plant_wh),
        (Cloth::Battery, say.receipt_battery(), own.battery_wh),
        (Cloth::Neighbours, say.receipt_from_neighbours(), own.received_wh),
        (Cloth::Grid, say.receipt_grid_bought(), own.imported_wh),
    ];
    // Below 50 Wh a part would be written as nothing.
    all.into_iter().filter(|(_, _, wh)| *wh >= 50).collect()
}

fn dues(own: &OwnToday, say: Say) -> Vec<DueRow> {
    let open = own.pledged_ngwee.saturating_sub(own.put_in_ngwee);
    let mut out = Vec::new();
    if own.owed_ngwee > 0 {
        out.push(DueRow { what: say.due_energy(), amount: number::money(own.owed_ngwee), note: String::new() });
    }
    if open > 0 {
        let note = say.due_paid_of(own.put_in_ngwee, own.pledged_ngwee);
        out.push(DueRow { what: say.due_pledge(), amount: number::money(open), note });
    }
    out
}

/// Power now.
#[derive(Debug)]
pub struct PowerView {
    /// When.
    pub at: String,
    /// `In 2,580 W`.
    pub in_total: String,
    /// A comparison people know.
    pub comparison: String,
    /// The upper bar.
    pub in_bar: Svg,
    /// The lower bar.
    pub out_bar: Svg,
    /// `Out 2,580 W`.
    pub out_total: String,
    /// Losses.
    pub lost: String,
    /// Sources.
    pub ins: Vec<PartRow>,
    /// Uses.
    pub outs: Vec<PartRow>,
    /// What is wanted and not served, or empty.
    pub unserved: String,
    /// The table.
    pub table: Table,
    /// In = out + lost.
    pub balance: String,
    /// What kind of sum it is, or empty.
    pub note: &'static str,
}

/// Today's curve.
#[derive(Debug)]
pub struct CurveView {
    /// Title.
    pub title: &'static str,
    /// The sentence.
    pub say: String,
    /// Which readings are missing, or empty.
    pub gaps: String,
    /// The curve.
    pub chart: Svg,
    /// Whether a part is estimated, for the key.
    pub has_estimates: bool,
    /// Whether yesterday is known, for the key.
    pub has_yesterday: bool,
    /// Whether a reading is missing, for the key.
    pub has_gaps: bool,
    /// The table.
    pub table: Table,
}

/// Homes today.
#[derive(Debug)]
pub struct HomesView {
    /// How many have power.
    pub say: String,
    /// How much came from inside, or empty.
    pub own: String,
    /// The row of houses.
    pub chart: Svg,
    /// One house stands for five, or empty.
    pub scale: &'static str,
    /// What the houses mean: symbol and word; empty when all are alike.
    pub key: Vec<(&'static str, &'static str)>,
    /// The table.
    pub table: Table,
    /// Where all homes are.
    pub href: String,
}

/// The battery.
#[derive(Debug)]
pub struct BatteryView {
    /// Content in per cent, without its sign.
    pub percent: i64,
    /// The picture.
    pub chart: Svg,
    /// What it does and how long it lasts.
    pub say: String,
    /// How we know.
    pub known: String,
    /// The table.
    pub table: Table,
}

/// The price.
#[derive(Debug)]
pub struct PriceView {
    /// Now.
    pub now: String,
    /// What it is for.
    pub basis: &'static str,
    /// The sentence.
    pub say: String,
    /// The strip; `None` where every hour is alike.
    pub chart: Option<Svg>,
    /// Whether a later hour is cheap, for the key.
    pub has_cheap: bool,
    /// Whether a later hour is dear, for the key.
    pub has_dear: bool,
    /// Whether the sun shines in it, for the key.
    pub has_sun: bool,
    /// Whether it is night in it, for the key.
    pub has_night: bool,
    /// The table.
    pub table: Table,
}

/// Funds.
#[derive(Debug)]
pub struct FundsView {
    /// How long new parts are paid for.
    pub replacement: String,
    /// Rows.
    pub rows: Vec<FundRow>,
    /// The sum.
    pub total: String,
}

/// One fund.
#[derive(Debug)]
pub struct FundRow {
    /// Name.
    pub name: &'static str,
    /// Balance.
    pub balance: String,
    /// The bar against its target.
    pub bar: Option<Svg>,
    /// The target, or empty.
    pub note: String,
}

/// Builds the page for a reader without a home there.
///
/// # Errors
/// [`ViewError`] when flows are negative or sums do not fit.
pub fn dashboard(input: &DashboardInput, reader: &Reader) -> Result<DashboardView, ViewError> {
    dashboard_of(input, reader, None)
}

/// Builds the page for a reader who acts for member `own`.
///
/// # Errors
/// [`ViewError`] when flows are negative or sums do not fit.
pub fn dashboard_of(input: &DashboardInput, reader: &Reader, own: Option<i64>) -> Result<DashboardView, ViewError> {
    let (head, now) = (&input.cluster, &input.now);
    let frame = Frame::of_cluster(reader, reader.say.nav_now(), head, now, Place::Home);
    let say = frame.say;
    let power = fresh_power(now);
    let alerts = parts::alerts(&input.alerts, now.now_at, say);
    let hidden = alerts.len().saturating_sub(ALERTS_MAX);
    let battery = now.battery.filter(|b| b.capacity_wh > 0);
    let price = input.price.as_ref().filter(|p| !p.slots.is_empty());
    let mine = own.and_then(|no| mine(input, no, say));
    Ok(DashboardView {
        headline: sentence::moment(say, &moment(now, head.homes)),
        under: under(input, say),
        glance: glance(input, mine.as_ref(), battery.as_ref(), price, say),
        power: power.map(|p| power_view(&p, now, head, say)).transpose()?,
        no_power: no_power(now, say),
        curve: input.curve.as_ref().map(|c| curve_view(c, say)),
        homes: homes_view(input, say).map(|homes| opened_by(reader, homes, input)),
        alerts: alerts.into_iter().take(ALERTS_MAX).collect(),
        alerts_more: if hidden > 0 { say.more_alerts(i64::try_from(hidden).unwrap_or(i64::MAX)) } else { String::new() },
        battery: battery.map(|b| battery_view(&b, power.as_ref(), now.now_at, say)),
        price: price.map(|p| price_view(p, now, say)),
        funds: funds_view(input, say)?,
        proof: parts::proof(&input.proof, say),
        day_href: day_href(&head.code, input.today_on),
        invitation: match (head.homes_missing, &mine) {
            (1.., Some(_)) => vec![say.invite_code(&head.code), say.invite_step(head.homes_missing)],
            _ => Vec::new(),
        },
        mine,
        frame,
    })
}

fn under(input: &DashboardInput, say: Say) -> String {
    let now = &input.now;
    match now.reading_at {
        Some(at) if moment::is_stale(now) => sentence::age(say, at, now.now_at),
        _ => sentence::forming(say, input.cluster.homes_missing).unwrap_or_default(),
    }
}

fn no_power(now: &NowInput, say: Say) -> String {
    match now.reading_at {
        None => say.no_meter_yet().to_owned(),
        Some(at) => say.last_reading(&say.clock_near(at, now.now_at)),
    }
}

fn glance(input: &DashboardInput, mine: Option<&MineView>, battery: Option<&Battery>, price: Option<&PriceInput>, say: Say) -> Vec<Glance> {
    let Some(today) = input.today else { return Vec::new() };
    let used = match mine.filter(|m| !m.is_blank) {
        Some(m) => Glance { href: "#mine", label: say.my_home_used(), value: m.used.clone(), note: format!("{} {}", m.cost_label, m.cost) },
        None => {
            Glance { href: "#homes", label: say.label_used_today(), value: number::kwh(today.used_wh), note: say.homes_count(input.cluster.homes) }
        }
    };
    let own_percent = number::percent_of(today.own_wh, today.used_wh);
    let second = match (battery, own_percent) {
        (Some(b), _) => Glance {
            href: "#battery",
            label: say.battery(),
            value: number::percent(battery_percent(b)),
            note: battery_word(fresh_power(&input.now).as_ref(), say).to_owned(),
        },
        (None, Some(percent)) => {
            Glance { href: "#curve", label: say.own_power(), value: number::percent(percent), note: say.of_our_use().to_owned() }
        }
        (None, None) => Glance { href: "#curve", label: say.label_made_today(), value: number::kwh(today.made_wh), note: String::new() },
    };
    let mut out = vec![used, second];
    if let Some(p) = price {
        out.push(Glance { href: "#price", label: say.price(), value: number::money(p.slots[0].ngwee_per_kwh), note: price_note(p, &input.now, say) });
    }
    out
}

/// The word under the price: how old it is, that power is short, that nothing is paid, or how it stands against the next hours.
fn price_note(price: &PriceInput, now: &NowInput, say: Say) -> String {
    let words = price_words(&strip(price));
    match now.reading_at {
        Some(at) if moment::is_stale(now) => say.known_at(&say.clock_near(at, now.now_at)),
        _ if is_scarce(now) => say.scarce().to_owned(),
        _ if price.slots[0].ngwee_per_kwh == 0 => say.price_own_short().to_owned(),
        _ => words.first().map(|(_, word)| sentence::price_word(say, *word)).unwrap_or_default().to_owned(),
    }
}

/// A battery with less than this part of its capacity above the reserve, and not filling, is nearly empty.
const NEARLY_EMPTY: i64 = 4;

/// Whether nobody should be told that power is cheap: the grid is off, homes are dark, or the night is on the last of the battery.
fn is_scarce(now: &NowInput) -> bool {
    let power = now.power.unwrap_or_default();
    let is_low = now.battery.is_some_and(|b| b.content_wh.saturating_sub(b.reserve_wh).saturating_mul(NEARLY_EMPTY) < b.capacity_wh);
    // With the grid there, a low battery is no shortage; without one, what the battery gives at night is all there is.
    let is_alone = now.grid != GridState::Up;
    let is_covered = power.sun_w >= power.homes_w.saturating_add(power.common_w);
    now.homes_dark > 0 || power.unserved_w > 0 || (is_alone && !is_covered && (is_low || now.grid == GridState::Outage))
}

fn battery_word(power: Option<&PowerNow>, say: Say) -> &'static str {
    match power {
        Some(p) if p.battery_in_w > 0 => say.filling(),
        Some(p) if p.battery_out_w > 0 => say.giving(),
        Some(_) => say.resting(),
        None => say.last_known(),
    }
}

/// The flows, unless they are too old to be called "now".
fn fresh_power(now: &NowInput) -> Option<PowerNow> {
    if moment::is_stale(now) { None } else { now.power }
}

fn power_view(power: &PowerNow, now: &NowInput, head: &ClusterHead, say: Say) -> Result<PowerView, ViewError> {
    let b = balance(power, say)?;
    let comparison = match now.sun_rises_at {
        Some(at) if !now.is_sun_up => say.no_sun_until(at),
        _ => sentence::power_comparison(say, b.total_w),
    };
    Ok(PowerView {
        at: now.reading_at.map(|at| say.weekday_date_clock(at)).unwrap_or_default(),
        in_total: say.in_total(&number::watts(b.total_w)),
        comparison,
        in_bar: chart::energy_bar(&bar_parts(&b.ins), say.in_by_source()),
        out_bar: chart::energy_bar(&bar_parts(&b.outs), say.out_by_use()),
        out_total: say.out_total(&number::watts(b.total_w)),
        lost: sentence::lost(say, b.lost_w, b.total_w),
        ins: part_rows(&b.ins, &b, head.homes, say),
        outs: part_rows(&b.outs, &b, head.homes, say),
        unserved: match power.unserved_w {
            0 => String::new(),
            n => say.not_served_now(n),
        },
        table: power_table(&b, say),
        note: if head.connection == Connection::Separate { say.separate_note() } else { "" },
        balance: sentence::balance(say, b.total_w, b.used_w, b.lost_w, b.unaccounted_w),
    })
}

fn bar_parts(flows: &[Flow]) -> Vec<BarPart> {
    flows
        .iter()
        .map(|f| BarPart { cloth: f.cloth, power_w: f.power_w, label: format!("{}, {}", f.name, number::watts(f.power_w)), anchor: f.id.to_owned() })
        .collect()
}

fn part_rows(flows: &[Flow], b: &Balance, homes: i64, say: Say) -> Vec<PartRow> {
    flows
        .iter()
        .map(|f| PartRow {
            id: f.id,
            swatch: f.cloth.swatch(),
            name: f.name,
            note: match f.id {
                "out-homes" => say.homes_count(homes),
                _ if f.power_w == b.total_w => say.all_of_it().to_owned(),
                _ => number::percent_of(f.power_w, b.total_w).map(number::percent).unwrap_or_default(),
            },
            amount: number::watts(f.power_w),
            power_w: f.power_w,
        })
        .collect()
}

fn power_table(b: &Balance, say: Say) -> Table {
    let mut table = Table::of_numbers(say.power_now(), &[say.col_part(), say.col_watts(), say.col_of_all()]);
    let sides = b.ins.iter().map(|f| (say.flow_in(), f)).chain(b.outs.iter().map(|f| (say.flow_out(), f)));
    for (side, f) in sides {
        table.push(vec![
            format!("{side}: {}", f.name).into(),
            number::watts(f.power_w).into(),
            number::percent_of(f.power_w, b.total_w).map(number::percent).unwrap_or_default().into(),
        ]);
    }
    table
}

fn curve_view(curve: &DayCurve, say: Say) -> CurveView {
    let step = curve.step_minutes.clamp(1, 1_440);
    let today: Vec<(Option<i64>, bool)> = curve.today.iter().map(|p| (p.power_w, p.is_estimated)).collect();
    let done = today.len();
    let steps = 1_440 / step;
    let is_whole_day = i64::try_from(done).is_ok_and(|n| n >= steps);
    let minutes = |i: usize| i64::try_from(i).unwrap_or(0).saturating_mul(step);
    let gaps: Vec<(i64, i64)> = chart::runs(done, |i| today[i].0.is_none()).into_iter().map(|r| (minutes(r.start), minutes(r.end))).collect();
    let so_far_wh = energy(today.iter().map(|(w, _)| *w), step);
    let yesterday_wh = (!curve.yesterday.is_empty()).then(|| energy(curve.yesterday.iter().take(done).copied(), step));
    let peak = (0..done).filter_map(|i| Some((today[i].0?, minutes(i)))).max_by_key(|(w, at)| (*w, std::cmp::Reverse(*at))).filter(|(w, _)| *w > 0);
    let sentence = sentence::curve(say, curve.kind, so_far_wh, yesterday_wh, is_whole_day, peak);
    let gap_text = sentence::gaps(say, &gaps);
    CurveView {
        title: match curve.kind {
            CurveKind::Sun => say.sun_today(),
            CurveKind::Use => say.use_today(),
        },
        chart: chart::day_curve(&DayCurveData {
            steps,
            today: &today,
            yesterday: &curve.yesterday,
            is_sun: curve.kind == CurveKind::Sun,
            label: format!("{sentence} {gap_text}").trim_end(),
            gap_word: say.no_reading(),
            now_word: say.now(),
        }),
        has_estimates: today.iter().any(|(w, is_estimated)| *is_estimated && w.is_some()),
        has_yesterday: !curve.yesterday.is_empty(),
        has_gaps: !gaps.is_empty(),
        table: curve_table(&today, &curve.yesterday, step, say),
        say: sentence,
        gaps: gap_text,
    }
}

/// Wh of mean powers over equal steps; steps without a reading add nothing.
fn energy(powers: impl Iterator<Item = Option<i64>>, step_minutes: i64) -> i64 {
    let sum = powers.flatten().fold(0_i128, |sum, w| sum + i128::from(w));
    let wh = number::div_half_even(sum * i128::from(step_minutes), 60);
    i64::try_from(wh).unwrap_or(i64::MAX)
}

/// Energy by three hours, with gaps and estimates named.
fn curve_table(today: &[(Option<i64>, bool)], yesterday: &[Option<i64>], step: i64, say: Say) -> Table {
    let mut table = Table::of_numbers(say.by_three_hours(), &[say.col_hours(), say.col_today(), say.col_yesterday()]);
    let per_row = usize::try_from(180 / step).unwrap_or(1).max(1);
    for (row, from) in (0_i64..8).zip((0..).step_by(per_row)) {
        let of_today = today.get(from..(from + per_row).min(today.len())).unwrap_or_default();
        let of_yesterday = yesterday.get(from..(from + per_row).min(yesterday.len())).unwrap_or_default();
        table.push(vec![
            say.hours_range(&format!("{:02}", row * 3), &format!("{:02}", row * 3 + 3)).into(),
            span_cell(of_today, per_row, step, say),
            energy_or_blank(of_yesterday, step).into(),
        ]);
    }
    table
}

fn energy_or_blank(powers: &[Option<i64>], step: i64) -> String {
    if powers.iter().all(Option::is_none) {
        return String::new();
    }
    number::kwh_bare(energy(powers.iter().copied(), step))
}

fn span_cell(points: &[(Option<i64>, bool)], per_row: usize, step: i64, say: Say) -> Cell {
    if points.is_empty() {
        return Cell::default();
    }
    let powers: Vec<Option<i64>> = points.iter().map(|(w, _)| *w).collect();
    if powers.iter().all(Option::is_none) {
        return say.no_reading().into();
    }
    let mut notes = Vec::new();
    if powers.iter().any(Option::is_none) {
        notes.push(say.with_gap());
    }
    if points.iter().any(|(w, is_estimated)| *is_estimated && w.is_some()) {
        notes.push(say.partly_estimated());
    }
    if points.len() < per_row {
        notes.push(say.so_far());
    }
    Cell::noted(energy_or_blank(&powers, step), notes.join(", "))
}

fn homes_view(input: &DashboardInput, say: Say) -> Option<HomesView> {
    if input.members.is_empty() {
        return None;
    }
    let (houses, sentence, key) = houses_now(input, say);
    Some(HomesView {
        own: input.today.and_then(|t| sentence::own_part(say, t.own_wh, t.used_wh)).unwrap_or_default(),
        chart: chart::houses(houses, &sentence),
        scale: if houses.homes_per_house() > 1 { say.one_house_is_five() } else { "" },
        key,
        table: homes_table(input, say),
        href: format!("{}/members", cluster_href(&input.cluster.code)),
        say: sentence,
    })
}

/// The row of houses, its sentence and its key: who has power, or before the first reading who has joined.
fn houses_now(input: &DashboardInput, say: Say) -> (Houses, String, Vec<(&'static str, &'static str)>) {
    let count = |is_in: fn(&MemberToday) -> bool| i64::try_from(input.members.iter().filter(|m| is_in(m)).count()).unwrap_or(0);
    let homes = count(|_| true);
    let (waiting, words) = if input.now.reading_at.is_none() {
        (input.cluster.homes_missing.max(0), [say.joined(), say.dark(), say.to_come()])
    } else {
        (count(|m| !m.is_dark && !m.is_heard), [say.has_power(), say.dark(), say.silent()])
    };
    let old_at = input.now.reading_at.filter(|_| moment::is_stale(&input.now) && input.members.iter().any(|m| m.is_heard));
    let (houses, sentence) = if let Some(at) = old_at {
        let lit = homes - count(|m| m.is_dark || !m.is_heard);
        (Houses { yes: 0, no: 0, waiting: homes }, say.homes_power_then(homes, &say.clock_near(at, input.now.now_at), lit))
    } else if input.now.reading_at.is_none() {
        (Houses { yes: homes, no: 0, waiting }, sentence::homes_joined(say, homes, waiting))
    } else {
        let dark = count(|m| m.is_dark);
        let yes = homes - dark - waiting;
        (Houses { yes, no: dark, waiting }, sentence::homes_now(say, homes, dark, waiting))
    };
    let shown = [houses.yes, houses.no, houses.waiting];
    let mut key: Vec<_> = ["h-yes", "h-no", "h-wait"].into_iter().zip(words).zip(shown).filter(|(_, n)| *n > 0).map(|(item, _)| item).collect();
    if key.len() == 1 {
        key.clear();
    }
    (houses, sentence, key)
}

/// The homes with links to those books that the reader may open; a link that would be refused is plain text.
fn opened_by(reader: &Reader, mut homes: HomesView, input: &DashboardInput) -> HomesView {
    for (row, member) in homes.table.rows.iter_mut().zip(&input.members) {
        if let (Some(cell), false) = (row.first_mut(), reader.may_open(member.no)) {
            cell.href.clear();
        }
    }
    homes
}

fn homes_table(input: &DashboardInput, say: Say) -> Table {
    let mut table =
        Table::of_numbers(say.homes_today(), &[say.col_house(), say.col_used_kwh(), say.col_own_kwh(), say.col_own_part()]).as_phone_cards();
    for m in &input.members {
        let mut name = Cell::link(say.house_no(&m.no.to_string()), statement_href(&input.cluster.code, m.no));
        name.note = m.alias.clone();
        let used = match m.used_wh {
            Some(wh) if m.is_estimated => Cell::noted(number::kwh_bare(wh), say.partly_estimated()),
            Some(wh) => number::kwh_bare(wh).into(),
            None if m.is_shown => say.no_reading().into(),
            None => say.not_shown().into(),
        };
        let part = m.own_wh.zip(m.used_wh).and_then(|(own, used)| number::percent_of(own, used));
        table.push(vec![name, used, m.own_wh.map(number::kwh_bare).unwrap_or_default().into(), part.map(number::percent).unwrap_or_default().into()]);
    }
    table
}

fn battery_percent(battery: &Battery) -> i64 {
    number::percent_of(battery.content_wh, battery.capacity_wh).unwrap_or(0).clamp(0, 100)
}

/// Tenths of an hour that the content above the reserve lasts at this load; `None` without a load.
pub fn hours_left_tenths(battery: &Battery, load_w: i64) -> Option<i64> {
    if load_w <= 0 {
        return None;
    }
    let above = battery.content_wh.saturating_sub(battery.reserve_wh).max(0);
    i64::try_from(i128::from(above) * 10 / i128::from(load_w)).ok()
}

fn battery_view(battery: &Battery, power: Option<&PowerNow>, now_at: i64, say: Say) -> BatteryView {
    let percent = battery_percent(battery);
    let reserve = number::percent_of(battery.reserve_wh, battery.capacity_wh).unwrap_or(0);
    let flows = power.copied().unwrap_or_default();
    let load_w = flows.homes_w.saturating_add(flows.common_w);
    let tenths = hours_left_tenths(battery, load_w);
    let until = tenths.map(|t| now_at.saturating_add(t.saturating_mul(360_000)));
    let mut table = Table::of_numbers(say.battery(), &[say.col_part(), say.col_kwh()]);
    for (name, wh) in
        [(say.battery_content(), battery.content_wh), (say.battery_reserve(), battery.reserve_wh), (say.battery_capacity(), battery.capacity_wh)]
    {
        table.push(vec![name.into(), number::kwh_bare(wh).into()]);
    }
    let sentence = match power {
        Some(_) => sentence::battery(say, flows.battery_in_w, flows.battery_out_w, tenths, until.map(|until| say.clock_near(until, now_at))),
        None => say.battery_last_known().to_owned(),
    };
    BatteryView {
        percent,
        chart: chart::battery(percent, reserve, &format!("{} {percent} %", say.battery())),
        say: sentence,
        known: match tenths {
            Some(_) => say.battery_known(load_w),
            None => String::new(),
        },
        table,
    }
}

/// The slots of the next six hours.
fn strip(price: &PriceInput) -> Vec<PriceSlot> {
    let end = price.slots.first().map_or(i64::MAX, |s| s.from_at.saturating_add(STRIP_MS));
    price.slots.iter().copied().filter(|s| s.from_at < end).collect()
}

/// Cheap is the lowest third between the strip's ends, dear the highest; all alike is usual.
fn price_words(slots: &[PriceSlot]) -> Vec<(i64, PriceWord)> {
    let low = slots.iter().map(|s| s.ngwee_per_kwh).min().unwrap_or(0);
    let high = slots.iter().map(|s| s.ngwee_per_kwh).max().unwrap_or(0);
    let range = high.saturating_sub(low);
    // Below a twentieth of the price nobody would wait for the cheaper hour.
    let is_flat = range.saturating_mul(20) <= high.saturating_abs();
    let word = |price: i64| {
        let above = price.saturating_sub(low).saturating_mul(3);
        match () {
            () if is_flat => PriceWord::Usual,
            () if above <= range => PriceWord::Cheap,
            () if above >= range.saturating_mul(2) => PriceWord::Dear,
            () => PriceWord::Usual,
        }
    };
    slots.iter().map(|s| (s.from_at, word(s.ngwee_per_kwh))).collect()
}

pub(super) fn price_view(price: &PriceInput, now_input: &NowInput, say: Say) -> PriceView {
    let slots = strip(price);
    let words = price_words(&slots);
    let strip: Vec<StripSlot> = slots
        .iter()
        .zip(&words)
        .map(|(slot, (_, word))| StripSlot {
            ngwee_per_kwh: slot.ngwee_per_kwh,
            word: *word,
            is_sun: slot.is_sun,
            price: number::balance(slot.ngwee_per_kwh),
            clock: say.clock(slot.from_at),
        })
        .collect();
    let mut table = Table::of_numbers(say.price_table(), &[say.col_from(), say.col_price(), say.col_word(), say.col_sky()]);
    for (slot, (_, word)) in slots.iter().zip(&words) {
        table.push(vec![
            say.clock(slot.from_at).into(),
            number::money(slot.ngwee_per_kwh).into(),
            sentence::price_word(say, *word).into(),
            if slot.is_sun { say.sun_hours() } else { say.night() }.into(),
        ]);
    }
    let now = number::money(slots.first().map_or(0, |s| s.ngwee_per_kwh));
    let is_free = slots.first().is_some_and(|s| s.ngwee_per_kwh == 0);
    let is_flat = words.iter().all(|(_, word)| *word == PriceWord::Usual);
    let sentence = match (is_scarce(now_input), is_flat && is_free) {
        _ if moment::is_stale(now_input) => say.price_old(&say.clock_near(now_input.reading_at.unwrap_or(0), now_input.now_at)),
        (true, _) => say.price_scarce().to_owned(),
        (false, true) => say.price_free_all().to_owned(),
        (false, false) => sentence::price(say, &words),
    };
    PriceView {
        // Bars of one height say less than the sentence.
        chart: (!is_flat).then(|| chart::price_strip(&strip, &format!("{} {now}. {sentence}", say.price()))),
        basis: match price.basis {
            _ if is_free => say.price_own(),
            PriceBasis::Average => say.price_average(),
            PriceBasis::Inside => say.price_inside(),
            PriceBasis::Grid => say.price_grid(),
        },
        has_cheap: words.iter().skip(1).any(|(_, word)| *word == PriceWord::Cheap),
        has_dear: words.iter().skip(1).any(|(_, word)| *word == PriceWord::Dear),
        has_sun: slots.iter().any(|s| s.is_sun),
        has_night: slots.iter().any(|s| !s.is_sun),
        now,
        say: sentence,
        table,
    }
}

fn funds_view(input: &DashboardInput, say: Say) -> Result<FundsView, ViewError> {
    let total = input.funds.iter().try_fold(0_i64, |sum, f| sum.checked_add(f.balance_ngwee)).ok_or(ViewError::TooLarge("funds"))?;
    Ok(FundsView {
        replacement: sentence::replacement(say, input.replacement),
        rows: input.funds.iter().map(|f| fund_row(f, say)).collect(),
        total: number::money(total),
    })
}

fn fund_row(fund: &Fund, say: Say) -> FundRow {
    let target = fund.target_ngwee.filter(|t| *t > 0);
    let balance = number::money(fund.balance_ngwee);
    let note = target.map(|t| say.fund_target(t)).unwrap_or_default();
    FundRow {
        name: sentence::fund(say, fund.kind),
        bar: target.map(|t| chart::meter(fund.balance_ngwee, t, &format!("{}: {balance}, {note}", sentence::fund(say, fund.kind)))),
        balance,
        note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use message::Language;

    #[test]
    fn no_price_invites_to_use_what_is_short() {
        const AT: i64 = 1_795_177_920_000;
        let slot = |at, ngwee_per_kwh| PriceSlot { from_at: at, ngwee_per_kwh, is_sun: false };
        let price = PriceInput { basis: PriceBasis::Average, slots: vec![slot(AT, 0), slot(AT + 1_800_000, 0), slot(AT + 3_600_000, 300)] };
        let battery = Battery { capacity_wh: 20_000, content_wh: 3_600, reserve_wh: 2_000 };
        let fresh = NowInput {
            now_at: AT,
            reading_at: Some(AT),
            stale_after_ms: 900_000,
            is_sun_up: false,
            sun_rises_at: None,
            grid: GridState::Outage,
            power: Some(PowerNow { battery_out_w: 500, homes_w: 500, ..PowerNow::default() }),
            homes_dark: 0,
            battery: Some(battery),
        };
        let say = Say::new(Language::En);
        let said = |now: &NowInput| (price_view(&price, now, say).say, price_note(&price, now, say));
        assert_eq!(said(&fresh), (say.price_scarce().to_owned(), say.scarce().to_owned()));
        let off_grid = NowInput { grid: GridState::None, ..fresh.clone() };
        assert_eq!(said(&off_grid).0, say.price_scarce(), "a nearly empty battery at night");
        let full = NowInput { battery: Some(Battery { content_wh: 18_000, ..battery }), ..off_grid };
        assert!(said(&full).0.starts_with("Cheap until"), "{:?}", said(&full));
        let dark = NowInput { grid: GridState::Up, homes_dark: 1, ..fresh.clone() };
        assert_eq!(said(&dark).0, say.price_scarce());
        let sunny = NowInput { power: Some(PowerNow { sun_w: 900, homes_w: 500, ..PowerNow::default() }), ..fresh.clone() };
        assert!(said(&sunny).0.starts_with("Cheap until"), "the sun carries all, also in an outage");
        let old = NowInput { now_at: AT + 9_000_000, ..fresh };
        assert_eq!(said(&old), (say.price_old("14:32"), say.known_at("14:32")));
    }

    #[test]
    fn hours_left_stop_at_the_reserve() {
        let battery = Battery { capacity_wh: 9_600, content_wh: 6_500, reserve_wh: 1_900 };
        assert_eq!(hours_left_tenths(&battery, 1_530), Some(30));
        assert_eq!(hours_left_tenths(&battery, 0), None);
        let low = Battery { content_wh: 1_000, ..battery };
        assert_eq!(hours_left_tenths(&low, 500), Some(0));
    }

    #[test]
    fn a_flat_price_is_neither_cheap_nor_dear() {
        let slot = |ngwee_per_kwh| PriceSlot { from_at: 0, ngwee_per_kwh, is_sun: true };
        let words = |prices: &[i64]| -> Vec<PriceWord> {
            let slots: Vec<_> = prices.iter().map(|p| slot(*p)).collect();
            price_words(&slots).into_iter().map(|(_, w)| w).collect()
        };
        assert_eq!(words(&[120, 121]), [PriceWord::Usual, PriceWord::Usual]);
        assert_eq!(words(&[100, 130, 160]), [PriceWord::Cheap, PriceWord::Usual, PriceWord::Dear]);
    }

    #[test]
    fn energy_skips_gaps_and_rounds_once() {
        assert_eq!(energy([Some(1000), None, Some(1000)].into_iter(), 15), 500);
        assert_eq!(energy([Some(1), Some(1)].into_iter(), 15), 0);
    }
}
