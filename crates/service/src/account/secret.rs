//! Codes and tokens: made by chance, kept as hashes.

use super::AccountError;
use domain::{Chance, Msisdn, NoChance};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// The hash of a code or token.
pub(crate) type SecretHash = [u8; 32];

/// What a code is for: one of another kind does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodeFor {
    /// A new account.
    Registration,
    /// A new PIN.
    PinReset,
}

/// Six random digits.
pub(crate) fn code_make(chance: &dyn Chance) -> Result<Zeroizing<String>, NoChance> {
    // A million in 64 bits: the first codes are likelier by less than one in 10^13.
    Ok(Zeroizing::new(format!("{:06}", chance.number()? % 1_000_000)))
}

/// What is kept of a code: no hash protects a million codes for long, so they live for minutes. Only digits of `code` count.
pub(crate) fn code_hash(what: CodeFor, phone: Msisdn, code: &str) -> SecretHash {
    let purpose: &[u8] = match what {
        CodeFor::Registration => b"registration",
        CodeFor::PinReset => b"pin reset",
    };
    let digits = Zeroizing::new(code.chars().filter(char::is_ascii_digit).take(32).collect::<String>());
    let hash = Sha256::new().chain_update(purpose).chain_update(phone.national().to_be_bytes()).chain_update(digits.as_bytes());
    hash.finalize().into()
}

/// A new session token: 256 random bits, 64 hexadecimal digits.
pub(crate) fn token_make(chance: &dyn Chance) -> Result<String, NoChance> {
    use fmt::Write;
    let bytes = chance.bytes::<32>()?;
    let mut text = String::with_capacity(64);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// What is kept of a token. It has 256 random bits, so that a fast hash is enough, and looking it up tells nothing by its time.
pub(crate) fn token_hash(token: &str) -> Result<SecretHash, AccountError> {
    let is_token = token.len() == 64 && token.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if is_token { Ok(Sha256::digest(token.as_bytes()).into()) } else { Err(AccountError::SessionUnknown) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::SeededChance;

    #[test]
    fn a_code_fits_its_purpose_and_number_alone() {
        let (phone, other) = (Msisdn::parse("0971234567").expect("a number"), Msisdn::parse("0961234567").expect("a number"));
        let hash = code_hash(CodeFor::Registration, phone, "012345");
        assert_eq!(hash, code_hash(CodeFor::Registration, phone, " 012 345 "));
        assert_ne!(hash, code_hash(CodeFor::Registration, phone, "12345"));
        assert_ne!(hash, code_hash(CodeFor::PinReset, phone, "012345"));
        assert_ne!(hash, code_hash(CodeFor::Registration, other, "012345"));
    }

    #[test]
    fn codes_have_six_digits_and_tokens_are_long() {
        let chance = SeededChance::new(3);
        for _ in 0..1_000 {
            let code = code_make(&chance).expect("chance");
            assert!(code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit()));
        }
        let (one, two) = (token_make(&chance).expect("chance"), token_make(&chance).expect("chance"));
        assert!(one.len() == 64 && one != two && token_hash(&one).is_ok());
        for bad in ["", "abc", &one[1..], &one.to_uppercase(), &format!("{one}0"), &"g".repeat(64), &"\u{e9}".repeat(32)] {
            assert_eq!(token_hash(bad), Err(AccountError::SessionUnknown), "{bad}");
        }
    }
}
