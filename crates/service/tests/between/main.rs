//! Trade between clusters: who may, deals, deliveries and clearings, on both engines.

mod deals;
mod delivery;
mod market;
mod prices;
mod races;
mod ready;
mod region;
mod waits;
mod watch;
