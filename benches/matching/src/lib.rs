//! One stream of orders, given to three books: ours, `orderbook-rs` and `lobster`.
//!
//! The stream is made from a seed: orders that rest around a moving middle, aggressive ones that trade, cancels, and changes of price. Each
//! book must trade the same: the same two orders, energy and price, one after the other. The peers cannot change an order in one call that
//! tells what it traded, so for them a change is a cancel and a new order, which means the same: the old place is lost.
//!
//! The peers do not look for orders of the same member; in the stream buyers and sellers are different people.

mod contender;
mod stream;

pub use contender::{Contender, Lobster, Ours, Peer, Total, Trade, run};
pub use stream::{Op, Shape, stream};

/// Runs the stream through all three and compares every trade.
///
/// # Panics
/// When two books disagree.
#[must_use]
pub fn agreed(ops: &[Op]) -> Total {
    let ours = contender::trades::<Ours>(ops);
    assert!(ours == contender::trades::<Peer>(ops), "orderbook-rs trades otherwise");
    assert!(ours == contender::trades::<Lobster>(ops), "lobster trades otherwise");
    Total::of(&ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_trade_alike() {
        for shape in [Shape::CLUSTER, Shape::WIDE] {
            let ops = stream(shape, 20_000, 7);
            let ours = contender::trades::<Ours>(&ops);
            assert!(ours.len() > 1_000);
            assert_eq!(ours, contender::trades::<Peer>(&ops));
            assert_eq!(ours, contender::trades::<Lobster>(&ops));
        }
    }
}
