//! PINs, and hashing them without letting a flood of sign-ins take the machine.

use super::AccountError;
use crate::ServiceError;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::Msisdn;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use store::StoreError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

/// Sign-ins that wait for their turn to be hashed; beyond it `overloaded` is answered.
const WAITING_MAX: usize = 64;
/// Most hashes at once, each with its memory.
const SIDE_BY_SIDE_MAX: usize = 4;
const SALT_BYTES: usize = 16;
/// PINs that many people take though they are no row: the middle of the key pad.
const FAVOURITES: [&str; 4] = ["2580", "0852", "1379", "1397"];

/// A PIN as typed. It cannot be printed, and its memory is cleared when it goes.
#[derive(Clone)]
pub struct Pin(Zeroizing<String>);

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pin(hidden)")
    }
}

impl Pin {
    /// Reads 4 to 6 digits.
    ///
    /// # Errors
    /// [`AccountError::PinForm`].
    pub fn parse(text: &str) -> Result<Self, AccountError> {
        let is_pin = (4..=6).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if is_pin { Ok(Self(Zeroizing::new(text.to_owned()))) } else { Err(AccountError::PinForm) }
    }

    /// Refuses a new PIN that others guess first: rows up or down, repeats, years, favourites, and parts of the own number.
    ///
    /// # Errors
    /// [`AccountError::PinWeak`].
    pub fn check_strength(&self, phone: Msisdn) -> Result<(), AccountError> {
        let pin = self.0.as_str();
        let is_row = |step: u8| pin.as_bytes().windows(2).all(|pair| (pair[0] - b'0' + step) % 10 == pair[1] - b'0');
        let is_repeat = (1..=pin.len() / 2).any(|part| pin.bytes().zip(pin.bytes().skip(part)).all(|(a, b)| a == b));
        let is_year = pin.len() == 4 && (1920..2040).contains(&pin.parse().unwrap_or(0));
        let is_own = format!("0{}", phone.national()).contains(pin);
        let is_weak = is_row(1) || is_row(9) || is_repeat || is_year || is_own || FAVOURITES.contains(&pin);
        if is_weak { Err(AccountError::PinWeak) } else { Ok(()) }
    }
}

/// How dear a hash is.
///
/// Source: OWASP Password Storage Cheat Sheet, Argon2id with 19 MiB, two passes, one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PinCost {
    /// Memory, in KiB, from 8.
    pub memory_kib: u32,
    /// Passes, from 1.
    pub passes: u32,
}

impl PinCost {
    /// What people's PINs get.
    pub const FULL: Self = Self { memory_kib: 19_456, passes: 2 };
    /// For tests and trials with made-up people: as weak as the method allows.
    pub const TRIAL: Self = Self { memory_kib: 8, passes: 1 };
}

/// Hashes and verifies on threads of their own, a few at a time.
pub(crate) struct PinHasher {
    cost: PinCost,
    /// What a number without a user is verified against: as dear as a real hash, and no PIN's.
    dummy: String,
    room: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
}

/// A place among those who hash, kept until it is dropped.
pub(crate) struct Place {
    cost: PinCost,
    permit: Arc<OwnedSemaphorePermit>,
}

/// Counts one who waits, also when the one leaves early.
struct Waiting(Arc<AtomicUsize>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl PinHasher {
    pub(crate) fn new(cost: PinCost) -> Self {
        let side_by_side = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(SIDE_BY_SIDE_MAX);
        let PinCost { memory_kib, passes } = cost;
        // A salt and an output of zeros, as PHC strings write bytes.
        let dummy = format!("$argon2id$v=19$m={memory_kib},t={passes},p=1${}${}", "A".repeat(22), "A".repeat(43));
        Self { cost, dummy, room: Arc::new(Semaphore::new(side_by_side)), waiting: Arc::default() }
    }

    pub(crate) fn dummy(&self) -> &str {
        &self.dummy
    }

    /// Waits for a place. Taken before anything is counted against a number, so that a flood of others locks nobody.
    ///
    /// # Errors
    /// `overloaded` when too many wait.
    pub(crate) async fn place(&self) -> Result<Place, ServiceError> {
        let waiting = Waiting(Arc::clone(&self.waiting));
        if waiting.0.fetch_add(1, Ordering::Relaxed) >= WAITING_MAX {
            return Err(StoreError::Overloaded.into());
        }
        let permit = Arc::clone(&self.room).acquire_owned().await.map_err(|_| StoreError::Closed)?;
        Ok(Place { cost: self.cost, permit: Arc::new(permit) })
    }
}

impl Place {
    /// The PHC string of a PIN.
    pub(crate) async fn hash(&self, pin: &Pin, chance: &dyn domain::Chance) -> Result<String, ServiceError> {
        let (salt, pin, cost) = (chance.bytes::<SALT_BYTES>()?, pin.clone(), self.cost);
        self.run(move || {
            let hasher = argon2(cost).ok_or(AccountError::HashFailed)?;
            let hash: PasswordHash = hasher.hash_password_with_salt(pin.0.as_bytes(), &salt).map_err(|_| AccountError::HashFailed)?;
            Ok(hash.to_string())
        })
        .await
    }

    /// Whether the PIN is the one of the PHC string.
    pub(crate) async fn verify(&self, pin: &Pin, phc: &str) -> Result<bool, ServiceError> {
        let (pin, phc) = (pin.clone(), phc.to_owned());
        let verified = self.run(move || {
            let hash = PasswordHash::new(&phc).map_err(|_| AccountError::HashFailed)?;
            match Argon2::default().verify_password(pin.0.as_bytes(), &hash) {
                Ok(()) => Ok(true),
                Err(HashError::PasswordInvalid) => Ok(false),
                Err(_) => Err(AccountError::HashFailed),
            }
        });
        verified.await
    }

    /// The thread keeps the place too: who leaves early does not let more in than there is room for.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T, AccountError> + Send + 'static) -> Result<T, ServiceError> {
        let permit = Arc::clone(&self.permit);
        let task = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(permit);
            done
        });
        Ok(task.await.unwrap_or(Err(AccountError::HashFailed))?)
    }
}

