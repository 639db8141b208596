//! One day of one cluster inside one transaction: load, settle, seal, post.

use crate::accounts::ClusterAccounts;
use crate::cluster_settle::DaySettled;
use crate::day_credits::{DayAsk, DayCredits};
use crate::day_weights::weights;
use crate::{ServiceError, day_credits};
use domain::{MemberNo, MeterNo, MeterRole, Region};
use ledger::{AccountCode, Outcome};
use metering::block::{Block, BlockColumns};
use metering::{Quality, Reading, series};
use quantity::{BusinessDay, Instant, Interval, Ngwee, UtcOffset, WattHours};
use settlement::credits::CreditTerms;
use settlement::posting::{DayBill, MemberAccounts, PostingAccounts, PostingOf, transfers};
use settlement::seal::{MemberInput, SealInput, SealWriter, SealedPrices, SealedReading};
use settlement::{DayTotals, Grid, MemberDay, PriceSource, Run, RunState, SharingKey};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::tables::{
    AssignmentRow, BlockRow, ClusterRow, DayRow, LedgerHead, MemberDayRow, MemberRow, MeterRow, RulePrices, RuleRow, SealedNew, SealedRow, ServiceRow,
};
use store::{EventNew, Tx};

/// How many earlier days an estimate looks at.
const ESTIMATE_DAYS: i32 = 7;

/// Which day to settle, and when that is.
#[derive(Debug)]
pub(crate) struct DayWork {
    pub cluster: ClusterRow,
    pub region: Arc<Region>,
    pub day: BusinessDay,
    pub now: Instant,
}

/// What came of it.
#[derive(Debug)]
pub(crate) enum DayOutcome {
    Settled(DaySettled),
    NothingToSettle,
}

/// Everything a day's settlement reads.
struct Loaded {
    rule: RuleRow,
    members: Vec<MemberRow>,
    weights: Vec<u64>,
    places: Places,
    blocks: BTreeMap<Instant, BlockRow>,
    outages: Vec<Interval>,
    before: Option<DayRow>,
    posted: Vec<MemberDayRow>,
    sealed: BTreeMap<Instant, SealedRow>,
    state: RunState,
    secret: [u8; 32],
}

/// Which member (by position) a meter counts for on the day.
#[derive(Default)]
struct Places {
    of_meter: BTreeMap<MeterNo, Place>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Member(usize),
    Plant,
}

pub(crate) async fn settle_day(tx: &mut Tx<'_>, work: &DayWork) -> Result<DayOutcome, ServiceError> {
    let mut head = tx.ledger_head(work.cluster.id).await?;
    let starts = closed_starts(work);
    if starts.is_empty() {
        return Ok(DayOutcome::NothingToSettle);
    }
    let mut loaded = load(tx, work).await?;
    let estimates = fill_gaps(tx, work, &mut loaded, &starts).await?;
    let settled = settle_and_seal(work, &loaded, &starts, &mut head)?;
    tx.sealed_append(work.cluster.id, &settled.records()).await?;
    let posting = post(tx, work, &loaded, &settled, &mut head).await?;
    save(tx, work, &loaded, &settled, &posting, &estimates).await?;
    tx.ledger_head_put(work.cluster.id, &head).await?;
    let done = DaySettled {
        day: work.day,
        intervals: settled.day.intervals,
        sealed: settled.sealed.len() as i64,
        transfers: posting.booked,
        estimated: estimates.values().sum(),
        is_posted: posting.is_posted,
        revision: posting.revision,
        totals: settled.day.totals,
    };
    if done.sealed > 0 || done.transfers > 0 {
        let payload =
            format!("{{\"day\":\"{}\",\"sealed\":{},\"transfers\":{},\"posted\":{}}}", work.day, done.sealed, done.transfers, done.is_posted);
        tx.outbox_append(work.cluster.id, &[EventNew { kind: "day_settled".to_owned(), payload }], work.now).await?;
    }
    Ok(DayOutcome::Settled(done))
}

/// Starts of the day's intervals that are closed.
fn closed_starts(work: &DayWork) -> Vec<Instant> {
    let step = work.cluster.step.ms();
    let limit = work.now.plus_ms(-work.cluster.grace_minutes * 60_000);
    let start = work.day.start(work.cluster.offset);
    (0..work.cluster.step.per_day()).map(|at| start.plus_ms(at * step)).filter(|start| start.plus_ms(step) <= limit).collect()
}

