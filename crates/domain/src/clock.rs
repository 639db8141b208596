//! Time as an argument.

use quantity::Instant;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Where the present comes from. Passed in, so that tests, replays and the demo decide what time it is.
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Instant;
}

/// The clock of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Instant(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// A clock that was set to another time when it was made and goes on at the speed of this machine's.
#[derive(Debug, Clone, Copy)]
pub struct ShiftedClock {
    ahead_ms: i64,
}

impl ShiftedClock {
    /// A clock that shows `at` now.
    #[must_use]
    pub fn showing(at: Instant) -> Self {
        Self { ahead_ms: at.ms_since(SystemClock.now()) }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> Instant {
        SystemClock.now().plus_ms(self.ahead_ms)
    }
}

/// A clock that stands still until it is moved: for tests and the demo's simulated time.
#[derive(Debug, Clone, Default)]
pub struct SimulatedClock(Arc<AtomicI64>);

impl SimulatedClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn at(at: Instant) -> Self {
        Self(Arc::new(AtomicI64::new(at.0)))
    }

    /// Moves the clock to `at`, also backwards.
    pub fn set(&self, at: Instant) {
        self.0.store(at.0, Ordering::SeqCst);
    }
}

impl Clock for SimulatedClock {
    fn now(&self) -> Instant {
        Instant(self.0.load(Ordering::SeqCst))
    }
}