fn argon2(cost: PinCost) -> Option<Argon2<'static>> {
    let params = Params::new(cost.memory_kib, cost.passes, 1, None).ok()?;
    Some(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{SeededChance, SystemChance};

    fn phone() -> Msisdn {
        Msisdn::parse("0971234867").expect("a number")
    }

    fn pin(text: &str) -> Pin {
        Pin::parse(text).expect("a PIN")
    }

    #[test]
    fn a_pin_has_four_to_six_digits_and_hides_itself() {
        for text in ["", "123", "1234567", "12a4", "12 4", "\u{661}\u{662}\u{663}\u{664}", "-123", "1234\n"] {
            assert_eq!(Pin::parse(text).map(|_| ()), Err(AccountError::PinForm), "{text:?}");
        }
        assert_eq!(format!("{:?}", pin("7391")), "Pin(hidden)");
    }

    #[test]
    fn what_others_guess_first_is_refused() {
        for weak in [
            "0000", "111111", "1234", "0123", "456789", "4321", "987654", "9012", "2109", "1212", "123123", "5858", "58585", "1987", "2026", "2580",
            "4867", "0971", "71234", "234867",
        ] {
            assert_eq!(pin(weak).check_strength(phone()), Err(AccountError::PinWeak), "{weak}");
        }
        for strong in ["7391", "4096", "80125", "620417", "2059", "1850", "1123"] {
            assert_eq!(pin(strong).check_strength(phone()), Ok(()), "{strong}");
        }
    }

    #[test]
    fn most_pins_may_be_chosen() {
        let allowed = (0..10_000).filter(|n| pin(&format!("{n:04}")).check_strength(phone()).is_ok()).count();
        assert!((9_600..9_900).contains(&allowed), "{allowed}");
    }

    #[test]
    fn a_hash_opens_with_its_pin_alone() {
        test_kit::run(async {
            let hasher = PinHasher::new(PinCost::TRIAL);
            let place = hasher.place().await.expect("a place");
            let hash = place.hash(&pin("7391"), &SystemChance).await.expect("hashes");
            assert!(hash.starts_with("$argon2id$v=19$m=8,t=1,p=1$"), "{hash}");
            assert!(place.verify(&pin("7391"), &hash).await.expect("verifies"));
            assert!(!place.verify(&pin("7392"), &hash).await.expect("verifies"));
            assert!(!place.verify(&pin("7391"), hasher.dummy()).await.expect("verifies"));
            assert_ne!(hash, place.hash(&pin("7391"), &SystemChance).await.expect("hashes"));
            assert_eq!(place.verify(&pin("7391"), "no hash").await.expect_err("damaged").code(), "pin_hash_failed");
        });
    }

    /// The full cost, so that the parameters of people's PINs are known to work.
    #[test]
    fn the_full_cost_is_that_of_the_dummy() {
        test_kit::run(async {
            let hasher = PinHasher::new(PinCost::FULL);
            let place = hasher.place().await.expect("a place");
            let hash = place.hash(&pin("7391"), &SeededChance::new(1)).await.expect("hashes");
            let parameters = |phc: &str| phc.split('$').take(4).map(str::to_owned).collect::<Vec<_>>();
            assert_eq!(parameters(&hash), ["", "argon2id", "v=19", "m=19456,t=2,p=1"]);
            assert_eq!(parameters(&hash), parameters(hasher.dummy()));
            assert_eq!(hash.len(), hasher.dummy().len());
        });
    }

    #[test]
    fn a_flood_is_turned_away_and_the_room_comes_back() {
        test_kit::run(async {
            let hasher = Arc::new(PinHasher::new(PinCost::TRIAL));
            let mut held = Vec::new();
            while hasher.room.available_permits() > 0 {
                held.push(hasher.place().await.expect("a place"));
            }
            let waiting: Vec<_> = (0..WAITING_MAX)
                .map(|_| {
                    let hasher = Arc::clone(&hasher);
                    tokio::spawn(async move { hasher.place().await.map(drop) })
                })
                .collect();
            while hasher.waiting.load(Ordering::Relaxed) < WAITING_MAX {
                tokio::task::yield_now().await;
            }
            assert_eq!(hasher.place().await.map(drop).expect_err("full").code(), "overloaded");
            drop(held);
            for one in waiting {
                one.await.expect("no panic").expect("a place");
            }
            assert_eq!(hasher.waiting.load(Ordering::Relaxed), 0);
            hasher.place().await.expect("a place again");
        });
    }
}
