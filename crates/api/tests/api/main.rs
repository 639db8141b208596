//! The REST interface from outside: its document, who may do what, bad input, and what programs rely on.

mod behaviour;
mod document;
mod input;
mod rights;
mod tester;
mod trading;
mod world;
