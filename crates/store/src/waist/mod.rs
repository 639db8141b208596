//! The waist: one SQL text for SQLite and PostgreSQL.
//!
//! A statement is a [`Sql`] constant made by [`sql!`](crate::sql!), written with `$1` parameters. Values go in as
//! [`Value`], rows come out as [`Row`] inside a mapping closure, and both happen on a [`Tx`], which is the
//! transaction of either engine. [`SqlBatch`], [`SqlUpdate`] and [`SqlIn`] are the statements that carry many values; they
//! are the one place where the engines get different texts.
//!
//! The waist makes the engines behave alike where they differ by nature:
//!
//! | | SQLite alone | PostgreSQL alone | here |
//! |---|---|---|---|
//! | missing parameter | NULL | refused | refused: `misuse` |
//! | rows from [`Tx::exec`] | refused | dropped | refused: `misuse` |
//! | NUL in text, NaN in a real | stored, NULL | refused, stored | refused: `invalid_value` |
//! | `$1 > 0`, the type from a literal | any number | 32 bits | on PostgreSQL refused: `misuse`; `CAST($1 AS BIGINT) > 0` |
//! | statement failed, unit goes on | earlier ones stay | all lost, COMMIT says yes | unit is rolled back |
//!
//! It deliberately has no query builder, no row structs and no savepoints inside a unit: "insert unless present"
//! is `ON CONFLICT DO NOTHING RETURNING`.

mod batch;
mod lite_tx;
mod pg_tx;
mod row;
mod statement;
mod tx;
mod value;

pub use batch::{Column, SqlBatch, SqlIn, SqlUpdate};
pub use row::Row;
pub use statement::{Sql, lite_text};
pub use tx::{Engine, Tx};
pub use value::Value;

pub(crate) use batch::Kind;
pub(crate) use lite_tx::LiteTx;
pub(crate) use pg_tx::PgTx;
pub(crate) use value::Unfit;
