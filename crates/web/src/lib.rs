//! Server-rendered pages: clusters, dashboard, members, statement, day.
//!
//! [`router`] takes a [`PageSource`] (who holds the data), asks it for plain numbers ([`input`]), turns them into text
//! and charts ([`view`], [`text`], [`chart`]) and places those in a template. Nothing is computed in a template or in the
//! browser, no page changes state, and every page works without script.

mod assets;
pub mod chart;
mod from_service;
pub mod input;
pub mod reader;
mod routes;
mod source;
pub mod text;
pub mod view;

pub use from_service::ServicePages;
pub use routes::{router, serve};
pub use source::{PageError, PageFuture, PageSource};
