//! The three statements that carry many values: a batch insert, a batch update, and a search by a list of keys.
//!
//! SQLite gets fixed chunk sizes, so that its statement cache holds a handful of texts and not one per length;
//! PostgreSQL gets one text with an array per column (or one array of keys). All texts are built once per process.

use std::fmt::Write;
use std::sync::OnceLock;

use super::statement::parameter_count;
use super::{Sql, Value};
use crate::StoreError;

/// Rows per statement on SQLite, largest first.
pub(crate) const CHUNKS: [usize; 5] = [512, 64, 16, 4, 1];
/// Most parameters of one SQLite statement.
const LITE_PARAMETERS_MAX: usize = 32_766;
/// Rows per statement on PostgreSQL: bounds the memory of one message.
pub(crate) const PG_ROWS_MAX: usize = 4096;

/// A column of a [`SqlBatch`]: its name and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column<'s> {
    pub(crate) name: &'s str,
    pub(crate) kind: Kind,
}

/// What a column holds; the four storage classes that both engines share, and flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Int,
    Real,
    Flag,
    Text,
    Bytes,
}

impl<'s> Column<'s> {
    /// A BIGINT or SMALLINT number.
    pub const fn int(name: &'s str) -> Self {
        Self { name, kind: Kind::Int }
    }

    /// A DOUBLE PRECISION float.
    pub const fn real(name: &'s str) -> Self {
        Self { name, kind: Kind::Real }
    }

    /// A SMALLINT flag, bound as [`Value::Bool`].
    pub const fn flag(name: &'s str) -> Self {
        Self { name, kind: Kind::Flag }
    }

    /// A TEXT.
    pub const fn text(name: &'s str) -> Self {
        Self { name, kind: Kind::Text }
    }

    /// A BLOB or BYTEA.
    pub const fn bytes(name: &'s str) -> Self {
        Self { name, kind: Kind::Bytes }
    }

    fn fits(&self, value: &Value<'_>) -> bool {
        matches!(
            (self.kind, value),
            (_, Value::Null)
                | (Kind::Int, Value::Int(_))
                | (Kind::Real, Value::Real(_))
                | (Kind::Flag, Value::Bool(_))
                | (Kind::Text, Value::Text(_))
                | (Kind::Bytes, Value::Bytes(_))
        )
    }
}

/// An insert of many rows, for [`Tx::insert_many`](super::Tx::insert_many). Keep it in a `static`.
///
/// ```
/// use store::{Column, SqlBatch};
/// static READINGS: SqlBatch = SqlBatch::new(
///     "reading",
///     &[Column::int("cluster_id"), Column::int("meter_no"), Column::int("energy_wh")],
///     "ON CONFLICT (cluster_id, meter_no) DO NOTHING",
/// );
/// ```
#[derive(Debug)]
pub struct SqlBatch<'s> {
    table: &'s str,
    pub(crate) columns: &'s [Column<'s>],
    suffix: &'s str,
    pg: OnceLock<String>,
    lite: [OnceLock<String>; CHUNKS.len()],
}

impl<'s> SqlBatch<'s> {
    /// A batch into `table`. `suffix` follows the rows: empty, `ON CONFLICT …`, `RETURNING …`; it has no parameters.
    ///
    /// With `DO UPDATE` the rows of one call must have different keys (PostgreSQL refuses to touch a row twice).
    pub const fn new(table: &'s str, columns: &'s [Column<'s>], suffix: &'s str) -> Self {
        assert!(!columns.is_empty() && columns.len() <= LITE_PARAMETERS_MAX, "a batch needs columns");
        assert!(parameter_count(suffix) == 0, "the suffix of a batch has no parameters");
        Self { table, columns, suffix, pg: OnceLock::new(), lite: [const { OnceLock::new() }; CHUNKS.len()] }
    }

    /// Checks that `values` are whole rows of the declared kinds, row after row.
    pub(crate) fn check(&self, values: &[Value<'_>]) -> Result<(), StoreError> {
        if !values.len().is_multiple_of(self.columns.len()) {
            return Err(StoreError::Misuse(format!("{} values are no whole rows of {} columns of {}", values.len(), self.columns.len(), self.table)));
        }
        for row in values.chunks_exact(self.columns.len()) {
            for (column, value) in self.columns.iter().zip(row) {
                value.check()?;
                if !column.fits(value) {
                    return Err(StoreError::InvalidValue(format!("{value:?} in {}.{}", self.table, column.name)));
                }
            }
        }
        Ok(())
    }

    /// Splits whole rows into chunks with their SQLite text.
    pub(crate) fn lite_chunks<'v, 'a>(&self, mut values: &'v [Value<'a>]) -> impl Iterator<Item = (&str, &'v [Value<'a>])> {
        let width = self.columns.len();
        std::iter::from_fn(move || {
            let rows = values.len() / width;
            let (index, size) = CHUNKS.into_iter().enumerate().find(|(_, size)| *size <= rows && size * width <= LITE_PARAMETERS_MAX)?;
            let (chunk, rest) = values.split_at(size * width);
            values = rest;
            Some((self.lite[index].get_or_init(|| self.lite_text(size)).as_str(), chunk))
        })
    }

