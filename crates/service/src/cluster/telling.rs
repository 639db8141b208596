//! Who is told what: notices to the people of a member and to the officers of a cluster; what happens to a member's cash also by text.

use super::again::today;
use super::{Payout, entering};
use crate::ServiceError;
use crate::account::sms;
use crate::policy::Actor;
use domain::{ClusterId, MemberNo, Role, UserId};
use message::Say;
use quantity::{Instant, Ngwee};
use store::Tx;
use store::tables::{ClusterRow, NoticeNew, PayoutState};

/// Cash that came in, as the member is told.
pub(super) struct Cash {
    /// Name of the cluster.
    pub(super) name: String,
    /// How much.
    pub(super) amount: Ngwee,
    /// What of it paid a debt.
    pub(super) debt: Ngwee,
    /// What is the member's after it, less what is owed.
    pub(super) balance: Ngwee,
}

/// Tells everyone who acts for a member.
pub(super) async fn tell_member(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    member: MemberNo,
    at: Instant,
    notice: impl Fn(UserId) -> NoticeNew + Send,
) -> Result<(), ServiceError> {
    let mut users: Vec<UserId> = tx.member_users(cluster, member).await?.iter().map(|row| row.user).collect();
    users.dedup();
    tell(tx, &users, at, notice).await
}

/// Tells the officers who admit: chair and treasurer, but not `except`.
pub(crate) async fn tell_officers(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    except: Option<UserId>,
    at: Instant,
    notice: impl Fn(UserId) -> NoticeNew + Send,
) -> Result<(), ServiceError> {
    let roles = tx.cluster_roles(cluster).await?;
    let is_officer = |role: Role| matches!(role, Role::Chair | Role::Treasurer);
    let mut users: Vec<UserId> = roles.iter().filter(|row| is_officer(row.role) && Some(row.user) != except).map(|row| row.user).collect();
    users.sort_unstable();
    users.dedup();
    tell(tx, &users, at, notice).await
}

pub(super) async fn tell(tx: &mut Tx<'_>, users: &[UserId], at: Instant, notice: impl Fn(UserId) -> NoticeNew + Send) -> Result<(), ServiceError> {
    if users.is_empty() {
        return Ok(());
    }
    let notices: Vec<NoticeNew> = users.iter().map(|&user| notice(user)).collect();
    debug_assert!(notices.iter().all(crate::account::is_readable), "a notice has no words: {notices:?}");
    Ok(tx.notice_append(&notices, at).await?)
}

/// Tells everyone who acts for a member that cash was written down: notice and text, so that an entry which nobody paid shows.
pub(super) async fn tell_cash_in(tx: &mut Tx<'_>, cluster: ClusterId, member: MemberNo, at: Instant, cash: &Cash) -> Result<(), ServiceError> {
    let Cash { name, amount, debt, balance } = cash;
    let has_debt = debt.0 > 0;
    tell_member(tx, cluster, member, at, |user| {
        let notice = NoticeNew::new(user, if has_debt { "cash-debt" } else { "cash-in" });
        let notice = notice.with("name", name.clone()).with("amount_ngwee", amount.0).with("balance_ngwee", balance.0);
        if has_debt { notice.with("debt_ngwee", debt.0) } else { notice }
    })
    .await?;
    text_member(tx, cluster, member, at, "cash-in", |say| match has_debt {
        true => say.sms_cash_debt(amount.0, balance.0, debt.0),
        false => say.sms_cash_in(amount.0, balance.0),
    })
    .await
}

/// Tells the people of the member and the officers how far a payout is; the member's phone too when it is asked for and when it is paid, so
/// that what somebody else did in the member's name shows.
pub(super) async fn tell_payout(tx: &mut Tx<'_>, cluster: &ClusterRow, payout: &Payout, actor: Actor, at: Instant) -> Result<(), ServiceError> {
    let (amount, number, member) = (payout.row.amount.0, payout.row.no.get(), payout.row.member);
    let (own, office) = match payout.row.state {
        PayoutState::Open => ("payout-asked", "payout-wanted"),
        PayoutState::Paid => ("payout-paid", "payout-given"),
        PayoutState::Cancelled => ("payout-cancelled", "payout-withdrawn"),
        PayoutState::Expired => ("payout-expired", "payout-lapsed"),
    };
    let notice = |user, kind| NoticeNew::new(user, kind).with("amount_ngwee", amount).with("name", cluster.name.clone()).with("number", number);
    tell_member(tx, cluster.id, member, at, |user| notice(user, own)).await?;
    tell_officers(tx, cluster.id, actor.user(), at, |user| notice(user, office).with("who", payout.alias.clone())).await?;
    match payout.row.state {
        PayoutState::Open => text_member(tx, cluster.id, member, at, "payout-asked", |say| say.sms_payout_asked(amount, &number.to_string())).await,
        PayoutState::Paid => text_member(tx, cluster.id, member, at, "payout-paid", |say| say.sms_payout_paid(amount, &number.to_string())).await,
        PayoutState::Cancelled | PayoutState::Expired => Ok(()),
    }
}

/// Tells everyone who acts for a member that belongs to the cluster now.
pub(super) async fn tell_all(
    tx: &mut Tx<'_>,
    cluster: &ClusterRow,
    at: Instant,
    notice: impl Fn(UserId) -> NoticeNew + Send,
) -> Result<(), ServiceError> {
    let members = tx.member_list(cluster.id).await?;
    let is_here = |no: MemberNo| members.iter().any(|row| row.no == no && entering::is_here(row, today(cluster, at)));
    let mut users: Vec<UserId> = tx.cluster_roles(cluster.id).await?.iter().filter(|row| is_here(row.member)).map(|row| row.user).collect();
    users.sort_unstable();
    users.dedup();
    tell(tx, &users, at, notice).await
}

/// Puts a text for everyone who acts for a member into the outbox, each in the language of its reader.
async fn text_member(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    member: MemberNo,
    at: Instant,
    kind: &'static str,
    words: impl Fn(Say) -> String + Send,
) -> Result<(), ServiceError> {
    let mut users: Vec<UserId> = tx.member_users(cluster, member).await?.iter().map(|row| row.user).collect();
    users.dedup();
    for user in users {
        if let Some(person) = tx.user(user).await? {
            let text = sms::money(person.phone, kind, words(Say::new(person.language)));
            tx.sms_append(&[text], at).await?;
        }
    }
    Ok(())
}