async fn load(tx: &mut Tx<'_>, work: &DayWork) -> Result<Loaded, ServiceError> {
    let (id, day) = (work.cluster.id, work.day);
    let interval = day.interval(work.cluster.offset);
    let rule = tx.rule_on(id, day).await?.ok_or(ServiceError::NoRules { day })?;
    let members: Vec<MemberRow> = tx.member_list(id).await?.into_iter().filter(|member| is_active(member, day)).collect();
    let (assets, shares) = match rule.rule.sharing_key {
        SharingKey::Ownership => (tx.asset_list(id).await?, tx.share_list(id).await?),
        _ => (Vec::new(), Vec::new()),
    };
    let meters = tx.meter_list(id).await?;
    let services = tx.meter_service_list(id).await?;
    let assignments = tx.assignment_list(id, day, day.next()).await?;
    let numbers: Vec<i64> = members.iter().map(|member| member.no.get()).collect();
    let yesterday = tx.day_find(id, day.previous()).await?;
    let state = match yesterday {
        Some(row) => RunState::from_bytes(&row.state_after, &numbers)?,
        None => RunState::start(members.len()),
    };
    Ok(Loaded {
        places: places(day, &members, &meters, &services, &assignments),
        blocks: tx.block_list(id, interval).await?.into_iter().map(|row| (row.start, row)).collect(),
        outages: tx.outage_list(id, interval).await?,
        before: tx.day_find(id, day).await?,
        posted: tx.member_day_list(id, day, day.next(), None).await?,
        sealed: tx.sealed_latest(id, interval).await?.into_iter().map(|row| (row.start, row)).collect(),
        secret: tx.cluster_secret(id).await?,
        weights: weights(&rule.rule, &members, &assets, &shares, day),
        rule,
        members,
        state,
    })
}

fn is_active(member: &MemberRow, day: BusinessDay) -> bool {
    member.joined_on <= day && member.left_on.is_none_or(|left| day < left)
}

/// On a day without members nothing counts: there is nobody whose energy it could be.
fn places(day: BusinessDay, members: &[MemberRow], meters: &[MeterRow], services: &[ServiceRow], assignments: &[AssignmentRow]) -> Places {
    let mut places = Places::default();
    if members.is_empty() {
        return places;
    }
    let counts = |meter: &&MeterRow| meter.role == MeterRole::Plant && services.iter().all(|row| row.meter != meter.no || row.holds(day));
    for meter in meters.iter().filter(counts) {
        places.of_meter.insert(meter.no, Place::Plant);
    }
    for row in assignments {
        if let Ok(at) = members.binary_search_by_key(&row.member, |member| member.no) {
            places.of_meter.insert(row.meter, Place::Member(at));
        }
    }
    places
}

/// How many readings of each meter are estimates.
type Estimates = BTreeMap<MeterNo, i64>;

/// Estimates every reading that is missing in a closed interval, marks it, and puts it into the block; gives which of the day's readings
/// are estimates now.
async fn fill_gaps(tx: &mut Tx<'_>, work: &DayWork, loaded: &mut Loaded, starts: &[Instant]) -> Result<Estimates, ServiceError> {
    let mut missing: Vec<(Instant, Vec<MeterNo>)> = Vec::new();
    let mut estimated = Estimates::new();
    let mut columns = BlockColumns::default();
    for &start in starts {
        match loaded.blocks.get(&start) {
            Some(row) => columns.decode_into(&row.data)?,
            None => columns = BlockColumns::default(),
        }
        for (meter, _) in columns.meters.iter().zip(&columns.quality).filter(|(_, quality)| quality.is_estimate()) {
            *estimated.entry(*meter).or_default() += 1;
        }
        let silent = |meter: &&MeterNo| columns.meters.binary_search(meter).is_err();
        let silent: Vec<MeterNo> = loaded.places.of_meter.keys().filter(silent).copied().collect();
        if !silent.is_empty() {
            missing.push((start, silent));
        }
    }
    if missing.is_empty() {
        return Ok(estimated);
    }
    let history = history(tx, work).await?;
    let mut written = Vec::new();
    for (start, meters) in missing {
        let row = loaded.blocks.remove(&start);
        let mut block = match &row {
            Some(row) => Block::decode(&row.data)?,
            None => Block::new(start, work.cluster.step)?,
        };
        let readings: Vec<Reading> = meters.into_iter().map(|meter| estimate(&history, meter, start)).collect();
        for reading in &readings {
            *estimated.entry(reading.meter).or_default() += 1;
        }
        block.merge(&readings, work.now)?;
        let mut data = Vec::new();
        block.encode(&mut data);
        let revision = row.map_or(0, |row| row.revision);
        written.push(BlockRow { start, revision, data: data.clone() });
        loaded.blocks.insert(start, BlockRow { start, revision: revision + 1, data });
    }
    tx.block_put(work.cluster.id, &written).await?;
    Ok(estimated)
}

