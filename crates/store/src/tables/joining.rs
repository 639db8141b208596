//! Founding, joining and moving: what a cluster tells strangers, each household's own entry, and money on its way between clusters.

use super::ledger::halves;
use super::{day_at, member_at};
use crate::{Column, Result, Row, Sql, SqlBatch, StoreError, Tx, Value, sql};
use domain::{ClusterId, GeoPoint, MemberNo, MemberState, MoveNo, UserId};
use ledger::merkle::Hash;
use ledger::{AccountCode, IdempotencyKey};
use quantity::{BusinessDay, Instant, Ngwee, WattHours, Watts};

/// What a cluster tells strangers, beside its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterProfile {
    /// Where it is.
    pub location: Option<GeoPoint>,
    /// What its battery holds, or is planned to hold.
    pub capacity: WattHours,
    /// What its plant gives at most, or is planned to give.
    pub power: Watts,
    /// Whether it takes households now.
    pub is_joinable: bool,
}

/// What a household lets the other members see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consents {
    /// The person's name beside the alias.
    pub show_name: bool,
    /// The phone number.
    pub show_phone: bool,
    /// How much energy it used last month.
    pub show_usage: bool,
}

/// A household's own entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryRow {
    /// The number; a household that only asked has one too.
    pub member: MemberNo,
    /// How far it is.
    pub state: MemberState,
    /// The name that others see.
    pub alias: String,
    /// What it is: `urban_home`, `clinic` …
    pub kind: String,
    /// Number or name of the house; may be empty.
    pub house: String,
    /// How many people live there; 0 is not said.
    pub residents: i64,
    /// Code of the language; empty is not said.
    pub language: String,
    /// Skills and tools to lend, in the household's words.
    pub skills: String,
    /// What it promised to put into the equipment.
    pub pledge: Ngwee,
    /// What others may see.
    pub consents: Consents,
    /// Who asked; `None` for households entered by the program.
    pub user: Option<UserId>,
    /// Serials of meters to be added on admission.
    pub serials: Vec<String>,
    /// The day it asked or was entered.
    pub asked_on: BusinessDay,
    /// Who admitted or refused; 0 is the program.
    pub decided_by: Option<i64>,
    /// Where it came from.
    pub moved_from: Option<(ClusterId, MemberNo)>,
    /// Where it went.
    pub moved_to: Option<(ClusterId, MemberNo)>,
}

/// A request that was answered: what it was, and what came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JoiningRequest {
    /// Digest of its content.
    pub digest: [u8; 32],
    /// The cluster founded or asked.
    pub cluster: ClusterId,
    /// The member it became, or may become.
    pub member: MemberNo,
}

/// On which side of a move a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveDirection {
    /// The member leaves this cluster.
    Out,
    /// The member comes to this cluster.
    In,
}

/// How far a move is. The row of the cluster that is left leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoveState {
    /// Wanted; nothing else was done.
    Begun,
    /// The other cluster has the member, this one has ended the membership; money follows.
    Moved,
    /// All money arrived, and no more can follow.
    Done,
    /// The other cluster refused; the member stays.
    Refused,
}

impl MoveState {
    /// The word as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Moved => "moved",
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }

    fn parse(text: &str) -> Result<Self> {
        [Self::Begun, Self::Moved, Self::Done, Self::Refused]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| StoreError::corrupt("member_move.state", text))
    }
}

/// The sums of a membership when it closes or opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveStatement {
    /// In the wallet.
    pub wallet: Ngwee,
    /// Owed to the cluster (negative) or by it.
    pub receivable: Ngwee,
    /// Put into the equipment.
    pub capital: Ngwee,
    /// Root of the cluster's log at that moment.
    pub log_root: Hash,
    /// The moment.
    pub at: Instant,
}

