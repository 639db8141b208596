//! The pages over the use cases: [`ServicePages`] asks `service` and hands the figures on as page inputs.
//!
//! Nothing is computed about money here: amounts are passed through. What is chosen is which figure a page gets.

pub(crate) mod between;
pub(crate) mod trading;

use domain::{ClusterCode, ClusterKind as Kind, Connection as Wiring};
use ledger::{Account, AccountCode, CauseKind, TransferCode, TransferKind};
use quantity::{BusinessDay, Instant};
use service::policy::{Action, Actor};
use service::{BookEntry, ClusterToday, DayDetail, MoveTold, Service, ServiceError, Slot, Statement};
use settlement::receipt::LineKind;
use settlement::returns::Funded;
use store::tables::{ClusterRow, MoveDirection, MoveState};

use crate::input::between::{DealInput, GroupsInput};
use crate::input::carbon::CarbonInput;
use crate::input::trade::TradeInput;
use crate::input::*;
use crate::source::{PageError, PageFuture, PageSource};
use crate::view::balance::unaccounted_percent;

/// Pages of one service.
#[derive(Clone)]
pub struct ServicePages {
    service: Service,
}

impl ServicePages {
    /// Pages over `service`.
    pub fn new(service: Service) -> Self {
        Self { service }
    }

