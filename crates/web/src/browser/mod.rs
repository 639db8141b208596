//! The reader's browser: cookies, who asks, where to return to, and how often it may try.

mod cookie;
mod limit;
mod return_to;

pub use cookie::Cookie;
pub use limit::Limit;
pub use return_to::local;