/// A member's move as one of its two clusters knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoveRow {
    /// Its number in this cluster.
    pub no: MoveNo,
    /// The side.
    pub direction: MoveDirection,
    /// How far it is.
    pub state: MoveState,
    /// The member in this cluster.
    pub member: MemberNo,
    /// The other cluster.
    pub other_cluster: ClusterId,
    /// The number of the move there.
    pub other_move: Option<MoveNo>,
    /// The member there.
    pub other_member: Option<MemberNo>,
    /// First day there, first day no longer here.
    pub on: BusinessDay,
    /// What is promised to the new cluster.
    pub pledge: Ngwee,
    /// First day of the membership that ends or begins.
    pub period_from: BusinessDay,
    /// Closing (out) or opening (in) sums.
    pub statement: Option<MoveStatement>,
    /// Who asked; 0 is the program.
    pub actor: i64,
}

/// Money or energy credits on their way from an account here to the same kind of account there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoveLeg {
    /// Number of the leg in its move, from 1.
    pub leg: i64,
    /// Kind of account on both sides.
    pub account: AccountCode,
    /// How much, above zero; Wh where the account counts energy credits.
    pub amount: Ngwee,
    /// Whether the other side has booked it.
    pub is_arrived: bool,
}

const PROFILE: Sql = sql!("SELECT latitude, longitude, capacity_wh, power_w, is_joinable FROM cluster_profile WHERE cluster_id = $1");
const PROFILE_PUT: Sql = sql!(
    "INSERT INTO cluster_profile (cluster_id, latitude, longitude, capacity_wh, power_w, is_joinable) VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (cluster_id) DO UPDATE SET latitude = excluded.latitude, longitude = excluded.longitude, capacity_wh = excluded.capacity_wh,
        power_w = excluded.power_w, is_joinable = excluded.is_joinable"
);
static ENTRY_PUT: SqlBatch = SqlBatch::new(
    "member_entry",
    &[
        Column::int("cluster_id"),
        Column::int("member_no"),
        Column::text("state"),
        Column::text("alias"),
        Column::text("kind"),
        Column::text("house"),
        Column::int("residents"),
        Column::text("language"),
        Column::text("skills"),
        Column::int("pledge"),
        Column::flag("show_name"),
        Column::flag("show_phone"),
        Column::flag("show_usage"),
        Column::int("user_id"),
        Column::text("serials"),
        Column::int("asked_on"),
        Column::int("decided_by"),
        Column::int("from_cluster"),
        Column::int("from_member"),
        Column::int("to_cluster"),
        Column::int("to_member"),
    ],
    "ON CONFLICT (cluster_id, member_no) DO UPDATE SET state = excluded.state, alias = excluded.alias, kind = excluded.kind, house = excluded.house,
        residents = excluded.residents, language = excluded.language, skills = excluded.skills, pledge = excluded.pledge,
        show_name = excluded.show_name, show_phone = excluded.show_phone, show_usage = excluded.show_usage, user_id = excluded.user_id,
        serials = excluded.serials, asked_on = excluded.asked_on, decided_by = excluded.decided_by, from_cluster = excluded.from_cluster,
        from_member = excluded.from_member, to_cluster = excluded.to_cluster, to_member = excluded.to_member",
);
const ENTRY_FIND: Sql = sql!(
    "SELECT member_no, state, alias, kind, house, residents, language, skills, pledge, show_name, show_phone, show_usage, user_id, serials, asked_on,
        decided_by, from_cluster, from_member, to_cluster, to_member FROM member_entry WHERE cluster_id = $1 AND member_no = $2"
);
const ENTRIES: Sql = sql!(
    "SELECT member_no, state, alias, kind, house, residents, language, skills, pledge, show_name, show_phone, show_usage, user_id, serials, asked_on,
        decided_by, from_cluster, from_member, to_cluster, to_member FROM member_entry WHERE cluster_id = $1 ORDER BY member_no"
);
const REQUEST_PUT: Sql =
    sql!("INSERT INTO joining_request (user_id, key_high, key_low, digest, cluster_id, member_no) VALUES ($1, $2, $3, $4, $5, $6)");
const REQUEST_FIND: Sql = sql!("SELECT digest, cluster_id, member_no FROM joining_request WHERE user_id = $1 AND key_high = $2 AND key_low = $3");
const REQUEST_DROP: Sql = sql!("DELETE FROM joining_request WHERE user_id = $1 AND cluster_id = $2 AND member_no = $3");
const DIRTY_FROM: Sql = sql!("UPDATE settlement_day SET status = 'dirty' WHERE cluster_id = $1 AND day >= $2 AND day < $3");
const FIRST_POSTED: Sql =
    sql!("SELECT MIN(posted_at) FROM settlement_day WHERE cluster_id = $1 AND day >= $2 AND day < $3 AND posted_at IS NOT NULL");
