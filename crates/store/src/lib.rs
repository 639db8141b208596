//! All SQL of Innerlectra, written once for SQLite and PostgreSQL.
//!
//! # Map
//!
//! | Where | What |
//! |---|---|
//! | [`Store`] (`open.rs`, `store.rs`) | opens a database, runs units of work |
//! | `waist/` | [`Sql`], [`Value`], [`Row`], [`Tx`], [`SqlBatch`], [`SqlUpdate`], [`SqlIn`]: one statement text, two engines |
//! | `lite/` | SQLite: the lock of the file, the writer thread with group commit, the reader threads |
//! | `pg/` | PostgreSQL: the pool, a transaction per unit with retries |
//! | `migrate.rs`, `placement.rs`, `migrations/` | the schema: one folder per engine, the list of tables |
//! | `counter.rs`, `job.rs`, `outbox.rs` | numbers, deferred work and events, as methods on [`Tx`] |
//! | `backup/` | one portable file for both engines, and its restore |
//! | `tables/` | the statements of the domain, one file per resource, as methods on [`Tx`] |
//!
//! # Unit of work
//!
//! [`Store::write`] runs a closure in a transaction; when it returns `Ok`, the change is on disk. On SQLite one
//! thread takes all units that wait, gives each its savepoint, and commits once, so that they share one disk sync.
//! On PostgreSQL each unit is a transaction of its own, repeated when the server reports a collision. Hence the
//! rules for a unit: it awaits nothing but its [`Tx`], has no effect outside it, and may run more than once.
//!
//! On SQLite units run one after the other. On PostgreSQL they run side by side under READ COMMITTED: a unit that
//! decides by what it read either takes its turn first ([`Tx::cluster_turn`]), takes a number
//! ([`Tx::numbers_take`], which waits the same way), or writes by compare-and-set.
//!
//! [`Store::read`] runs a closure on a snapshot: all its queries see the same moment.
//!
//! ```no_run
//! use store::{OpenOptions, Sql, Store, StoreError, sql};
//!
//! const RENAME: Sql = sql!("UPDATE cluster SET name = $2 WHERE cluster_id = $1");
//!
//! # async fn example() -> Result<(), StoreError> {
//! let store = Store::open("village.db", OpenOptions::default()).await?;
//! let changed = store
//!     .write(|tx| Box::pin(async move { tx.exec(&RENAME, &[7.into(), "Mulenga".into()]).await }))
//!     .await?;
//! # let _ = changed; Ok(())
//! # }
//! ```
//!
//! # What it deliberately does not do
//!
//! No business rules, no clock (instants are arguments, Unix ms), no chance, no row structs of other crates' making,
//! no trait per table: SQLite in a scratch file is the fast test backend, with the real SQL.

pub mod backup;
mod counter;
mod error;
mod job;
mod lite;
mod migrate;
mod open;
mod outbox;
mod pg;
pub mod placement;
mod store;
pub mod tables;
mod unit;
mod waist;

pub use error::StoreError;
pub use job::{Enqueued, Job, JobNew, Retry};
pub use open::{Access, OpenOptions};
pub use outbox::{Event, EventNew};
pub use store::Store;
pub use unit::BoxFuture;
pub use waist::{Column, Engine, Row, Sql, SqlBatch, SqlIn, SqlUpdate, Tx, Value, lite_text};

/// A result of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;
