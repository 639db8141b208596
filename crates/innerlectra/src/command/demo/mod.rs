//! `demo`: the shipped Zambian clusters, from readings to pages, in simulated time.

mod clusters;
mod exchange;
mod people;
mod trading;

use super::database::{self, DatabaseArgs};
use super::serve;
use crate::exit::{Exit, Failure};
use crate::output::{self, Table, kwh};
use crate::progress;
use api::Limits;
use clap::Args;
use clap::builder::PossibleValuesParser;
use clusters::{CLUSTERS, Shipped, first_day};
use domain::{Clock, ShiftedClock, SimulatedClock};
use gateways::{SmsGateway, SmsMemory};
use quantity::{BusinessDay, HOUR_MS, Instant, MilliNgwee, Ngwee, UtcOffset};
use serde_json::{Value, json};
use service::{DaySettled, ImportOptions, MemberDaySum, Service, SettleReport};
use settlement::MemberDay;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use store::OpenOptions;
use store::tables::{ClusterRow, MemberRow};
use web::WebOptions;

/// The time of the last shipped day at which the pages begin: 14:36, some minutes after an interval was settled.
const OPENS_AT_MINUTES: i64 = 14 * 60 + 36;
/// When after midnight the day before is posted: after the grace time.
const AFTER_MIDNIGHT_MS: i64 = 6 * 60_000;
/// When on the last day somebody places an order that the guard holds: between two others.
const STRAY_MS: i64 = 10 * HOUR_MS + 6 * 60_000 + 30_000;

/// Imports six weeks of three modelled Zambian clusters, settles, seals and posts them, prints a table for each, and shows the pages.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Database of the demo; kept and gone on with when it exists.
    #[arg(long, value_name = "URL", default_value = "innerlectra-demo.db")]
    database: String,
    /// Address of the pages, on this machine.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Settle all six weeks, print the tables and end.
    #[arg(long)]
    no_serve: bool,
    /// How many times faster than real time the days of the pages go; codes, PIN locks and sessions live in real time.
    #[arg(long, value_name = "TIMES", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pace: u16,
    /// Only the cluster with this code; may be given more than once.
    #[arg(long, value_name = "CODE", value_parser = PossibleValuesParser::new(CLUSTERS.iter().map(|shipped| shipped.code)))]
    only: Vec<String>,
    /// Only the first days of the readings, for tests.
    #[arg(long, value_name = "N", hide = true, default_value_t = clusters::DAYS, value_parser = clap::value_parser!(i32).range(1..=42))]
    days: i32,
    /// Tells on stderr what is stored as soon as it is, for tests.
    #[arg(long, hide = true)]
    steps: bool,
    /// One JSON object instead of tables.
    #[arg(long)]
    json: bool,
}

