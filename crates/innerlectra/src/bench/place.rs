//! Where databases are measured: a folder of its own, a runtime, and units given to the store at once.

use anyhow::{Context, Result};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use store::{OpenOptions, Store};

/// A folder that goes when the measurement is over.
#[derive(Debug)]
pub(super) struct Place {
    folder: PathBuf,
    next: AtomicU32,
    runtime: tokio::runtime::Runtime,
}

impl Place {
    /// A fresh folder inside `within`.
    pub(super) fn make(within: &Path) -> Result<Self> {
        let folder = (0..1_000)
            .map(|number| within.join(format!("innerlectra-bench-{}-{number}", std::process::id())))
            .find_map(|folder| match std::fs::create_dir(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => None,
                other => Some(other.map(|()| folder)),
            })
            .context("no free name for a folder")?
            .with_context(|| format!("cannot make a folder in {}", within.display()))?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        Ok(Self { folder, next: AtomicU32::new(1), runtime })
    }

    /// The path of a database that is not there yet.
    pub(super) fn fresh(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}-{}.db", self.next.fetch_add(1, Ordering::Relaxed)))
    }

    /// Opens a store, making its file.
    pub(super) fn store(&self, path: &Path) -> Result<Store> {
        let path = path.to_str().context("the folder's name is no text")?;
        Ok(self.wait(Store::open(path, OpenOptions::default()))?)
    }

    /// Waits for `work` on the runtime.
    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// Runs all of `work` side by side and waits for the last; the first error counts.
    pub(super) fn wait_all<F>(&self, work: impl IntoIterator<Item = F>) -> Result<()>
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        self.runtime.block_on(async {
            let mut set: tokio::task::JoinSet<Result<()>> = work.into_iter().collect();
            while let Some(done) = set.join_next().await {
                done.context("a task ended by itself")??;
            }
            Ok(())
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // What cannot be removed is left to the system's tidying of its temporary folder.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