const UNPOSTED_BEFORE: Sql = sql!("SELECT COUNT(*) FROM settlement_day WHERE cluster_id = $1 AND day < $2 AND status <> 'posted'");
const BLOCK_AFTER: Sql = sql!("SELECT COUNT(*) FROM reading_block WHERE cluster_id = $1 AND interval_start >= $2 AND interval_start < $3");
static MOVE_INSERT: SqlBatch = SqlBatch::new(
    "member_move",
    &[
        Column::int("cluster_id"),
        Column::int("move_no"),
        Column::text("direction"),
        Column::text("state"),
        Column::int("member_no"),
        Column::int("other_cluster"),
        Column::int("other_move"),
        Column::int("other_member"),
        Column::int("on_day"),
        Column::int("pledge"),
        Column::int("period_from"),
        Column::int("wallet"),
        Column::int("receivable"),
        Column::int("capital"),
        Column::bytes("log_root"),
        Column::int("stated_at"),
        Column::int("actor"),
    ],
    "",
);
const MOVE_PUT_OFF: Sql = sql!("UPDATE member_move SET on_day = $3 WHERE cluster_id = $1 AND move_no = $2 AND state = 'begun' AND on_day < $3");
const MOVE_ENDED: Sql = sql!(
    "UPDATE member_move SET state = 'moved', on_day = $3, other_move = $4, other_member = $5
     WHERE cluster_id = $1 AND move_no = $2 AND state = 'begun'"
);
const MOVE_STATE: Sql = sql!("UPDATE member_move SET state = $4 WHERE cluster_id = $1 AND move_no = $2 AND state = $3");
const MOVE_STATEMENT: Sql = sql!(
    "UPDATE member_move SET wallet = $3, receivable = $4, capital = $5, log_root = $6, stated_at = $7
     WHERE cluster_id = $1 AND move_no = $2 AND stated_at IS NULL"
);
const REFUSED: Sql = sql!("SELECT 1 FROM move_refusal WHERE cluster_id = $1 AND from_cluster = $2 AND from_move = $3");
const REFUSE: Sql = sql!(
    "INSERT INTO move_refusal (cluster_id, from_cluster, from_move, refused_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (cluster_id, from_cluster, from_move) DO NOTHING"
);
const RESERVED: Sql = sql!(
    "SELECT cluster_id, member_no FROM member_entry WHERE state = 'asked' AND from_cluster IS NOT NULL AND decided_by IS NOT NULL
        AND (cluster_id > $1 OR (cluster_id = $1 AND member_no > $2)) ORDER BY cluster_id, member_no LIMIT $3"
);
const MOVES: Sql = sql!(
    "SELECT move_no, direction, state, member_no, other_cluster, other_move, other_member, on_day, pledge, period_from, wallet, receivable, capital,
        log_root, stated_at, actor FROM member_move WHERE cluster_id = $1 ORDER BY move_no"
);
const MOVES_OPEN: Sql = sql!(
    "SELECT cluster_id, move_no FROM member_move WHERE (state = 'begun' OR state = 'moved') AND direction = 'out'
        AND (cluster_id > $1 OR (cluster_id = $1 AND move_no > $2)) ORDER BY cluster_id, move_no LIMIT $3"
);
static LEG_PUT: SqlBatch = SqlBatch::new(
    "move_leg",
    &[
        Column::int("cluster_id"),
        Column::int("move_no"),
        Column::int("leg_no"),
        Column::int("account_code"),
        Column::int("amount"),
        Column::flag("is_arrived"),
    ],
    "ON CONFLICT (cluster_id, move_no, leg_no) DO UPDATE SET is_arrived = excluded.is_arrived",
);
const LEGS: Sql = sql!("SELECT leg_no, account_code, amount, is_arrived FROM move_leg WHERE cluster_id = $1 AND move_no = $2 ORDER BY leg_no");
/// By the other cluster, what this side has credited (positive) or debited to its clearing account. A delivery names its deal, which knows the
/// other cluster.
const CLEARING_BY_OTHER: Sql = sql!(
    "SELECT other, CAST(SUM(amount) AS BIGINT) FROM (
        SELECT CASE WHEN t.cause_kind = 11 THEN COALESCE(d.other_cluster, 0) ELSE t.cause_b END AS other,
            CASE WHEN t.credit = $2 THEN t.amount ELSE -t.amount END AS amount
        FROM transfer AS t LEFT JOIN deal AS d ON d.cluster_id = t.cluster_id AND d.deal_no = t.cause_a AND t.cause_kind = 11
        WHERE t.cluster_id = $1 AND (t.debit = $2 OR t.credit = $2)) AS lines
     GROUP BY other ORDER BY other"
);
const CLEARING_ACCOUNTS: Sql = sql!("SELECT cluster_id, account_no FROM account WHERE code = 30 AND cluster_id > $1 ORDER BY cluster_id LIMIT $2");

