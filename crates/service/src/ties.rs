//! Who belongs to whom in a cluster: found in one place for the guard, which holds orders between such members, and for reliability, in
//! which their trades weigh nothing.

use domain::{ClusterId, MemberNo};
use market::trader::{Ties, Trader, TraderFacts};
use quantity::{BusinessDay, Instant};
use std::collections::BTreeSet;
use store::tables::{AssignmentRow, ClusterRow, MembershipRow};
use store::{StoreError, Tx};

/// How far back meters are looked at, in days: as far as trades are for reliability.
pub(crate) const SPAN_DAYS: i32 = 720;

/// Who belongs to whom, and of which members anything is known.
pub(crate) struct Known {
    pub(crate) ties: Ties,
    pub(crate) known: BTreeSet<MemberNo>,
}

/// Members are tied who share a person now, or had the same meter in the last [`SPAN_DAYS`] days: a meter keeps its history, and who shares a
/// meter is one household. Pairs such as guarantor and borrower are not named anywhere yet; here they would be read.
///
/// # Errors
/// What the store says.
pub(crate) async fn ties(tx: &mut Tx<'_>, cluster: &ClusterRow, now: Instant) -> Result<Known, StoreError> {
    let today = BusinessDay::of(now, cluster.offset);
    let roles = tx.cluster_roles(cluster.id).await?;
    let meters = tx.assignment_list(cluster.id, today.plus_days(-SPAN_DAYS), today.next()).await?;
    let facts: Vec<TraderFacts> = facts(cluster.id, &roles, &meters);
    let known = facts.iter().filter_map(|facts| facts.trader.member).collect();
    Ok(Known { ties: Ties::new(&facts, &[]), known })
}

/// A member of a cluster as a trader.
pub(crate) const fn of(cluster: ClusterId, member: MemberNo) -> Trader {
    Trader { cluster, member: Some(member) }
}

fn facts(cluster: ClusterId, roles: &[MembershipRow], meters: &[AssignmentRow]) -> Vec<TraderFacts> {
    let people = roles.iter().map(|row| TraderFacts { trader: of(cluster, row.member), household: None, users: vec![row.user] });
    let homes = meters.iter().map(|row| TraderFacts { trader: of(cluster, row.member), household: Some(row.meter.get()), users: Vec::new() });
    people.chain(homes).collect()
}
