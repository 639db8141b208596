//! What one caller may ask for, and how much of it at once.

use crate::problem::Problem;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How many requests pass before idle callers are forgotten.
const SWEEP_EVERY: u32 = 16_384;

/// A rate: `burst` requests at once, then `per_minute`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many at once.
    pub burst: u32,
    /// How many a minute in the long run.
    pub per_minute: u32,
}

/// What one caller may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Of a signed-in session; `None` for no limit.
    pub session: Option<Rate>,
    /// Of an address, for requests without a session; `None` for no limit.
    pub address: Option<Rate>,
    /// Of an address, for what invites guessing or costs much: signing in, registering, the verdict; `None` for no limit.
    pub guess: Option<Rate>,
    /// How long an answer may take.
    pub answer_within: Duration,
    /// How often a live market is looked at, and the least time between two events of a stream.
    pub live_tick: Duration,
    /// Whether the last entry of `X-Forwarded-For` is the caller's address: only behind a proxy of one's own, which writes it.
    pub is_behind_proxy: bool,
}

impl Default for Limits {
    /// For people and their programs: ten requests a second and bursts of 240. Guesses: one a second, as a whole network of phones may come
    /// from one address; what protects a number is its own lock.
    fn default() -> Self {
        Self {
            session: Some(Rate { burst: 240, per_minute: 600 }),
            address: Some(Rate { burst: 120, per_minute: 300 }),
            guess: Some(Rate { burst: 30, per_minute: 60 }),
            answer_within: Duration::from_secs(30),
            live_tick: Duration::from_secs(1),
            is_behind_proxy: false,
        }
    }
}

impl Limits {
    /// No rates: for measuring and for tests.
    #[must_use]
    pub fn none() -> Self {
        Self { session: None, address: None, guess: None, ..Self::default() }
    }
}

/// Whose requests are counted together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Source {
    /// A session: its user and its number.
    Session(i64, i64),
    /// An address; of IPv6 its network, which is what one household gets.
    Address(IpAddr),
    /// Callers whose address is not known.
    Unknown,
}

impl Source {
    /// The source of an address.
    pub(crate) fn of(address: Option<IpAddr>) -> Self {
        match address {
            Some(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => {
                let mut bytes = v6.octets();
                bytes[8..].fill(0);
                Self::Address(IpAddr::V6(Ipv6Addr::from(bytes)))
            }
            Some(address) => Self::Address(address.to_canonical()),
            None => Self::Unknown,
        }
    }
}

impl Source {
    /// The address, when it is one.
    pub(crate) const fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Address(address) => Some(address),
            Self::Session(..) | Self::Unknown => None,
        }
    }
}

/// Counts requests and says when there are too many.
#[derive(Debug)]
pub(crate) struct Rates {
    session: Option<DefaultKeyedRateLimiter<Source>>,
    address: Option<DefaultKeyedRateLimiter<Source>>,
    guess: Option<DefaultKeyedRateLimiter<Source>>,
    seen: AtomicU32,
}

impl Rates {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { session: limiter(limits.session), address: limiter(limits.address), guess: limiter(limits.guess), seen: AtomicU32::new(0) }
    }

    /// Counts a request of a signed-in session.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub(crate) fn session(&self, source: Source) -> Result<(), Problem> {
        self.count(self.session.as_ref(), source)
    }

    /// Counts a request without a session.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub(crate) fn address(&self, source: Source) -> Result<(), Problem> {
        self.count(self.address.as_ref(), source)
    }

    /// Counts a guess.
    ///
    /// # Errors
    /// `too_many_requests`.
    pub(crate) fn guess(&self, source: Source) -> Result<(), Problem> {
        self.count(self.guess.as_ref(), source)
    }

    fn count(&self, limiter: Option<&DefaultKeyedRateLimiter<Source>>, source: Source) -> Result<(), Problem> {
        let Some(limiter) = limiter else { return Ok(()) };
        if self.seen.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.sweep();
        }
        limiter.check_key(&source).map_err(|not_until| {
            let wait = not_until.wait_time_from(DefaultClock::default().now());
            Problem::too_many(wait.as_secs().saturating_add(1))
        })
    }

    /// Forgets callers who have been quiet for long enough to begin anew.
    fn sweep(&self) {
        for limiter in [&self.session, &self.address, &self.guess].into_iter().flatten() {
            limiter.retain_recent();
        }
    }
}

fn limiter(rate: Option<Rate>) -> Option<DefaultKeyedRateLimiter<Source>> {
    let rate = rate?;
    let one = NonZeroU32::MIN;
    let quota = Quota::per_minute(NonZeroU32::new(rate.per_minute).unwrap_or(one)).allow_burst(NonZeroU32::new(rate.burst).unwrap_or(one));
    Some(RateLimiter::keyed(quota))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_the_next_waits() {
        let rates = Rates::new(&Limits { guess: Some(Rate { burst: 3, per_minute: 1 }), ..Limits::none() });
        let (one, other) = (Source::of("10.0.0.1".parse().ok()), Source::of("10.0.0.2".parse().ok()));
        for _ in 0..3 {
            assert!(rates.guess(one).is_ok());
        }
        assert_eq!(rates.guess(one).map_err(|problem| problem.code()), Err("too_many_requests"));
        assert!(rates.guess(other).is_ok() && rates.session(one).is_ok());
    }

    #[test]
    fn a_network_of_ipv6_is_one_source_and_a_mapped_address_is_ipv4() {
        let of = |text: &str| Source::of(text.parse().ok());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:10.0.0.1"), of("10.0.0.1"));
    }
}
