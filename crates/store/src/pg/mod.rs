//! PostgreSQL: a pool of connections, a transaction per unit.

mod backoff;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use deadpool_postgres::{Client, Manager, Pool, Runtime, Transaction};
use tokio_postgres::{Config, IsolationLevel, NoTls};

use crate::open::Access;
use crate::unit::{Unit, run_caught};
use crate::waist::PgTx;
use crate::{OpenOptions, Result, StoreError, Tx};

/// How often a unit is repeated after a collision.
const RETRIES_MAX: u32 = 5;
/// How long a unit waits for a free connection before `overloaded` is answered.
const POOL_WAIT: Duration = Duration::from_secs(5);

/// An open PostgreSQL database.
pub(crate) struct PgStore {
    pool: Pool,
    access: Access,
    /// Numbers the units, to spread their retries without chance.
    units: AtomicU64,
}

/// What came of running a unit once.
enum Attempt<T, E> {
    Over(Result<T, E>),
    Collided,
}

impl PgStore {
    pub(crate) async fn open(config: Config, options: &OpenOptions, version: Option<i32>) -> Result<Self> {
        let (mut client, connection) = config.connect(NoTls).await?;
        let driver = tokio::spawn(connection);
        let checked = match options.access {
            Access::Write => crate::migrate::pg(&mut client, version).await,
            Access::Read => crate::migrate::pg_check(&client).await,
        };
        drop(client);
        driver.abort();
        checked?;
        let pool = Pool::builder(Manager::new(with_steady_plans(config), NoTls))
            .max_size(options.connections.max(1))
            .wait_timeout(Some(POOL_WAIT))
            .create_timeout(Some(POOL_WAIT))
            .recycle_timeout(Some(POOL_WAIT))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::EngineFailed(error.to_string()))?;
        Ok(Self { pool, access: options.access, units: AtomicU64::new(0) })
    }

    /// Runs the unit in a task of its own: a caller that leaves must not stop it half-way.
    pub(crate) async fn write<T, E>(&self, unit: impl Unit<T, E>) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        if self.access == Access::Read {
            return Err(StoreError::ReadOnly.into());
        }
        let pool = self.pool.clone();
        let number = self.units.fetch_add(1, Ordering::Relaxed);
        let task = tokio::spawn(async move {
            for retry in 1..=RETRIES_MAX + 1 {
                match attempt(&pool, &unit).await {
                    Attempt::Over(result) => return result,
                    Attempt::Collided if retry <= RETRIES_MAX => tokio::time::sleep(backoff::wait(retry, number)).await,
                    Attempt::Collided => break,
                }
            }
            Err(StoreError::RetryExhausted { attempts: RETRIES_MAX + 1 }.into())
        });
        task.await.unwrap_or_else(|error| Err(StoreError::UnitPanicked(error.to_string()).into()))
    }

    pub(crate) async fn read<T, E>(&self, unit: impl Unit<T, E>) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        for retry in 1..=RETRIES_MAX {
            let mut client = self.connect().await?;
            // As for a write: a connection that was closed while idle is not the caller's business.
            let closed = match snapshot(&mut client).await {
                Ok(transaction) => {
                    let outcome = run_caught(&unit, &mut Tx::Pg(PgTx::new(&transaction))).await;
                    take_back(transaction).await;
                    return outcome;
                }
                Err(error @ StoreError::DatabaseUnreachable(_)) => error,
                Err(error) => return Err(error.into()),
            };
            tracing::debug!(%closed, "a connection was closed while idle");
            tokio::time::sleep(backoff::wait(retry, 0)).await;
        }
        Err(StoreError::DatabaseUnreachable("every connection was closed".to_owned()).into())
    }

    pub(crate) async fn connect(&self) -> Result<Client> {
        Ok(self.pool.get().await?)
    }
}

/// Has the server plan each statement once for all values. Every statement here is made for an index; planned for its values, a batch
/// with an array of thousands makes the server read whole tables instead.
fn with_steady_plans(mut config: Config) -> Config {
    let given = config.get_options().map_or_else(String::new, |options| format!("{options} "));
    config.options(format!("{given}-c plan_cache_mode=force_generic_plan"));
    config
}

/// A read-only transaction on one snapshot.
pub(crate) async fn snapshot(client: &mut Client) -> Result<Transaction<'_>> {
    Ok(client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?)
}

async fn attempt<T, E>(pool: &Pool, unit: &impl Unit<T, E>) -> Attempt<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    let mut client = match pool.get().await {
        Ok(client) => client,
        Err(error) => return Attempt::Over(Err(StoreError::from(error).into())),
    };
    let transaction = match client.transaction().await.map_err(StoreError::from) {
        Ok(transaction) => transaction,
        // The server has closed the connection while it was idle. Nothing was done on it, so the unit may try the next
        // one; the pool throws this one away.
        Err(StoreError::DatabaseUnreachable(_)) => return Attempt::Collided,
        Err(error) => return Attempt::Over(Err(error.into())),
    };
    let (outcome, failed) = {
        let mut tx = Tx::Pg(PgTx::new(&transaction));
        (run_caught(unit, &mut tx).await, tx.failed())
    };
    if let Some(StoreError::Conflict(reason)) = failed {
        tracing::debug!(reason, "a unit collided");
        take_back(transaction).await;
        return Attempt::Collided;
    }
    match outcome {
        Ok(value) => commit(transaction, value).await,
        Err(error) => {
            take_back(transaction).await;
            Attempt::Over(Err(error))
        }
    }
}

async fn commit<T, E: From<StoreError>>(transaction: Transaction<'_>, value: T) -> Attempt<T, E> {
    match transaction.commit().await.map_err(StoreError::from) {
        Ok(()) => Attempt::Over(Ok(value)),
        Err(StoreError::Conflict(_)) => Attempt::Collided,
        Err(StoreError::DatabaseUnreachable(text)) => Attempt::Over(Err(StoreError::CommitUnknown(text).into())),
        Err(error) => Attempt::Over(Err(error.into())),
    }
}

/// A rollback that fails has lost its connection, which rolls back as well.
async fn take_back(transaction: Transaction<'_>) {
    if let Err(error) = transaction.rollback().await {
        tracing::debug!(%error, "a rollback found no connection");
    }
}
