//! The round in which alerts fire. Each person's alerts are one unit: what fired, what it is followed by and that it was told are written
//! down together, so a round that stops in between tells nobody twice, and several processes may run rounds at the same time.

use super::{look, words};
use crate::trade::Outlook;
use crate::{Service, ServiceError};
use domain::UserId;
use market::alert::{AlertKind, Firing, Seen};
use market::telling::{TellRules, ToldToday};
use quantity::{BusinessDay, Instant};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Tx;
use store::tables::{AlertRow, ClusterRow};

/// People looked at together.
const PAGE: u32 = 200;

/// What came of a round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertsReport {
    /// Alerts that fired.
    pub fired: usize,
    /// Firings that were told.
    pub told: usize,
    /// Firings beyond what one person is told in a day.
    pub held_back: usize,
    /// People who were told what was held back the day before.
    pub summaries: usize,
    /// People for whom it did not work: they wait for the next round.
    pub waiting: usize,
}

/// One person's unit.
struct Work {
    cluster: ClusterRow,
    user: UserId,
    outlook: Arc<Option<Outlook>>,
    now: Instant,
    people_now: Instant,
}

impl Service {
    /// Looks at the prices of a cluster for everybody who watches them, and tells those whose alerts fire. Safe to run at any time, and by
    /// several processes at once: an alert fires once for a crossing.
    ///
    /// # Errors
    /// What the store says about the people to look at. One for whom it fails later is counted as waiting.
    pub async fn alerts_round(&self, cluster: &ClusterRow) -> Result<AlertsReport, ServiceError> {
        let (mut report, mut after) = (AlertsReport::default(), None);
        loop {
            let (id, page) = (cluster.id, after);
            let read = self.store.read::<_, ServiceError, _>(move |tx| {
                Box::pin(async move {
                    let users = tx.alert_watchers(id, page, PAGE).await?;
                    let (rows, told) = (tx.alerts_of(id, &users).await?, tx.alerts_told(&users).await?);
                    let is_traded = tx.market_head(id).await?.last_price.is_some();
                    Ok((users, rows, told, is_traded))
                })
            });
            let (users, rows, told, is_traded) = read.await?;
            let Some(last) = users.last() else { return Ok(report) };
            after = Some(*last);
            let is_last = users.len() < PAGE as usize;
            // Weeks of settled days are read only for those who ask for cheap hours, and for a price that is made of them.
            let is_asked = !is_traded || rows.iter().any(|row| row.alert.kind == AlertKind::CheapAhead);
            let outlook = Arc::new(self.outlook(cluster, is_asked).await?);
            for user in self.alerts_due(cluster, &outlook, users, &rows, &told).await? {
                let (now, people_now) = (self.now(), self.people_now());
                let work = Arc::new(Work { cluster: cluster.clone(), user, outlook: Arc::clone(&outlook), now, people_now });
                let done = self.store.write(move |tx| {
                    let work = Arc::clone(&work);
                    Box::pin(async move { follow(tx, &work).await })
                });
                // One person for whom it fails does not keep the others waiting.
                match done.await {
                    Ok(done) => report.add(done),
                    Err(error) => {
                        report.waiting += 1;
                        tracing::warn!(cluster = %cluster.code, code = error.code(), "the alerts of a person wait: {error}");
                    }
                }
            }
            if is_last {
                return Ok(report);
            }
        }
    }

    /// As [`Service::alerts_round`] on the way of another round: what fails is told in the log and tried again in the next one.
    pub(crate) async fn alerts_follow(&self, cluster: &ClusterRow) {
        if let Err(error) = self.alerts_round(cluster).await {
            tracing::warn!(cluster = %cluster.code, code = error.code(), "price alerts did not go on: {error}");
        }
    }

    /// Those of `users` for whom anything changes now. Most rounds change nothing, and then nothing is written.
    async fn alerts_due(
        &self,
        cluster: &ClusterRow,
        outlook: &Arc<Option<Outlook>>,
        users: Vec<UserId>,
        rows: &[AlertRow],
        told: &[(UserId, ToldToday)],
    ) -> Result<Vec<UserId>, ServiceError> {
        let (row, seen_by, now) = (cluster.clone(), Arc::clone(outlook), self.now());
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            let (row, outlook) = (row.clone(), Arc::clone(&seen_by));
            Box::pin(async move { look(tx, &row, outlook.as_ref().as_ref(), None, now).await })
        });
        let (seen, strip) = (read.await?, outlook.as_ref().as_ref().and_then(|outlook| outlook.strip(now)));
        let seen = Seen { strip: strip.as_deref(), ..seen };
        let today = BusinessDay::of(now, cluster.offset);
        let mut own: BTreeMap<UserId, Vec<&AlertRow>> = BTreeMap::new();
        rows.iter().for_each(|row| own.entry(row.user).or_default().push(row));
        let held: BTreeMap<UserId, &ToldToday> = told.iter().filter(|(_, told)| told.held_back > 0).map(|(user, told)| (*user, told)).collect();
        let is_due = |user: &UserId| match (own.get(user), held.get(user)) {
            (_, Some(told)) if told.day < today => true,
            (Some(rows), _) => rows.iter().any(|row| changes(row, &seen)),
            (None, held) => held.is_none(),
        };
        Ok(users.into_iter().filter(is_due).collect())
    }
}

