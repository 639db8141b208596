//! What is asked of the servers: the same transfers of both, between the same members.

use super::super::measure::Chance;
use super::load::Requests;
use domain::{Clock, SystemClock};
use std::io::Write;

/// Which members pay and are paid: `payers` of them pay, one on each connection; all the others up to `members` are paid.
#[derive(Debug, Clone, Copy)]
pub(super) struct Members {
    pub(super) payers: usize,
    pub(super) members: usize,
}

/// What the client sends to have a repeat recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keys {
    /// UUIDs of version 7, as the documentation advises: they begin with the time.
    Timed,
    /// UUIDs of version 4, chance throughout.
    Random,
}

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// A payment of ours.
    Payment(Keys),
    /// As many payments of ours in one request.
    Payments(usize),
    /// An order of ours: every second member sells, the others buy, all at about one price.
    Order,
    /// An answer of ours that neither reads nor writes, for the same user.
    Plain,
    /// A transfer of the peer.
    Peer,
    /// As many transfers of the peer in one request.
    PeerBatch(usize),
}

impl Ask {
    /// Transfers of one request; a plain answer counts as one.
    pub(super) const fn transfers(self) -> usize {
        match self {
            Self::Payments(count) | Self::PeerBatch(count) => count,
            Self::Payment(_) | Self::Order | Self::Plain | Self::Peer => 1,
        }
    }

    const fn is_of_peer(self) -> bool {
        matches!(self, Self::Peer | Self::PeerBatch(_))
    }
}

/// What one connection sends.
pub(super) struct Caller {
    ask: Ask,
    /// All lines of the head but key and length.
    head: String,
    payer: i64,
    members: Members,
    chance: Chance,
    body: Vec<u8>,
}