impl Tx<'_> {
    /// What a cluster tells strangers; `None` when nobody said.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn cluster_profile(&mut self, cluster: ClusterId) -> Result<Option<ClusterProfile>> {
        self.query_opt(&PROFILE, &[cluster.into()], |row| {
            let place = row.opt_int(0)?.zip(row.opt_int(1)?);
            let location = place.map(|(latitude, longitude)| GeoPoint::new(latitude, longitude)).transpose();
            Ok(ClusterProfile {
                location: location.map_err(|error| StoreError::corrupt("cluster_profile", error))?,
                capacity: WattHours(row.int(2)?),
                power: Watts(row.int(3)?),
                is_joinable: row.boolean(4)?,
            })
        })
        .await
    }

    /// Writes what a cluster tells strangers.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn cluster_profile_put(&mut self, cluster: ClusterId, profile: &ClusterProfile) -> Result<()> {
        let values = [
            cluster.into(),
            profile.location.map(GeoPoint::latitude_micro).into(),
            profile.location.map(GeoPoint::longitude_micro).into(),
            profile.capacity.0.into(),
            profile.power.0.into(),
            profile.is_joinable.into(),
        ];
        self.exec(&PROFILE_PUT, &values).await.map(|_| ())
    }

    /// Writes a household's entry, new or again.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn entry_put(&mut self, cluster: ClusterId, entry: &EntryRow) -> Result<()> {
        let serials = entry.serials.join(" ");
        let other = |at: Option<(ClusterId, MemberNo)>| {
            [at.map_or(Value::Null, |(cluster, _)| cluster.into()), at.map_or(Value::Null, |(_, member)| member.into())]
        };
        let ([from_cluster, from_member], [to_cluster, to_member]) = (other(entry.moved_from), other(entry.moved_to));
        let values = [
            cluster.into(),
            entry.member.into(),
            entry.state.as_str().into(),
            entry.alias.as_str().into(),
            entry.kind.as_str().into(),
            entry.house.as_str().into(),
            entry.residents.into(),
            entry.language.as_str().into(),
            entry.skills.as_str().into(),
            entry.pledge.0.into(),
            entry.consents.show_name.into(),
            entry.consents.show_phone.into(),
            entry.consents.show_usage.into(),
            entry.user.map_or(0, UserId::get).into(),
            serials.as_str().into(),
            entry.asked_on.0.into(),
            entry.decided_by.into(),
            from_cluster,
            from_member,
            to_cluster,
            to_member,
        ];
        self.insert_many(&ENTRY_PUT, &values).await.map(|_| ())
    }

    /// A household's entry.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn entry_find(&mut self, cluster: ClusterId, member: MemberNo) -> Result<Option<EntryRow>> {
        self.query_opt(&ENTRY_FIND, &[cluster.into(), member.into()], entry_row).await
    }

    /// All entries of a cluster, by number; households entered before there were entries have none.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn entry_list(&mut self, cluster: ClusterId) -> Result<Vec<EntryRow>> {
        self.query(&ENTRIES, &[cluster.into()], entry_row).await
    }

    /// The answer that a request of `user` (0 is the program) was given under this key.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn joining_request(&mut self, user: i64, key: IdempotencyKey) -> Result<Option<JoiningRequest>> {
        let (high, low) = halves(key);
        self.query_opt(&REQUEST_FIND, &[user.into(), high.into(), low.into()], |row| {
            Ok(JoiningRequest {
                digest: row.bytes(0)?.try_into().map_err(|_| StoreError::corrupt("joining_request.digest", "of another length"))?,
                cluster: cluster_at(row, 1)?,
                member: member_at(row, 2)?,
            })
        })
        .await
    }

    /// Keeps the answer to a request.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the key has one.
    pub async fn joining_request_put(&mut self, user: i64, key: IdempotencyKey, request: &JoiningRequest) -> Result<()> {
        let (high, low) = halves(key);
        let values = [user.into(), high.into(), low.into(), Value::Bytes(&request.digest), request.cluster.into(), request.member.into()];
        self.exec(&REQUEST_PUT, &values).await.map(|_| ())
    }

    /// Takes the answer back that made a household this member, so that its key is free again.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn joining_request_drop(&mut self, user: i64, cluster: ClusterId, member: MemberNo) -> Result<()> {
        self.exec(&REQUEST_DROP, &[user.into(), cluster.into(), member.into()]).await.map(|_| ())
    }

    /// When the first posted day in `[from, until)` was posted; `None` when none is.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn days_first_posted(&mut self, cluster: ClusterId, from: BusinessDay, until: BusinessDay) -> Result<Option<Instant>> {
        Ok(self.query_one(&FIRST_POSTED, &[cluster.into(), from.0.into(), until.0.into()], |row| row.opt_int(0)).await?.map(Instant))
    }

    /// Marks all settled days in `[from, until)` as to be settled again; gives how many.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn days_mark_dirty(&mut self, cluster: ClusterId, from: BusinessDay, until: BusinessDay) -> Result<u64> {
        self.exec(&DIRTY_FROM, &[cluster.into(), from.0.into(), until.0.into()]).await
    }

    /// Whether every settled day before `day` is posted.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn days_posted_before(&mut self, cluster: ClusterId, day: BusinessDay) -> Result<bool> {
        Ok(self.query_one(&UNPOSTED_BEFORE, &[cluster.into(), day.0.into()], |row| row.int(0)).await? == 0)
    }

    /// How many intervals in `[from, until)` have readings.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn block_count(&mut self, cluster: ClusterId, from: Instant, until: Instant) -> Result<i64> {
        self.query_one(&BLOCK_AFTER, &[cluster.into(), from.into(), until.into()], |row| row.int(0)).await
    }

    /// Writes one side of a new move. What changes later is changed by its own step alone, from the state it was seen in: no worker can
    /// set back what another did.
    ///
    /// # Errors
    /// [`StoreError::UniqueViolation`] when the number is taken.
    pub async fn move_insert(&mut self, cluster: ClusterId, row: &MoveRow) -> Result<()> {
        let sum = |pick: fn(&MoveStatement) -> i64| row.statement.as_ref().map(pick);
        let root = row.statement.map(|statement| statement.log_root);
        let values = [
            cluster.into(),
            row.no.into(),
            if row.direction == MoveDirection::Out { "out" } else { "in" }.into(),
            row.state.as_str().into(),
            row.member.into(),
            row.other_cluster.into(),
            row.other_move.map(MoveNo::get).into(),
            row.other_member.map(MemberNo::get).into(),
            row.on.0.into(),
            row.pledge.0.into(),
            row.period_from.0.into(),
            sum(|statement| statement.wallet.0).into(),
            sum(|statement| statement.receivable.0).into(),
            sum(|statement| statement.capital.0).into(),
            root.as_ref().map_or(Value::Null, |root| Value::Bytes(root)),
            sum(|statement| statement.at.0).into(),
            row.actor.into(),
        ];
        self.insert_many(&MOVE_INSERT, &values).await.map(|_| ())
    }

    /// Puts a move off to a later day; `false` when it is no longer begun, or on that day already.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_put_off(&mut self, cluster: ClusterId, no: MoveNo, on: BusinessDay) -> Result<bool> {
        Ok(self.exec(&MOVE_PUT_OFF, &[cluster.into(), no.into(), on.0.into()]).await? > 0)
    }

    /// Writes down that the other cluster has the member, as its row of the move says; `false` when the move is no longer begun.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_ended(&mut self, cluster: ClusterId, no: MoveNo, arrival: &MoveRow) -> Result<bool> {
        let values = [cluster.into(), no.into(), arrival.on.0.into(), arrival.no.into(), arrival.member.into()];
        Ok(self.exec(&MOVE_ENDED, &values).await? > 0)
    }

    /// Takes a move from one state to the next; `false` when it is in another.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_state_set(&mut self, cluster: ClusterId, no: MoveNo, from: MoveState, to: MoveState) -> Result<bool> {
        let values = [cluster.into(), no.into(), from.as_str().into(), to.as_str().into()];
        Ok(self.exec(&MOVE_STATE, &values).await? > 0)
    }

    /// Keeps the closing or opening sums; `false` when they are there, and then they stay.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_statement_put(&mut self, cluster: ClusterId, no: MoveNo, statement: &MoveStatement) -> Result<bool> {
        let values = [
            cluster.into(),
            no.into(),
            statement.wallet.0.into(),
            statement.receivable.0.into(),
            statement.capital.0.into(),
            Value::Bytes(&statement.log_root),
            statement.at.into(),
        ];
        Ok(self.exec(&MOVE_STATEMENT, &values).await? > 0)
    }

    /// Whether this cluster has refused move `no` of the cluster `from` for good.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_is_refused(&mut self, cluster: ClusterId, from: ClusterId, no: MoveNo) -> Result<bool> {
        Ok(self.query_opt(&REFUSED, &[cluster.into(), from.into(), no.into()], |_| Ok(())).await?.is_some())
    }

    /// Keeps that this cluster refused a move: it takes nobody in by it any more.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_refusal_put(&mut self, cluster: ClusterId, from: ClusterId, no: MoveNo, now: Instant) -> Result<()> {
        self.exec(&REFUSE, &[cluster.into(), from.into(), no.into(), now.into()]).await.map(|_| ())
    }

    /// Numbers that wait for a household whose move was decided, after `after`. Across clusters: for the job that finishes moves.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn reserved_list(&mut self, after: (i64, i64), limit: u32) -> Result<Vec<(ClusterId, MemberNo)>> {
        self.query(&RESERVED, &[after.0.into(), after.1.into(), limit.into()], |row| Ok((cluster_at(row, 0)?, member_at(row, 1)?))).await
    }

    /// All moves out of and into a cluster, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_list(&mut self, cluster: ClusterId) -> Result<Vec<MoveRow>> {
        self.query(&MOVES, &[cluster.into()], move_row).await
    }

    /// Moves that are not done, by the cluster that is left, after `after`. Across clusters: for the job that finishes them.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_list_open(&mut self, after: (i64, i64), limit: u32) -> Result<Vec<(ClusterId, MoveNo)>> {
        self.query(&MOVES_OPEN, &[after.0.into(), after.1.into(), limit.into()], |row| Ok((cluster_at(row, 0)?, move_at(row, 1)?))).await
    }

    /// Writes legs, new or again.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_leg_put(&mut self, cluster: ClusterId, no: MoveNo, legs: &[MoveLeg]) -> Result<()> {
        let mut values = Vec::with_capacity(legs.len() * 6);
        for leg in legs {
            values.extend([Value::from(cluster), no.into(), leg.leg.into(), leg.account.number().into(), leg.amount.0.into(), leg.is_arrived.into()]);
        }
        self.insert_many(&LEG_PUT, &values).await.map(|_| ())
    }

    /// The legs of a move, by number.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn move_leg_list(&mut self, cluster: ClusterId, no: MoveNo) -> Result<Vec<MoveLeg>> {
        self.query(&LEGS, &[cluster.into(), no.into()], |row| {
            let code = row.int(1)?;
            Ok(MoveLeg {
                leg: row.int(0)?,
                account: AccountCode::from_number(code).ok_or_else(|| StoreError::corrupt("move_leg.account_code", code))?,
                amount: Ngwee(row.int(2)?),
                is_arrived: row.boolean(3)?,
            })
        })
        .await
    }

    /// What a cluster's clearing account holds by the other cluster: credits less debits, in ngwee. Zero where no cluster is named.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn clearing_by_other(&mut self, cluster: ClusterId, account: domain::AccountNo) -> Result<Vec<(i64, Ngwee)>> {
        self.query(&CLEARING_BY_OTHER, &[cluster.into(), account.into()], |row| Ok((row.int(0)?, Ngwee(row.int(1)?)))).await
    }

    /// Clusters after `after` that have a clearing account, with its number. Across clusters: for the job that compares them.
    ///
    /// # Errors
    /// What the engine says.
    pub async fn clearing_accounts(&mut self, after: i64, limit: u32) -> Result<Vec<(ClusterId, domain::AccountNo)>> {
        self.query(&CLEARING_ACCOUNTS, &[after.into(), limit.into()], |row| {
            let account = domain::AccountNo::new(row.int(1)?).map_err(|error| StoreError::corrupt("account_no", error))?;
            Ok((cluster_at(row, 0)?, account))
        })
        .await
    }
}

