//! What columns a table has, asked from the engine.

use crate::waist::{Column, Kind};
use crate::{Engine, Result, Row, StoreError};

/// A column as it is in a database or a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TableColumn {
    pub(super) name: String,
    pub(super) kind: Kind,
}

impl TableColumn {
    pub(super) fn as_column(&self) -> Column<'_> {
        Column { name: &self.name, kind: self.kind }
    }
}

/// A statement with one parameter, the table: name, type, and place in the primary key (0: not in it) of each column.
pub(super) fn columns_text(engine: Engine) -> &'static str {
    match engine {
        Engine::Lite => "SELECT name, lower(type), pk FROM pragma_table_info(?1) ORDER BY cid",
        Engine::Pg => {
            "SELECT a.attname::TEXT, format_type(a.atttypid, NULL), COALESCE(array_position(i.indkey::INT2[], a.attnum) + 1, 0)::BIGINT
             FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
             WHERE a.attrelid = to_regclass($1::TEXT) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum"
        }
    }
}

/// Reads a row of that statement: the column, and its place in the key.
pub(super) fn column(row: &Row<'_>) -> Result<(TableColumn, i64)> {
    let kind = match row.text(1)? {
        "integer" | "bigint" | "smallint" => Kind::Int,
        "real" | "double precision" => Kind::Real,
        "text" => Kind::Text,
        "blob" | "bytea" => Kind::Bytes,
        other => return Err(StoreError::MigrationFailed(format!("column {} has the type {other}", row.text(0)?))),
    };
    Ok((TableColumn { name: row.text(0)?.to_owned(), kind }, row.int(2)?))
}

/// The statement that gives all rows of a table in the order of its key, text compared by bytes on both engines.
pub(super) fn select_text(engine: Engine, table: &str, columns: &[(TableColumn, i64)]) -> String {
    let names: Vec<String> = columns.iter().map(|(column, _)| format!("\"{}\"", column.name)).collect();
    let mut key: Vec<&(TableColumn, i64)> = columns.iter().filter(|(_, place)| *place > 0).collect();
    key.sort_by_key(|(_, place)| *place);
    let order: Vec<String> = key
        .into_iter()
        .map(|(column, _)| match (engine, column.kind) {
            (Engine::Pg, Kind::Text) => format!("\"{}\" COLLATE \"C\"", column.name),
            _ => format!("\"{}\"", column.name),
        })
        .collect();
    format!("SELECT {} FROM \"{table}\" ORDER BY {}", names.join(", "), order.join(", "))
}