impl AlertsReport {
    const fn add(&mut self, other: Self) {
        self.fired += other.fired;
        self.told += other.told;
        self.held_back += other.held_back;
        self.summaries += other.summaries;
        self.waiting += other.waiting;
    }
}

fn changes(row: &AlertRow, seen: &Seen<'_>) -> bool {
    let mut alert = row.alert;
    alert.is_expired(seen.now) || alert.observe(seen).is_some() || alert != row.alert
}

/// What is left of a person's alerts after a look at the market.
#[derive(Default)]
struct Observed {
    kept: Vec<AlertRow>,
    changed: Vec<AlertRow>,
    over: Vec<AlertRow>,
    fired: Vec<(i64, Firing)>,
}

impl Observed {
    fn of(rows: Vec<AlertRow>, seen: &Seen<'_>) -> Self {
        let mut observed = Self::default();
        for mut row in rows {
            if row.alert.is_expired(seen.now) {
                observed.over.push(row);
                continue;
            }
            let before = row.alert;
            observed.fired.extend(row.alert.observe(seen).map(|firing| (row.no.get(), firing)));
            if row.alert != before {
                observed.changed.push(row);
            }
            observed.kept.push(row);
        }
        observed
    }

    /// All of them go: the person does not belong to the cluster any more.
    fn end(self) -> Self {
        let over = self.over.into_iter().chain(self.kept).collect();
        Self { over, ..Self::default() }
    }
}

/// One person's alerts on one cluster, decided and written in one unit on what the market is at that moment.
async fn follow(tx: &mut Tx<'_>, work: &Work) -> Result<AlertsReport, ServiceError> {
    let Work { cluster, user, outlook, now, .. } = work;
    let (user, now, rules) = (*user, *now, TellRules::default());
    tx.user_turn(user).await?;
    let rows = tx.alerts_of(cluster.id, &[user]).await?;
    let outlook = outlook.as_ref().as_ref();
    let strip = outlook.and_then(|outlook| outlook.strip(now));
    let seen = look(tx, cluster, outlook, strip.as_deref(), now).await?;
    let mut observed = Observed::of(rows, &seen);
    if !observed.fired.is_empty() && !is_here(tx, work).await? {
        observed = observed.end();
    }
    let before = tx.alerts_told(&[user]).await?.first().map(|(_, told)| *told);
    let mut today = before.unwrap_or_else(|| ToldToday::new(now, cluster.offset));
    let held = today.turn(now, cluster.offset, &rules);
    let tellings = today.tell(&observed.fired, cluster.offset, &rules);
    let report = AlertsReport {
        fired: observed.fired.len(),
        told: tellings.len(),
        held_back: observed.fired.len() - tellings.len(),
        summaries: usize::from(held.is_some()),
        waiting: 0,
    };
    for row in &observed.over {
        tx.alert_delete(user, row.no).await?;
    }
    tx.alert_put(user, &observed.changed).await?;
    if before.unwrap_or(ToldToday { told: 0, held_back: 0, ..today }) != today {
        tx.alert_told_put(user, &today).await?;
    }
    if observed.kept.is_empty() && today.held_back == 0 {
        tx.alert_watch_end(cluster.id, user).await?;
    }
    let mut words: Vec<words::Words> = held.iter().map(words::held_back).collect();
    words.extend(tellings.iter().map(|telling| words::fired(&cluster.name, telling)));
    words::tell(tx, user, &words, now, work.people_now).await?;
    Ok(report)
}

/// Whether the person still acts for a member that belongs to the cluster.
async fn is_here(tx: &mut Tx<'_>, work: &Work) -> Result<bool, ServiceError> {
    let held = tx.standing_in(work.cluster.id, work.user).await?;
    Ok(held.iter().any(|(_, _, left_at)| left_at.is_none_or(|left_at| left_at > work.now)))
}
