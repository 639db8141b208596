//! Price alerts: what a person wants to be told about the prices of a cluster.
//!
//! | File | What |
//! |---|---|
//! | `mod.rs` | set, list and delete one's own alerts |
//! | `follow.rs` | the round in which alerts fire and people are told |
//! | `words.rs` | what they are told |
//!
//! When an alert fires and who is told when is decided in `market::alert` and `market::telling`. Rules: docs/market.md, "Alerts".

mod follow;
mod words;

pub use follow::AlertsReport;
pub use market::alert::{CHANGE_MAX, CHANGE_MIN};

use crate::policy::{Action, Actor};
use crate::trade::Outlook;
use crate::{Service, ServiceError};
use domain::{AlertNo, ClusterCode, ClusterId, UserId};
use market::alert::{Alert, AlertError, AlertKind, Seen};
use market::candle::Span;
use market::pricing::StripSlot;
use quantity::{DAY_MS, Instant, PricePerKwh};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::Tx;
use store::tables::{AlertRow, ClusterRow};

/// Most alerts of one person, over all clusters.
pub const ALERTS_MAX: usize = 20;

/// The span of the candles that say what energy cost a day ago, in minutes.
const CANDLE_MINUTES: i64 = 15;

/// Why an alert cannot be set, or is not there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AlertsError {
    /// What it says cannot be waited for.
    #[error(transparent)]
    Alert(#[from] AlertError),
    /// As many as one person may have.
    #[error("you have {most} price alerts; delete one first")]
    TooMany {
        /// Most.
        most: usize,
    },
    /// The person has none with this number.
    #[error("you have no price alert {no}")]
    Unknown {
        /// The number asked for.
        no: AlertNo,
    },
}

impl AlertsError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Alert(error) => error.code(),
            Self::TooMany { .. } => "alerts_too_many",
            Self::Unknown { .. } => "alert_unknown",
        }
    }
}

/// An alert to be set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertCreate {
    /// `above`, `below`, `change`, `change_day` or `cheap_ahead`.
    pub kind: String,
    /// Ngwee per kWh, or parts per ten thousand of a change; not looked at for cheap hours.
    pub threshold: i64,
    /// From when on it is dead; `None` for never.
    pub expires_at: Option<Instant>,
}

/// An alert as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertLine {
    /// The alert.
    pub row: AlertRow,
    /// Code of the cluster.
    pub cluster: ClusterCode,
    /// Its name.
    pub cluster_name: String,
}

impl Service {
    /// Sets an alert of the reader on the prices of a cluster that the reader belongs to. The same alert twice is one; its end is the one that was
    /// named last.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`AlertsError`]; what the store says.
    pub async fn alert_create(&self, actor: Actor, cluster: &ClusterRow, new: AlertCreate) -> Result<AlertRow, ServiceError> {
        let user = actor.signed_in()?;
        self.require(actor, cluster.id, Action::PricesWatch).await?;
        let outlook = self.outlook(cluster, true).await?;
        let work = Arc::new((cluster.clone(), new, outlook));
        let now = self.now();
        self.store
            .write(move |tx| {
                let work = Arc::clone(&work);
                Box::pin(async move { create(tx, user, &work.0, &work.1, work.2.as_ref(), now).await })
            })
            .await
    }

    /// The reader's alerts, by number; not those that are over.
    ///
    /// # Errors
    /// [`crate::policy::Denied::SignIn`]; what the store says.
    pub async fn alert_list(&self, actor: Actor) -> Result<Vec<AlertLine>, ServiceError> {
        let (user, now) = (actor.signed_in()?, self.now());
        self.store
            .read(move |tx| {
                Box::pin(async move {
                    let (mut lines, mut known) = (Vec::new(), BTreeMap::<ClusterId, ClusterRow>::new());
                    for row in tx.alert_list(user).await?.into_iter().filter(|row| !row.alert.is_expired(now)) {
                        if !known.contains_key(&row.cluster)
                            && let Some(cluster) = tx.cluster_find(row.cluster).await?
                        {
                            known.insert(row.cluster, cluster);
                        }
                        if let Some(cluster) = known.get(&row.cluster) {
                            lines.push(AlertLine { row, cluster: cluster.code.clone(), cluster_name: cluster.name.clone() });
                        }
                    }
                    Ok(lines)
                })
            })
            .await
    }

    /// Deletes an alert of the reader.
    ///
    /// # Errors
    /// [`crate::policy::Denied::SignIn`]; [`AlertsError::Unknown`]; what the store says.
    pub async fn alert_delete(&self, actor: Actor, no: AlertNo) -> Result<(), ServiceError> {
        let user = actor.signed_in()?;
        self.store
            .write(move |tx| {
                Box::pin(async move {
                    tx.user_turn(user).await?;
                    if tx.alert_delete(user, no).await? { Ok(()) } else { Err(AlertsError::Unknown { no }.into()) }
                })
            })
            .await
    }
}

async fn create(
    tx: &mut Tx<'_>,
    user: UserId,
    cluster: &ClusterRow,
    new: &AlertCreate,
    outlook: Option<&Outlook>,
    now: Instant,
) -> Result<AlertRow, ServiceError> {
    tx.user_turn(user).await?;
    let (over, own): (Vec<AlertRow>, Vec<AlertRow>) = tx.alert_list(user).await?.into_iter().partition(|row| row.alert.is_expired(now));
    for row in over {
        tx.alert_delete(user, row.no).await?;
    }
    let strip = outlook.and_then(|outlook| outlook.strip(now));
    let seen = look(tx, cluster, outlook, strip.as_deref(), now).await?;
    let kind = AlertKind::parse(&new.kind, new.threshold, seen.price).map_err(AlertsError::from)?;
    let alert = Alert::new(kind, &seen, new.expires_at).map_err(AlertsError::from)?;
    if let Some(mut same) = own.iter().find(|row| row.cluster == cluster.id && row.alert.kind == kind).copied() {
        same.alert.expires_at = alert.expires_at;
        tx.alert_put(user, &[same]).await?;
        return Ok(same);
    }
    if own.len() >= ALERTS_MAX {
        return Err(AlertsError::TooMany { most: ALERTS_MAX }.into());
    }
    let no = AlertNo::new(tx.user_numbers_take(user, "alert", 1).await?)?;
    let row = AlertRow { user, no, cluster: cluster.id, alert, created_at: now };
    tx.alert_insert(&row).await?;
    Ok(row)
}

/// What the market of a cluster looks like: the price of the last trade or else that of the rule, and what energy cost a day ago.
async fn look<'a>(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    outlook: Option<&Outlook>,
    strip: Option<&'a [StripSlot]>,
    now: Instant,
) -> Result<Seen<'a>, ServiceError> {
    let head = tx.market_head(cluster.id).await?;
    let price = head.last_price.or_else(|| outlook.and_then(|outlook| outlook.quote(now)));
    // The last span that was over then.
    let until = now.plus_ms(-(DAY_MS + Span::Quarter.ms()));
    let day_before = tx.candle_before(cluster.id, CANDLE_MINUTES, until).await?.map(|candle| PricePerKwh(candle.close));
    Ok(Seen { now, price, day_before, strip })
}
