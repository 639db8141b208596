//! Payments from wallet to wallet on both engines: what is answered, said twice, said at once, refused; and that no ngwee is lost.

mod village;

use domain::{Clock, ClusterCode, ClusterId, MemberNo, SimulatedClock};
use ledger::{AccountCode, IdempotencyKey, Refusal};
use quantity::{Instant, Ngwee, UtcOffset};
use service::policy::Actor;
use service::{ImportOptions, PAYMENTS_MAX, PaymentOutcome, PaymentRefusal, Service, ServiceError, WalletBalance, WalletPayment};
use std::sync::Arc;
use store::{OpenOptions, Sql, Store, sql};
use village::{csv, date, day, found};

/// Everybody's wallet after founding, and all of them together.
const TOPPED_UP: i64 = 2_000;
const ALL: i64 = 3 * TOPPED_UP;

struct Scene {
    service: Service,
    cluster: ClusterId,
    clock: SimulatedClock,
}

async fn scene(url: &str) -> Scene {
    let clock = SimulatedClock::at(noon(1));
    let store = Store::open(url, OpenOptions::default()).await.expect("opens");
    let regions = domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).expect("reads"));
    let service = Service::new(store, Arc::new(clock.clone()), regions);
    let cluster = found(&service).await.id;
    Scene { service, cluster, clock }
}

fn noon(at: i32) -> Instant {
    day(at).start(UtcOffset::LUSAKA).plus_ms(12 * 3_600_000)
}

fn member(number: i64) -> MemberNo {
    MemberNo::new(number).expect("a number")
}

fn pay(key: u32, to: i64, amount: i64) -> WalletPayment {
    let mut bytes = [0; 16];
    bytes[12..].copy_from_slice(&key.to_be_bytes());
    WalletPayment { key: IdempotencyKey(bytes), to: member(to), amount: Ngwee(amount) }
}

/// An outcome in a word: `paid`, `again`, or the code of the refusal.
fn word(outcome: &PaymentOutcome) -> &'static str {
    match outcome {
        PaymentOutcome::Paid { is_repeat: false, .. } => "paid",
        PaymentOutcome::Paid { is_repeat: true, .. } => "again",
        PaymentOutcome::Refused(refusal) => refusal.code(),
    }
}

impl Scene {
    async fn pay(&self, from: i64, payments: &[WalletPayment]) -> Vec<PaymentOutcome> {
        self.service.wallet_pay(self.cluster, member(from), 7, payments.to_vec()).await.expect("answers")
    }

    async fn words(&self, from: i64, payments: &[WalletPayment]) -> Vec<&'static str> {
        self.pay(from, payments).await.iter().map(word).collect()
    }

    async fn balances(&self) -> [i64; 3] {
        let mut all = [0; 3];
        for (balance, number) in all.iter_mut().zip(1..) {
            *balance = self.service.wallet_balance(self.cluster, member(number)).await.expect("a balance").posted.0;
        }
        all
    }

    async fn leaves(&self, number: i64) {
        let (cluster, today) = (self.cluster, quantity::BusinessDay::of(self.clock.now(), UtcOffset::LUSAKA));
        let left: Result<bool, store::StoreError> =
            self.service.store().write(move |tx| Box::pin(async move { tx.member_leave(cluster, member(number), today).await })).await;
        assert!(left.expect("writes"));
    }
}

