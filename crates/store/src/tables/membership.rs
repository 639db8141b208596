//! What users are in clusters: rows by cluster for rights, and the same seen from the user for the profile.

use super::{day_at, member_at, opt_day_at, user_at};
use crate::{Result, Row, Sql, StoreError, Tx, sql};
use domain::{ClusterId, MemberNo, Role, UserId};
use ledger::{AccountCode, Currency};
use quantity::{BusinessDay, Instant, Ngwee, UtcOffset};

/// A role that a user holds or held in a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MembershipRow {
    /// The user.
    pub user: UserId,
    /// The member the user acts for.
    pub member: MemberNo,
    /// The role.
    pub role: Role,
    /// First day.
    pub since: BusinessDay,
    /// The day it was taken back; it ended at once.
    pub until: Option<BusinessDay>,
}

/// What a profile shows of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberBrief {
    /// The name that others see.
    pub alias: String,
    /// First day after, or `None`.
    pub left_on: Option<BusinessDay>,
    /// What the member has put into the cluster.
    pub contribution: Ngwee,
    /// What is the member's in the wallet, less what the member owes.
    pub wallet: Ngwee,
}

const PRESENT: Sql =
    sql!("SELECT 1 FROM membership WHERE cluster_id = $1 AND user_id = $2 AND member_no = $3 AND role = $4 AND until_on IS NULL LIMIT 1");
const GRANT: Sql = sql!(
    "INSERT INTO membership (cluster_id, user_id, member_no, role, since_on, until_on) VALUES ($1, $2, $3, $4, $5, NULL)
     ON CONFLICT (cluster_id, user_id, member_no, role, since_on) DO UPDATE SET until_on = NULL"
);
const REVOKE: Sql = sql!(
    "UPDATE membership SET until_on = CASE WHEN since_on > $5 THEN since_on ELSE $5 END
     WHERE cluster_id = $1 AND user_id = $2 AND member_no = $3 AND role = $4 AND until_on IS NULL"
);
const LINK: Sql =
    sql!("INSERT INTO user_member (user_id, cluster_id, member_no) VALUES ($1, $2, $3) ON CONFLICT (user_id, cluster_id, member_no) DO NOTHING");
const UNLINK: Sql = sql!("DELETE FROM user_member WHERE user_id = $1 AND cluster_id = $2 AND member_no = $3");
const STILL: Sql = sql!("SELECT 1 FROM membership WHERE cluster_id = $1 AND user_id = $2 AND member_no = $3 AND until_on IS NULL LIMIT 1");
const ROLES_IN: Sql =
    sql!("SELECT member_no, role FROM membership WHERE cluster_id = $1 AND user_id = $2 AND until_on IS NULL ORDER BY member_no, role");
const STANDING_IN: Sql = sql!(
    "SELECT m.member_no, m.role, p.left_on, c.offset_minutes FROM membership AS m
     LEFT JOIN member AS p ON p.cluster_id = m.cluster_id AND p.member_no = m.member_no
     LEFT JOIN cluster AS c ON c.cluster_id = m.cluster_id
     WHERE m.cluster_id = $1 AND m.user_id = $2 AND m.until_on IS NULL ORDER BY m.member_no, m.role"
);
const OF_CLUSTER: Sql = sql!(
    "SELECT user_id, member_no, role, since_on, until_on FROM membership WHERE cluster_id = $1 AND until_on IS NULL
     ORDER BY member_no, user_id, role"
);
const OF_MEMBER: Sql = sql!(
    "SELECT user_id, member_no, role, since_on, until_on FROM membership WHERE cluster_id = $1 AND member_no = $2 AND until_on IS NULL
     ORDER BY user_id, role"
);
const OF_USER_IN: Sql = sql!(
    "SELECT user_id, member_no, role, since_on, until_on FROM membership WHERE cluster_id = $1 AND user_id = $2 AND until_on IS NULL
     ORDER BY member_no, role"
);
const USER_MEMBERS: Sql = sql!("SELECT cluster_id, member_no FROM user_member WHERE user_id = $1 ORDER BY cluster_id, member_no");
const BRIEF: Sql = sql!("SELECT alias, left_on FROM member WHERE cluster_id = $1 AND member_no = $2");
const MONEY: Sql = sql!(
    "SELECT code, CAST(SUM(credits_posted - debits_posted) AS BIGINT) FROM account WHERE cluster_id = $1 AND member_no = $2 AND currency = $3
     GROUP BY code"
);

