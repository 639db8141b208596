//! The store: one handle for either engine.

use std::sync::Arc;

use crate::lite::LiteStore;
use crate::open::Address;
use crate::pg::PgStore;
use crate::unit::BoxFuture;
use crate::{Engine, OpenOptions, Result, StoreError, Tx};

/// An open database. Cheap to clone; the last clone closes it and waits for what is under way.
#[derive(Clone)]
pub struct Store {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) enum Inner {
    Lite(LiteStore),
    Pg(PgStore),
}

impl Store {
    /// Opens a database, creating a SQLite file when there is none, and brings its schema up to date.
    ///
    /// `url` is a path, `sqlite:PATH`, `postgres://USER@HOST/NAME`, or `:memory:` for a private scratch database that
    /// goes with the store (a file in the system's temporary folder, since readers need a file to share).
    ///
    /// # Errors
    /// `database_locked` for a second server on the same SQLite file, `database_newer`, `not_a_database`,
    /// `database_unopenable`, `database_unreachable`, `access_denied`, `tls_required`, `invalid_url`,
    /// `migration_failed`; with [`Access::Read`](crate::Access::Read) also `database_older`.
    pub async fn open(url: &str, options: OpenOptions) -> Result<Self> {
        Self::open_at(url, options, None).await
    }

    /// As [`Store::open`], bringing the schema up to `version` only; for restoring an older backup.
    pub(crate) async fn open_at(url: &str, options: OpenOptions, version: Option<i32>) -> Result<Self> {
        let inner = match Address::parse(url)? {
            Address::Server(config) => Inner::Pg(PgStore::open(*config, &options, version).await?),
            file => {
                let opened = tokio::task::spawn_blocking(move || LiteStore::open(file, &options, version)).await;
                Inner::Lite(opened.map_err(|error| StoreError::UnitPanicked(error.to_string()))??)
            }
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The engine behind this store.
    pub fn engine(&self) -> Engine {
        match &*self.inner {
            Inner::Lite(_) => Engine::Lite,
            Inner::Pg(_) => Engine::Pg,
        }
    }

    /// The schema version that this program writes.
    pub fn schema_version(&self) -> i32 {
        crate::migrate::known_version()
    }

    /// Runs a unit of work in a transaction. `Ok` means that it is durable; `Err` that nothing of it was kept
    /// (save for `commit_unknown`). See the crate's head for what a unit may do.
    ///
    /// The error type is the caller's: `StoreError` itself, or one that is made `From` it. A refusal of the unit's
    /// own rolls it back and comes out unchanged.
    ///
    /// A caller that is dropped while it waits loses only the answer: a unit that has begun is finished.
    ///
    /// # Errors
    /// Those of the unit; `overloaded`, `suspended`, `unit_panicked`, `disk_full`, `batch_lost`, `retry_exhausted`,
    /// `commit_unknown`, `read_only`, `database_unreachable`.
    pub async fn write<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'a, 'c> Fn(&'a mut Tx<'c>) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &*self.inner {
            Inner::Lite(lite) => lite.write(unit).await,
            Inner::Pg(pg) => pg.write(unit).await,
        }
    }

    /// Runs queries on one snapshot: later commits of others are not seen. Writing is refused with `read_only`.
    /// Keep it short: on SQLite four readers serve all pages, and a long snapshot lets the log file grow.
    ///
    /// # Errors
    /// Those of the unit; `overloaded`, `suspended`, `unit_panicked`, `database_unreachable`.
    pub async fn read<T, E, F>(&self, unit: F) -> Result<T, E>
    where
        F: for<'a, 'c> Fn(&'a mut Tx<'c>) -> BoxFuture<'a, Result<T, E>> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        match &*self.inner {
            Inner::Lite(lite) => lite.read(unit).await,
            Inner::Pg(pg) => pg.read(unit).await,
        }
    }
}