type History = BTreeMap<Instant, BlockColumns>;

async fn history(tx: &mut Tx<'_>, work: &DayWork) -> Result<History, ServiceError> {
    let offset = work.cluster.offset;
    let from = work.day.plus_days(-ESTIMATE_DAYS).start(offset);
    let Ok(within) = Interval::new(from, work.day.start(offset)) else { return Ok(History::new()) };
    let mut history = History::new();
    for row in tx.block_list(work.cluster.id, within).await? {
        let mut columns = BlockColumns::default();
        columns.decode_into(&row.data)?;
        history.insert(row.start, columns);
    }
    Ok(history)
}

/// From the same slot of the days before, measured values only.
fn estimate(history: &History, meter: MeterNo, start: Instant) -> Reading {
    let mut known = Vec::new();
    for days in 1..=i64::from(ESTIMATE_DAYS) {
        let Some(columns) = history.get(&start.plus_ms(-days * 86_400_000)) else { continue };
        if let Ok(at) = columns.meters.binary_search(&meter)
            && !columns.quality[at].is_estimate()
        {
            known.push((columns.consumption[at], columns.generation[at]));
        }
    }
    let (consumption, generation) = series::estimate(&known);
    Reading { meter, start, consumption, generation, quality: Quality::Estimated }
}

/// A day settled in memory.
struct Settled {
    day: DayTotals,
    state: RunState,
    sealed: Vec<NewRecord>,
    terms: CreditTerms,
}

struct NewRecord {
    start: Instant,
    version: i64,
    leaf_no: i64,
    header: Vec<u8>,
    body: Vec<u8>,
}

impl Settled {
    fn records(&self) -> Vec<SealedNew<'_>> {
        self.sealed.iter().map(|r| SealedNew { start: r.start, version: r.version, leaf_no: r.leaf_no, header: &r.header, body: &r.body }).collect()
    }
}

/// The readings of one interval, sorted into members and plant; kept between intervals.
#[derive(Default)]
struct Columns {
    consumption: Vec<i64>,
    generation: Vec<i64>,
    plant: Vec<SealedReading>,
    readings: Vec<(usize, SealedReading)>,
    /// Readings in the order of members, and where each member's begin.
    sorted: Vec<SealedReading>,
    from: Vec<usize>,
}

impl Columns {
    fn fill(&mut self, block: &BlockColumns, places: &Places, members: usize) {
        for column in [&mut self.consumption, &mut self.generation] {
            column.clear();
            column.resize(members, 0);
        }
        self.plant.clear();
        self.readings.clear();
        for at in 0..block.len() {
            let sealed = SealedReading {
                meter: block.meters[at].get(),
                consumption: block.consumption[at].0,
                generation: block.generation[at].0,
                quality: i64::from(block.quality[at].number()),
                version: i64::from(block.version[at]),
            };
            match places.of_meter.get(&block.meters[at]) {
                Some(&Place::Member(member)) => {
                    self.consumption[member] += sealed.consumption;
                    self.generation[member] += sealed.generation;
                    self.readings.push((member, sealed));
                }
                Some(Place::Plant) => self.plant.push(SealedReading { consumption: 0, ..sealed }),
                None => {}
            }
        }
        self.readings.sort_by_key(|(member, reading)| (*member, reading.meter));
        self.sorted.clear();
        self.from.clear();
        for (member, reading) in &self.readings {
            while self.from.len() <= *member {
                self.from.push(self.sorted.len());
            }
            self.sorted.push(*reading);
        }
        self.from.resize(members + 1, self.sorted.len());
    }

    fn plant_output(&self) -> WattHours {
        WattHours(self.plant.iter().map(|reading| reading.generation).sum())
    }

    fn of_member(&self, member: usize) -> &[SealedReading] {
        &self.sorted[self.from[member]..self.from[member + 1]]
    }
}

