//! Server-rendered pages: what a cluster does now, its books, and everything a person does in it.
//!
//! | Part | Holds |
//! |---|---|
//! | [`router`] | every address, and what every answer carries |
//! | `visitor` | who asks: session, language, and the forms that one of our pages sent |
//! | `form` | fields, the check of where a form came from, one-time keys, how a form is shown |
//! | `page` | handlers of the pages of people: one use case each |
//! | `live` | the figures that change by themselves, as server-sent events |
//! | [`view`], [`text`], [`chart`] | plain numbers ([`input`]) become text and pictures, placed in a template |
//!
//! Nothing is computed in a template or in the browser, `GET` changes nothing, and every page works without script.

mod assets;
mod browser;
pub mod chart;
mod form;
mod from_service;
pub mod input;
mod live;
mod page;
mod problem;
pub mod reader;
mod routes;
mod source;
pub mod text;
pub mod view;
mod visitor;
mod web;

pub use from_service::ServicePages;
pub use routes::{fixture_router, router, serve};
pub use source::{PageError, PageFuture, PageSource};
pub use web::{Practice, PracticePerson, WebOptions};