impl Caller {
    /// The caller at place `at`, from 0, of the server at `host`; `token` signs in at ours, `cluster` is where ours pays.
    pub(super) fn new(ask: Ask, host: &str, cluster: &str, token: &str, (at, seed): (usize, u64), members: Members) -> Self {
        let line = match ask {
            Ask::Payment(_) | Ask::Payments(_) => format!("POST /wallets/{cluster}/transfers"),
            Ask::Order => format!("POST /trade/{cluster}/members/{}/orders", at + 1),
            Ask::Plain => "GET /version".to_owned(),
            Ask::Peer => "POST /transfers".to_owned(),
            Ask::PeerBatch(_) => "POST /transfers/batch".to_owned(),
        };
        let mut head = format!("{line} HTTP/1.1\r\nHost: {host}\r\n");
        if !ask.is_of_peer() {
            head.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        if ask != Ask::Plain {
            head.push_str("Content-Type: application/json\r\n");
        }
        let chance = Chance::from_seed(seed.wrapping_mul(1_000_003).wrapping_add(at as u64));
        Self { ask, head, payer: at as i64 + 1, members, chance, body: Vec::new() }
    }

    fn write_transfer(&mut self) {
        let paid = self.chance.between(self.members.payers as i64 + 1, self.members.members as i64 + 1);
        let (payer, amount) = (self.payer, self.chance.between(1, 10_000));
        let written = if self.ask.is_of_peer() {
            write!(self.body, r#"{{"debit":{payer},"credit":{paid},"amount":{amount}}}"#)
        } else {
            write!(self.body, r#"{{"from_member":{payer},"to_member":{paid},"amount_ngwee":{amount}}}"#)
        };
        debug_assert!(written.is_ok(), "a list in memory takes everything");
    }

    fn write_order(&mut self) {
        let side = if self.payer % 2 == 0 { "sell" } else { "buy" };
        let energy = self.chance.between(50, 150) * 10;
        let written = write!(self.body, r#"{{"side":"{side}","price_ngwee_per_kwh":120,"energy_wh":{energy}}}"#);
        debug_assert!(written.is_ok(), "a list in memory takes everything");
    }

    fn write_list(&mut self, count: usize) {
        for at in 0..count {
            self.body.push(if at == 0 { b'[' } else { b',' });
            self.write_transfer();
        }
        self.body.push(b']');
    }

    /// A new key: 128 bits in the form of a UUID.
    fn uuid(&mut self, keys: Keys) -> String {
        let (first, second) = (self.chance.next(), self.chance.next());
        let (time, version) = match keys {
            Keys::Timed => (SystemClock.now().0.unsigned_abs() & 0xFFFF_FFFF_FFFF, 7),
            Keys::Random => (first >> 16, 4),
        };
        format!(
            "{:08x}-{:04x}-{version}{:03x}-{:04x}-{:012x}",
            time >> 16,
            time & 0xFFFF,
            first & 0xFFF,
            0x8000 | (second >> 50),
            second & 0xFFFF_FFFF_FFFF
        )
    }
}

impl Requests for Caller {
    fn write(&mut self, out: &mut Vec<u8>) {
        self.body.clear();
        out.extend_from_slice(self.head.as_bytes());
        let keys = match self.ask {
            Ask::Plain => return out.extend_from_slice(b"\r\n"),
            Ask::Payment(keys) => {
                self.write_transfer();
                Some(keys)
            }
            Ask::Payments(count) => {
                self.write_list(count);
                Some(Keys::Timed)
            }
            Ask::Order => {
                self.write_order();
                Some(Keys::Timed)
            }
            Ask::Peer => {
                self.write_transfer();
                None
            }
            Ask::PeerBatch(count) => {
                self.write_list(count);
                None
            }
        };
        if let Some(keys) = keys {
            let key = self.uuid(keys);
            out.extend_from_slice(format!("Idempotency-Key: {key}\r\n").as_bytes());
        }
        out.extend_from_slice(format!("Content-Length: {}\r\n\r\n", self.body.len()).as_bytes());
        out.extend_from_slice(&self.body);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBERS: Members = Members { payers: 2, members: 9 };

    fn written(caller: &mut Caller) -> String {
        let mut out = Vec::new();
        caller.write(&mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn both_sides_are_asked_for_the_same_transfers() {
        let numbers = |text: &str| -> Vec<i64> {
            let (_, body) = text.split_once("\r\n\r\n").expect("a body");
            body.split(|c: char| !c.is_ascii_digit()).filter_map(|number| number.parse().ok()).collect()
        };
        for (ours, theirs) in [(Ask::Payment(Keys::Timed), Ask::Peer), (Ask::Payments(3), Ask::PeerBatch(3))] {
            let caller = |ask| Caller::new(ask, "127.0.0.1:1", "BENCH", "token", (1, 7), MEMBERS);
            let (own, other) = (written(&mut caller(ours)), written(&mut caller(theirs)));
            let (own_numbers, other_numbers) = (numbers(&own), numbers(&other));
            assert_eq!(own_numbers, other_numbers);
            assert_eq!(own_numbers.len(), 3 * ours.transfers());
            assert!(own_numbers.chunks(3).all(|one| one[0] == 2 && (3..=9).contains(&one[1]) && one[2] > 0));
            assert!(own.starts_with("POST /wallets/BENCH/transfers HTTP/1.1\r\n") && own.contains("\r\nAuthorization: Bearer token\r\n"));
            assert!(!other.contains("Authorization") && !other.contains("Idempotency-Key"));
        }
    }

    #[test]
    fn keys_are_uuids_and_differ() {
        for (keys, version) in [(Keys::Timed, '7'), (Keys::Random, '4')] {
            let mut caller = Caller::new(Ask::Payment(keys), "h", "C", "t", (0, 1), MEMBERS);
            let (one, two) = (caller.uuid(keys), caller.uuid(keys));
            assert!(one != two && one.len() == 36 && one.chars().nth(14) == Some(version) && one.chars().nth(19) >= Some('8'), "{one}");
            assert!(written(&mut caller).contains("\r\nIdempotency-Key: "));
        }
        let plain = written(&mut Caller::new(Ask::Plain, "h", "C", "t", (0, 1), MEMBERS));
        assert_eq!(plain, "GET /version HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer t\r\n\r\n");
    }
}
