//! What stands beside trade between clusters: the comparison of clearing accounts as a job, and the events that are followed and cleared away.

use crate::region::Region;
use crate::region::society::{accounts, day, key, noon, operator, person, user_id};
use domain::UserId;
use ledger::{AccountCode, Cause, CauseKind, Outcome, TransferCode, TransferCreate, TransferKind};
use market::between::Party;
use service::Service;
use service::news::{EVENTS_KEPT_DAYS, News};
use service::policy::Actor;
use store::StoreError;

/// The notices of the operator, the newest first, as people read them.
async fn told(service: &Service) -> Vec<String> {
    let say = message::Say::new(domain::Language::En);
    let notices = service.notice_list(operator(), None, 50).await.expect("lists");
    notices.iter().map(|notice| service::notice_text(say, notice).expect("words")).collect()
}

async fn operator_signs_up(service: &Service) {
    person(service, 1_000_000, "Mutinta", "+260977000001").await;
    let id: UserId = user_id(1_000_000);
    let write = service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.user_operator_set(id, true).await.map(drop) }));
    write.await.expect("writes");
}

/// Books money of the seller's clearing account away, as no delivery does.
async fn plant(region: &Region, amount: i64) {
    let (service, id) = (&region.service, region.seller.id);
    let book = accounts(service, id).await;
    let own = |code| book.own(code).expect("an account").no;
    let line = TransferCreate {
        key: key(&format!("planted {amount}")),
        debit: own(AccountCode::InterClusterClearing),
        credit: own(AccountCode::MaintenanceFund),
        amount,
        code: TransferCode::Delivery,
        kind: TransferKind::Posted,
        cause: Cause { kind: CauseKind::Deal, a: region.deal(Party::Seller).await.row.no.get(), b: 1 },
        business_on: day(2),
        actor: 0,
        linked: false,
    };
    let now = service.now();
    let write = service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { tx.transfers_execute(id, now, &[line]).await }));
    let outcomes = write.await.expect("books");
    assert!(matches!(outcomes[0], Outcome::Created(_)), "{outcomes:?}");
}

test_kit::on_both! {
    async fn a_difference_is_told_once_and_not_every_hour(url: &str) {
        let region = Region::open(url).await;
        let service = &region.service;
        operator_signs_up(service).await;
        region.agree(400, 120).await;
        region.at(noon(2));
        region.read(0..2, Some(1_000)).await;
        region.settle().await;
        let report = service.clearing_watch().await.expect("watches");
        assert_eq!((report.pairs, report.differences.len(), told(service).await), (1, 0, vec![]));
        plant(&region, 700).await;
        for hour in 1..=3 {
            region.at(noon(2).plus_ms(hour * 3_600_000));
            let report = service.clearing_watch().await.expect("watches");
            assert_eq!(report.differences.iter().map(|found| found.amount.0.abs()).collect::<Vec<_>>(), [700], "it is found each time");
        }
        let again = service.clone().with_desks_of_its_own();
        again.clearing_watch().await.expect("watches");
        let notices = told(service).await;
        assert_eq!(notices.len(), 1, "{notices:?}");
        assert!(notices[0].contains("Mulenga Solar Group") && notices[0].contains("Kafue Homes") && notices[0].contains("7.00"), "{notices:?}");
        // Another amount is another difference.
        plant(&region, 50).await;
        service.clearing_watch().await.expect("watches");
        service.clearing_watch().await.expect("watches");
        assert_eq!(told(service).await.len(), 2);
    }

    async fn news_begin_at_the_end_and_old_events_go(url: &str) {
        let region = Region::open(url).await;
        let service = &region.service;
        let id = region.seller.id;
        let count = async || {
            let read = service.store().read::<_, StoreError, _>(move |tx| Box::pin(async move { tx.outbox_tail(id, 0, 1_000).await }));
            read.await.expect("reads").len()
        };
        let before = count().await;
        assert!(before > 1, "founding and joining were told");
        let mut news = News::of(id);
        assert!(!news.look(service, |_| true).await, "the first look finds where the outbox ends, and reads nothing of it");
        assert!(!news.look(service, |_| true).await);
        region.agree(400, 120).await;
        assert!(!news.look(service, |event| event.kind == "nothing of this name").await);
        region.at(noon(2));
        region.read(0..2, Some(1_000)).await;
        region.settle().await;
        let mut other = news;
        assert!(news.look(service, |_| true).await);
        assert!(!news.look(service, |_| true).await, "once");
        let until = noon(0).plus_ms(EVENTS_KEPT_DAYS * 86_400_000);
        region.at(until);
        assert_eq!(service.events_prune(Actor::System).await.expect("prunes"), 0, "not old yet");
        region.at(until.plus_ms(1));
        let gone = service.events_prune(operator()).await.expect("prunes");
        assert!(gone >= u64::try_from(before).expect("few"), "{gone}");
        assert_eq!(service.events_prune(Actor::System).await.expect("prunes"), 0);
        assert!(count().await > 0, "what came later stays");
        assert!(other.look(service, |_| true).await, "who follows goes on behind what is gone");
        region.at(until.plus_ms(90 * 86_400_000));
        service.events_prune(Actor::System).await.expect("prunes");
        assert_eq!(count().await, 1, "the newest stays, so that its number is known");
        assert_eq!(service.events_prune(crate::region::society::user(1)).await.expect_err("no operator").code(), "not_allowed");
    }
}
