//! Reliability from trades, through the use cases: golden scores, what weighs nothing, and that reversing restores.

use crate::floor::{Floor, society};
use ledger::{Outcome, TransferCreate, TransferKind, TransferStatus};
use quantity::DAY_MS;
use service::policy::Actor;
use service::{DirectoryFilter, Reliability, Reputation};
use society::{key, no, user};
use store::StoreError;
use store::tables::CreditDayRow;
use test_kit::on_both;

impl Floor {
    async fn reputation(&self, member: i64) -> Reputation {
        self.service.reputation_of(Actor::System, &self.cluster, no(member)).await.expect("reads")
    }

    /// Home 1 sells `energy` to each of `buyers`.
    async fn sells(&self, buyers: std::ops::RangeInclusive<i64>, energy: i64) {
        for buyer in buyers {
            self.sell(1, 100, energy).await;
            assert_eq!(self.buy(buyer, 100, energy).await.trades.len(), 1);
        }
    }

    /// Says what a home banked on a day, and what of that corrections took away and it bought back.
    async fn banked(&self, member: i64, at: i32, banked: i64, bought_back: i64) {
        let id = self.cluster.id;
        let row = CreditDayRow {
            day: society::day(at),
            member: no(member),
            banked,
            used: 0,
            bought_back,
            banked_money: 0,
            used_money: 0,
            bought_back_money: 0,
        };
        let write = self.service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.credit_day_put(id, &[row]).await }));
        write.await.expect("writes");
    }

    /// Takes back every transfer of a trade.
    async fn reverse(&self, trade: i64) {
        let (id, now) = (self.cluster.id, self.service.now());
        let write = self.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move {
                let mut lines = Vec::new();
                for (transfer, status) in tx.transfer_page(id, 0, 10_000).await? {
                    let is_own = transfer.cause.kind == ledger::CauseKind::Trade && transfer.cause.a == trade;
                    if is_own && transfer.kind == TransferKind::Posted && status == TransferStatus::Open {
                        lines.push(TransferCreate {
                            key: key(&format!("reversal {}", transfer.no)),
                            debit: transfer.credit,
                            credit: transfer.debit,
                            amount: transfer.amount,
                            code: ledger::TransferCode::Reversal,
                            kind: TransferKind::Reversal { of: transfer.no },
                            cause: transfer.cause,
                            business_on: transfer.business_on,
                            actor: 0,
                            linked: false,
                        });
                    }
                }
                tx.transfers_execute(id, now, &lines).await
            })
        });
        let outcomes = write.await.expect("writes");
        assert!(!outcomes.is_empty() && outcomes.iter().all(|outcome| matches!(outcome, Outcome::Created(_))), "{outcomes:?}");
    }
}

on_both! {
    async fn golden_scores_from_trades(url: &str) {
        let floor = Floor::open(url, 10).await;
        floor.banked(1, -1, 50_000, 0).await;
        let newcomer = floor.reputation(1).await;
        assert_eq!((newcomer.seller.reliability, newcomer.seller.lower_bound, newcomer.seller.is_new, newcomer.sales), (800_000, 0, true, 0));
        floor.sells(2..=4, 1_000).await;
        let known = floor.reputation(1).await;
        assert_eq!((known.seller.reliability, known.seller.lower_bound, known.seller.is_new, known.sales), (846_153, 438_493, false, 3));
        assert_eq!((known.buyer.reliability, known.purchases), (800_000, 0));
        let buyer = floor.reputation(2).await;
        assert_eq!((buyer.buyer.reliability, buyer.buyer.is_new, buyer.purchases), (800_000, true, 0), "who buys pays at once");
        floor.sells(5..=10, 1_000).await;
        // One of them a second time: well within a fifth.
        floor.sells(2..=2, 1_000).await;
        let ten = floor.reputation(1).await;
        assert_eq!((ten.seller.reliability, ten.seller.lower_bound, ten.sales), (900_000, 722_459, 10));
        // A half-life later: 5 of 5, so 13 / 15; nobody becomes new by growing older.
        floor.wait(180 * DAY_MS);
        let later = floor.reputation(1).await;
        assert!((866_665..=866_667).contains(&later.seller.reliability) && !later.seller.is_new, "{later:?}");
        // Out of sight after the span.
        floor.wait(541 * DAY_MS);
        assert_eq!(floor.reputation(1).await.sales, 0);
    }
}

