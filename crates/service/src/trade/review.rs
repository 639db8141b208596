//! Held orders: officers look at them and let them go on or refuse them; the people of the member and the officers are told.

use super::TradeError;
use super::orders::Ask;
use super::turn::{News, OrderDone};
use crate::cluster::{tell_member, tell_officers};
use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{OrderNo, Role, UserId};
use message::Say;
use quantity::Instant;
use store::Tx;
use store::tables::{ClusterRow, MemberRow, NoticeNew, OrderRow};

use super::LIST_MAX;

/// Most operators that are told of a held order.
const OPERATORS_TOLD: u32 = 10;

/// Why an order is held, in a reader's words; `None` for a code that the guard does not have.
#[must_use]
pub fn reason_text(say: Say, code: &str) -> Option<&'static str> {
    match code {
        "guard_wash" => Some(say.reason_guard_wash()),
        "guard_related" => Some(say.reason_guard_related()),
        "guard_price_band" => Some(say.reason_guard_price_band()),
        "guard_burst" => Some(say.reason_guard_burst()),
        _ => None,
    }
}

/// What an officer decides about a held order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewDecision {
    /// It goes into the book now, behind those that came meanwhile.
    Release,
    /// It ends; the member may place another.
    Refuse,
}

/// A held order, as officers see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderReview {
    /// The order, with the codes of all reasons, and who decided once somebody did.
    pub order: OrderRow,
    /// The member's name as others see it.
    pub alias: String,
    /// Whether it is of a household that the reader acts for: another officer decides.
    pub is_own: bool,
}

impl Service {
    /// The orders that wait for an officer, the oldest first, at most [`LIST_MAX`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn order_review_list(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<OrderReview>, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::OrdersReview).await?;
        let (id, now) = (cluster.id, self.now());
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            Box::pin(async move {
                let mut rows = tx.order_list_held(id, LIST_MAX).await?;
                rows.retain(|row| row.expires_at.is_none_or(|end| now < end));
                Ok((tx.member_list(id).await?, rows))
            })
        });
        let (members, rows) = read.await?;
        Ok(reviews(&members, &standing, rows))
    }

    /// The orders about which an officer decided, those decided last first, at most [`LIST_MAX`].
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; what the store says.
    pub async fn order_decided_list(&self, actor: Actor, cluster: &ClusterRow) -> Result<Vec<OrderReview>, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::OrdersReview).await?;
        let id = cluster.id;
        let read = self.store.read::<_, ServiceError, _>(move |tx| {
            Box::pin(async move { Ok((tx.member_list(id).await?, tx.order_list_decided(id, LIST_MAX).await?)) })
        });
        let (members, rows) = read.await?;
        Ok(reviews(&members, &standing, rows))
    }

    /// Decides about a held order. An order that was let go on reserves and trades now, as the member's other orders do; when it cannot (the
    /// money was spent meanwhile, say), it stays held and the answer says why.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`TradeError::OrderUnknown`]; [`TradeError::NotHeld`]; [`TradeError::OwnOrder`] for a household that the
    /// officer acts for, save for the operator; what [`Service::order_place`] says.
    pub async fn order_review(&self, actor: Actor, cluster: &ClusterRow, no: OrderNo, decision: ReviewDecision) -> Result<OrderDone, ServiceError> {
        let standing = self.require(actor, cluster.id, Action::OrdersReview).await?;
        let id = cluster.id;
        let (row, people) = self
            .store
            .read::<_, ServiceError, _>(move |tx| {
                Box::pin(async move {
                    let row = tx.order_find(id, no).await?.ok_or(TradeError::OrderUnknown { no })?;
                    let people = tx.member_users(id, row.member).await?;
                    Ok((row, people))
                })
            })
            .await?;
        let is_own = people.iter().any(|person| Some(person.user) == actor.user() && person.role == Role::Member);
        if (is_own || standing.acts_for(row.member)) && !standing.is_operator() {
            return Err(TradeError::OwnOrder { no }.into());
        }
        let ask = match decision {
            ReviewDecision::Release => Ask::Release(actor.number(), no),
            ReviewDecision::Refuse => Ask::Refuse(actor.number(), no),
        };
        self.order_ask(cluster, ask).await
    }
}

fn reviews(members: &[MemberRow], standing: &Standing, rows: Vec<OrderRow>) -> Vec<OrderReview> {
    let alias = |row: &OrderRow| members.iter().find(|member| member.no == row.member).map_or_else(String::new, |member| member.alias.clone());
    rows.into_iter().map(|order| OrderReview { alias: alias(&order), is_own: standing.acts_for(order.member), order }).collect()
}

/// Tells what became of held orders, in the unit that decides it.
pub(super) async fn tell(tx: &mut Tx<'_>, cluster: &ClusterRow, news: &[(News, OrderRow, i64)], at: Instant) -> Result<(), ServiceError> {
    if news.is_empty() {
        return Ok(());
    }
    let members = tx.member_list(cluster.id).await?;
    for (what, row, actor) in news {
        let alias = members.iter().find(|member| member.no == row.member).map_or_else(String::new, |member| member.alias.clone());
        let of = |user: UserId, kind: &'static str| NoticeNew::new(user, kind).with("name", cluster.name.clone()).with("number", row.no.get());
        let reason = row.reason().unwrap_or_default().to_owned();
        let order = |notice: NoticeNew| notice.with("energy_wh", row.left().0).with("price_ngwee", row.price.0).with("reason", reason.clone());
        let (own, office) = match what {
            News::Held => (Some("order-held"), None),
            News::Look => (None, Some("order-look")),
            News::Released => (Some("order-released"), Some("order-passed")),
            News::Refused => (Some("order-refused"), Some("order-stopped")),
            News::Lapsed => (Some("order-lapsed"), None),
        };
        if let Some(kind) = own {
            let is_first = *what == News::Held;
            tell_member(tx, cluster.id, row.member, at, |user| if is_first { order(of(user, kind)) } else { of(user, kind) }).await?;
        }
        if let Some(kind) = office {
            let is_first = *what == News::Look;
            let notice = |user| of(user, kind).with("who", alias.clone());
            let notice = |user| if is_first { order(notice(user)) } else { notice(user) };
            tell_officers(tx, cluster.id, UserId::new(*actor).ok(), at, notice).await?;
            if is_first {
                tell_operators(tx, cluster, at, notice).await?;
            }
        }
    }
    Ok(())
}

/// Tells the operators of an order to look at where the cluster has no officer who could: an open market.
async fn tell_operators(tx: &mut Tx<'_>, cluster: &ClusterRow, at: Instant, notice: impl Fn(UserId) -> NoticeNew) -> Result<(), ServiceError> {
    let roles = tx.cluster_roles(cluster.id).await?;
    if roles.iter().any(|row| matches!(row.role, Role::Chair | Role::Treasurer)) {
        return Ok(());
    }
    let notices: Vec<NoticeNew> = tx.operator_list(OPERATORS_TOLD).await?.into_iter().map(notice).collect();
    Ok(tx.notice_append(&notices, at).await?)
}
