//! Settling whole days again from their sealed records: what a day hands to the next, what its members are told, what it cost, and whether
//! its readings still say the same.

use crate::cluster_verify::Problem;
use crate::{ServiceError, day_credits, day_settle};
use domain::{ClusterId, MemberNo, MeterNo};
use ledger::AccountCode;
use metering::block::BlockColumns;
use quantity::{BusinessDay, Instant, Ngwee, UtcOffset};
use settlement::credits::{self, CreditMember, CreditMoney, Fate};
use settlement::posting::DayBill;
use settlement::seal::{SealedReading, SealedRecord};
use settlement::{MemberDay, Run, RunState};
use std::collections::BTreeMap;
use store::Tx;
use store::tables::{ChoiceRow, CreditDayRow, DayRow, RuleRow, SurplusChoice};

/// What was posted for a settlement day, in ngwee: by day and member, or by day and the negative code of one of the cluster's own accounts.
/// Positive is what that account paid.
pub(crate) type Posted = BTreeMap<(i64, i64), i64>;

/// What the ledger holds of banked and used energy, by settlement day and member.
pub(crate) type PostedEnergy = BTreeMap<(i64, i64), Fate>;

/// The key of the cluster's own accounts in [`Posted`].
pub(crate) fn own_key(code: AccountCode) -> i64 {
    -code.number()
}

/// Goes through the days of a cluster in order, one after the other.
pub(crate) struct DayVerifier {
    id: ClusterId,
    offset: UtcOffset,
    secret: [u8; 32],
    rules: BTreeMap<i64, RuleRow>,
    days: BTreeMap<i32, DayRow>,
    /// Records of the day that is being read, the latest version of each interval.
    records: Vec<SealedRecord>,
    /// What the day before handed on, with the members it is for.
    handed_on: Option<(BusinessDay, Vec<u8>)>,
    /// The sums of members, by day and number; none for days that wait to be settled again.
    pub members: BTreeMap<(i32, i64), (MemberDay, Option<Ngwee>)>,
    pub problems: Vec<Problem>,
    /// Banked and used energy as the ledger holds it; days that are read are taken out.
    pub energy: PostedEnergy,
    /// Banked and used energy as it is kept beside the days; days that are read are taken out.
    credit_rows: BTreeMap<(i64, i64), CreditDayRow>,
    choices: Vec<ChoiceRow>,
}

/// A settled day with the credits of those who have a line in it, and of those whose credits the ledger moved for it.
struct Counted {
    numbers: Vec<i64>,
    days: Vec<MemberDay>,
    fates: Vec<Fate>,
    money: CreditMoney,
}

impl DayVerifier {
    pub async fn new(tx: &mut Tx<'_>, id: ClusterId, offset: UtcOffset) -> Result<Self, ServiceError> {
        let days = tx.day_list(id, BusinessDay(i32::MIN), BusinessDay(i32::MAX)).await?;
        let credit_rows = tx.credit_day_list(id, BusinessDay(i32::MIN), BusinessDay(i32::MAX), None).await?;
        Ok(Self {
            id,
            offset,
            secret: tx.cluster_secret(id).await?,
            rules: tx.rule_list(id).await?.into_iter().map(|row| (row.rule.version, row)).collect(),
            days: days.into_iter().map(|row| (row.day.0, row)).collect(),
            records: Vec::new(),
            handed_on: None,
            members: BTreeMap::new(),
            problems: Vec::new(),
            energy: PostedEnergy::new(),
            credit_rows: credit_rows.into_iter().map(|row| ((i64::from(row.day.0), row.member.get()), row)).collect(),
            choices: tx.surplus_choice_list(id, None).await?,
        })
    }

    fn problem(&mut self, code: &'static str, text: String) {
        self.problems.push(Problem { code, text });
    }

    /// Takes the next record: the latest version of its interval.
    pub async fn add(&mut self, tx: &mut Tx<'_>, record: SealedRecord) -> Result<(), ServiceError> {
        let day = BusinessDay::of(record.start, self.offset);
        if self.records.last().is_some_and(|last| BusinessDay::of(last.start, self.offset) != day) {
            self.end_day(tx).await?;
        }
        self.records.push(record);
        Ok(())
    }

