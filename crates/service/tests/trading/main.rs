//! Trading inside a cluster on both engines: orders, what they reserve, standing orders and auctions, and what bad input gets.

mod alerts;
mod auctions;
mod disputes;
mod fates;
mod faults;
mod floor;
mod guard;
mod laws;
mod open;
mod orders;
mod reputation;
mod standing_guard;
mod view;
