//! Moves with energy credits that stop after each of their steps: the credits and the money behind them are somewhere once.

use super::Household;
use super::crash::{accounts, begin, book_one, clearing, day, group, key, no, recount, society, top_up, user};
use super::moves::Step;
use crate::accounts::{Wanted, accounts_need};
use crate::day_credits::CreditBook;
use crate::policy::Actor;
use crate::{ClusterAccounts, CoverSource, Service, ServiceError};
use ledger::{Account, AccountCode, Cause, CauseKind, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Ngwee};
use store::tables::ClusterRow;

/// Gives a member credits, as a settled day does.
async fn credit(service: &Service, cluster: &ClusterRow, member: i64, wh: i64) {
    let id = cluster.id;
    let wanted: [Wanted; 2] = [(None, AccountCode::EnergyPool), (Some(no(member)), AccountCode::MemberEnergy)];
    let found = service.store().write::<_, ServiceError, _>(move |tx| {
        Box::pin(async move {
            tx.cluster_turn(id).await?;
            let known = ClusterAccounts::new(&tx.account_list(id).await?);
            accounts_need(tx, id, &known, &wanted).await
        })
    });
    let found = found.await.expect("opens");
    let command = TransferCreate {
        key: key(&format!("credit {member}")),
        debit: found[&wanted[0]].no,
        credit: found[&wanted[1]].no,
        amount: wh,
        code: TransferCode::CreditBanked,
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Opening, a: 0, b: 0 },
        business_on: BusinessDay::of(service.now(), cluster.offset),
        actor: 0,
        linked: false,
    };
    book_one(service, cluster, command).await;
}

fn fund(book: &ClusterAccounts) -> i64 {
    book.own(AccountCode::CreditFund).map_or(0, Account::balance)
}

test_kit::on_both! {
    /// However many steps a move did before the program died, another call ends it the same way.
    async fn credits_of_a_move_that_stops_are_finished(url: &str) {
        let (service, _) = society(url).await;
        let to = group(&service).await;
        let open = service.open_cluster_ensure("kabwe").await.expect("is there");
        service.cover_add(Actor::System, &open, CoverSource::Gift, Ngwee(10_000), key("cover")).await.expect("adds");
        let steps = [Step::Arrived, Step::Ended, Step::Sent, Step::Delivered, Step::Marked, Step::Waiting];
        for stop in 0..steps.len() {
            let at = stop as i64 + 1;
            let household = Household { alias: format!("Trader {at}"), ..Household::default() };
            service.join_open(user(at), "kabwe", household, key(&format!("trader {at}"))).await.expect("joins");
            top_up(&service, &open, at).await;
            credit(&service, &open, at, 4_000).await;
            let begun = begin(&service, &open, &to, at, day(0)).await;
            for expected in &steps[..stop] {
                assert_eq!(service.move_step(open.id, begun).await.expect("goes"), *expected, "stopping after {stop}");
            }
            let (here, there) = (accounts(&service, &open).await, accounts(&service, &to).await);
            let (out, into) = (CreditBook::of(&here), CreditBook::of(&there));
            assert!(out.is_whole() && into.is_whole(), "{out:?} {into:?}");
            // On the way: what has left and not arrived.
            assert_eq!(out.outstanding() + into.outstanding() + out.moved + into.moved, at * 4_000, "after {stop} steps");
            let money = fund(&here) + fund(&there) + clearing(&service, &open).await + clearing(&service, &to).await;
            let wallets: i64 = (1..=at).map(|member| here.member(no(member)).map_or(0, |book| book.wallet.balance())).sum();
            let arrived: i64 = (2..=at + 1).map(|member| there.member(no(member)).map_or(0, |book| book.wallet.balance())).sum();
            assert_eq!(money + wallets + arrived, 10_000 + at * 5_000, "after {stop} steps");
            let report = service.clearing_check(Actor::System).await.expect("checks");
            assert_eq!((report.failed.len(), report.differences.len()), (0, 0), "{report:?}");
            let (here, there) = (accounts(&service, &open).await, accounts(&service, &to).await);
            let (out, into) = (CreditBook::of(&here), CreditBook::of(&there));
            assert_eq!((out.outstanding(), out.moved, into.outstanding(), into.moved), (0, at * 4_000, at * 4_000, -at * 4_000));
            assert_eq!((fund(&here), fund(&there)), (0, 10_000), "the first took all of the cover, as all credits were its own");
        }
        recount(&service, &open).await;
        recount(&service, &to).await;
    }
}
