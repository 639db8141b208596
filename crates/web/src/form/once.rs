//! A form sent twice is one effect with one answer: the answer to a one-time key is kept for a while and given again.
//!
//! This is what makes an impatient second press harmless in one process. What moves value has an idempotency key in the ledger as
//! well, which holds for ever and everywhere.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::HeaderMap;
use quantity::Instant;

/// How long an answer is kept.
const KEPT_MS: i64 = 10 * 60_000;

/// Most answers kept; the oldest half goes when there are more.
const KEPT_MAX: usize = 4_096;

/// Where the reader was sent and what the browser was told to keep.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The address.
    pub location: String,
    /// Cookies.
    pub headers: HeaderMap,
}

/// One key's turn: whoever holds it works, the next finds the answer.
pub type Turn = Arc<tokio::sync::Mutex<Option<Answer>>>;

/// The answers of the last minutes.
#[derive(Debug, Default)]
pub struct Once {
    turns: Mutex<HashMap<String, (Instant, Turn)>>,
}

impl Once {
    /// The turn of `key`; the key holds the address of the form, too.
    pub fn turn(&self, key: &str, now: Instant) -> Turn {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if turns.len() >= KEPT_MAX {
            turns.retain(|_, (at, _)| now.0.saturating_sub(at.0) < KEPT_MS);
        }
        if turns.len() >= KEPT_MAX {
            let mut ages: Vec<i64> = turns.values().map(|(at, _)| at.0).collect();
            ages.sort_unstable();
            let middle = ages.get(ages.len() / 2).copied().unwrap_or(now.0);
            turns.retain(|_, (at, _)| at.0 > middle);
        }
        let turn = turns.entry(key.to_owned()).or_insert_with(|| (now, Turn::default()));
        if now.0.saturating_sub(turn.0.0) >= KEPT_MS {
            *turn = (now, Turn::default());
        }
        Arc::clone(&turn.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_key_gets_the_same_turn_for_ten_minutes() {
        let once = Once::default();
        let first = once.turn("a", Instant(0));
        assert!(Arc::ptr_eq(&first, &once.turn("a", Instant(KEPT_MS - 1))));
        assert!(!Arc::ptr_eq(&first, &once.turn("b", Instant(0))));
        assert!(!Arc::ptr_eq(&first, &once.turn("a", Instant(KEPT_MS))));
    }

    #[test]
    fn it_stays_small() {
        let once = Once::default();
        for at in 0..3 * KEPT_MAX as i64 {
            once.turn(&at.to_string(), Instant(at));
        }
        assert!(once.turns.lock().expect("not poisoned").len() <= KEPT_MAX);
    }
}
