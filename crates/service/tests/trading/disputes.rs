//! Disputes of trades: told to the officers, once, and not without end.

use crate::floor::{Floor, society};
use service::trade::{DISPUTE_MAX, DISPUTES_MAX};
use society::{no, user, user_id};
use store::StoreError;
use test_kit::on_both;

/// What member 2 hears when its user says that a trade is not right.
async fn dispute(floor: &Floor, who: i64, member: i64, trade: i64, words: &str) -> Result<(), &'static str> {
    floor.service.trade_dispute(user(who), &floor.cluster, no(member), trade, words).await.map_err(|error| error.code())
}

/// How often an officer was told of a dispute.
async fn told(floor: &Floor, who: i64) -> usize {
    let user = user_id(who);
    let read = floor.service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.notice_list(user, None, 100).await }));
    read.await.expect("reads").iter().filter(|notice| notice.kind == "trade-disputed").count()
}

on_both! {
    async fn disputes_are_told_once_and_bounded(url: &str) {
        let floor = Floor::open(url, 4).await.unguarded();
        for at in 0..2 {
            floor.sell(3, 100 + at, 100).await;
            floor.buy(2, 100 + at, 100).await;
        }
        floor.sell(3, 100, 100).await;
        floor.buy(4, 100, 100).await;
        assert_eq!(dispute(&floor, 2, 2, 1, "  The price  was another ").await, Ok(()));
        assert_eq!(dispute(&floor, 2, 2, 1, "The price was another").await, Ok(()), "pressed twice");
        assert_eq!(told(&floor, 1).await, 1);
        // Nothing of this counts.
        assert_eq!(dispute(&floor, 2, 2, 1, " ").await, Err("dispute_words"));
        assert_eq!(dispute(&floor, 2, 2, 1, &"x".repeat(DISPUTE_MAX + 1)).await, Err("dispute_words"));
        assert_eq!(dispute(&floor, 2, 2, 3, "Not mine").await, Err("trade_unknown"));
        assert_eq!(dispute(&floor, 4, 2, 1, "Not my house").await, Err("not_allowed"));
        for at in 1..DISPUTES_MAX {
            assert_eq!(dispute(&floor, 2, 2, 1 + i64::from(at) % 2, &format!("Wrong {at}")).await, Ok(()));
        }
        assert_eq!(dispute(&floor, 2, 2, 2, "Once more").await, Err("disputes_too_many"));
        // What was told already is answered as before, and others may speak.
        assert_eq!(dispute(&floor, 2, 2, 1, "The price was another").await, Ok(()));
        assert_eq!(dispute(&floor, 3, 3, 1, "Mine too").await, Ok(()));
        assert_eq!(told(&floor, 1).await, DISPUTES_MAX as usize + 1);
        // A day later the member may again: also in a process that was not there.
        floor.wait(86_400_000 - 1);
        assert_eq!(dispute(&floor.beside(), 2, 2, 2, "Once more").await, Err("disputes_too_many"));
        floor.wait(1);
        assert_eq!(dispute(&floor.beside(), 2, 2, 2, "Once more").await, Ok(()));
        floor.holds().await;
    }
}

on_both! {
    async fn disputes_that_come_together_are_counted(url: &str) {
        let floor = Floor::open(url, 3).await.unguarded();
        floor.sell(3, 100, 100).await;
        floor.buy(2, 100, 100).await;
        let mut tasks = tokio::task::JoinSet::new();
        for at in 0..20 {
            let (service, cluster) = (floor.service.clone(), floor.cluster.clone());
            tasks.spawn(async move { service.trade_dispute(user(2), &cluster, no(2), 1, &format!("Wrong {at}")).await });
        }
        let done = tasks.join_all().await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), DISPUTES_MAX as usize);
        assert!(done.iter().all(|done| done.as_ref().map_err(service::ServiceError::code).err().is_none_or(|code| code == "disputes_too_many")));
        assert_eq!(told(&floor, 1).await, DISPUTES_MAX as usize);
    }
}