    /// Settles the day that was read again and compares what is stored of it.
    pub async fn end_day(&mut self, tx: &mut Tx<'_>) -> Result<(), ServiceError> {
        let records = std::mem::take(&mut self.records);
        let Some(first) = records.first() else { return Ok(()) };
        let day = BusinessDay::of(first.start, self.offset);
        let Some(row) = self.days.get(&day.0).cloned() else {
            self.problem("day_missing", format!("{day} has sealed intervals and is not among the settled days"));
            return Ok(());
        };
        if row.status == "dirty" {
            // It is settled again before anything goes on from it.
            self.handed_on = Some((day, row.state_after));
            self.credits_of(day);
            return Ok(());
        }
        self.check_records(&row, &records);
        self.check_readings(tx, day, &records).await?;
        self.settle_again(&row, &records)
    }

    fn check_records(&mut self, row: &DayRow, records: &[SealedRecord]) {
        let first = &records[0];
        if self.rules.get(&first.rule.version).is_none_or(|known| known.rule != first.rule) || row.rule_no != first.rule.version {
            self.problem("rule_differs", format!("{} was sealed under rules that are not those stored as version {}", row.day, first.rule.version));
        }
        if row.intervals != records.len() as i64 {
            self.problem("day_intervals_differ", format!("{} has {} sealed intervals, the day says {}", row.day, records.len(), row.intervals));
        }
        if (row.status == "posted") != row.posted_at.is_some() {
            self.problem("day_status_differs", format!("{} is marked {} and its time of posting says otherwise", row.day, row.status));
        }
        for record in records {
            if record.seed != day_settle::seed(&self.secret, record.start, record.version) {
                self.problem("seal_secret_differs", format!("{} version {} was not sealed with this cluster's secret", record.start, record.version));
            }
            if (&record.rule, &record.prices, record.export, record.step) != (&first.rule, &first.prices, first.export, first.step) {
                self.problem("seal_day_differs", format!("{} was sealed under other rules or prices than the rest of its day", record.start));
            }
        }
    }

    /// A reading that changed since must have marked the day.
    async fn check_readings(&mut self, tx: &mut Tx<'_>, day: BusinessDay, records: &[SealedRecord]) -> Result<(), ServiceError> {
        let blocks: BTreeMap<Instant, Vec<u8>> =
            tx.block_list(self.id, day.interval(self.offset)).await?.into_iter().map(|row| (row.start, row.data)).collect();
        let mut columns = BlockColumns::default();
        for record in records {
            match blocks.get(&record.start) {
                Some(data) => columns.decode_into(data)?,
                None => columns = BlockColumns::default(),
            }
            let mut readings = record.plant.iter().chain(record.lines.iter().flat_map(|line| &line.readings));
            let is_plant = |meter| record.plant.iter().any(|reading| reading.meter == meter);
            if readings.any(|reading| stored(&columns, reading, is_plant(reading.meter)) != Some(*reading)) {
                self.problem("readings_differ", format!("the readings stored for {} are not those that were sealed", record.start));
            }
        }
        Ok(())
    }

    fn settle_again(&mut self, row: &DayRow, records: &[SealedRecord]) -> Result<(), ServiceError> {
        let first = &records[0];
        let numbers: Vec<i64> = first.lines.iter().map(|line| line.member).collect();
        let state = match self.handed_on.take() {
            Some((day, bytes)) if day == row.day.previous() => RunState::from_bytes(&bytes, &numbers)?,
            _ => RunState::start(numbers.len()),
        };
        self.handed_on = Some((row.day, row.state_after.clone()));
        let mut run = Run::again(first, self.offset, state);
        for record in records {
            if record.lines.iter().map(|line| line.member).ne(numbers.iter().copied())
                || !goes_on(&day_settle::enter_month(run.state(), record.start, self.offset), record)
            {
                self.problem("seal_chain_broken", format!("{} does not go on from what the interval before left", record.start));
                return Ok(());
            }
            let column = |pick: fn(&settlement::Flows) -> i64| -> Vec<i64> { record.lines.iter().map(|line| pick(&line.flows)).collect() };
            let plant = quantity::WattHours(record.plant.iter().map(|reading| reading.generation).sum());
            run.interval(record.start, record.grid, plant, &column(|flows| flows.consumption), &column(|flows| flows.generation))?;
        }
        if run.state().to_bytes(&numbers) != row.state_after {
            self.problem("day_state_differs", format!("what {} hands on to the next day is not what its sealed intervals leave", row.day));
        }
        self.keep(row, first, &numbers, &run.take_day().members);
        Ok(())
    }

