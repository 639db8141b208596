//! People who are asked to act for a household, until they answer.

use super::{member_at, user_at};
use crate::{Result, Row, Sql, StoreError, Tx, sql};
use domain::{ClusterId, MemberNo, UserId};
use quantity::Instant;

/// An invitation to act for a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvitationRow {
    /// The cluster.
    pub cluster: ClusterId,
    /// The household.
    pub member: MemberNo,
    /// Who acts for the household and asked.
    pub invited_by: UserId,
    /// When.
    pub invited_at: Instant,
    /// From when on it counts no more.
    pub expires_at: Instant,
}

const PUT: Sql = sql!(
    "INSERT INTO household_invitation (user_id, cluster_id, member_no, invited_by, invited_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (user_id, cluster_id, member_no) DO UPDATE SET invited_by = excluded.invited_by, invited_at = excluded.invited_at,
        expires_at = excluded.expires_at"
);
const FIND: Sql = sql!(
    "SELECT cluster_id, member_no, invited_by, invited_at, expires_at FROM household_invitation
     WHERE user_id = $1 AND cluster_id = $2 AND member_no = $3 AND expires_at > $4"
);
const LIST: Sql = sql!(
    "SELECT cluster_id, member_no, invited_by, invited_at, expires_at FROM household_invitation WHERE user_id = $1 AND expires_at > $2
     ORDER BY cluster_id, member_no LIMIT $3"
);
const TAKE: Sql = sql!("DELETE FROM household_invitation WHERE user_id = $1 AND cluster_id = $2 AND member_no = $3");

impl Tx<'_> {
    /// Keeps an invitation, in place of an earlier one of the same household. Takes the same steps without a user.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn invitation_put(&mut self, user: Option<UserId>, row: &InvitationRow) -> Result<()> {
        let user = user.map_or(0, UserId::get);
        let values = [user.into(), row.cluster.into(), row.member.into(), row.invited_by.into(), row.invited_at.into(), row.expires_at.into()];
        self.exec(&PUT, &values).await.map(|_| ())
    }

    /// The invitation of a household to a user, unless it is over. Takes the same steps without a user.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn invitation(&mut self, user: Option<UserId>, cluster: ClusterId, member: MemberNo, now: Instant) -> Result<Option<InvitationRow>> {
        let user = user.map_or(0, UserId::get);
        self.query_opt(&FIND, &[user.into(), cluster.into(), member.into(), now.into()], invitation_row).await
    }

    /// The invitations to a user that are not over.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn invitation_list(&mut self, user: UserId, now: Instant, limit: u32) -> Result<Vec<InvitationRow>> {
        self.query(&LIST, &[user.into(), now.into(), limit.into()], invitation_row).await
    }

    /// Ends an invitation; `false` when there was none. Takes the same steps without a user.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn invitation_take(&mut self, user: Option<UserId>, cluster: ClusterId, member: MemberNo) -> Result<bool> {
        let user = user.map_or(0, UserId::get);
        Ok(self.exec(&TAKE, &[user.into(), cluster.into(), member.into()]).await? == 1)
    }
}

fn invitation_row(row: &Row<'_>) -> Result<InvitationRow> {
    Ok(InvitationRow {
        cluster: ClusterId::new(row.int(0)?).map_err(|error| StoreError::corrupt("household_invitation.cluster_id", error))?,
        member: member_at(row, 1)?,
        invited_by: user_at(row, 2)?,
        invited_at: Instant(row.int(3)?),
        expires_at: Instant(row.int(4)?),
    })
}