fn settle_and_seal(work: &DayWork, loaded: &Loaded, starts: &[Instant], head: &mut LedgerHead) -> Result<Settled, ServiceError> {
    let cluster = &work.cluster;
    let weights = &loaded.weights;
    if !weights.is_empty() {
        loaded.rule.rule.check(weights)?;
    }
    let (prices, sealed_prices, export) = day_prices(work, loaded)?;
    let terms = day_credits::terms(loaded.rule.rule.connection, &sealed_prices, export);
    let mut run = Run::new(loaded.rule.rule.clone(), prices, cluster.offset, cluster.step, weights.clone(), loaded.state.clone());
    let (mut block, mut columns, mut writer, mut sealed) = (BlockColumns::default(), Columns::default(), SealWriter::default(), Vec::new());
    for &start in starts {
        match loaded.blocks.get(&start) {
            Some(row) => block.decode_into(&row.data)?,
            None => block = BlockColumns::default(),
        }
        columns.fill(&block, &loaded.places, loaded.members.len());
        let grid = if loaded.outages.iter().any(|outage| outage.contains(start)) { Grid::Outage } else { Grid::Available };
        let before = enter_month(run.state(), start, cluster.offset);
        let settlement = run.interval(start, grid, columns.plant_output(), &columns.consumption, &columns.generation)?;
        let inputs: Vec<MemberInput<'_>> = loaded
            .members
            .iter()
            .enumerate()
            .map(|(at, member)| MemberInput {
                member: member.no.get(),
                weight: weights[at],
                claim_before: before.content.claims[at],
                bought_before: before.bought[at],
                readings: columns.of_member(at),
            })
            .collect();
        let earlier = loaded.sealed.get(&start);
        let version = earlier.map_or(1, |row| row.version);
        let input = SealInput {
            cluster: cluster.id,
            start,
            step: cluster.step,
            version,
            rule: &loaded.rule.rule,
            grid,
            plant: &columns.plant,
            prices: &sealed_prices,
            bought_together: before.bought_together,
            export,
            common_before: before.content.common,
            members: &inputs,
            settlement,
            seed: seed(&loaded.secret, start, version),
        };
        if let Some(record) = seal_if_new(&mut writer, input, earlier, &loaded.secret, head) {
            sealed.push(record);
        }
    }
    let (day, state) = (run.take_day(), run.state().clone());
    let (laws, _) = run.finish();
    if laws.all() { Ok(Settled { day, state, sealed, terms }) } else { Err(ServiceError::LawBroken { day: work.day }) }
}

/// Seals the interval unless the record that is there says the same; a record that differs stays, and the next version is put beside it.
fn seal_if_new(
    writer: &mut SealWriter,
    mut input: SealInput<'_>,
    earlier: Option<&SealedRow>,
    secret: &[u8; 32],
    head: &mut LedgerHead,
) -> Option<NewRecord> {
    if let Some(row) = earlier {
        let again = writer.seal(&input);
        if again.header == row.header && again.body == row.body {
            return None;
        }
        input.version += 1;
        input.seed = seed(secret, input.start, input.version);
    }
    let sealed = writer.seal(&input);
    let leaf_no = head.next_leaf_no();
    head.frontier.append(sealed.leaf);
    Some(NewRecord { start: input.start, version: input.version, leaf_no, header: sealed.header.to_vec(), body: sealed.body.to_vec() })
}

/// The secret of one record, so that knowing it says nothing of another.
pub(crate) fn seed(secret: &[u8; 32], start: Instant, version: i64) -> [u8; 16] {
    let mut hasher = Sha256::new();
    hasher.update(b"sealed-record");
    hasher.update(secret);
    hasher.update(start.0.to_be_bytes());
    hasher.update(version.to_be_bytes());
    let digest = hasher.finalize();
    let mut seed = [0; 16];
    seed.copy_from_slice(&digest[..16]);
    seed
}

/// The state before an interval as the run will see it: a new month starts the bands again.
pub(crate) fn enter_month(state: &RunState, start: Instant, offset: UtcOffset) -> RunState {
    let month = BusinessDay::of(start, offset).month_start();
    if state.month == month {
        return state.clone();
    }
    RunState { month, content: state.content.clone(), ..RunState::start(state.bought.len()) }
}

fn day_prices(work: &DayWork, loaded: &Loaded) -> Result<(PriceSource, SealedPrices, quantity::PricePerKwh), ServiceError> {
    Ok(match loaded.rule.prices {
        RulePrices::Flat(import, export) => (PriceSource::Flat { import, export }, SealedPrices::Flat(import), export),
        RulePrices::Region => {
            let bands = work.region.tariff_on(work.day)?.bands.clone();
            (PriceSource::Region(work.region.clone()), SealedPrices::Bands(bands), work.region.export_price_on(work.day))
        }
    })
}

