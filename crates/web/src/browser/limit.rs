//! How often one address may try a secret: a small bucket for each, refilled with time.
//!
//! The lock of an account after wrong PINs is the service's, and holds for every face. This keeps one machine from trying many
//! accounts, and from sending many messages.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use quantity::Instant;

/// Tries at once.
const BURST: i64 = 20;

/// Time for one more try.
const REFILL_MS: i64 = 6_000;

/// Addresses remembered; full buckets are forgotten when there are more.
const ADDRESSES_MAX: usize = 10_000;

/// Buckets by address. An address of IPv6 counts by its first 64 bits, which one customer has.
#[derive(Debug, Default)]
pub struct Limit {
    buckets: Mutex<HashMap<IpAddr, (i64, Instant)>>,
}

impl Limit {
    /// Takes one try; `false` when there is none left.
    pub fn take(&self, address: Option<IpAddr>, now: Instant) -> bool {
        let Some(address) = address.map(network) else { return true };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES_MAX {
            buckets.retain(|_, (tries, at)| refilled(*tries, *at, now).0 < BURST);
        }
        let (tries, at) = buckets.get(&address).map_or((BURST, now), |(tries, at)| refilled(*tries, *at, now));
        let is_left = tries > 0;
        buckets.insert(address, (tries - i64::from(is_left), at));
        is_left
    }
}

/// The tries there are now, and since when that is so.
fn refilled(tries: i64, at: Instant, now: Instant) -> (i64, Instant) {
    let gained = now.0.saturating_sub(at.0).max(0) / REFILL_MS;
    if tries + gained >= BURST { (BURST, now) } else { (tries + gained, at.plus_ms(gained * REFILL_MS)) }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tries_run_out_and_come_back() {
        let limit = Limit::default();
        let one = Some(IpAddr::from([10, 0, 0, 1]));
        assert!((0..BURST).all(|_| limit.take(one, Instant(0))));
        assert!(!limit.take(one, Instant(REFILL_MS - 1)));
        assert!(limit.take(Some(IpAddr::from([10, 0, 0, 2])), Instant(0)));
        assert!(limit.take(one, Instant(REFILL_MS)) && !limit.take(one, Instant(REFILL_MS)));
        assert!(limit.take(None, Instant(0)));
    }

    #[test]
    fn one_customer_of_ipv6_is_one_address() {
        let limit = Limit::default();
        for host in 0..BURST as u16 {
            assert!(limit.take(Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, host])), Instant(0)));
        }
        assert!(!limit.take(Some(IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 9, 9])), Instant(0)));
    }
}
