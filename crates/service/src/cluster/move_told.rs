//! What a move was, as one of its two clusters tells it: closing or opening sums, meters, and the transfers on both sides.

use super::ClusterError;
use super::moves::{CARRIED, key};
use crate::policy::{Action, Actor, Standing};
use crate::{Service, ServiceError};
use domain::{ClusterId, MemberNo, MeterNo, MoveNo, TransferNo};
use ledger::AccountCode;
use quantity::BusinessDay;
use store::Tx;
use store::tables::{AssignmentRow, ClusterRow, MeterRow, MoveDirection, MoveLeg, MoveRow};

/// Money or energy credits that went along, and where they are booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LegTold {
    /// What went.
    pub leg: MoveLeg,
    /// The transfer in the cluster that was left; `None` while it is not booked.
    pub out: Option<TransferNo>,
    /// The transfer in the cluster that was joined; `None` while it is on its way.
    pub arrived: Option<TransferNo>,
}

/// A meter that went along, as the cluster that tells it counted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterTold {
    /// Its number here.
    pub no: MeterNo,
    /// What readings name it by.
    pub serial: String,
    /// First day here.
    pub from: BusinessDay,
    /// First day no longer here; `None` while it counts.
    pub until: Option<BusinessDay>,
}

/// A move of a member, as one of its clusters tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveTold {
    /// The row of this cluster, with its closing or opening sums.
    pub row: MoveRow,
    /// The other cluster.
    pub other: ClusterRow,
    /// Whether the reader acts, or acted, for the member there: the other book is open too.
    pub is_own_there: bool,
    /// The meters that went along.
    pub meters: Vec<MeterTold>,
    /// The member's money that went along, by leg.
    pub legs: Vec<LegTold>,
    /// Energy credits that went along, by leg; amounts are in Wh. The cover that went with them is the clusters', not the member's.
    pub energy: Vec<LegTold>,
}

impl MoveTold {
    /// What a cluster owed the member at the moment of the statement, zero or more; `None` before there is one.
    #[must_use]
    pub fn credit(&self) -> Option<quantity::Ngwee> {
        self.row.statement.map(|statement| quantity::Ngwee(statement.receivable.0.max(0)))
    }
}

impl Service {
    /// The moves of a member out of and into this cluster, by number: for who may read the member's money here, and, of a single move, for
    /// who may read the money of the member it became, or was, in the other cluster.
    ///
    /// # Errors
    /// [`ServiceError::Denied`]; [`ClusterError::MemberUnknown`].
    pub async fn member_moves(&self, actor: Actor, cluster: &ClusterRow, member: MemberNo) -> Result<Vec<MoveTold>, ServiceError> {
        let action = Action::MoneyRead(member);
        let standing = self.standing(actor, cluster.id).await?;
        let is_signed_in = !matches!(actor, Actor::Nobody);
        let sees_all = standing.may(action);
        if sees_all || !is_signed_in {
            self.require(actor, cluster.id, action).await?;
        }
        let id = cluster.id;
        let found = self.store.read::<_, ServiceError, _>(move |tx| {
            Box::pin(async move {
                let is_known = tx.member_list(id).await?.iter().any(|row| row.no == member);
                let rows: Vec<MoveRow> = tx.move_list(id).await?.into_iter().filter(|row| row.member == member).collect();
                Ok((is_known, rows))
            })
        });
        let (is_known, rows) = found.await?;
        let mut told = Vec::with_capacity(rows.len());
        for row in rows {
            // Which member it is there is part of asking for the right: nothing of it is told before.
            let there = self.standing(actor, row.other_cluster).await?;
            if !sees_all && !sees_there(&there, row.other_member) {
                continue;
            }
            if let (false, Some(other)) = (sees_all, row.other_member) {
                self.require(actor, row.other_cluster, Action::MoneyRead(other)).await?;
            }
            let is_own_there = row.other_member.is_some_and(|other| there.acts_for(other));
            told.push(self.move_told(cluster.id, row, is_own_there).await?);
        }
        if told.is_empty() {
            // Nothing is linked to a right elsewhere: the refusal is that of this cluster.
            if !sees_all {
                self.require(actor, cluster.id, action).await?;
            }
            if !is_known {
                return Err(ClusterError::MemberUnknown { member }.into());
            }
        }
        Ok(told)
    }