impl Tx<'_> {
    /// Gives a user a role in a cluster, for the member the user acts for; `false` when the user holds it already.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn role_grant(&mut self, cluster: ClusterId, member: MemberNo, user: UserId, role: Role, on: BusinessDay) -> Result<bool> {
        let key = [cluster.into(), user.into(), member.into(), role.as_str().into()];
        if self.query_opt(&PRESENT, &key, |_| Ok(())).await?.is_some() {
            return Ok(false);
        }
        self.exec(&GRANT, &[key[0], key[1], key[2], key[3], on.0.into()]).await?;
        self.exec(&LINK, &[user.into(), cluster.into(), member.into()]).await?;
        Ok(true)
    }

    /// Takes a role back, at once; `on` is the day that is written down. `false` when the user does not hold it.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn role_revoke(&mut self, cluster: ClusterId, member: MemberNo, user: UserId, role: Role, on: BusinessDay) -> Result<bool> {
        let values = [cluster.into(), user.into(), member.into(), role.as_str().into(), on.0.into()];
        if self.exec(&REVOKE, &values).await? == 0 {
            return Ok(false);
        }
        if self.query_opt(&STILL, &values[..3], |_| Ok(())).await?.is_none() {
            self.exec(&UNLINK, &[user.into(), cluster.into(), member.into()]).await?;
        }
        Ok(true)
    }

    /// The members a user acts for in a cluster, with each role held there now.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn roles_in(&mut self, cluster: ClusterId, user: UserId) -> Result<Vec<(MemberNo, Role)>> {
        self.query(&ROLES_IN, &[cluster.into(), user.into()], |row| Ok((member_at(row, 0)?, role_at(row, 1)?))).await
    }

    /// As [`Tx::roles_in`], with the moment from which the member no longer belongs to the cluster.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn standing_in(&mut self, cluster: ClusterId, user: UserId) -> Result<Vec<(MemberNo, Role, Option<Instant>)>> {
        self.query(&STANDING_IN, &[cluster.into(), user.into()], |row| {
            let offset = UtcOffset::new(row.opt_int(3)?.unwrap_or(0)).map_err(|error| StoreError::corrupt("cluster.offset_minutes", error))?;
            Ok((member_at(row, 0)?, role_at(row, 1)?, opt_day_at(row, 2)?.map(|left| left.start(offset))))
        })
        .await
    }

    /// As [`Tx::roles_in`], with the days.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn memberships_in(&mut self, cluster: ClusterId, user: UserId) -> Result<Vec<MembershipRow>> {
        self.query(&OF_USER_IN, &[cluster.into(), user.into()], membership).await
    }

    /// All roles held now in a cluster, by member.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn cluster_roles(&mut self, cluster: ClusterId) -> Result<Vec<MembershipRow>> {
        self.query(&OF_CLUSTER, &[cluster.into()], membership).await
    }

    /// The users who act for a member now, each with every role held.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn member_users(&mut self, cluster: ClusterId, member: MemberNo) -> Result<Vec<MembershipRow>> {
        self.query(&OF_MEMBER, &[cluster.into(), member.into()], membership).await
    }

    /// What a profile shows of a member; `None` when the cluster has no such member.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn member_brief(&mut self, cluster: ClusterId, member: MemberNo) -> Result<Option<MemberBrief>> {
        let key = [cluster.into(), member.into()];
        let found = self.query_opt(&BRIEF, &key, |row| Ok((row.text(0)?.to_owned(), opt_day_at(row, 1)?))).await?;
        let Some((alias, left_on)) = found else { return Ok(None) };
        let money = Currency::Zmw.number();
        let sums = self.query(&MONEY, &[key[0], key[1], money.into()], |row| Ok((row.int(0)?, row.int(1)?))).await?;
        let of = |code: AccountCode| sums.iter().find(|(number, _)| *number == code.number()).map_or(0, |(_, sum)| *sum);
        let wallet = of(AccountCode::MemberWallet).saturating_add(of(AccountCode::MemberReceivable));
        Ok(Some(MemberBrief { alias, left_on, contribution: Ngwee(of(AccountCode::MemberCapital)), wallet: Ngwee(wallet) }))
    }

    /// Where a user is anything now: cluster and member, by cluster.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn user_members(&mut self, user: UserId) -> Result<Vec<(ClusterId, MemberNo)>> {
        let map = |row: &Row<'_>| {
            let cluster = ClusterId::new(row.int(0)?).map_err(|error| StoreError::corrupt("user_member.cluster_id", error))?;
            Ok((cluster, member_at(row, 1)?))
        };
        self.query(&USER_MEMBERS, &[user.into()], map).await
    }
}

fn role_at(row: &Row<'_>, column: usize) -> Result<Role> {
    Role::parse(row.text(column)?).map_err(|error| StoreError::corrupt("membership.role", error))
}

fn membership(row: &Row<'_>) -> Result<MembershipRow> {
    Ok(MembershipRow {
        user: user_at(row, 0)?,
        member: member_at(row, 1)?,
        role: role_at(row, 2)?,
        since: day_at(row, 3)?,
        until: opt_day_at(row, 4)?,
    })
}