    fn keep(&mut self, row: &DayRow, first: &SealedRecord, numbers: &[i64], members: &[MemberDay]) {
        let counted = self.count(row.day, first, numbers, members);
        self.check_credits(row, &counted);
        let bill = row.posted_at.and_then(|_| DayBill::with_credits(first.rule.connection, &counted.days, &counted.money));
        if let Some(bill) = &bill
            && (row.utility_payable, row.utility_receivable, row.service_charge, row.credit_fund)
                != (bill.utility_payable, bill.utility_receivable, bill.service_charge, bill.credit_fund)
        {
            self.problem("day_bill_differs", format!("what {} says of utility and funds is not what its sealed intervals come to", row.day));
        }
        for (at, (number, sums)) in counted.numbers.iter().zip(&counted.days).enumerate() {
            self.members.insert((row.day.0, *number), (*sums, bill.as_ref().map(|bill| bill.members[at])));
        }
    }

    /// Takes out what ledger and rows know of a day's credits, by member.
    fn credits_of(&mut self, day: BusinessDay) -> (BTreeMap<i64, Fate>, BTreeMap<i64, CreditDayRow>) {
        (take_day(&mut self.energy, day), take_day(&mut self.credit_rows, day))
    }

    /// The money of a day's credits from its sealed intervals and from the energy that the ledger moved.
    fn count(&mut self, day: BusinessDay, first: &SealedRecord, numbers: &[i64], members: &[MemberDay]) -> Counted {
        let (energy, rows) = self.credits_of(day);
        let mut numbers = numbers.to_vec();
        let mut days = members.to_vec();
        let others: Vec<i64> = energy.keys().filter(|number| !numbers.contains(number)).copied().collect();
        days.extend(others.iter().map(|_| MemberDay::default()));
        numbers.extend(others);
        let fates: Vec<Fate> = numbers.iter().map(|number| energy.get(number).copied().unwrap_or_default()).collect();
        let connection = first.rule.connection;
        let at_grid: Vec<CreditMember> = days.iter().map(|sums| CreditMember::of_day(connection, sums)).collect();
        let money = credits::money(&at_grid, &fates, &day_credits::terms(connection, &first.prices, first.export));
        self.check_rows(day, &numbers, &fates, &money, rows);
        Counted { numbers, days, fates, money }
    }

    fn check_rows(&mut self, day: BusinessDay, numbers: &[i64], fates: &[Fate], money: &CreditMoney, mut rows: BTreeMap<i64, CreditDayRow>) {
        for (at, (number, fate)) in numbers.iter().zip(fates).enumerate() {
            let Ok(member) = MemberNo::new(*number) else { continue };
            let counted = day_credits::row(day, member, *fate, money, at);
            let nothing = day_credits::row(day, member, Fate::default(), &CreditMoney::default(), at);
            if rows.remove(number).unwrap_or(nothing) != counted {
                self.problem("credit_day_differs", format!("the energy credits kept for member {number} on {day} are not those of the ledger"));
            }
        }
        for number in rows.into_values().filter(|row| (row.banked, row.used) != (0, 0)).map(|row| row.member) {
            self.problem("credit_day_differs", format!("energy credits are kept for member {number} on {day}, and the ledger moved none"));
        }
    }

