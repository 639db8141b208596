//! Why a command is refused: a closed list in order of precedence.

macro_rules! refusals {
    ($($(#[$vdoc:meta])* $variant:ident = $number:literal $code:literal $message:literal $transient:literal),+ $(,)?) => {
        /// Why a command was refused.
        ///
        /// The list is in order of precedence: where several hold, the first is answered. Numbers are stored and codes are message
        /// keys; neither ever changes its meaning.
        ///
        /// Every refusal is recorded under the command's key (except `key_reused`, whose key belongs to another command), and the same
        /// command with the same key is answered the same for ever, also when it could succeed by now. A new attempt is a new command:
        /// it carries a new key. [`Refusal::is_transient`] says whether trying again can make sense without changing the content.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, thiserror::Error)]
        pub enum Refusal {
            $($(#[$vdoc])* #[error($message)] $variant = $number),+
        }

        impl Refusal {
            /// Every refusal, in order of precedence.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }

            /// The number as stored.
            #[must_use]
            pub const fn number(self) -> i64 {
                match self { $(Self::$variant => $number),+ }
            }

            /// The refusal of a stored number; `None` when the list has no such number.
            #[must_use]
            pub const fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// Reads a code back; `None` when it is not on the list.
            #[must_use]
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }

            /// Whether the same content under a new key may succeed later, because the refusal came from the state of the books and
            /// not from the command.
            #[must_use]
            pub const fn is_transient(self) -> bool {
                match self { $(Self::$variant => $transient),+ }
            }
        }
    };
}

refusals! {
    /// The key belongs to a command with other content, or appears twice in one chain.
    KeyReused = 10 "key_reused" "this idempotency key was used for another command: give each command a key of its own" false,
    /// The batch ends inside a chain. Answered to its last command.
    LinkedChainOpen = 20 "linked_chain_open" "the last command of a batch must not be linked: send the rest of the chain with it" false,
    /// Another command of the chain was refused.
    LinkedFailed = 30 "linked_failed" "another command of this chain was refused: mend that one and send the chain with new keys" true,
    /// Zero or less.
    AmountNotPositive = 40 "amount_not_positive" "the amount must be above zero: to move it the other way, swap debit and credit" false,
    /// Debit and credit are one account.
    AccountsEqual = 50 "accounts_equal" "debit and credit must be two accounts" false,
    /// A hold that would have ended before it began.
    ExpiryNotAfterBooking = 60 "expiry_not_after_booking" "a hold must end after it is booked: give a later expiry" false,
    /// The cluster has no such account. The debit is looked at first.
    AccountUnknown = 70 "account_unknown" "the cluster has no such account: open it first" true,
    /// The account takes nothing any more. The debit is looked at first; a void is exempt, so that holds can always be released.
    AccountClosed = 80 "account_closed" "the account is closed: use another account" true,
    /// Two currencies.
    CurrencyMismatch = 90 "currency_mismatch" "both accounts must be of one currency" false,
    /// The business day is closed.
    BusinessDayClosed = 100 "business_day_closed" "the books are closed for this business day: post to the open day" false,
    /// No such hold.
    PendingUnknown = 110 "pending_unknown" "there is no such pending transfer: check its number" true,
    /// The transfer is no hold.
    PendingNotPending = 120 "pending_not_pending" "the transfer referred to is not pending: check its number" false,
    /// The hold was posted before.
    PendingAlreadyPosted = 130 "pending_already_posted" "the pending transfer was already posted: reverse the posting to undo it" false,
    /// The hold was voided before.
    PendingAlreadyVoided = 140 "pending_already_voided" "the pending transfer was already voided: make a new one" false,
    /// The hold can only be voided any more.
    PendingExpired = 150 "pending_expired" "the pending transfer has expired: void it and make a new one" false,
    /// More than was held.
    PendingAmountExceeded = 160 "pending_amount_exceeded" "more than the pending amount: post at most what is held" false,
    /// Other accounts or another code than the hold, or a void of another amount.
    PendingDiffers = 170 "pending_differs" "accounts and code must be those of the pending transfer, and a void releases all of it" false,
    /// No such transfer.
    ReversalUnknown = 180 "reversal_unknown" "there is no such transfer to reverse: check its number" true,
    /// It was reversed before.
    ReversalAlready = 190 "reversal_already" "the transfer was already reversed: a transfer is reversed once" false,
    /// Reversals stand.
    ReversalOfReversal = 200 "reversal_of_reversal" "a reversal is not reversed: book the transfer anew" false,
    /// Nothing was posted (a hold or a void).
    ReversalOfPending = 210 "reversal_of_pending" "nothing was posted by this transfer: void a hold instead" false,
    /// Not the mirror of the original.
    ReversalDiffers = 220 "reversal_differs" "a reversal has the amount of the original and its accounts swapped" false,
    /// A sum of an account, or the numbering, would leave 63 bits.
    Overflow = 230 "overflow" "a sum of the account would become too large: use smaller amounts or another account" false,
    /// The debited account would fall below zero.
    ExceedsCredits = 240 "exceeds_credits" "not enough on the debited account: add money or wait until holds are released" true,
    /// The credited account would rise above zero.
    ExceedsDebits = 250 "exceeds_debits" "more than the credited account still owes: use a smaller amount" true,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_codes_and_order_agree() {
        assert!(Refusal::ALL.is_sorted_by(|a, b| a.number() < b.number() && a < b));
        for &refusal in Refusal::ALL {
            assert_eq!(Refusal::from_number(refusal.number()), Some(refusal));
            assert_eq!(Refusal::parse(refusal.code()), Some(refusal));
            assert!(refusal.to_string().starts_with(|c: char| c.is_lowercase()));
        }
        assert_eq!((Refusal::from_number(11), Refusal::parse("no")), (None, None));
    }
}