    fn lite_text(&self, rows: usize) -> String {
        let mut text = self.head("VALUES ");
        for row in 0..rows {
            text.push_str(if row == 0 { "(" } else { ", (" });
            for column in 0..self.columns.len() {
                let _ = write!(text, "{}?{}", if column == 0 { "" } else { ", " }, row * self.columns.len() + column + 1);
            }
            text.push(')');
        }
        text.push(' ');
        text + self.suffix
    }

    pub(crate) fn pg_text(&self) -> &str {
        self.pg.get_or_init(|| format!("{}({}) {}", self.head("SELECT * FROM UNNEST"), self.pg_arrays(1), self.suffix))
    }

    /// The arrays of the columns, as parameters from `$first` on.
    fn pg_arrays(&self, first: usize) -> String {
        let arrays = (first..).zip(self.columns).map(|(number, column)| {
            let array = match column.kind {
                Kind::Int => "BIGINT[]",
                Kind::Real => "DOUBLE PRECISION[]",
                Kind::Flag => "SMALLINT[]",
                Kind::Text => "TEXT[]",
                Kind::Bytes => "BYTEA[]",
            };
            format!("${number}::{array}")
        });
        arrays.collect::<Vec<_>>().join(", ")
    }

    fn head(&self, source: &str) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name).collect();
        format!("INSERT INTO {} ({}) {source}", self.table, names.join(", "))
    }
}

/// An update of many rows that share the value of one column, for [`Tx::update_many`](super::Tx::update_many). Keep it in a `static`.
///
/// ```
/// use store::{Column, SqlUpdate};
/// static BALANCES: SqlUpdate = SqlUpdate::new("account", "cluster_id", &[Column::int("account_no"), Column::int("balance")]);
/// ```
#[derive(Debug)]
pub struct SqlUpdate<'s> {
    pub(crate) rows: SqlBatch<'s>,
    shared: &'s str,
}

impl<'s> SqlUpdate<'s> {
    /// An update of `table`. A row is found by `shared`, whose value all rows have, and by the first column; the other columns are set.
    ///
    /// It takes a known row where an insert with `ON CONFLICT … DO UPDATE` would first look whether it is there.
    pub const fn new(table: &'s str, shared: &'s str, columns: &'s [Column<'s>]) -> Self {
        assert!(columns.len() >= 2, "an update needs a key and something to set");
        Self { rows: SqlBatch::new(table, columns, ""), shared }
    }

    /// One row: `?1` is the shared value, then the columns.
    pub(crate) fn lite_text(&self) -> &str {
        self.rows.lite[0].get_or_init(|| {
            let SqlBatch { table, columns, .. } = &self.rows;
            let set: Vec<String> = (3..).zip(&columns[1..]).map(|(number, column)| format!("{} = ?{number}", column.name)).collect();
            format!("UPDATE {table} SET {} WHERE {} = ?1 AND {} = ?2", set.join(", "), self.shared, columns[0].name)
        })
    }

    /// Many rows: `$1` is the shared value, then an array for each column.
    pub(crate) fn pg_text(&self) -> &str {
        self.rows.pg.get_or_init(|| {
            let SqlBatch { table, columns, .. } = &self.rows;
            let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
            let set: Vec<String> = names[1..].iter().map(|name| format!("{name} = given.{name}")).collect();
            let (key, arrays) = (names[0], self.rows.pg_arrays(2));
            format!(
                "UPDATE {table} SET {} FROM UNNEST({arrays}) AS given ({}) WHERE {table}.{} = $1 AND {table}.{key} = given.{key}",
                set.join(", "),
                names.join(", "),
                self.shared
            )
        })
    }
}

/// A search by many keys, for [`Tx::query_in`](super::Tx::query_in). Keep it in a `static`.
///
/// ```
/// use store::{SqlIn, sql};
/// static BALANCES: SqlIn =
///     SqlIn::new(sql!("SELECT account_no, balance FROM account WHERE cluster_id = $1 AND account_no"), "");
/// ```
#[derive(Debug)]
pub struct SqlIn {
    pub(crate) prefix: Sql,
    suffix: &'static str,
    pg: OnceLock<String>,
    lite: [OnceLock<String>; CHUNKS.len()],
}

impl SqlIn {
    /// A search: `prefix` ends in the name of the key column, ` IN (keys)` is put behind it, then `suffix`.
    ///
    /// The prefix may have parameters of its own, the suffix has none and names selected columns only. Long lists are asked in several statements,
    /// so an ORDER BY or LIMIT holds within one of them only.
    pub const fn new(prefix: Sql, suffix: &'static str) -> Self {
        assert!(parameter_count(suffix) == 0, "the suffix of a search has no parameters");
        Self { prefix, suffix, pg: OnceLock::new(), lite: [const { OnceLock::new() }; CHUNKS.len()] }
    }