fn cluster_at(row: &Row<'_>, column: usize) -> Result<ClusterId> {
    ClusterId::new(row.int(column)?).map_err(|error| StoreError::corrupt("cluster_id", error))
}

fn move_at(row: &Row<'_>, column: usize) -> Result<MoveNo> {
    MoveNo::new(row.int(column)?).map_err(|error| StoreError::corrupt("move_no", error))
}

fn elsewhere(row: &Row<'_>, column: usize) -> Result<Option<(ClusterId, MemberNo)>> {
    match (row.opt_int(column)?, row.opt_int(column + 1)?) {
        (Some(_), Some(_)) => Ok(Some((cluster_at(row, column)?, member_at(row, column + 1)?))),
        _ => Ok(None),
    }
}

fn entry_row(row: &Row<'_>) -> Result<EntryRow> {
    let user = row.int(12)?;
    Ok(EntryRow {
        member: member_at(row, 0)?,
        state: MemberState::parse(row.text(1)?).map_err(|error| StoreError::corrupt("member_entry.state", error))?,
        alias: row.text(2)?.to_owned(),
        kind: row.text(3)?.to_owned(),
        house: row.text(4)?.to_owned(),
        residents: row.int(5)?,
        language: row.text(6)?.to_owned(),
        skills: row.text(7)?.to_owned(),
        pledge: Ngwee(row.int(8)?),
        consents: Consents { show_name: row.boolean(9)?, show_phone: row.boolean(10)?, show_usage: row.boolean(11)? },
        user: (user != 0).then(|| UserId::new(user)).transpose().map_err(|error| StoreError::corrupt("member_entry.user_id", error))?,
        serials: row.text(13)?.split_whitespace().map(str::to_owned).collect(),
        asked_on: day_at(row, 14)?,
        decided_by: row.opt_int(15)?,
        moved_from: elsewhere(row, 16)?,
        moved_to: elsewhere(row, 18)?,
    })
}

