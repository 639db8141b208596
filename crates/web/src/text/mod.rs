//! Sentences from numbers. The words themselves are messages of the catalogue; here is decided which of them is true.

pub mod sentence;

pub use message::number;