/// What posting the day did.
struct Posting {
    /// Of the members, and after them of those who were members when the day was settled before.
    bill: DayBill,
    booked: i64,
    revision: i64,
    is_posted: bool,
}

/// Posts the day when it is complete: the whole of it the first time, afterwards the difference, to the open day.
async fn post(tx: &mut Tx<'_>, work: &DayWork, loaded: &Loaded, settled: &Settled, head: &mut LedgerHead) -> Result<Posting, ServiceError> {
    let before = posted_before(loaded);
    let (revision, was_posted) = loaded.before.as_ref().map_or((0, false), |row| (row.revision, row.posted_at.is_some()));
    if settled.day.intervals < work.cluster.step.per_day() {
        return Ok(Posting { bill: before, booked: 0, revision, is_posted: false });
    }
    let known = ClusterAccounts::new(&tx.account_list(work.cluster.id).await?);
    let days = bill_days(loaded, settled);
    let ask = credits_ask(work, loaded, settled.terms, days.clone(), was_posted.then_some(before.credit_fund), &known)?;
    let credits = DayCredits::decide(tx, ask).await?;
    let days: Vec<MemberDay> = days.into_iter().map(|(_, day)| day).collect();
    let bill = DayBill::with_credits(loaded.rule.rule.connection, &days, credits.money());
    let bill = bill.ok_or(ServiceError::DayUnbalanced { day: work.day })?;
    tx.credit_day_put(work.cluster.id, &credits.rows()).await?;
    let due = bill.difference(&before);
    if due.is_nothing() && credits.moves_nothing() && was_posted {
        return Ok(Posting { bill, booked: 0, revision, is_posted: true });
    }
    let mut accounts = posting_accounts(&known, loaded)?;
    accounts.credits = credits.posting(tx, work.cluster.id, &known).await?;
    let today = BusinessDay::of(work.now, work.cluster.offset);
    let of = PostingOf { cluster: work.cluster.id, day: work.day, revision: revision + 1, business_on: if was_posted { today } else { work.day } };
    let commands = transfers(&due, &accounts, &of);
    let outcomes = tx.transfers_execute_at(work.cluster.id, head, work.now, &commands).await?;
    let mut booked = 0;
    for outcome in outcomes {
        match outcome {
            Outcome::Created(_) => booked += 1,
            Outcome::Exists(_) => {}
            Outcome::Refused(refusal) | Outcome::RefusedBefore(refusal) => return Err(ServiceError::PostingRefused { day: work.day, refusal }),
        }
    }
    Ok(Posting { bill, booked, revision: revision + 1, is_posted: true })
}

/// Whose money the day moves: its members, and those who were members when it was settled before, who had nothing of it after all.
fn bill_days(loaded: &Loaded, settled: &Settled) -> Vec<(MemberNo, MemberDay)> {
    let members = loaded.members.iter().map(|member| member.no).zip(settled.day.members.iter().copied());
    members.chain(former(loaded).map(|row| (row.member, MemberDay::default()))).collect()
}

fn credits_ask<'a>(
    work: &DayWork,
    loaded: &Loaded,
    terms: CreditTerms,
    members: Vec<(MemberNo, MemberDay)>,
    posted: Option<Ngwee>,
    accounts: &'a ClusterAccounts,
) -> Result<DayAsk<'a>, ServiceError> {
    let sums_before = loaded.posted.iter().map(|row| Ok((row.member, MemberDay::from_bytes(&row.sums)?))).collect::<Result<_, ServiceError>>()?;
    Ok(DayAsk { cluster: work.cluster.id, day: work.day, terms, members, posted, sums_before, accounts })
}

/// What was posted for the day so far: of the members, and after them of former ones.
fn posted_before(loaded: &Loaded) -> DayBill {
    let of = |member: &MemberRow| loaded.posted.iter().find(|row| row.member == member.no).map_or(Ngwee::ZERO, |row| row.posted);
    let row = loaded.before.as_ref();
    DayBill {
        members: loaded.members.iter().map(of).chain(former(loaded).map(|row| row.posted)).collect(),
        utility_payable: row.map_or(Ngwee::ZERO, |row| row.utility_payable),
        utility_receivable: row.map_or(Ngwee::ZERO, |row| row.utility_receivable),
        service_charge: row.map_or(Ngwee::ZERO, |row| row.service_charge),
        credit_fund: row.map_or(Ngwee::ZERO, |row| row.credit_fund),
    }
}

