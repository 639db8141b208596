//! One registry of ids: a member number cannot be passed where a meter number is wanted.
//!
//! A cluster has a 63-bit id made by the application and a short code. Inside a cluster everything is numbered from 1 by kind,
//! so that people can say it on the phone. Source: docs/adr/0002-rounding-and-ids.md.

use quantity::Instant;
use std::fmt;

/// An id that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Numbers start at 1.
    #[error("a {kind} number starts at 1, got {number}")]
    Number {
        /// What is numbered.
        kind: &'static str,
        /// The number given.
        number: i64,
    },
    /// Not a cluster code.
    #[error("a cluster code is 3 to 12 capital letters, digits or hyphens and starts with a letter, got {text:?}")]
    Code {
        /// The text given.
        text: String,
    },
}

impl IdError {
    /// The stable code of this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Number { .. } => "number_invalid",
            Self::Code { .. } => "cluster_code_invalid",
        }
    }
}

macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(i64);

        impl $name {
            /// The number `number`, from 1.
            ///
            /// # Errors
            /// [`IdError::Number`] below 1.
            pub const fn new(number: i64) -> Result<Self, IdError> {
                if number < 1 { Err(IdError::Number { kind: $kind, number }) } else { Ok(Self(number)) }
            }

            /// The number as stored.
            #[must_use]
            pub const fn get(self) -> i64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    };
}

number!(
    /// A member (household or organisation) inside a cluster.
    MemberNo, "member"
);
number!(
    /// A meter inside a cluster.
    MeterNo, "meter"
);
number!(
    /// An account inside a cluster.
    AccountNo, "account"
);
number!(
    /// A transfer inside a cluster.
    TransferNo, "transfer"
);
number!(
    /// A piece of shared equipment inside a cluster.
    AssetNo, "asset"
);
number!(
    /// A version of the rule set of a cluster.
    RuleNo, "rule"
);
number!(
    /// A session of a user, counted per user.
    SessionNo, "session"
);
number!(
    /// A notice in a user's inbox, counted per user.
    NoticeNo, "notice"
);
number!(
    /// A move of members from one cluster to another, counted in each of the two.
    MoveNo, "move"
);
number!(
    /// A receipt for cash that an officer took from a member.
    ReceiptNo, "receipt"
);
number!(
    /// A member's wish to take money out in cash.
    PayoutNo, "payout"
);
number!(
    /// An order for energy credits inside a cluster.
    OrderNo, "order"
);
number!(
    /// A trade of energy credits inside a cluster.
    TradeNo, "trade"
);
number!(
    /// A standing order of a member.
    StandingNo, "standing order"
);
number!(
    /// A call auction inside a cluster.
    AuctionNo, "auction"
);
number!(
    /// A deal with another cluster, counted in each of the two.
    DealNo, "deal"
);
number!(
    /// An offer of a cluster to other clusters.
    OfferNo, "offer"
);
number!(
    /// A price alert of a user, counted per user.
    AlertNo, "alert"
);
number!(
    /// A cluster, over all clusters: 63 bits, made by the application.
    ClusterId, "cluster"
);
number!(
    /// A person with a phone, over all clusters: 63 bits, made by the application.
    UserId, "user"
);

impl ClusterId {
    /// A new id from the time and 22 random bits: ids grow with time, so that new clusters sort last.
    #[must_use]
    pub const fn generate(now: Instant, random: u64) -> Self {
        Self(time_and_chance(now, random))
    }
}

impl UserId {
    /// A new id from the time and 22 random bits.
    #[must_use]
    pub const fn generate(now: Instant, random: u64) -> Self {
        Self(time_and_chance(now, random))
    }
}

/// 41 bits of milliseconds since 2020, then 22 random bits; never zero.
const fn time_and_chance(now: Instant, random: u64) -> i64 {
    let ms = now.0.saturating_sub(1_577_836_800_000); // 2020-01-01
    let ms = if ms < 0 { 0 } else { ms & ((1 << 41) - 1) };
    let low = (random & ((1 << 22) - 1)) as i64;
    let id = (ms << 22) | low;
    if id == 0 { 1 } else { id }
}

/// The short name of a cluster that people say: `MULENGA`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterCode(String);

impl ClusterCode {
    /// Parses a code; small letters become capitals.
    ///
    /// # Errors
    /// [`IdError::Code`] when it is not 3 to 12 letters, digits or hyphens, or does not start with a letter.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let code = text.trim().to_ascii_uppercase();
        let plain = code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
        let starts = code.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
        if plain && starts && (3..=12).contains(&code.len()) { Ok(Self(code)) } else { Err(IdError::Code { text: text.chars().take(40).collect() }) }
    }

    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ClusterCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_start_at_one() {
        assert!(MemberNo::new(0).is_err());
        assert_eq!(MemberNo::new(17).map(|m| m.get()), Ok(17));
    }

    #[test]
    fn codes_are_short_and_plain() {
        assert_eq!(ClusterCode::parse(" mulenga ").map(|c| c.to_string()), Ok("MULENGA".to_owned()));
        for bad in ["", "AB", "1AB", "A B C", "ABCDEFGHIJKLM", "ÄBC"] {
            assert!(ClusterCode::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn cluster_ids_grow_with_time() {
        let early = ClusterId::generate(Instant(1_700_000_000_000), u64::MAX);
        let late = ClusterId::generate(Instant(1_700_000_000_001), 0);
        assert!(early < late && early.get() > 0);
    }
}
