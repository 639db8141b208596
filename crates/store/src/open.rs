//! How a database is named and opened.

use std::path::{Path, PathBuf};

use crate::{Result, StoreError};

/// What an opened store may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Access {
    /// Reads and writes; brings the schema up to date; holds the lock of a SQLite file, so that only one server writes.
    #[default]
    Write,
    /// Reads only, beside a running server; never changes the schema.
    Read,
}

/// Settings of a store. The defaults serve a small board and a server alike.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    /// Reading and writing, or reading only.
    pub access: Access,
    /// SQLite: threads that answer reads.
    pub readers: usize,
    /// PostgreSQL: most connections of this process.
    pub connections: usize,
    /// SQLite: units that may wait for the writer before `overloaded` is answered.
    pub write_queue: usize,
    /// SQLite: reads that may wait for a reader before `overloaded` is answered.
    pub read_queue: usize,
    /// SQLite: page cache of the writer in KiB; each reader gets a quarter. Memory is taken as it is used.
    pub cache_kib: u32,
    /// SQLite: most pages (4 KiB each) the file may grow to; beyond it `disk_full` is answered. `None`: no limit.
    pub pages_max: Option<u32>,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self { access: Access::Write, readers: 4, connections: 16, write_queue: 16_384, read_queue: 1024, cache_kib: 65_536, pages_max: None }
    }
}

impl OpenOptions {
    /// For reading only, beside a running server.
    pub fn read_only() -> Self {
        Self { access: Access::Read, ..Self::default() }
    }
}

/// A database address, understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Address {
    File(PathBuf),
    /// A private database that goes with its store.
    Scratch,
    Server(Box<tokio_postgres::Config>),
}

impl Address {
    /// Understands a path, `sqlite:PATH`, `:memory:`, `postgres://…` or `postgresql://…`.
    pub(crate) fn parse(url: &str) -> Result<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return server(url);
        }
        let path = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        match path {
            ":memory:" => Ok(Self::Scratch),
            "" => Err(StoreError::InvalidUrl("it is empty".to_owned())),
            path if path.contains("://") => Err(StoreError::InvalidUrl(path.split("://").next().unwrap_or_default().to_owned() + "://…")),
            path => Ok(Self::File(absolute(Path::new(path))?)),
        }
    }
}

/// The one name of a file, so that two ways to write it meet at the same lock.
fn absolute(path: &Path) -> Result<PathBuf> {
    let fail = |error: std::io::Error| StoreError::DatabaseUnopenable(format!("{}: {error}", path.display()));
    if path.is_dir() {
        return Err(StoreError::DatabaseUnopenable(format!("{} is a folder", path.display())));
    }
    if path.exists() {
        return path.canonicalize().map_err(fail);
    }
    let name = path.file_name().ok_or_else(|| StoreError::InvalidUrl(format!("{} names no file", path.display())))?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok(folder.canonicalize().map_err(fail)?.join(name))
}

fn server(url: &str) -> Result<Address> {
    use tokio_postgres::config::SslMode;
    // The driver's own text could repeat the password.
    let mut config: tokio_postgres::Config = url.parse().map_err(|_| StoreError::InvalidUrl("postgres://… has a part that is wrong".to_owned()))?;
    let remote = remote_host(&config);
    match (config.get_ssl_mode(), remote) {
        (SslMode::Disable, _) => {}
        (SslMode::Prefer, None) => {}
        (_, host) => return Err(StoreError::TlsRequired(host.unwrap_or_else(|| "the server".to_owned()))),
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(std::time::Duration::from_secs(5));
    }
    if config.get_application_name().is_none() {
        config.application_name("innerlectra");
    }
    Ok(Address::Server(Box::new(config)))
}

/// The first host that is neither a socket in the file system nor this machine.
fn remote_host(config: &tokio_postgres::Config) -> Option<String> {
    use tokio_postgres::config::Host;
    let by_name = config.get_hosts().iter().find_map(|host| match host {
        Host::Tcp(name) => {
            let local = name == "localhost" || name.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
            (!local).then(|| name.clone())
        }
        #[cfg(unix)]
        Host::Unix(_) => None,
    });
    // An address given beside the name is the one that is really used.
    match config.get_hostaddrs() {
        [] => by_name,
        addresses => addresses.iter().find(|ip| !ip.is_loopback()).map(ToString::to_string),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(url: &str) -> &'static str {
        match Address::parse(url) {
            Ok(Address::File(_)) => "file",
            Ok(Address::Scratch) => "scratch",
            Ok(Address::Server(_)) => "server",
            Err(error) => error.code(),
        }
    }

    #[test]
    fn addresses_are_understood_or_refused() {
        for (url, wanted) in [
            ("village.db", "file"),
            ("sqlite:village.db", "file"),
            ("/no/such/folder/x.db", "database_unopenable"),
            (":memory:", "scratch"),
            ("sqlite::memory:", "scratch"),
            ("", "invalid_url"),
            ("mongodb://u:p@h/d", "invalid_url"),
            ("postgres://u@localhost/d", "server"),
            ("postgres://u@127.0.0.1:5433/d", "server"),
            ("postgres://u@[::1]/d", "server"),
            ("postgres://u@%2Frun%2Fpostgresql/d", "server"),
            ("postgres://u@db.example.org/d", "tls_required"),
            ("postgres://u@db.example.org/d?sslmode=disable", "server"),
            ("postgres://u@localhost/d?sslmode=require", "tls_required"),
            ("postgres://u@localhost,10.0.0.7/d", "tls_required"),
            ("postgres://u@localhost/d?hostaddr=10.0.0.7", "tls_required"),
            ("postgres://u:secret@h:port/d", "invalid_url"),
        ] {
            assert_eq!(code(url), wanted, "{url}");
        }
    }

    #[test]
    fn a_password_never_shows_in_a_refusal() {
        for url in ["postgres://u:secret@h:port/d", "mysql://u:secret@h/d"] {
            assert!(!Address::parse(url).unwrap_err().to_string().contains("secret"), "{url}");
        }
    }
}
