//! One database per test.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use tokio_postgres::NoTls;
use tokio_postgres::error::SqlState;

use crate::server;

/// A scratch database, removed when this is dropped.
#[derive(Debug)]
pub struct Database {
    url: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    File { folder: PathBuf },
    Server { name: String },
}

impl Database {
    /// Its address, as the store takes it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Makes the schema look as if a program of this version had written it, newer or older than the one under test.
    pub fn set_schema_version(&self, version: i32) {
        let forge = format!("DELETE FROM refinery_schema_history WHERE version > 1; UPDATE refinery_schema_history SET version = {version}");
        match &self.kind {
            Kind::File { .. } => {
                let file = rusqlite::Connection::open(self.url.trim_start_matches("sqlite:")).expect("the file opens");
                file.execute_batch(&forge).expect("the file is a database of the program");
            }
            Kind::Server { .. } => statement(&self.url, forge).expect("the database is one of the program"),
        }
    }

    /// Cuts all connections to the database on the server's side, as a restart of the server does. On SQLite there are none.
    pub fn cut_connections(&self) {
        if let Kind::Server { .. } = self.kind {
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
            statement(&self.url, cut.to_owned()).expect("the server answers");
        }
    }

    /// Does `work` while all connections are cut after each of `pauses`; gives how often they were, and what the work gave. To be called within
    /// a runtime of several threads.
    pub fn cut_while<T>(&self, pauses: impl IntoIterator<Item = Duration, IntoIter: Send>, work: impl Future<Output = T>) -> (u32, T) {
        let (pauses, cuts, is_done) = (pauses.into_iter(), AtomicU32::new(0), AtomicBool::new(false));
        let done = std::thread::scope(|scope| {
            scope.spawn(|| {
                for pause in pauses {
                    std::thread::sleep(pause);
                    if is_done.load(Ordering::SeqCst) {
                        break;
                    }
                    self.cut_connections();
                    cuts.fetch_add(1, Ordering::SeqCst);
                }
            });
            let done = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(work));
            is_done.store(true, Ordering::SeqCst);
            done
        });
        (cuts.into_inner(), done)
    }

    /// A folder for files of the same test, removed with the database. `None` on PostgreSQL.
    pub fn folder(&self) -> Option<&std::path::Path> {
        match &self.kind {
            Kind::File { folder } => Some(folder),
            Kind::Server { .. } => None,
        }
    }
}

/// Pauses between cuts that grow, so that the work gets on however slow the machine is.
pub fn growing_pauses() -> impl Iterator<Item = Duration> + Send {
    (0..60_u64).map(|cuts| Duration::from_millis(3 + cuts * cuts / 16))
}

/// A number that no other call of this process gets.
fn next_number() -> u32 {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// A fresh SQLite file in a folder of its own. The file does not exist yet.
pub fn sqlite() -> Database {
    loop {
        let folder = std::env::temp_dir().join(format!("innerlectra-test-{}-{}", std::process::id(), next_number()));
        match std::fs::create_dir(&folder) {
            Ok(()) => return Database { url: format!("sqlite:{}", folder.join("test.db").display()), kind: Kind::File { folder } },
            // Left by a killed process with the same number.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => panic!("cannot make {}: {error}", folder.display()),
        }
    }
}

/// A fresh, empty PostgreSQL database on the scratch server, which is started when it does not run.
pub fn postgres() -> Database {
    let server = server::url();
    loop {
        let name = format!("test_{}_{}", std::process::id(), next_number());
        match statement(server, format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'")) {
            Ok(()) => return Database { url: with_database(server, &name), kind: Kind::Server { name } },
            Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => {}
            Err(error) => panic!("cannot create a database on {server}: {}", server::text(&error)),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // A test that fails while it cleans up hides its reason, so what cannot be removed stays: the watchdog
        // removes the whole server later, the system its temporary folder.
        match &self.kind {
            Kind::File { folder } => drop(std::fs::remove_dir_all(folder)),
            Kind::Server { name } => drop(statement(server::url(), format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))),
        }
    }
}

/// Replaces the database in a server's address.
fn with_database(server: &str, name: &str) -> String {
    let (address, query) = server.split_once('?').map_or((server, String::new()), |(address, query)| (address, format!("?{query}")));
    let scheme = address.find("://").map_or(0, |at| at + 3);
    let end = address[scheme..].find('/').map_or(address.len(), |at| scheme + at);
    format!("{}/{name}{query}", &address[..end])
}

/// Runs one statement on a connection of its own, from wherever the caller is: in a runtime or not.
fn statement(server: &str, text: String) -> Result<(), tokio_postgres::Error> {
    let server = server.to_owned();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a tokio runtime starts");
        runtime.block_on(async move {
            let (client, connection) = tokio_postgres::connect(&server, NoTls).await?;
            let driver = tokio::spawn(connection);
            let result = client.batch_execute(&text).await;
            driver.abort();
            result
        })
    });
    thread.join().expect("the helper thread does not panic")
}

/// Whether a server answers.
pub(crate) fn answers(server: &str) -> bool {
    statement(server, "SELECT 1".to_owned()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_of_an_address_is_replaced() {
        for (server, wanted) in [
            ("postgres://u@h:1/postgres", "postgres://u@h:1/new"),
            ("postgres://u@h:1", "postgres://u@h:1/new"),
            ("postgres://u@h/d?sslmode=disable", "postgres://u@h/new?sslmode=disable"),
        ] {
            assert_eq!(with_database(server, "new"), wanted);
        }
    }

    #[test]
    fn databases_are_apart_and_go() {
        let (one, two) = (postgres(), postgres());
        assert_ne!(one.url(), two.url());
        assert!(answers(one.url()) && answers(two.url()));
        let url = one.url().to_owned();
        drop(one);
        assert!(!answers(&url) && answers(two.url()));
        let file = sqlite();
        let folder = file.folder().unwrap().to_owned();
        assert!(folder.is_dir());
        drop(file);
        assert!(!folder.exists());
    }
}