    /// Takes the next keys from `keys`: the SQLite text, and the keys padded by repeating the last one.
    pub(crate) fn lite_chunk<'a>(&self, fixed: &[Value<'a>], keys: &mut &[i64]) -> (&str, Vec<Value<'a>>) {
        let index = match keys.len() {
            512.. => 0,
            65.. => 1,
            count => CHUNKS.iter().rposition(|size| *size >= count).unwrap_or(1),
        };
        let size = CHUNKS[index];
        let (chunk, rest) = keys.split_at(size.min(keys.len()));
        *keys = rest;
        let mut values = Vec::with_capacity(fixed.len() + size);
        values.extend_from_slice(fixed);
        values.extend(chunk.iter().map(|key| Value::Int(*key)));
        values.resize(fixed.len() + size, chunk.last().map_or(Value::Null, |key| Value::Int(*key)));
        (self.lite[index].get_or_init(|| self.lite_text(size)), values)
    }

    fn lite_text(&self, size: usize) -> String {
        let mut text = format!("{} IN (", self.prefix.lite);
        for key in 0..size {
            let _ = write!(text, "{}?{}", if key == 0 { "" } else { ", " }, self.prefix.parameters + key + 1);
        }
        format!("{text}) {}", self.suffix)
    }

    /// One look into the index for each key, whatever the planner thinks of the table: for a list of thousands it prefers to read all of it.
    pub(crate) fn pg_text(&self) -> &str {
        self.pg.get_or_init(|| {
            let (prefix, keys, suffix) = (self.prefix.pg, self.prefix.parameters + 1, self.suffix);
            format!(
                "SELECT found.* FROM UNNEST(${keys}::BIGINT[]) AS wanted (key_wanted) CROSS JOIN LATERAL ({prefix} = key_wanted OFFSET 0) AS found {suffix}"
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_cover_all_rows_with_few_texts() {
        static B: SqlBatch = SqlBatch::new("t", &[Column::int("a"), Column::text("b")], "ON CONFLICT DO NOTHING");
        let values = vec![Value::Null; 2 * (512 * 2 + 64 + 16 * 3 + 4 + 3)];
        let sizes: Vec<usize> = B.lite_chunks(&values).map(|(_, chunk)| chunk.len() / 2).collect();
        assert_eq!(sizes, [512, 512, 64, 16, 16, 16, 4, 1, 1, 1]);
        assert_eq!(B.lite_text(2), "INSERT INTO t (a, b) VALUES (?1, ?2), (?3, ?4) ON CONFLICT DO NOTHING");
        assert_eq!(B.pg_text(), "INSERT INTO t (a, b) SELECT * FROM UNNEST($1::BIGINT[], $2::TEXT[]) ON CONFLICT DO NOTHING");
    }

    #[test]
    fn updates_find_their_rows_by_both_columns() {
        static U: SqlUpdate = SqlUpdate::new("t", "c", &[Column::int("k"), Column::text("a"), Column::flag("b")]);
        assert_eq!(U.lite_text(), "UPDATE t SET a = ?3, b = ?4 WHERE c = ?1 AND k = ?2");
        assert_eq!(
            U.pg_text(),
            "UPDATE t SET a = given.a, b = given.b FROM UNNEST($2::BIGINT[], $3::TEXT[], $4::SMALLINT[]) AS given (k, a, b) \
             WHERE t.c = $1 AND t.k = given.k"
        );
    }

    #[test]
    fn wide_rows_keep_under_the_parameter_limit() {
        let columns: Vec<Column> = (0..100).map(|_| Column::int("a")).collect();
        let batch = SqlBatch::new("t", &columns, "");
        let values = vec![Value::Null; 100 * 700];
        assert!(batch.lite_chunks(&values).all(|(_, chunk)| chunk.len() <= LITE_PARAMETERS_MAX));
        assert_eq!(batch.lite_chunks(&values).map(|(_, chunk)| chunk.len()).sum::<usize>(), values.len());
    }

    #[test]
    fn keys_are_padded_to_a_chunk() {
        static S: SqlIn = SqlIn::new(crate::sql!("SELECT k FROM t WHERE c = $1 AND k"), "ORDER BY k");
        for (count, sizes) in [(1, vec![1]), (3, vec![4]), (5, vec![16]), (64, vec![64]), (70, vec![64, 16]), (600, vec![512, 64, 64])] {
            let all: Vec<i64> = (0..count).collect();
            let mut keys = all.as_slice();
            let mut seen = Vec::new();
            while !keys.is_empty() {
                seen.push(S.lite_chunk(&[Value::Int(9)], &mut keys).1.len() - 1);
            }
            assert_eq!(seen, sizes, "{count}");
        }
        assert_eq!(S.lite_text(2), "SELECT k FROM t WHERE c = ?1 AND k IN (?2, ?3) ORDER BY k");
        assert_eq!(
            S.pg_text(),
            "SELECT found.* FROM UNNEST($2::BIGINT[]) AS wanted (key_wanted) \
             CROSS JOIN LATERAL (SELECT k FROM t WHERE c = $1 AND k = key_wanted OFFSET 0) AS found ORDER BY k"
        );
    }
}