test_kit::on_both! {
    async fn each_payment_has_its_own_outcome(url: &str) {
        let scene = scene(url).await;
        let sent = [pay(1, 2, 500), pay(2, 3, 0), pay(3, 1, 5), pay(4, 9, 5), pay(5, 3, 1_501), pay(6, 3, 1_500), pay(7, 2, -3)];
        let outcomes = scene.pay(1, &sent).await;
        let words: Vec<_> = outcomes.iter().map(word).collect();
        assert_eq!(words, ["paid", "amount_not_positive", "self_payment", "member_unknown", "exceeds_credits", "paid", "amount_not_positive"]);
        assert_eq!(scene.balances().await, [0, 2_500, 3_500]);
        let empty = scene.service.wallet_balance(scene.cluster, member(1)).await.expect("a balance");
        assert_eq!(empty, WalletBalance { posted: Ngwee(0), pending: Ngwee(0), available: Ngwee(0) });

        // The transfers say what they are, and the whole ledger can be recounted.
        let cluster = scene.cluster;
        let page = scene.service.store().read::<_, store::StoreError, _>(move |tx| Box::pin(async move { tx.transfer_page(cluster, 0, 1_000).await })).await.expect("reads");
        let PaymentOutcome::Paid { transfer, .. } = outcomes[5] else { panic!("paid above") };
        let (made, _) = page.iter().find(|(made, _)| made.no == transfer).expect("in the ledger");
        let said = (made.code.as_str(), made.amount, made.actor, made.business_on.to_string());
        assert_eq!(said, ("member_payment", 1_500, 7, date(1)));
    }

    async fn a_day_is_settled_around_payments(url: &str) {
        let scene = scene(url).await;
        let cluster = scene.service.cluster(&ClusterCode::parse("MULENGA").expect("a code")).await.expect("is there");
        assert_eq!(scene.words(1, &[pay(1, 2, 500)]).await, ["paid"]);
        let taken = scene.service.readings_import(Actor::System, &cluster, csv(0..1, &[]).as_bytes(), ImportOptions::default(), |_| {}, |_, _| {}).await;
        assert_eq!(taken.expect("imports").accepted, 4 * 96);
        assert_eq!(scene.service.cluster_settle(Actor::System, &cluster, |_| {}).await.expect("settles").days.len(), 1);
        assert_eq!(scene.words(2, &[pay(2, 3, 500)]).await, ["paid"]);
        assert_eq!(scene.service.cluster_verify(Actor::System, &cluster).await.expect("verifies").problems, []);
    }

    async fn a_repeat_tells_the_same(url: &str) {
        let scene = scene(url).await;
        let sent = [pay(1, 2, 500), pay(2, 3, 9_999), pay(1, 2, 500), pay(1, 2, 501)];
        let first = scene.pay(1, &sent).await;
        assert_eq!(first.iter().map(word).collect::<Vec<_>>(), ["paid", "exceeds_credits", "again", "key_reused"]);
        // After midnight the day is another one, and the answer is still that of the first time.
        for (at, leaves) in [(1, false), (2, false), (30, true)] {
            scene.clock.set(noon(at));
            if leaves {
                scene.leaves(2).await;
            }
            let again = scene.pay(1, &sent).await;
            assert_eq!(again.iter().map(word).collect::<Vec<_>>(), ["again", "exceeds_credits", "again", "key_reused"], "day {at}");
            let numbers = |outcome: &PaymentOutcome| if let PaymentOutcome::Paid { transfer, .. } = outcome { Some(*transfer) } else { None };
            assert_eq!(again.iter().map(numbers).collect::<Vec<_>>(), first.iter().map(numbers).collect::<Vec<_>>());
        }
        // Another payer, or another who asks, is another command.
        assert_eq!(scene.words(3, &[pay(1, 2, 500)]).await, ["key_reused"]);
        let other = scene.service.wallet_pay(scene.cluster, member(1), 8, vec![pay(1, 2, 500)]).await.expect("answers");
        assert_eq!(other, [PaymentOutcome::Refused(PaymentRefusal::Ledger(Refusal::KeyReused))]);
        assert_eq!(scene.balances().await, [1_500, 2_500, 2_000]);
    }

    async fn who_has_left_is_not_paid(url: &str) {
        let scene = scene(url).await;
        assert_eq!(scene.words(1, &[pay(1, 3, 10)]).await, ["paid"]);
        scene.leaves(3).await;
        scene.service.wallets_forget(scene.cluster);
        assert_eq!(scene.words(1, &[pay(2, 3, 10), pay(3, 2, 10), pay(1, 3, 10)]).await, ["member_left", "paid", "again"]);
        assert_eq!(scene.words(3, &[pay(4, 1, 10)]).await, ["member_left"]);
        // Without being told, another process sees it after a while.
        scene.leaves(2).await;
        scene.clock.set(noon(1).plus_ms(10_000));
        assert_eq!(scene.words(1, &[pay(5, 2, 10)]).await, ["member_left"]);
        assert_eq!(scene.balances().await, [1_980, 2_010, 2_010]);
    }

    async fn what_makes_no_sense_is_refused_whole(url: &str) {
        let scene = scene(url).await;
        let code = |result: Result<_, ServiceError>| result.map(|_: Vec<PaymentOutcome>| ()).expect_err("refused").code();
        let many = (0..=PAYMENTS_MAX as u32).map(|key| pay(key, 2, 1)).collect();
        assert_eq!(code(scene.service.wallet_pay(scene.cluster, member(1), 7, many).await), "payments_too_many");
        assert_eq!(code(scene.service.wallet_pay(scene.cluster, member(4), 7, vec![pay(1, 2, 1)]).await), "member_unknown");
        let nowhere = ClusterId::new(5).expect("an id");
        assert_eq!(code(scene.service.wallet_pay(nowhere, member(1), 7, vec![pay(1, 2, 1)]).await), "cluster_unknown");
        assert_eq!(scene.words(1, &[]).await, Vec::<&str>::new());
        assert_eq!(scene.balances().await, [TOPPED_UP; 3]);
    }

    async fn thousands_in_one_request(url: &str) {
        let scene = scene(url).await;
        let sent: Vec<_> = (0..PAYMENTS_MAX as u32).map(|key| pay(key, 2 + i64::from(key % 2), 1)).collect();
        let outcomes = scene.words(1, &sent).await;
        let paid = outcomes.iter().filter(|word| **word == "paid").count();
        assert_eq!((paid, outcomes.iter().filter(|word| **word == "exceeds_credits").count()), (2_000, PAYMENTS_MAX - 2_000));
        assert_eq!(scene.balances().await, [0, 3_000, 3_000]);
    }

    async fn many_at_once_lose_nothing(url: &str) {
        let scene = Arc::new(scene(url).await);
        let mut tasks = tokio::task::JoinSet::new();
        for task in 0..64u32 {
            let scene = Arc::clone(&scene);
            tasks.spawn(async move {
                let (from, to) = (1 + i64::from(task % 3), 1 + i64::from((task + 1) % 3));
                let (mut paid, mut refused) = (0, 0);
                for turn in 0..20 {
                    // Every tenth asks for more than there is; the last of each task repeats the one before.
                    let amount = if turn % 10 == 3 { 1_000_000 } else { 1 + i64::from(turn) };
                    let key = task * 100 + if turn == 19 { 18 } else { turn };
                    let amount = if turn == 19 { 19 } else { amount };
                    match word(&scene.pay(from, &[pay(key, to, amount)]).await[0]) {
                        "paid" => paid += 1,
                        "exceeds_credits" => refused += 1,
                        "again" if turn == 19 => {}
                        other => panic!("{other}"),
                    }
                }
                (paid, refused)
            });
        }
        let (paid, refused) = tasks.join_all().await.into_iter().fold((0, 0), |(a, b), (c, d)| (a + c, b + d));
        assert_eq!((paid, refused >= 128, scene.balances().await.iter().sum::<i64>()), (64 * 19 - refused, true, ALL));
        let cluster = scene.cluster;
        let page = scene.service.store().read::<_, store::StoreError, _>(move |tx| Box::pin(async move { tx.transfer_page(cluster, 0, 10_000).await })).await.expect("reads");
        assert_eq!(page.iter().filter(|(made, _)| made.code == ledger::TransferCode::MemberPayment).count(), paid);
        assert!(page.iter().zip(1..).all(|((made, _), number)| made.no.get() == number));
    }

    async fn the_same_key_at_once_pays_once(url: &str) {
        let scene = Arc::new(scene(url).await);
        let tasks = (0..64).map(|_| {
            let scene = Arc::clone(&scene);
            async move { scene.words(1, &[pay(1, 2, 100)]).await[0] }
        });
        let words = tasks.collect::<tokio::task::JoinSet<_>>().join_all().await;
        assert_eq!((words.iter().filter(|word| **word == "paid").count(), words.iter().filter(|word| **word == "again").count()), (1, 63));
        assert_eq!(scene.balances().await, [1_900, 2_100, 2_000]);
    }

    async fn callers_may_leave(url: &str) {
        let scene = Arc::new(scene(url).await);
        let mut tasks = Vec::new();
        for key in 0..200 {
            let scene = Arc::clone(&scene);
            let task = tokio::spawn(async move { scene.pay(1, &[pay(key, 2, 1)]).await });
            if key % 2 == 0 {
                tokio::task::yield_now().await;
                task.abort();
            }
            tasks.push(task);
        }
        let mut known = 0;
        for task in tasks {
            known += i64::from(task.await.is_ok());
        }
        // Asked again, each is paid once, whatever became of it the first time.
        let again = scene.pay(1, &(0..200).map(|key| pay(key, 2, 1)).collect::<Vec<_>>()).await;
        assert!(known >= 100 && again.iter().all(|outcome| matches!(outcome, PaymentOutcome::Paid { .. })));
        assert_eq!(scene.balances().await, [1_800, 2_200, 2_000]);
    }

    async fn spoilt_data_of_one_stops_only_that_one(url: &str) {
        const SPOIL: Sql = sql!("UPDATE account SET code = 9999 WHERE cluster_id = $1 AND member_no = $2 AND code = $3");
        let scene = Arc::new(scene(url).await);
        // Known wallets stay in memory, so that the payment reaches the ledger.
        assert_eq!(scene.words(1, &[pay(0, 2, 1)]).await, ["paid"]);
        let cluster = scene.cluster;
        let spoilt: Result<u64, store::StoreError> = scene
            .service
            .store()
            .write(move |tx| {
                Box::pin(async move { tx.exec(&SPOIL, &[cluster.into(), 3.into(), AccountCode::MemberWallet.number().into()]).await })
            })
            .await;
        assert_eq!(spoilt.expect("writes"), 1);
        let tasks = (1..65).map(|key| {
            let scene = Arc::clone(&scene);
            async move {
                let to = if key % 16 == 5 { 3 } else { 2 };
                let answer = scene.service.wallet_pay(cluster, member(1), 7, vec![pay(key, to, 1)]).await;
                answer.map(|outcomes| word(&outcomes[0])).unwrap_or_else(|error| error.code())
            }
        });
        let words = tasks.collect::<tokio::task::JoinSet<_>>().join_all().await;
        let count = |wanted| words.iter().filter(|word| **word == wanted).count();
        assert_eq!((count("paid"), count("data_corrupt")), (60, 4));
    }

    async fn the_store_is_free_when_the_last_caller_has_its_answer(url: &str) {
        for round in 0..5 {
            let store = Store::open(url, OpenOptions::default()).await.expect("nobody holds it");
            let service = Service::new(store, Arc::new(SimulatedClock::at(noon(1))), domain::Region::shipped_codes().filter_map(|code| domain::Region::shipped(code).expect("reads")));
            let cluster = if round == 0 { found(&service).await.id } else { ClusterId::new(77).expect("an id") };
            let outcomes = service.wallet_pay(cluster, member(1), 7, vec![pay(round, 2, 1)]).await.expect("answers");
            assert_eq!(word(&outcomes[0]), "paid");
        }
    }
}