fn move_row(row: &Row<'_>) -> Result<MoveRow> {
    let statement = match (row.opt_int(10)?, row.opt_int(11)?, row.opt_int(12)?, row.opt_bytes(13)?, row.opt_int(14)?) {
        (Some(wallet), Some(receivable), Some(capital), Some(root), Some(at)) => Some(MoveStatement {
            wallet: Ngwee(wallet),
            receivable: Ngwee(receivable),
            capital: Ngwee(capital),
            log_root: root.try_into().map_err(|_| StoreError::corrupt("member_move.log_root", "of another length"))?,
            at: Instant(at),
        }),
        _ => None,
    };
    Ok(MoveRow {
        no: move_at(row, 0)?,
        direction: if row.text(1)? == "out" { MoveDirection::Out } else { MoveDirection::In },
        state: MoveState::parse(row.text(2)?)?,
        member: member_at(row, 3)?,
        other_cluster: cluster_at(row, 4)?,
        other_move: row.opt_int(5)?.map(|_| move_at(row, 5)).transpose()?,
        other_member: row.opt_int(6)?.map(|_| member_at(row, 6)).transpose()?,
        on: day_at(row, 7)?,
        pledge: Ngwee(row.int(8)?),
        period_from: day_at(row, 9)?,
        statement,
        actor: row.int(15)?,
    })
}
