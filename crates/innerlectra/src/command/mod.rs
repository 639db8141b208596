//! One module for each subcommand.

pub mod backup;
pub mod clear;
pub mod clusters;
pub mod create;
mod database;
pub mod demo;
pub mod import;
pub mod migrate;
pub mod operator;
pub mod serve;
pub mod settle;
pub mod verify;
