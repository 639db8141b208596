//! What every command over a database shares: its address, the runtime, the service, and what an error of the service means here.

use crate::exit::{Exit, Failure};
use clap::Args;
use domain::{Clock, ClusterCode, Region, SystemClock};
use service::{Service, ServiceError};
use std::future::Future;
use std::sync::Arc;
use store::tables::ClusterRow;
use store::{OpenOptions, Store, StoreError};

/// Which database.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// Database: a path, sqlite:PATH or postgres://USER@HOST/NAME.
    #[arg(long, value_name = "URL", default_value = "innerlectra.db", env = "INNERLECTRA_DATABASE")]
    pub database: String,
}

impl DatabaseArgs {
    /// Opens the database and the use cases over it, on this machine's clock.
    ///
    /// # Errors
    /// [`Failure`] with the store's code.
    pub async fn service(&self, options: OpenOptions) -> Result<Service, Failure> {
        self.service_at(options, Arc::new(SystemClock)).await
    }

    /// As [`DatabaseArgs::service`], told the time by `clock`.
    ///
    /// # Errors
    /// [`Failure`] with the store's code.
    pub async fn service_at(&self, options: OpenOptions, clock: Arc<dyn Clock>) -> Result<Service, Failure> {
        let store = Store::open(&self.database, options).await.map_err(|error| from_store(&error))?;
        Ok(Service::new(store, clock, shipped_regions()?))
    }
}

/// The regions that come with the program.
///
/// # Errors
/// [`Failure`] when a shipped file is wrong, which a test excludes.
pub fn shipped_regions() -> Result<Vec<Region>, Failure> {
    let regions: Result<Vec<Option<Region>>, _> = Region::shipped_codes().map(Region::shipped).collect();
    Ok(regions.map_err(|error| Failure::bad_input(error.code(), error.to_string()))?.into_iter().flatten().collect())
}

/// Runs a command's future on a runtime of its own.
///
/// # Errors
/// What the command says.
pub fn block_on(work: impl Future<Output = Result<Exit, Failure>>) -> Result<Exit, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.map_err(|error| Failure::environment("runtime_failed", error.to_string()))?.block_on(work)
}

/// Clusters a command works on: the one named, or all.
///
/// # Errors
/// [`Failure`] with code `cluster_unknown` or `cluster_code_invalid`.
pub async fn chosen(service: &Service, code: Option<&str>) -> Result<Vec<ClusterRow>, Failure> {
    match code {
        None => service.cluster_list(service::policy::Actor::System).await.map_err(|error| from_service(&error)),
        Some(code) => {
            let code = ClusterCode::parse(code)
                .map_err(|error| Failure::bad_input(error.code(), error.to_string()).with_next("`innerlectra clusters` lists the codes"))?;
            Ok(vec![service.cluster(&code).await.map_err(|error| from_service(&error))?])
        }
    }
}

/// What an error of the store means to whoever started the program.
pub fn from_store(error: &StoreError) -> Failure {
    let is_input = matches!(
        error.code(),
        "not_a_database" | "invalid_url" | "tls_required" | "backup_damaged" | "restore_not_empty" | "database_newer" | "database_older"
    );
    let (message, next) = halves(&error.to_string());
    let failure = if is_input { Failure::bad_input(error.code(), message) } else { Failure::environment(error.code(), message) };
    match next {
        Some(next) => failure.with_next(next),
        None => failure,
    }
}

/// What an error of a use case means to whoever started the program.
pub fn from_service(error: &ServiceError) -> Failure {
    if let ServiceError::Store(error) = error {
        return from_store(error);
    }
    let (message, next) = halves(&error.to_string());
    let failure = match error {
        ServiceError::LawBroken { .. } | ServiceError::DayUnbalanced { .. } => Failure::broken(error.code(), message),
        _ => Failure::bad_input(error.code(), message),
    };
    match next {
        Some(next) => failure.with_next(next),
        None => failure,
    }
}

/// Messages of the store and the service say what is wrong, then after a semicolon what to do.
fn halves(text: &str) -> (String, Option<String>) {
    match text.rsplit_once("; ") {
        Some((message, next)) => (message.to_owned(), Some(next.to_owned())),
        None => (text.to_owned(), None),
    }
}
