//! Who is told what: notices to the people of a member and to the officers of a cluster.

use crate::ServiceError;
use domain::{ClusterId, MemberNo, Role, UserId};
use quantity::Instant;
use store::Tx;
use store::tables::NoticeNew;

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
pub(super) async fn tell_officers(
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
