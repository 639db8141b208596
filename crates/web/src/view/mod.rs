//! Inputs become pages: pure functions from [`crate::input`] to structs that hold formatted text and finished charts.
//!
//! Templates only place what is here. A view that would show wrong sums is refused with a [`ViewError`].

pub mod balance;
pub mod between;
pub mod carbon;
pub mod clusters;
pub mod dashboard;
pub mod day;
pub mod frame;
pub mod members;
pub mod moment;
pub mod parts;
pub mod problem;
pub mod sheets;
pub mod statement;
pub mod trade;

/// Why a page is not shown although its numbers were read: they contradict each other.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ViewError {
    /// A flow is below zero.
    #[error("the flow {flow} is {power_w} W; flows are never negative")]
    NegativeFlow {
        /// Which flow.
        flow: &'static str,
        /// Its value, W.
        power_w: i64,
    },
    /// A sum does not fit.
    #[error("the sum of {0} is too large")]
    TooLarge(&'static str),
    /// The receipt's lines and service charge are not its total.
    #[error("receipt lines add up to {lines_ngwee} ngwee, the total says {total_ngwee}")]
    ReceiptDoesNotAdd {
        /// Sum of the lines and the service charge.
        lines_ngwee: i64,
        /// The total.
        total_ngwee: i64,
    },
    /// Opening balance and book lines are not the closing balance.
    #[error("book lines lead to {lines_ngwee} ngwee, the balance says {closing_ngwee}")]
    BookDoesNotAdd {
        /// Opening balance and all lines.
        lines_ngwee: i64,
        /// The closing balance.
        closing_ngwee: i64,
    },
}

impl ViewError {
    /// Stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NegativeFlow { .. } => "flow_negative",
            Self::TooLarge(_) => "sum_too_large",
            Self::ReceiptDoesNotAdd { .. } => "receipt_does_not_add",
            Self::BookDoesNotAdd { .. } => "book_does_not_add",
        }
    }
}
