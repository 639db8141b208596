//! Scratch databases for tests: one per test, on SQLite and on PostgreSQL.
//!
//! ```no_run
//! test_kit::on_both! {
//!     async fn a_cluster_keeps_its_name(url: &str) {
//!         assert!(!url.is_empty());
//!     }
//! }
//! ```
//!
//! makes two tests, `a_cluster_keeps_its_name::sqlite` and `…::postgres`, each with a database of its own that is
//! gone afterwards. [`sqlite`] and [`postgres`] give a database without the macro.
//!
//! # The PostgreSQL server
//!
//! The first test that wants it starts one scratch server per workspace and user, in the system's temporary folder:
//! a test runner may start a process per test, so all processes share it under a file lock. It has its own port on
//! 127.0.0.1, no durability, and runs as `postgres` when the tests run as root (the server refuses root; the
//! temporary folder is what that user can reach). A small watchdog stops it and removes its folder when no test
//! process has used it for two minutes. `INNERLECTRA_TEST_POSTGRES=postgres://…` names another server, whose user may
//! create databases.
//!
//! It deliberately does not know the store: it gives addresses, the tests open them. It panics when it cannot give
//! what was asked for, with the command that helps: a skipped test would look like a passed one.

mod scratch;
mod server;

use std::future::Future;

pub use scratch::{Database, growing_pauses, postgres, sqlite};

/// Makes two tests of one body, on a fresh SQLite file and on a fresh PostgreSQL database.
#[macro_export]
macro_rules! on_both {
    ($($(#[$attribute:meta])* async fn $name:ident($url:ident: &str) $body:block)*) => {$(
        $(#[$attribute])*
        mod $name {
            #[allow(unused_imports, reason = "a body may need nothing from around it")]
            use super::*;

            async fn body($url: &str) $body

            #[test]
            fn sqlite() {
                let database = $crate::sqlite();
                $crate::run(body(database.url()));
            }

            #[test]
            fn postgres() {
                let database = $crate::postgres();
                $crate::run(body(database.url()));
            }
        }
    )*};
}

/// Runs a test body on a runtime like the program's, with two threads.
pub fn run(body: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a tokio runtime starts");
    runtime.block_on(body);
}