    /// One fate for each Wh: nobody banks more than was exported, or without having chosen it, and nobody uses more than was imported. After
    /// a correction more can be banked than was exported: it was bought back.
    fn check_credits(&mut self, row: &DayRow, counted: &Counted) {
        for ((number, sums), fate) in counted.numbers.iter().zip(&counted.days).zip(&counted.fates) {
            let (exported, imported) = (sums.flows.exported, sums.flows.imported);
            let is_chosen = fate.banked == 0 || self.has_chosen(*number, row.day);
            let is_exported = fate.banked <= exported || row.revision > 1;
            if !(is_chosen && is_exported && fate.banked >= 0 && (0..=imported).contains(&fate.used)) {
                let Fate { banked, used } = fate;
                let text =
                    format!("member {number} on {}: {banked} Wh banked of {exported} exported, {used} Wh used of {imported} imported", row.day);
                self.problem("credit_fate_differs", text);
            }
        }
    }

    fn has_chosen(&self, member: i64, day: BusinessDay) -> bool {
        let holds = self.choices.iter().filter(|row| row.member.get() == member && row.from_day <= day);
        holds.max_by_key(|row| row.from_day).is_some_and(|row| row.choice == SurplusChoice::Bank)
    }

    /// After the last day: energy that the ledger moved for days that are not there.
    pub fn check_energy(&mut self) {
        let left: Vec<((i64, i64), Fate)> = std::mem::take(&mut self.energy).into_iter().filter(|(_, fate)| *fate != Fate::default()).collect();
        for ((day, member), Fate { banked, used }) in left {
            self.problem("posting_without_day", format!("the ledger holds {banked} Wh banked and {used} Wh used of member {member} for day {day}"));
        }
    }

    /// Compares what the cluster's own accounts were posted with what the days say.
    pub fn check_own_accounts(&mut self, posted: &Posted) {
        let mut found = Vec::new();
        for row in self.days.values() {
            let own = [
                (AccountCode::UtilityPayable, -row.utility_payable.0),
                (AccountCode::UtilityReceivable, row.utility_receivable.0),
                (AccountCode::MaintenanceFund, -row.service_charge.0),
                (AccountCode::CreditFund, -row.credit_fund.0),
            ];
            for (code, said) in own {
                let booked = posted.get(&(i64::from(row.day.0), own_key(code))).copied().unwrap_or(0);
                if booked != said {
                    found.push(format!("account {} on {}: the ledger holds {booked} ngwee, the day says {said}", code.as_str(), row.day));
                }
            }
        }
        found.into_iter().for_each(|text| self.problem("posting_differs", text));
    }
}

/// Takes out what is kept of a day, by member.
fn take_day<T>(kept: &mut BTreeMap<(i64, i64), T>, day: BusinessDay) -> BTreeMap<i64, T> {
    let day = i64::from(day.0);
    let keys: Vec<(i64, i64)> = kept.range((day, i64::MIN)..=(day, i64::MAX)).map(|(key, _)| *key).collect();
    keys.into_iter().filter_map(|key| Some((key.1, kept.remove(&key)?))).collect()
}

/// Whether the record began with what the run has now.
fn goes_on(state: &RunState, record: &SealedRecord) -> bool {
    state.content.common == record.common_before
        && state.bought_together == record.bought_together
        && record.lines.iter().map(|line| line.claim_before).eq(state.content.claims.iter().copied())
        && record.lines.iter().map(|line| line.bought_before).eq(state.bought.iter().copied())
}

/// The reading of a meter as its block has it, in the form in which it is sealed.
fn stored(columns: &BlockColumns, sealed: &SealedReading, is_plant: bool) -> Option<SealedReading> {
    let at = columns.meters.binary_search(&MeterNo::new(sealed.meter).ok()?).ok()?;
    Some(SealedReading {
        meter: sealed.meter,
        consumption: if is_plant { 0 } else { columns.consumption[at].0 },
        generation: columns.generation[at].0,
        quality: i64::from(columns.quality[at].number()),
        version: i64::from(columns.version[at]),
    })
}
