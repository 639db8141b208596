//! The ledger from outside: tables, laws, golden bytes and the log.

mod audit;
mod golden;
mod laws;
mod memory_store;
mod merkle;
mod tables;
