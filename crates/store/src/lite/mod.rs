//! SQLite: one writer thread with group commit, a few reader threads, a lock so that one server writes.

mod connection;
mod lock;
mod queue;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot};

use self::connection::ScratchFolder;
use self::lock::FileLock;
use self::queue::{Ticket, Waiting};
use crate::open::{Access, Address};
use crate::unit::Unit;
use crate::{OpenOptions, Result, StoreError};

/// Room for the futures of a unit, which run on the stack of these threads.
const STACK_BYTES: usize = 8 << 20;

/// An open SQLite file.
pub(crate) struct LiteStore {
    writer: Option<mpsc::Sender<Box<dyn Waiting>>>,
    readers: Option<SyncSender<Box<dyn Waiting>>>,
    /// The writer's, if there is one, then the readers'.
    threads: Vec<JoinHandle<()>>,
    pub(crate) path: PathBuf,
    // Dropped in this order, after the threads have ended.
    _lock: Option<FileLock>,
    _scratch: Option<ScratchFolder>,
}

impl LiteStore {
    pub(crate) fn open(address: Address, options: &OpenOptions, version: Option<i32>) -> Result<Self> {
        let (path, scratch) = match address {
            Address::File(path) => (path, None),
            _ => {
                let folder = ScratchFolder::new()?;
                (folder.path.join("scratch.db"), Some(folder))
            }
        };
        let lock = (options.access == Access::Write).then(|| FileLock::take(&path)).transpose()?;
        let mut store = Self { writer: None, readers: None, threads: Vec::new(), path, _lock: lock, _scratch: scratch };
        match options.access {
            Access::Write => store.start_writer(options, version)?,
            Access::Read => connection::check_schema(&store.path)?,
        }
        store.start_readers(options)?;
        Ok(store)
    }

    fn start_writer(&mut self, options: &OpenOptions, version: Option<i32>) -> Result<()> {
        let mut connection = connection::writer(&self.path, options, self._scratch.is_some())?;
        crate::migrate::lite(&mut connection, version)?;
        let (sender, receiver) = mpsc::channel(options.write_queue.max(1));
        self.writer = Some(sender);
        self.spawn("store-writer", move || queue::write_all(connection, receiver))
    }

    fn start_readers(&mut self, options: &OpenOptions) -> Result<()> {
        let (sender, receiver) = sync_channel(options.read_queue.max(1));
        let receiver = Arc::new(Mutex::new(receiver));
        self.readers = Some(sender);
        for _ in 0..options.readers.max(1) {
            let connection = connection::reader(&self.path, options)?;
            let receiver = Arc::clone(&receiver);
            self.spawn("store-reader", move || queue::read_all(connection, &receiver))?;
        }
        Ok(())
    }

    fn spawn(&mut self, name: &str, run: impl FnOnce() + Send + 'static) -> Result<()> {
        let thread = std::thread::Builder::new().name(name.to_owned()).stack_size(STACK_BYTES).spawn(run);
        self.threads.push(thread.map_err(|error| StoreError::EngineFailed(format!("no thread: {error}")))?);
        Ok(())
    }

    pub(crate) async fn write<T, E>(&self, unit: impl Unit<T, E>) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let writer = self.writer.as_ref().ok_or(StoreError::ReadOnly)?;
        let (reply, answer) = oneshot::channel();
        writer.try_send(Ticket::boxed(unit, reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    pub(crate) async fn read<T, E>(&self, unit: impl Unit<T, E>) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let readers = self.readers.as_ref().ok_or(StoreError::Closed)?;
        let (reply, answer) = oneshot::channel();
        readers.try_send(Ticket::boxed(unit, reply)).map_err(|error| match error {
            TrySendError::Full(_) => StoreError::Overloaded,
            TrySendError::Disconnected(_) => StoreError::Closed,
        })?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }

    /// A connection of its own for a long read, so that the readers stay free.
    pub(crate) fn connect_for_reading(&self) -> Result<rusqlite::Connection> {
        connection::reader(&self.path, &OpenOptions::default())
    }
}

impl Drop for LiteStore {
    /// Ends the threads once their queues are empty, so that the lock is free when this returns. The writer ends last: SQLite takes the log
    /// into the file when the last connection closes, and not at all when two close at once.
    fn drop(&mut self) {
        let writers = usize::from(self.writer.is_some()).min(self.threads.len());
        let readers = self.threads.split_off(writers);
        self.readers = None;
        readers.into_iter().for_each(join);
        self.writer = None;
        self.threads.drain(..).for_each(join);
    }
}

fn join(thread: JoinHandle<()>) {
    // A unit may hold the last handle; its own thread cannot wait for itself.
    if thread.thread().id() != std::thread::current().id() && thread.join().is_err() {
        tracing::error!("a store thread ended by a panic");
    }
}
