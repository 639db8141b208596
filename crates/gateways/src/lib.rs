//! Ways out of the program. So far: texts to phones, into a file or into memory, both behaving as a live sender does.
//!
//! What this crate does not do: deciding what is sent, storing, and retrying; `service` claims what waits and hands it over.

mod sms;

pub use sms::{SmsError, SmsGateway, SmsMemory, SmsOut};