    async fn move_told(&self, cluster: ClusterId, row: MoveRow, is_own_there: bool) -> Result<MoveTold, ServiceError> {
        let other = self.cluster_of(row.other_cluster).await?;
        let (member, on, direction) = (row.member, row.on, row.direction);
        let meters = self.store.read::<_, ServiceError, _>(move |tx| {
            Box::pin(async move {
                let assigned = tx.assignment_list(cluster, on.previous(), on.next()).await?;
                Ok(meters(&tx.meter_list(cluster).await?, &assigned, member, direction, on))
            })
        });
        let meters = meters.await?;
        // Legs are kept by the cluster that is left; the keys of both sides are made from its number of the move.
        let (from, to, no) = match row.direction {
            MoveDirection::Out => (cluster, row.other_cluster, Some(row.no)),
            MoveDirection::In => (row.other_cluster, cluster, row.other_move),
        };
        let legs = match no {
            Some(no) => self.legs_told(from, to, no).await?,
            None => Vec::new(),
        };
        let (legs, others): (Vec<LegTold>, Vec<LegTold>) = legs.into_iter().partition(|told| CARRIED.contains(&told.leg.account));
        let energy = others.into_iter().filter(|told| told.leg.account == AccountCode::MemberEnergy).collect();
        Ok(MoveTold { row, other, is_own_there, meters, legs, energy })
    }

    async fn legs_told(&self, from: ClusterId, to: ClusterId, no: MoveNo) -> Result<Vec<LegTold>, ServiceError> {
        let legs: Vec<MoveLeg> =
            self.store.read::<_, ServiceError, _>(move |tx| Box::pin(async move { Ok(tx.move_leg_list(from, no).await?) })).await?;
        let mut told: Vec<LegTold> = legs.iter().map(|&leg| LegTold { leg, out: None, arrived: None }).collect();
        for (cluster, step) in [(from, "move-out"), (to, "move-in")] {
            let legs = legs.clone();
            let booked = self.store.read::<_, ServiceError, _>(move |tx| {
                let legs = legs.clone();
                Box::pin(async move { transfers(tx, cluster, step, (from, no), &legs).await })
            });
            for (told, booked) in told.iter_mut().zip(booked.await?) {
                *if step == "move-out" { &mut told.out } else { &mut told.arrived } = booked;
            }
        }
        Ok(told)
    }
}

fn sees_there(there: &Standing, other: Option<MemberNo>) -> bool {
    other.is_some_and(|other| there.may(Action::MoneyRead(other)))
}

async fn transfers(
    tx: &mut Tx<'_>,
    cluster: ClusterId,
    step: &str,
    (from, no): (ClusterId, MoveNo),
    legs: &[MoveLeg],
) -> Result<Vec<Option<TransferNo>>, ServiceError> {
    let keys: Vec<_> = legs.iter().map(|leg| key(step, from, no, leg.leg)).collect();
    let booked = tx.transfers_by_key(cluster, &keys).await?;
    Ok(keys.iter().map(|key| booked.iter().find(|transfer| transfer.key == *key).map(|transfer| transfer.no)).collect())
}

/// The meters that stopped to count for the member here on the day, or began to.
fn meters(known: &[MeterRow], assigned: &[AssignmentRow], member: MemberNo, direction: MoveDirection, on: BusinessDay) -> Vec<MeterTold> {
    let went = |row: &&AssignmentRow| {
        row.member == member
            && match direction {
                MoveDirection::Out => row.until == Some(on),
                MoveDirection::In => row.from == on,
            }
    };
    let serial = |no: MeterNo| known.iter().find(|meter| meter.no == no).map_or_else(String::new, |meter| meter.serial.clone());
    let told = |row: &AssignmentRow| MeterTold { no: row.meter, serial: serial(row.meter), from: row.from, until: row.until };
    assigned.iter().filter(went).map(told).collect()
}