/// Rows of those for whom the day was settled before and who were no members on it after all: their money goes back.
fn former(loaded: &Loaded) -> impl Iterator<Item = &MemberDayRow> {
    loaded.posted.iter().filter(|row| loaded.members.binary_search_by_key(&row.member, |member| member.no).is_err())
}

fn posting_accounts(accounts: &ClusterAccounts, loaded: &Loaded) -> Result<PostingAccounts, ServiceError> {
    let missing = |what: &str| ServiceError::ClusterInvalid { reason: format!("the account {what} is missing") };
    let own = |code: AccountCode| accounts.own_no(code).ok_or_else(|| missing(code.as_str()));
    let mut members = Vec::with_capacity(loaded.members.len());
    for no in loaded.members.iter().map(|member| member.no).chain(former(loaded).map(|row| row.member)) {
        let book = accounts.member(no).ok_or_else(|| missing("of a member"))?;
        members.push(MemberAccounts {
            member: no.get(),
            wallet: book.wallet.no,
            available: book.wallet.available(),
            receivable: book.receivable.no,
            arrears: -book.receivable.balance(),
        });
    }
    Ok(PostingAccounts {
        clearing: own(AccountCode::Clearing)?,
        utility_payable: own(AccountCode::UtilityPayable)?,
        utility_receivable: own(AccountCode::UtilityReceivable)?,
        maintenance: own(AccountCode::MaintenanceFund)?,
        members,
        credits: None,
    })
}

/// Writes the day and, where the state it hands on has changed, marks the next day to be settled again.
async fn save(
    tx: &mut Tx<'_>,
    work: &DayWork,
    loaded: &Loaded,
    settled: &Settled,
    posting: &Posting,
    estimates: &Estimates,
) -> Result<(), ServiceError> {
    let numbers: Vec<i64> = loaded.members.iter().map(|member| member.no.get()).collect();
    let state_after = settled.state.to_bytes(&numbers);
    // A day settled for the first time counts too: it may stand before days that were settled without it.
    let is_changed = loaded.before.as_ref().is_none_or(|row| row.state_after != state_after);
    let row = DayRow {
        day: work.day,
        status: if posting.is_posted { "posted" } else { "settled" }.to_owned(),
        revision: posting.revision,
        rule_no: loaded.rule.rule.version,
        intervals: settled.day.intervals,
        estimated: estimates.values().sum(),
        totals: settled.day.totals.to_bytes(),
        state_after,
        utility_payable: posting.bill.utility_payable,
        utility_receivable: posting.bill.utility_receivable,
        service_charge: posting.bill.service_charge,
        credit_fund: posting.bill.credit_fund,
        settled_at: work.now,
        posted_at: loaded.before.as_ref().and_then(|row| row.posted_at).or(posting.is_posted.then_some(work.now)),
    };
    tx.day_put(work.cluster.id, &row).await?;
    let of_member = |at: usize| loaded.places.of_meter.iter().filter(move |(_, place)| **place == Place::Member(at)).map(|(meter, _)| meter);
    let mut rows: Vec<MemberDayRow> = loaded
        .members
        .iter()
        .zip(&settled.day.members)
        .zip(&posting.bill.members)
        .enumerate()
        .map(|(at, ((member, sums), &posted)): (usize, ((&MemberRow, &MemberDay), &Ngwee))| MemberDayRow {
            day: work.day,
            member: member.no,
            sums: sums.to_bytes(),
            posted,
            estimated: of_member(at).filter_map(|meter| estimates.get(meter)).sum(),
        })
        .collect();
    // Also on a day that is not posted yet: whoever leaves on it has no energy of it any more.
    let nothing = MemberDay::default().to_bytes();
    let of_former = &posting.bill.members[loaded.members.len()..];
    rows.extend(former(loaded).zip(of_former).map(|(row, &posted)| MemberDayRow { sums: nothing.clone(), posted, estimated: 0, ..row.clone() }));
    tx.member_day_put(work.cluster.id, &rows).await?;
    if is_changed && posting.is_posted {
        tx.day_mark_dirty(work.cluster.id, work.day.next()).await?;
    }
    Ok(())
}