on_both! {
    async fn friends_and_circles_weigh_little_or_nothing(url: &str) {
        let floor = Floor::open(url, 5).await.unguarded();
        floor.banked(1, -1, 50_000, 0).await;
        floor.banked(2, -1, 50_000, 0).await;
        for _ in 0..20 {
            floor.sells(2..=2, 1_000).await;
        }
        let one = floor.reputation(1).await;
        assert_eq!((one.seller.evidence.kept, one.seller.is_new, one.sales), (2_000_000_000, true, 20), "one friend gives two at most");
        // There and back within a day is a circle.
        floor.sell(2, 100, 1_000).await;
        floor.buy(1, 100, 1_000).await;
        assert_eq!(floor.reputation(1).await.seller.evidence.kept, 0);
        // Small ones weigh little: 100 Wh are two steps of five.
        floor.sells(3..=3, 100).await;
        assert_eq!(floor.reputation(1).await.seller.evidence.kept, 400_000_000);
        // A person who acts for both homes makes them the same hands.
        let (id, today) = (floor.cluster.id, society::day(0));
        let joint = floor.service.store().write::<_, StoreError, _>(move |tx| {
            Box::pin(async move { tx.role_grant(id, no(3), society::user_id(1), domain::Role::Member, today).await })
        });
        assert!(joint.await.expect("writes"));
        let tied = floor.reputation(1).await;
        assert_eq!((tied.seller.evidence.kept, tied.sales), (0, 20));
    }
}

on_both! {
    async fn reversing_restores(url: &str) {
        let floor = Floor::open(url, 6).await;
        floor.banked(1, -1, 50_000, 0).await;
        floor.sells(2..=4, 1_000).await;
        let mut before = Vec::new();
        for member in 1..=6 {
            before.push(floor.reputation(member).await);
        }
        floor.sells(5..=5, 600).await;
        assert_ne!(floor.reputation(1).await, before[0]);
        floor.reverse(4).await;
        for member in 1..=6 {
            assert_eq!(floor.reputation(member).await, before[member as usize - 1], "{member}");
        }
    }
}

on_both! {
    async fn the_directory_shows_the_same(url: &str) {
        let floor = Floor::open(url, 5).await;
        floor.banked(1, -45, 50_000, 0).await;
        floor.sells(2..=4, 1_000).await;
        let page = floor.service.directory(user(5), &floor.cluster, None, 100, DirectoryFilter::default()).await.expect("lists");
        let shown: Vec<Reliability> = page.items.iter().map(|entry| entry.reliability).collect();
        let none = Reliability::default();
        assert_eq!(shown, [Reliability { ppm: Some(846_153), sales: 3 }, none, none, none, none]);
        assert_eq!(floor.reputation(1).await.brief(), shown[0]);
        let refused = floor.service.reputation_of(user(77), &floor.cluster, no(1)).await;
        assert_eq!(refused.map_err(|error| error.code()).map(|_| ()), Err("not_allowed"));
        let unknown = floor.service.reputation_of(user(1), &floor.cluster, no(99)).await;
        assert_eq!(unknown.map_err(|error| error.code()).map(|_| ()), Err("member_unknown"));
        let cluster = floor.service.reputation_of_cluster(Actor::Nobody, &floor.cluster).await.expect("reads");
        assert_eq!((cluster.seller.reliability, cluster.seller.is_new, cluster.sales), (800_000, true, 0));
    }
}

on_both! {
    async fn a_sale_stands_as_far_as_meters_say(url: &str) {
        let floor = Floor::open(url, 6).await;
        // Bought or given credits say nothing of the seller.
        floor.sells(2..=4, 1_000).await;
        let start = floor.reputation(1).await;
        assert_eq!((start.seller.reliability, start.seller.is_new, start.sales), (800_000, true, 0));
        // 5 % taken away by a correction are within what is kept; a Wh more is not.
        floor.banked(1, -2, 20_000, 1_000).await;
        let kept = floor.reputation(1).await;
        assert_eq!((kept.seller.reliability, kept.sales), (846_153, 3));
        floor.banked(1, -2, 20_000, 1_001).await;
        let broken = floor.reputation(1).await;
        assert_eq!((broken.seller.reliability, broken.seller.is_new, broken.sales), (615_384, false, 3));
        // The days are taken together, and reversing the correction restores all of it.
        floor.banked(1, -1, 20_000, 0).await;
        assert_eq!(floor.reputation(1).await, kept);
        floor.banked(1, -1, 20_000, 20_000).await;
        assert_eq!(floor.reputation(1).await.seller.reliability, 615_384);
        floor.banked(1, -1, 0, 0).await;
        floor.banked(1, -2, 20_000, 0).await;
        assert_eq!(floor.reputation(1).await, kept);
        // What was banked on the day of the sale, or before readings could still be corrected, backs no sale.
        floor.banked(1, -2, 0, 0).await;
        floor.banked(1, 0, 20_000, 0).await;
        floor.banked(1, -46, 20_000, 0).await;
        assert_eq!(floor.reputation(1).await, start);
        floor.banked(1, -45, 20_000, 0).await;
        assert_eq!(floor.reputation(1).await, kept);
    }
}