impl DemoArgs {
    fn clusters(&self) -> impl Iterator<Item = &'static Shipped> {
        CLUSTERS.iter().filter(|shipped| self.only.is_empty() || self.only.iter().any(|code| code == shipped.code))
    }

    /// The day after the last.
    fn end_day(&self) -> BusinessDay {
        first_day().plus_days(self.days)
    }

    /// When every reading has been, and the grace time too.
    fn closing_time(&self) -> Instant {
        self.end_day().start(UtcOffset::LUSAKA).plus_ms(3_600_000)
    }

    fn opening_time(&self) -> Instant {
        self.end_day().previous().start(UtcOffset::LUSAKA).plus_ms(OPENS_AT_MINUTES * 60_000)
    }

    fn step(&self, text: impl FnOnce() -> String) {
        if self.steps {
            eprintln!("{}", text());
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`].
pub fn run(args: &DemoArgs) -> Result<Exit, Failure> {
    database::block_on(async {
        let listener = if args.no_serve { None } else { Some(serve::listen(args.listen, false).await?) };
        let clock = SimulatedClock::at(args.closing_time());
        let database = DatabaseArgs { database: args.database.clone() };
        let service = database.service_at(OpenOptions::default(), Arc::new(clock.clone())).await?;
        let mut rows = Vec::new();
        let first = service.clone().with_clock(Arc::new(SimulatedClock::at(first_day().start(UtcOffset::LUSAKA).plus_ms(HOUR_MS))));
        for shipped in args.clusters() {
            let row = found(&first, shipped).await?;
            trading::allow(&first, &row).await?;
            exchange::allow(&first, &row).await?;
            rows.push(row);
        }
        exchange::lines(&first, &rows).await?;
        for (shipped, row) in args.clusters().zip(&rows) {
            import(&service, shipped, row, args).await?;
        }
        let sealed = sealed_until(&service, &rows).await?;
        if !args.no_serve {
            clock.set(args.opening_time().max(sealed));
        }
        let service = service.with_people_clock(Arc::new(ShiftedClock::showing(clock.now())));
        let practice = people::settle_in(&service, &rows).await?;
        live_through(&service, &clock, &rows, sealed, args).await?;
        tell(&service, &rows, args).await?;
        let Some(listener) = listener else { return Ok(Exit::Good) };
        let clusters = args.clusters().zip(rows).collect();
        tokio::spawn(play(service.clone(), clock, clusters, args.pace, (args.end_day(), args.opening_time())));
        tokio::spawn(serve::send_for_ever(service.clone(), SmsGateway::Memory(SmsMemory::default())));
        let pages = WebOptions { practice: Some(practice), ..WebOptions::default() };
        serve::serve(serve::faces(service, Limits::default(), pages), listener).await
    })
}

async fn found(service: &Service, shipped: &Shipped) -> Result<ClusterRow, Failure> {
    let region = service.region(shipped.region).map_err(|error| database::from_service(&error))?;
    let create = shipped.create(&region)?;
    let row = create.cluster.row.clone();
    match service.cluster(&row.code).await {
        Ok(there) => return Ok(there),
        Err(service::ServiceError::ClusterUnknown { .. }) => {}
        Err(error) => return Err(database::from_service(&error)),
    }
    service.cluster_create(create).await.map_err(|error| database::from_service(&error))?;
    Ok(row)
}

async fn import(service: &Service, shipped: &Shipped, row: &ClusterRow, args: &DemoArgs) -> Result<(), Failure> {
    let readings = shipped.readings_until(args.end_day())?;
    let bar = progress::steps(0, "importing");
    let options = ImportOptions { name: format!("{} shipped readings", shipped.code), is_live: false };
    let mut refused = 0u64;
    let report = service
        .readings_import(
            service::policy::Actor::System,
            row,
            &*readings,
            options,
            |_| refused += 1,
            |done, of| {
                bar.set_length(of as u64);
                bar.set_position(done as u64);
                args.step(|| format!("{}: {done} of {of} intervals stored", row.code));
            },
        )
        .await
        .map_err(|error| database::from_service(&error))?;
    bar.finish_and_clear();
    eprintln!("{}: {} rows, {} new, {} known, {refused} refused", row.code, report.rows, report.accepted, report.duplicates);
    Ok(())
}

/// Settles all days up to the present, and lives through the last one and a half: members trade, and see the day before posted.
async fn live_through(service: &Service, clock: &SimulatedClock, rows: &[ClusterRow], sealed: Instant, args: &DemoArgs) -> Result<(), Failure> {
    let (now, opening, last) = (clock.now(), args.opening_time(), args.end_day().previous());
    let midnight = |day: BusinessDay| day.start(UtcOffset::LUSAKA).plus_ms(AFTER_MIDNIGHT_MS);
    let begins = midnight(last.previous());
    // A day alone is too short to have anything to trade.
    let is_lived = args.days > 1;
    if is_lived {
        exchange::agreed(service, rows, last).await?;
        trading::prepare(service, rows, begins).await?;
    }
    let mut reports = vec![SettleReport::default(); rows.len()];
    // What was lived through before is not lived through again.
    let noon = begins.plus_ms(12 * HOUR_MS);
    for (at, until) in [(begins, midnight(last)), (midnight(last), opening)].into_iter().filter(|(at, _)| is_lived && *at > sealed) {
        clock.set(at);
        // A round at a time that the market has left behind would hold an auction that nobody held.
        if !trading::has_gone_past(service, rows, at).await? {
            settle(service, rows, args, &mut reports).await?;
        }
        args.step(|| "trading goes on".to_owned());
        trading::go_on(service, rows, (noon, until), opening).await?;
        args.step(|| "trading rests".to_owned());
    }
    if is_lived && sealed <= opening {
        trading::stray(service, rows, last.start(UtcOffset::LUSAKA).plus_ms(STRAY_MS)).await?;
    }
    clock.set(now);
    settle(service, rows, args, &mut reports).await?;
    if is_lived && !args.no_serve {
        trading::go_on(service, rows, (noon, now), opening).await?;
    }
    for (row, report) in rows.iter().zip(&reports) {
        eprintln!("{}: {} days settled, {} intervals sealed, {} transfers booked", row.code, report.days.len(), report.sealed, report.transfers);
    }
    Ok(())
}

async fn settle(service: &Service, rows: &[ClusterRow], args: &DemoArgs, reports: &mut [SettleReport]) -> Result<(), Failure> {
    service.market_joint_rounds(service::policy::Actor::System).await.map_err(|error| database::from_service(&error))?;
    for (row, sum) in rows.iter().zip(reports) {
        let bar = progress::steps(args.days.unsigned_abs().into(), "settling");
        let done = |day: &DaySettled| {
            bar.inc(1);
            args.step(|| format!("{}: {} stored, {} sealed, {} booked", row.code, day.day, day.sealed, day.transfers));
        };
        let report = service.cluster_settle(service::policy::Actor::System, row, done).await.map_err(|error| database::from_service(&error))?;
        bar.finish_and_clear();
        sum.days.extend(report.days);
        sum.sealed += report.sealed;
        sum.transfers += report.transfers;
    }
    Ok(())
}

/// When the last interval that was sealed in an earlier run could be seen: where the pages go on.
async fn sealed_until(service: &Service, rows: &[ClusterRow]) -> Result<Instant, Failure> {
    let mut at = Instant(i64::MIN);
    for row in rows {
        let (id, offset, step) = (row.id, row.offset, row.step);
        let last = service.store().read::<_, store::StoreError, _>(move |tx| {
            Box::pin(async move {
                let Some(day) = tx.day_last(id).await? else { return Ok(None) };
                Ok(tx.sealed_latest(id, day.interval(offset)).await?.last().map(|sealed| sealed.start.plus_ms(step.ms())))
            })
        });
        if let Some(end) = last.await.map_err(|error| database::from_store(&error))? {
            at = at.max(end.plus_ms(row.grace_minutes * 60_000));
        }
    }
    Ok(at)
}

/// How long before midnight the readings of the next day are laid ready.
const READY_MS: i64 = 6 * HOUR_MS;
/// Real seconds of a round of settling: so much earlier an interval is settled, that no page shows old figures meanwhile.
const ROUND_SECONDS: i64 = 5;

/// Lets the days go on for as long as the pages are open, and settles what closes. After the shipped days the last week comes again.
async fn play(
    service: Service,
    clock: SimulatedClock,
    clusters: Vec<(&'static Shipped, ClusterRow)>,
    pace: u16,
    (end, opening): (BusinessDay, Instant),
) {
    let mut second = tokio::time::interval(Duration::from_secs(1));
    second.tick().await;
    let ahead = SimulatedClock::at(clock.now());
    let settler = service.clone().with_clock(Arc::new(ahead.clone()));
    let pace_ms = i64::from(pace) * 1_000;
    let mut ready = end.max(BusinessDay::of(clock.now(), UtcOffset::LUSAKA));
    let mut settled = Instant(i64::MIN);
    let rows: Vec<ClusterRow> = clusters.iter().map(|(_, row)| row.clone()).collect();
    let mut market = Market { traded: clock.now(), agreed: BusinessDay::of(clock.now(), UtcOffset::LUSAKA).previous() };
    loop {
        let now = clock.now();
        while ready <= BusinessDay::of(now.plus_ms(READY_MS), UtcOffset::LUSAKA) {
            // Readings of times to come are refused; they are brought by somebody who lives after that day.
            let bringer = service.clone().with_clock(Arc::new(SimulatedClock::at(ready.next().start(UtcOffset::LUSAKA))));
            for (shipped, row) in &clusters {
                if let Err(error) = bring(&bringer, shipped, row, ready, end).await {
                    tracing::error!(cluster = %row.code, "the readings of {ready} could not be laid ready: {error:?}");
                }
            }
            ready = ready.next();
        }
        // Never earlier than an interval's end: the grace time is what is cut short.
        let early = |row: &ClusterRow| (pace_ms * ROUND_SECONDS).min(row.grace_minutes * 60_000);
        let closed = clusters.iter().map(|(_, row)| row.step.interval_at(now.plus_ms(early(row) - row.grace_minutes * 60_000)).start()).max();
        if closed.is_some_and(|closed| closed > settled) {
            settled = closed.unwrap_or(settled);
            if let Err(error) = settler.market_joint_rounds(service::policy::Actor::System).await {
                tracing::error!(code = error.code(), "the joint clearings were not held: {error}");
            }
            for (_, row) in &clusters {
                ahead.set(now.plus_ms(early(row)));
                if let Err(error) = settler.cluster_settle(service::policy::Actor::System, row, |_| {}).await {
                    tracing::error!(code = error.code(), cluster = %row.code, "not settled: {error}");
                }
            }
        }
        market.go_on(&service, &rows, now, opening).await;
        second.tick().await;
        clock.set(clock.now().plus_ms(pace_ms));
    }
}

/// How far the trading of the demo is.
struct Market {
    traded: Instant,
    /// The last day on which deals and offers for later ones were made.
    agreed: BusinessDay,
}

impl Market {
    /// Members trade once a minute, and officers once a day. What fails is told in the log: the days go on.
    async fn go_on(&mut self, service: &Service, rows: &[ClusterRow], now: Instant, opening: Instant) {
        if now.ms_since(self.traded) < 60_000 {
            return;
        }
        if let Err(error) = trading::go_on(service, rows, (self.traded, now), opening).await {
            tracing::error!("the market of the demo does not go on: {error:?}");
        }
        self.traded = now;
        let today = BusinessDay::of(now, UtcOffset::LUSAKA);
        if today > self.agreed && now >= exchange::agreeing_time(today) {
            // Once a day, as `serve` does each hour.
            super::serve::reconcile(service).await;
            if let Err(error) = exchange::agree(service, rows, today).await {
                tracing::error!("nothing is agreed between the clusters of the demo: {error:?}");
            }
            self.agreed = today;
        }
    }
}

/// Imports the readings of a day after the shipped ones.
async fn bring(service: &Service, shipped: &Shipped, row: &ClusterRow, day: BusinessDay, end: BusinessDay) -> Result<(), Failure> {
    let readings = shipped.readings_again(day, end)?;
    let options = ImportOptions { name: format!("{} repeated readings of {day}", shipped.code), is_live: false };
    let import = service.readings_import(service::policy::Actor::System, row, &*readings, options, |_| {}, |_, _| {});
    import.await.map(|_| ()).map_err(|error| database::from_service(&error))
}

/// One cluster's six weeks.
struct Summary {
    row: ClusterRow,
    members: Vec<(MemberRow, MemberDaySum)>,
    sum: MemberDay,
    is_off_grid: bool,
    root: String,
}

async fn tell(service: &Service, rows: &[ClusterRow], args: &DemoArgs) -> Result<(), Failure> {
    let mut summaries = Vec::new();
    for row in rows {
        let members = service
            .member_sums(service::policy::Actor::System, row, first_day(), args.end_day())
            .await
            .map_err(|error| database::from_service(&error))?;
        let mut sum = MemberDay::default();
        members.iter().for_each(|(_, day)| sum.add(&day.sums));
        let id = row.id;
        let root =
            service.store().read(move |tx| Box::pin(async move { tx.ledger_root(id).await })).await.map_err(|error| database::from_store(&error))?;
        let root = root.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
        summaries.push(Summary {
            is_off_grid: CLUSTERS.iter().any(|c| c.code == row.code.as_str() && c.is_off_grid()),
            row: row.clone(),
            members,
            sum,
            root,
        });
    }
    if args.json {
        return output::json(&json!({ "clusters": summaries.iter().map(Summary::json).collect::<Vec<_>>() }));
    }
    for summary in &summaries {
        output::text(&summary.text())?;
    }
    Ok(())
}

impl Summary {
    fn paid(&self) -> Ngwee {
        Ngwee(self.members.iter().map(|(_, day)| day.posted.0).sum())
    }

    fn alone(&self) -> Ngwee {
        MilliNgwee(self.sum.alone.cost).to_ngwee_half_even()
    }

    fn text(&self) -> String {
        let flows = &self.sum.flows;
        let mut table = Table::new(["", "kWh"]);
        for (name, energy) in [
            ("made by the sun", flows.generation + flows.entitlement),
            ("used", flows.consumption),
            ("  own sun, at once", flows.self_used),
            ("  own part of the plant", flows.own_share),
            ("  from neighbours", flows.received),
            ("  from the battery", flows.discharged),
            ("  from the grid", flows.imported),
            ("  not served", flows.unserved),
            ("into the battery", flows.charged),
            ("to the grid", flows.exported),
            ("not usable", flows.curtailed),
        ] {
            table.row([name.to_owned(), kwh(energy)]);
        }
        let hours = |minutes: i64| minutes / 60;
        format!(
            "\n{} ({}, {} members, {}), modelled readings\n{}\n{}\nservice charge {} to the replacement fund\n\
             hours wanted without a grid {}, served {}, served alone {}\nlog root {}\n",
            self.row.name,
            self.row.code,
            self.members.len(),
            self.row.place,
            table.render(),
            self.verdict(),
            MilliNgwee(flows.service_charge).to_ngwee_half_even(),
            hours(self.sum.outage_minutes),
            hours(self.sum.served_minutes),
            hours(self.sum.alone.served_minutes),
            self.root,
        )
    }

    /// What members paid in all (negative: got), against being alone where there is such a bill.
    fn verdict(&self) -> String {
        let pays = |ngwee: Ngwee| if ngwee.0 < 0 { format!("got {}", Ngwee(-ngwee.0)) } else { format!("paid {ngwee}") };
        if self.is_off_grid {
            return format!("members {} in all; alone there is no grid and no bill to compare with", pays(self.paid()));
        }
        let better = self.members.iter().filter(|(_, day)| day.posted.0 * 1000 < day.sums.alone.cost).count();
        let members = self.members.len();
        format!("members {} in all, alone they would have {}; {better} of {members} are better off in money", pays(self.paid()), pays(self.alone()))
    }

    fn json(&self) -> Value {
        let flows = &self.sum.flows;
        let member = |(member, day): &(MemberRow, MemberDaySum)| {
            json!({
                "member": member.no.get(), "alias": member.alias, "consumption_wh": day.sums.flows.consumption, "own_share_wh": day.sums.flows.own_share,
                "received_wh": day.sums.flows.received, "given_wh": day.sums.flows.given, "imported_wh": day.sums.flows.imported,
                "unserved_wh": day.sums.flows.unserved, "posted_ngwee": day.posted.0,
                "alone_ngwee": MilliNgwee(day.sums.alone.cost).to_ngwee_half_even().0,
                "outage_minutes": day.sums.outage_minutes, "served_minutes": day.sums.served_minutes,
            })
        };
        json!({
            "cluster": self.row.code.as_str(), "name": self.row.name, "modelled": self.row.is_modelled,
            "generation_wh": flows.generation + flows.entitlement, "consumption_wh": flows.consumption, "self_wh": flows.self_used,
            "shared_wh": flows.own_share + flows.received, "charged_wh": flows.charged, "discharged_wh": flows.discharged,
            "exported_wh": flows.exported, "imported_wh": flows.imported, "curtailed_wh": flows.curtailed, "unserved_wh": flows.unserved,
            "paid_ngwee": self.paid().0, "alone_ngwee": self.alone().0, "log_root": self.root,
            "members": self.members.iter().map(member).collect::<Vec<_>>(),
        })
    }
}