    async fn cluster(&self, code: &str) -> Result<Option<ClusterRow>, PageError> {
        let Ok(code) = ClusterCode::parse(code) else { return Ok(None) };
        match self.service.cluster(&code).await {
            Ok(cluster) => Ok(Some(cluster)),
            Err(ServiceError::ClusterUnknown { .. }) => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    async fn today(&self, actor: Actor, cluster: &ClusterRow) -> Result<ClusterToday, PageError> {
        self.service.cluster_today(actor, cluster).await.map_err(|error| failed(&error))
    }
}

fn failed(error: &ServiceError) -> PageError {
    let is_transient = matches!(error.code(), "overloaded" | "database_locked" | "database_unreachable" | "conflict" | "retry_exhausted");
    PageError { code: error.code(), message: error.to_string(), is_transient }
}

impl PageSource for ServicePages {
    fn clusters(&self, actor: Actor) -> PageFuture<'_, ClustersInput> {
        Box::pin(async move {
            let rows = self.service.cluster_list(actor).await.map_err(|error| failed(&error))?;
            let mut clusters = Vec::with_capacity(rows.len());
            for row in &rows {
                clusters.push(summary(&self.today(actor, row).await?));
            }
            clusters.sort_by(|a, b| a.head.name.cmp(&b.head.name));
            Ok(Some(ClustersInput { clusters }))
        })
    }

    fn dashboard<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, DashboardInput> {
        Box::pin(async move {
            let Some(cluster) = self.cluster(code).await? else { return Ok(None) };
            Ok(dashboard(&self.today(actor, &cluster).await?))
        })
    }

    fn members<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, MembersInput> {
        Box::pin(async move {
            let Some(cluster) = self.cluster(code).await? else { return Ok(None) };
            let today = self.today(actor, &cluster).await?;
            let Some(mut input) = members(&today) else { return Ok(None) };
            let month = input.month;
            let first = BusinessDay::from_ymd(i32::from(month.year()), u32::from(month.month().unsigned_abs()), 1).unwrap_or(today.day);
            let sums = self.service.member_sums(actor, &cluster, first, today.day.plus_days(1)).await.map_err(|error| failed(&error))?;
            let energy = self.service.member_energy(actor, &cluster, today.day).await.map_err(|error| failed(&error))?;
            for row in &mut input.members {
                row.is_shown = true;
                row.today_wh = energy.iter().find(|(no, _)| no.get() == row.no).map(|(_, flows)| flows.consumption - flows.unserved);
                row.month_ngwee = sums.iter().find(|(member, _)| member.no.get() == row.no).map(|(_, sum)| sum.posted.0);
            }
            Ok(Some(input))
        })
    }

    fn statement<'a>(&'a self, actor: Actor, code: &'a str, member_no: i64, month: Option<CalendarMonth>) -> PageFuture<'a, StatementInput> {
        Box::pin(async move {
            let Some(cluster) = self.cluster(code).await? else { return Ok(None) };
            let Ok(member_no) = domain::MemberNo::new(member_no) else { return Ok(None) };
            let first = month.and_then(|month| BusinessDay::from_ymd(i32::from(month.year()), u32::from(month.month().unsigned_abs()), 1));
            let found = match self.service.member_statement(actor, &cluster, member_no, first).await {
                Ok(found) => found,
                Err(ServiceError::MemberUnknown { .. }) => return Ok(None),
                Err(error) => return Err(failed(&error)),
            };
            let moves = self.service.member_moves(actor, &cluster, member_no).await.map_err(|error| failed(&error))?;
            // Who left may read the own book, and not the cluster's day: of that only name, size and age of the last reading are shown here.
            let standing = self.service.standing(actor, cluster.id).await.map_err(|error| failed(&error))?;
            let viewer = if standing.may(Action::ClusterRead) { actor } else { Actor::System };
            let today = self.today(viewer, &cluster).await?;
            Ok(statement(&found, &moves, &today))
        })
    }

    fn trade<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, TradeInput> {
        Box::pin(async move {
            let Some(cluster) = self.cluster(code).await? else { return Ok(None) };
            let today = self.today(actor, &cluster).await?;
            trading::trade(&self.service, actor, &today).await.map_err(|error| failed(&error))
        })
    }

    fn groups<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, GroupsInput> {
        Box::pin(async move {
            let Some(cluster) = self.cluster(code).await? else { return Ok(None) };
            let today = self.today(actor, &cluster).await?;
            between::groups(&self.service, actor, &today).await.map_err(|error| failed(&error))
        })
    }

    fn deal<'a>(&'a self, actor: Actor, code: &'a str, no: i64) -> PageFuture<'a, DealInput> {
        Box::pin(async move {
            let Some(cluster) = self.cluster(code).await? else { return Ok(None) };
            let today = self.today(actor, &cluster).await?;
            between::deal(&self.service, actor, &today, no).await.map_err(|error| failed(&error))
        })
    }

    fn carbon<'a>(&'a self, actor: Actor, code: &'a str) -> PageFuture<'a, CarbonInput> {
        Box::pin(async move {
            let Some(cluster) = self.cluster(code).await? else { return Ok(None) };
            let today = self.today(actor, &cluster).await?;
            trading::carbon(&self.service, actor, &today).await.map_err(|error| failed(&error))
        })
    }

    fn day<'a>(&'a self, actor: Actor, code: &'a str, on: CalendarDate) -> PageFuture<'a, DayInput> {
        Box::pin(async move {
            let Some(cluster) = self.cluster(code).await? else { return Ok(None) };
            let Some(day) = BusinessDay::parse(&on.to_string()) else { return Ok(None) };
            let today = self.today(actor, &cluster).await?;
            let detail = self.service.day_detail(actor, &cluster, day).await.map_err(|error| failed(&error))?;
            Ok(detail.and_then(|detail| self::day(&detail, &today)))
        })
    }
}

fn date(day: BusinessDay) -> Option<CalendarDate> {
    CalendarDate::parse(&day.to_string())
}

fn head(today: &ClusterToday) -> ClusterHead {
    let cluster = &today.cluster;
    let homes = today.members.len() as i64;
    ClusterHead {
        code: cluster.code.to_string(),
        name: cluster.name.clone(),
        place: cluster.place.clone(),
        kind: match cluster.kind {
            Kind::Micro => ClusterKind::Micro,
            Kind::Neighborhood => ClusterKind::Neighborhood,
            Kind::Industrial => ClusterKind::Industrial,
            Kind::Supply => ClusterKind::Supply,
            Kind::Open => ClusterKind::Open,
        },
        connection: match today.rule.rule.connection {
            Wiring::OffGrid => Connection::OffGrid,
            Wiring::OnePoint => Connection::OnePoint,
            Wiring::Separate => Connection::Separate,
        },
        homes,
        homes_missing: (today.size.members_min - homes).max(0),
        origin: if cluster.is_modelled { DataOrigin::Modelled } else { DataOrigin::Measured },
    }
}

/// Mean power of an energy over one step, W.
fn watts(energy: i64, step_minutes: i64) -> i64 {
    energy * 60 / step_minutes
}

fn power(slot: &Slot, step: i64) -> PowerNow {
    let totals = &slot.totals;
    let w = |energy| watts(energy, step);
    PowerNow {
        sun_w: w(totals.generation),
        battery_out_w: w(totals.discharged),
        grid_in_w: w(totals.imported),
        homes_w: w(totals.consumption - totals.unserved),
        battery_in_w: w(totals.charged - totals.loss),
        grid_out_w: w(totals.exported),
        curtailed_w: w(totals.curtailed),
        loss_w: w(totals.loss),
        unserved_w: w(totals.unserved),
        ..PowerNow::default()
    }
}

fn now(today: &ClusterToday) -> NowInput {
    let step = today.cluster.step;
    let last = today.today.last().or(today.yesterday.last());
    let is_sunny = |slot: &Slot| slot.totals.generation > 0;
    let day_ms = 86_400_000;
    let same_time = today.now.plus_ms(-day_ms);
    let reference = || today.yesterday.iter().chain(&today.today);
    let is_sun_up = reference().any(|slot| step.interval_at(slot.start).contains(same_time) && is_sunny(slot)) || last.is_some_and(is_sunny);
    let rises = reference().find(|slot| slot.start > same_time && is_sunny(slot)).map(|slot| slot.start.plus_ms(day_ms).0);
    let grid = match (today.rule.rule.connection, last) {
        (Wiring::OffGrid, _) => GridState::None,
        (_, Some(slot)) if slot.is_outage => GridState::Outage,
        _ => GridState::Up,
    };
    NowInput {
        now_at: today.now.0,
        reading_at: last.map(|slot| slot.start.plus_ms(step.ms()).0),
        stale_after_ms: step.ms() + today.cluster.grace_minutes * 60_000,
        is_sun_up,
        sun_rises_at: if is_sun_up { None } else { rises },
        grid,
        power: last.map(|slot| power(slot, step.minutes())),
        homes_dark: last.map_or(0, |slot| slot.homes_dark),
        battery: today.rule.rule.battery.map(|battery| Battery {
            capacity_wh: battery.capacity.0,
            content_wh: last.map_or(0, |slot| slot.battery.after),
            reserve_wh: battery.reserve.0,
        }),
    }
}

fn totals(slots: &[Slot]) -> Option<DayTotals> {
    (!slots.is_empty()).then(|| {
        let mut sum = settlement::Totals::default();
        slots.iter().for_each(|slot| sum.add(&slot.totals));
        DayTotals {
            made_wh: sum.generation,
            used_wh: sum.consumption - sum.unserved,
            own_wh: sum.self_used + sum.shared + sum.discharged,
            imported_wh: sum.imported,
            exported_wh: sum.exported,
            unserved_wh: sum.unserved,
        }
    })
}

fn summary(today: &ClusterToday) -> ClusterSummary {
    let sums = totals(&today.today);
    ClusterSummary {
        head: head(today),
        now: now(today),
        made_today_wh: sums.as_ref().map(|sums| sums.made_wh),
        used_today_wh: sums.as_ref().map(|sums| sums.used_wh),
    }
}

fn dashboard(today: &ClusterToday) -> Option<DashboardInput> {
    Some(DashboardInput {
        cluster: head(today),
        now: now(today),
        today_on: date(today.day)?,
        today: totals(&today.today),
        curve: curve(today),
        price: price(today),
        members: today.members.iter().map(|member| member_today(member, today.cluster.step.minutes())).collect(),
        alerts: alerts(today),
        funds: funds(today),
        replacement: replacement(&today.funded, today.rule.rule.service_charge.0),
        proof: proof(&today.today, today, today.ledger_lines),
    })
}

/// The day in steps up to the last settled interval; an interval in between that is missing is a gap.
fn curve(today: &ClusterToday) -> Option<DayCurve> {
    let cluster = &today.cluster;
    let step = cluster.step;
    let is_sunny = today.today.iter().chain(&today.yesterday).any(|slot| slot.totals.generation > 0);
    let kind = if is_sunny { CurveKind::Sun } else { CurveKind::Use };
    let value = |slot: &Slot| watts(if is_sunny { slot.totals.generation } else { slot.totals.consumption - slot.totals.unserved }, step.minutes());
    let starts = |day: BusinessDay| (0..step.per_day()).map(move |at| day.start(cluster.offset).plus_ms(at * step.ms()));
    let find = |slots: &[Slot], start: Instant| slots.binary_search_by_key(&start, |slot| slot.start).ok();
    let last = today.today.last()?.start;
    let point = |start| {
        let slot = find(&today.today, start).map(|at| &today.today[at]);
        CurvePoint { power_w: slot.map(value), is_estimated: slot.is_some_and(|slot| slot.estimated > 0) }
    };
    let yesterday = starts(today.day.previous()).map(|start| find(&today.yesterday, start).map(|at| value(&today.yesterday[at])));
    Some(DayCurve {
        kind,
        step_minutes: step.minutes(),
        today: starts(today.day).take_while(|start| *start <= last).map(point).collect(),
        yesterday: if today.yesterday.is_empty() { Vec::new() } else { yesterday.collect() },
    })
}

/// What a kWh cost its users on average: grid, neighbours and service charge, over all that they used.
fn slot_price(slot: &Slot) -> Option<i64> {
    let used = slot.totals.consumption - slot.totals.unserved;
    (used > 0).then(|| slot.paid / used)
}

/// The price of the last settled interval, and for the hours ahead that of the same time on the day before.
fn price(today: &ClusterToday) -> Option<PriceInput> {
    const HALF_HOUR: i64 = 1_800_000;
    let mut known = slot_price(today.today.last()?).or_else(|| today.yesterday.iter().rev().find_map(slot_price))?;
    let from = today.now.0 - today.now.0.rem_euclid(HALF_HOUR);
    let slots = (0..12)
        .map(|at| {
            let from_at = from + at * HALF_HOUR;
            let before = Instant(from_at).plus_ms(-86_400_000);
            let slot = today.yesterday.iter().chain(&today.today).find(|slot| slot.start >= before && slot.start < before.plus_ms(HALF_HOUR));
            if at > 0 {
                known = slot.and_then(slot_price).unwrap_or(known);
            }
            PriceSlot { from_at, ngwee_per_kwh: known, is_sun: slot.is_some_and(|slot| slot.totals.generation > 0) }
        })
        .collect();
    Some(PriceInput { basis: PriceBasis::Average, slots })
}

fn member_today(member: &service::MemberNow, step_minutes: i64) -> MemberToday {
    let flows = member.today;
    let own = member.own.map(|own| {
        let day = flows.unwrap_or_default();
        OwnToday {
            cost_ngwee: own.cost.0,
            power_w: own.last.map(|last| watts(last.consumption - last.unserved, step_minutes)),
            self_wh: day.self_used,
            plant_wh: day.own_share,
            received_wh: day.received,
            battery_wh: day.discharged,
            imported_wh: day.imported,
            pledged_ngwee: own.pledged.0,
            put_in_ngwee: own.put_in.0,
            owed_ngwee: own.owed.0,
        }
    });
    MemberToday {
        no: member.member.no.get(),
        alias: member.member.alias.clone(),
        is_shown: member.is_shown,
        own,
        used_wh: flows.map(|flows| flows.consumption - flows.unserved),
        own_wh: flows.map(|flows| flows.self_used + flows.own_share + flows.received + flows.discharged),
        is_estimated: member.is_estimated,
        is_heard: member.is_settled && !member.is_estimated,
        is_dark: member.is_dark,
    }
}

/// A replacement that cannot be paid is an alert when it is nearer than three years; the funds say it anyway.
const REPLACEMENT_ALERT_DAYS: i32 = 3 * 365;

fn alerts(today: &ClusterToday) -> Vec<Alert> {
    let mut alerts = Vec::new();
    let mut push = |kind, since_at| alerts.push(Alert { kind, since_at });
    let last = today.today.last();
    let since = |is_so: fn(&Slot) -> bool| today.today.iter().rev().take_while(|slot| is_so(slot)).last().map(|slot| slot.start.0);
    if let Some(slot) = last {
        if slot.homes_dark > 0 {
            push(AlertKind::HomesDark { homes: slot.homes_dark }, since(|slot| slot.homes_dark > 0));
        }
        if slot.is_outage && today.rule.rule.connection != Wiring::OffGrid {
            push(AlertKind::GridOff, since(|slot| slot.is_outage));
        }
        if let Some(battery) = today.rule.rule.battery
            && slot.battery.after <= battery.reserve.0
        {
            push(AlertKind::BatteryLow { percent: message::number::percent_of(slot.battery.after, battery.capacity.0).unwrap_or(0) }, None);
        }
    }
    if let Some(percent) = last.and_then(|slot| unaccounted_percent(&power(slot, today.cluster.step.minutes()))) {
        push(AlertKind::Unaccounted { percent }, None);
    }
    for member in today.members.iter().filter(|member| member.is_estimated) {
        push(AlertKind::MeterSilent { house_no: member.member.no.get() }, None);
    }
    let estimated = today.today.iter().filter(|slot| slot.estimated > 0).count() as i64;
    if estimated > 0 {
        push(AlertKind::Estimated { intervals: estimated }, None);
    }
    if let (Funded::Until { day, .. }, true) = (&today.funded, today.rule.rule.service_charge.0 > 0)
        && *day < today.day.plus_days(REPLACEMENT_ALERT_DAYS)
        && let Some(on) = date(*day)
    {
        push(AlertKind::ReplacementShort { on }, None);
    }
    for on in today.corrected.iter().filter_map(|day| date(*day)) {
        push(AlertKind::Corrected { on }, None);
    }
    alerts
}

fn funds(today: &ClusterToday) -> Vec<Fund> {
    let balance = |code| today.accounts.own(code).map_or(0, Account::balance);
    let pooled = Fund { kind: FundKind::Equipment, balance_ngwee: today.accounts.capital() + balance(AccountCode::FixedAssets), target_ngwee: None };
    let others = [
        (FundKind::Maintenance, AccountCode::MaintenanceFund),
        (FundKind::Emergency, AccountCode::EmergencyFund),
        (FundKind::Loan, AccountCode::LoanFund),
        (FundKind::Operating, AccountCode::OperatingFund),
        (FundKind::Surplus, AccountCode::SurplusFund),
    ];
    let others = others.map(|(kind, code)| Fund { kind, balance_ngwee: balance(code), target_ngwee: None });
    let is_shown = |fund: &Fund| fund.balance_ngwee != 0 || fund.kind == FundKind::Maintenance;
    std::iter::once(pooled).chain(others).filter(is_shown).collect()
}

fn replacement(funded: &Funded, service_charge: i64) -> Replacement {
    let until = |day: BusinessDay| date(day).map_or(Replacement::NotFunded, |day| Replacement::FundedUntil(day.calendar_month()));
    match funded {
        Funded::NothingToReplace => Replacement::NothingToReplace,
        _ if service_charge == 0 => Replacement::NotFunded,
        Funded::Through(day) | Funded::Until { day, .. } => until(*day),
    }
}

fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn proof(slots: &[Slot], today: &ClusterToday, ledger_lines: Option<(i64, i64)>) -> Proof {
    let step = today.cluster.step.ms();
    let sealed = slots.first().zip(slots.last()).map(|(first, last)| Sealed {
        count: slots.len() as i64,
        from_at: first.start.0,
        to_at: last.start.plus_ms(step).0,
        hash_hex: hex(&last.leaf),
    });
    Proof {
        reading_count: slots.iter().map(|slot| slot.readings).sum(),
        estimated_count: slots.iter().map(|slot| slot.estimated).sum(),
        sharing_rule_version: today.rule.rule.version,
        price_rule_version: today.rule.rule.version,
        sealed,
        ledger_lines,
    }
}

fn members(today: &ClusterToday) -> Option<MembersInput> {
    let today_on = date(today.day)?;
    let members = today.members.iter().map(|member| MemberRow {
        no: member.member.no.get(),
        alias: member.member.alias.clone(),
        is_shown: member.is_shown,
        today_wh: member_today(member, today.cluster.step.minutes()).used_wh,
        month_ngwee: member.month_posted.map(|posted| posted.0),
    });
    Some(MembersInput { cluster: head(today), now: now(today), today_on, month: today_on.calendar_month(), members: members.collect() })
}

fn moved_book(told: &MoveTold) -> Option<MovedBook> {
    let row = &told.row;
    let is_through = matches!(row.state, MoveState::Moved | MoveState::Done);
    is_through.then_some(())?;
    Some(MovedBook {
        is_out: row.direction == MoveDirection::Out,
        on: date(row.on)?,
        other_name: told.other.name.clone(),
        other_book: row.other_member.filter(|_| told.is_own_there).map(|member| (told.other.code.to_string(), member.get())),
        sums_ngwee: row.statement.map(|sums| [sums.wallet.0, sums.receivable.0, sums.capital.0]),
        carried_ngwee: told.legs.iter().map(|told| told.leg.amount.0).sum(),
        meters: told.meters.iter().map(|meter| meter.serial.clone()).collect(),
    })
}

fn statement(found: &Statement, moves: &[MoveTold], today: &ClusterToday) -> Option<StatementInput> {
    let month = |day: BusinessDay| date(day).map(CalendarDate::calendar_month);
    let is_compared = found.rule.rule.connection != Wiring::OffGrid;
    let lines = found.book.first().zip(found.book.last()).map(|(first, last)| (first.no, last.no));
    Some(StatementInput {
        cluster: head(today),
        now: now(today),
        today_on: date(today.day)?,
        member_no: found.member.no.get(),
        alias: found.member.alias.clone(),
        month: month(found.month)?,
        months: found.months.iter().filter_map(|day| month(*day)).collect(),
        receipt: found.receipt.as_ref().map(|receipt| self::receipt(receipt, found, is_compared)),
        opening_ngwee: found.opening.0,
        book: found.book.iter().filter_map(book_line).collect(),
        closing_ngwee: found.closing.0,
        stake: stake(found, is_compared),
        replacement: replacement(&found.funded, found.rule.rule.service_charge.0),
        days: found
            .days
            .iter()
            .filter_map(|day| {
                let used_wh = day.sums.flows.consumption - day.sums.flows.unserved;
                Some(MemberDay { on: date(day.day)?, used_wh, money_ngwee: day.posted.0, estimated_intervals: day.estimated })
            })
            .collect(),
        proof: Proof {
            reading_count: found.days.len() as i64 * today.cluster.step.per_day(),
            estimated_count: found.estimated,
            sharing_rule_version: found.rule.rule.version,
            price_rule_version: found.rule.rule.version,
            sealed: None,
            ledger_lines: lines,
        },
        moves: moves.iter().filter_map(moved_book).collect(),
    })
}

fn receipt(receipt: &settlement::receipt::Receipt, found: &Statement, is_compared: bool) -> Receipt {
    let kind = |kind| {
        Some(match kind {
            LineKind::OwnSun => ReceiptKind::OwnSun,
            LineKind::OurPlant => ReceiptKind::OurPlant,
            LineKind::Battery => ReceiptKind::Battery,
            LineKind::FromNeighbours => ReceiptKind::FromNeighbours,
            LineKind::ToNeighbours => ReceiptKind::GivenToNeighbours,
            LineKind::GridBought => ReceiptKind::GridBought,
            LineKind::GridSold => ReceiptKind::GridSold,
            LineKind::CreditsUsed => ReceiptKind::CreditsUsed,
            LineKind::CreditsBanked => ReceiptKind::CreditsBanked,
            LineKind::CreditsBoughtBack => ReceiptKind::CreditsBoughtBack,
            LineKind::IntoBattery | LineKind::ServiceCharge | LineKind::Rounding => return None,
        })
    };
    let lines =
        receipt.lines.iter().filter_map(|line| Some(ReceiptLine { kind: kind(line.kind)?, energy_wh: line.energy.0, money_ngwee: line.money.0 }));
    let used_wh = found.days.iter().map(|day| day.sums.flows.consumption - day.sums.flows.unserved).sum();
    Receipt {
        lines: lines.collect(),
        service_charge_ngwee: receipt.service_charge.0,
        total_ngwee: receipt.total.0,
        alone_ngwee: is_compared.then_some(receipt.alone.0),
        used_wh,
        outage_minutes: receipt.outage_minutes,
        served_minutes: receipt.served_minutes,
        carbon_avoided_g: found.avoided.map(|avoided| avoided.carbon.0),
        carbon_method: found.avoided.map_or(String::new(), |avoided| avoided.method.as_str().to_owned()),
    }
}

fn book_line(entry: &BookEntry) -> Option<BookLine> {
    let day = || i32::try_from(entry.cause.a).ok().and_then(|day| date(BusinessDay(day)));
    let kind = match (entry.kind, entry.cause.kind, entry.code) {
        (TransferKind::Reversal { of }, ..) => BookKind::Reversal { of_line: of.get() },
        (_, CauseKind::Correction, _) => BookKind::Correction { on: day()? },
        (_, CauseKind::SettlementDay, _) => BookKind::Energy { on: day()? },
        (_, _, TransferCode::DebtPaid) => BookKind::DebtPaid,
        (_, _, TransferCode::Payout) => BookKind::CashOut,
        // Receipts of the cash desk have a number; wallets filled at the start have none.
        (_, CauseKind::Payment, TransferCode::TopUp) if entry.cause.a > 0 => BookKind::CashIn,
        (_, _, TransferCode::Contribution) => BookKind::Contribution,
        _ if entry.amount.0 >= 0 => BookKind::PaidIn,
        _ => BookKind::PaidOut,
    };
    Some(BookLine { line_no: entry.no, on: date(entry.on)?, kind, amount_ngwee: entry.amount.0 })
}

fn stake(found: &Statement, is_compared: bool) -> Option<Stake> {
    let returns = &found.returns;
    let payback = match (is_compared && returns.put_in.0 > 0, returns.payback_days) {
        (false, _) => Payback::Unknown,
        (true, Some(days)) => Payback::Months(days / 30),
        (true, None) => Payback::NotAtThisRate,
    };
    let share = i128::from(returns.share.num()) * 1_000_000 / i128::from(returns.share.den());
    (found.pledge.0 > 0).then(|| Stake {
        contributed_ngwee: returns.put_in.0,
        pledged_ngwee: found.pledge.0,
        share_ppm: i64::try_from(share).unwrap_or(0),
        asset_ngwee: found.assets.iter().map(|asset| asset.cost.0).sum(),
        saved_ngwee: is_compared.then_some(returns.saved.0),
        payback,
        yearly_return_bp: if is_compared { returns.yearly_return } else { None },
    })
}

fn day(detail: &DayDetail, today: &ClusterToday) -> Option<DayInput> {
    let slots: Vec<Slot> = detail.intervals.iter().map(|interval| interval.slot.clone()).collect();
    Some(DayInput {
        cluster: head(today),
        now: now(today),
        on: date(detail.day)?,
        previous_on: if detail.has_previous { date(detail.day.previous()) } else { None },
        next_on: if detail.has_next { date(detail.day.next()) } else { None },
        step_minutes: today.cluster.step.minutes(),
        intervals: slots.iter().map(interval_row).collect(),
        members: detail
            .members
            .iter()
            .map(|(member, day)| {
                let flows = &day.sums.flows;
                MemberDayTotals {
                    no: member.no.get(),
                    alias: member.alias.clone(),
                    used_wh: flows.consumption - flows.unserved,
                    self_wh: flows.self_used,
                    plant_wh: flows.own_share,
                    received_wh: flows.received,
                    given_wh: flows.given,
                    battery_wh: flows.discharged,
                    imported_wh: flows.imported,
                    unserved_wh: flows.unserved,
                    money_ngwee: day.posted.0,
                }
            })
            .collect(),
        proof: proof(&slots, today, None),
    })
}

fn interval_row(slot: &Slot) -> IntervalRow {
    let totals = &slot.totals;
    IntervalRow {
        start_at: slot.start.0,
        flows: Some(IntervalFlows {
            made_wh: totals.generation,
            used_wh: totals.consumption,
            self_wh: totals.self_used,
            shared_wh: totals.shared,
            charged_wh: totals.charged,
            discharged_wh: totals.discharged,
            exported_wh: totals.exported,
            imported_wh: totals.imported,
            curtailed_wh: totals.curtailed,
            unserved_wh: totals.unserved,
        }),
        estimated_meters: slot.estimated,
        is_outage: slot.is_outage,
        ngwee_per_kwh: (slot.given.0 > 0).then(|| slot.given.1 / slot.given.0),
        sealed_hash_hex: Some(hex(&slot.leaf)),
        sealed_version: slot.version,
    }
}
