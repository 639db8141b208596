//! A trade from the first look to the dispute: what is shown beforehand is what is booked.

use super::*;
use domain::{TradePrice, TradingConfig};
use ledger::{Account, AccountCode, Cause, Currency, Limit, Outcome, TransferCode, TransferCreate, TransferKind};
use quantity::PricePerKwh;
use service::ClusterAccounts;
use store::StoreError;
use store::tables::ConfigRow;

pub const HUB: &str = "/app/clusters/TRADE/trade";

/// Gives members 1 to 3 ten kwacha and 5 kWh of energy credits each.
fn endow(scene: &Scene, id: ClusterId) {
    let write = scene.service.store().write::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            let known = ClusterAccounts::new(&tx.account_list(id).await?);
            let first = tx.numbers_take(id, "account", 4).await?;
            let account =
                |at, code, member, limit| Account::new(domain::AccountNo::new(first + at).unwrap(), Currency::EnergyWh, code, member, limit);
            let pool = account(0, AccountCode::EnergyPool, None, Limit::None);
            let of = |member| account(member, AccountCode::MemberEnergy, Some(no(member)), Limit::DebitsNotOverCredits);
            tx.account_put(id, &[pool, of(1), of(2), of(3)]).await?;
            let line = |text: String, debit, credit, amount, code| TransferCreate {
                key: IdempotencyKey::derive(&[text.as_bytes()]),
                debit,
                credit,
                amount,
                code,
                kind: TransferKind::Posted,
                cause: Cause::NONE,
                business_on: BusinessDay::of(START, quantity::UtcOffset::LUSAKA),
                actor: 0,
                linked: false,
            };
            let mut lines = Vec::new();
            for member in 1..=3 {
                let wallet = known.member(no(member)).unwrap().wallet.no;
                lines.push(line(format!("money {member}"), known.own_no(AccountCode::Bank).unwrap(), wallet, 1_000, TransferCode::TopUp));
                lines.push(line(format!("energy {member}"), pool.no, of(member).no, 5_000, TransferCode::CreditBanked));
            }
            let outcomes = tx.transfers_execute(id, START, &lines).await?;
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Created(_))), "{outcomes:?}");
            Ok(())
        })
    });
    scene.runtime.block_on(write).unwrap();
}

pub fn group(scene: &Scene) -> ClusterRow {
    let row = scene.cluster("TRADE", 3);
    scene.person(1, "Seller", vec![(row.id, no(1), Role::Member)]);
    scene.person(2, "Buyer", vec![(row.id, no(2), Role::Member)]);
    scene.person(3, "Chair", vec![(row.id, no(3), Role::Member), (row.id, no(3), Role::Chair)]);
    endow(scene, row.id);
    row
}

/// The same group with a price that was set, from which an order can be far.
fn group_with_price(scene: &Scene) {
    let id = group(scene).id;
    let from_day = BusinessDay::of(START, quantity::UtcOffset::LUSAKA);
    let config = TradingConfig::new(TradePrice::Fixed, PricePerKwh(120), PricePerKwh(20));
    let row = ConfigRow { version: 2, from_day, config, set_at: START, set_by: 0 };
    let write = scene.service.store().write::<_, StoreError, _>(move |tx| {
        let row = row.clone();
        Box::pin(async move { tx.trading_insert(id, &row).await })
    });
    scene.runtime.block_on(write).unwrap();
}

pub fn order(side: &str, energy: &str, price: &str) -> String {
    format!("{HUB}/order?side={side}&energy={energy}&price={price}&days=7")
}

/// Looks at an order and places it as shown; gives where the reader is sent.
pub fn placed(browser: &mut Browser, asked: &str) -> String {
    let page = browser.get(asked);
    let reply = browser.fill(&page, &format!("{HUB}/order"), &[]);
    assert_eq!(reply.status, 303, "{}", reply.text());
    reply.location().to_owned()
}

fn says(reply: &Reply, words: &str) -> bool {
    reply.text().replace('\u{a0}', " ").contains(words)
}

#[test]
fn what_is_shown_before_is_what_is_booked() {
    let scene = Scene::new();
    group(&scene);
    let (mut seller, mut buyer) = (scene.signed_in(1), scene.signed_in(2));
    assert_eq!(placed(&mut seller, &order("sell", "0.5", "1.20")), format!("{HUB}?done=waits#orders"));
    let shown = buyer.get(&order("buy", "0.4", "1.30"));
    assert!(says(&shown, "0.4 kWh at K1.20") && says(&shown, "Buy for K0.48") && says(&shown, "All of it trades at once."), "{}", shown.text());
    holds_together(&shown, "the total");
    // More than there is: the whole is shown at its limit, and beside it what is booked now.
    let more = buyer.get(&order("buy", "1.0", "1.30"));
    for words in
        ["0.5 kWh at K1.20", "0.5 kWh at K1.30, while it waits", "K1.25", "You pay when all is bought", "You pay K0.60 now.", "Place the order"]
    {
        assert!(says(&more, words), "{words}: {}", more.text());
    }

    // Meanwhile the offer is taken back: nothing is traded, and the page says so with the new total.
    let page = seller.get(HUB);
    assert_eq!(seller.fill(&page, &format!("{HUB}/cancel"), &[]).location(), format!("{HUB}?done=cancelled#orders"));
    let changed = buyer.fill(&shown, &format!("{HUB}/order"), &[]);
    assert!(changed.status == 422 && says(&changed, "changed while you looked") && says(&changed, "finds nobody yet"), "{}", changed.text());
    assert!(says(&buyer.get(HUB), "You have not traded yet."));

    assert_eq!(placed(&mut seller, &order("sell", "0.5", "1.20")), format!("{HUB}?done=waits#orders"));
    let shown = buyer.get(&order("buy", "0.4", "1.30"));
    let done = buyer.fill(&shown, &format!("{HUB}/order"), &[]);
    assert_eq!((done.status, done.location()), (303, format!("{HUB}?done=traded&energy=400&money=48#trades").as_str()));
    // A second press is the same order.
    assert_eq!(buyer.fill(&shown, &format!("{HUB}/order"), &[]).location(), done.location());
    let (bought, sold) = (buyer.get(done.location()), seller.get(HUB));
    assert!(says(&bought, "0.4 kWh traded for K0.48.") && says(&bought, "Bought at ") && says(&bought, "K9.52"), "{}", bought.text());
    assert!(says(&sold, "Sold at ") && says(&sold, "K10.48") && says(&sold, "0.4 kWh of 0.5 kWh traded, K0.48"), "{}", sold.text());
    assert_eq!(bought.text().matches("Bought at ").count(), 1);
}

#[test]
fn an_order_is_changed_and_what_cannot_be_is_said() {
    let scene = Scene::new();
    group(&scene);
    let mut seller = scene.signed_in(1);
    placed(&mut seller, &order("sell", "0.5", "1.20"));
    let change = format!("{HUB}/orders/1");
    let page = seller.get(&change);
    let refused = seller.fill(&page, &change, &[("price", "9999")]);
    assert!(
        refused.status == 422 && says(&refused, "Prices here go from K0.00 to K10.00.") && says(&refused, "No money has moved."),
        "{}",
        refused.text()
    );
    assert_eq!(seller.fill(&page, &change, &[("price", "1.10"), ("energy", "0.3")]).location(), format!("{HUB}?done=waits#orders"));
    assert!(says(&seller.get(HUB), "Sell 0.3 kWh for K1.10 or more"));
    for (asked, words) in [
        (order("sell", "9", "1.20"), "You offer 9.0 kWh and have 4.7 kWh of credits free."),
        (order("buy", "99", "1.20"), "Your wallet has K10.00 free."),
        (order("buy", "0.01", "1.20"), "The least is 0.1 kWh."),
        (order("buy", "x", "y"), "Write a price above zero"),
        (order("give", "1", "1.20"), "choice_needed"),
    ] {
        let page = seller.get(&asked);
        assert!(page.status == 200 && says(&page, words), "{asked}: {}", page.text());
        holds_together(&page, &asked);
    }
    // An order of somebody else's is not there.
    assert_eq!(scene.signed_in(2).get(&change).status, 404);
}

#[test]
fn the_switch_is_a_standing_order_and_the_officers_hear_of_a_dispute() {
    let scene = Scene::new();
    group(&scene);
    let (mut seller, mut buyer, mut chair) = (scene.signed_in(1), scene.signed_in(2), scene.signed_in(3));
    let standing = format!("{HUB}/standing");
    let page = seller.get(HUB);
    let refused = seller.fill(&page, &standing, &[("on", "1"), ("price", ""), ("keep", "2")]);
    assert!(refused.status == 422 && says(&refused, "Write a price above zero"), "{}", refused.text());
    assert_eq!(seller.fill(&page, &standing, &[("on", "1"), ("price", "1.10"), ("keep", "2")]).location(), format!("{HUB}?done=on#mine"));
    let page = seller.get(HUB);
    assert!(page.text().contains(r#"name="on" value="1" checked"#) && says(&page, "On since "));
    let off: Vec<(String, String)> = browser::form(&page.text(), &standing).into_iter().filter(|(name, _)| name != "on").collect();
    let off: Vec<(&str, &str)> = off.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(seller.post(&standing, &off).location(), format!("{HUB}?done=off#mine"));
    assert!(says(&seller.get(HUB), "Off now."));

    placed(&mut seller, &order("sell", "0.5", "1.20"));
    placed(&mut buyer, &order("buy", "0.5", "1.20"));
    let page = buyer.get(HUB);
    let (dispute, words) = (format!("{HUB}/dispute"), "My meter was off <b>all</b> day");
    assert_eq!(buyer.fill(&page, &dispute, &[("words", " ")]).status, 422);
    assert_eq!(buyer.fill(&page, &dispute, &[("words", words)]).location(), format!("{HUB}?done=told#trades"));
    let inbox = chair.get("/app/notices");
    assert!(says(&inbox, "Home 2 says that trade 1 in Group TRADE is not right") && !inbox.text().contains("<b>all</b>"), "{}", inbox.text());
    // Not one's own trade.
    assert_eq!(chair.post(&dispute, &[("key", "k"), ("trade", "1"), ("words", "mine")]).status, 422);
}

#[test]
fn a_gift_names_who_gets_it_and_is_given_once() {
    let scene = Scene::new();
    group(&scene);
    let (mut giver, mut taker) = (scene.signed_in(1), scene.signed_in(2));
    let (gift, asked) = (format!("{HUB}/gift"), |to: &str, energy: &str| format!("{HUB}/gift?to={to}&energy={energy}"));
    let hub = giver.get(HUB);
    assert!(says(&hub, "Give credits to another home"), "{}", hub.text());
    for (to, energy, words) in [
        ("", "", "There is no such member in this group."),
        ("9", "1", "There is no such member in this group."),
        ("-2", "1", "There is no such member in this group."),
        ("2", "much", "Give from 1 Wh to 1,000 kWh at a time."),
    ] {
        let page = giver.get(&asked(to, energy));
        assert!(page.status == 200 && says(&page, words), "{to} {energy}: {}", page.text());
        holds_together(&page, words);
    }
    let shown = giver.get(&asked("2", "1.25"));
    assert!(says(&shown, "Home 2, house 2.") && says(&shown, "You cannot take it back."), "{}", shown.text());
    holds_together(&shown, "the gift");
    let done = giver.fill(&shown, &gift, &[]);
    assert_eq!((done.status, done.location()), (303, format!("{HUB}?done=given&energy=1250&house=2#surplus").as_str()));
    // A second press is the same gift.
    assert_eq!(giver.fill(&shown, &gift, &[]).location(), done.location());
    assert!(says(&giver.get(done.location()), "to house 2."));
    assert!(says(&taker.get("/app/notices"), "Home 1 gave you"));
    for (to, energy, words) in [
        ("2", "3.751", "You have fewer free energy credits. Give less."),
        ("2", "0", "Give from 1 Wh to 1,000 kWh at a time."),
        ("1", "1", "Choose another home to give to."),
    ] {
        let page = giver.get(&asked(to, energy));
        let refused = giver.fill(&page, &gift, &[]);
        assert!(refused.status == 422 && says(&refused, words), "{to} {energy}: {}", refused.text());
        holds_together(&refused, words);
    }
    let page = giver.get(&asked("2", "3.75"));
    assert_eq!(giver.fill(&page, &gift, &[]).status, 303, "all that is left, so only one gift went before");
}

#[test]
fn the_surplus_is_chosen_from_the_next_day_on_and_the_cover_is_shown() {
    let scene = Scene::new();
    group(&scene);
    let mut home = scene.signed_in(1);
    let surplus = format!("{HUB}/surplus");
    let page = home.get(HUB);
    assert!(says(&page, "Now it is paid.") && says(&page, "A new choice holds from 22 Nov on."), "{}", page.text());
    assert!(says(&page, "The group owes 15.0 kWh of credits, and could buy back 0.0 kWh.") && says(&page, "15.000 kWh"), "{}", page.text());
    assert!(!says(&page, "The group can keep no more now."));
    assert_eq!(home.fill(&page, &surplus, &[("choice", "bank")]).location(), format!("{HUB}?done=chosen#surplus"));
    let page = home.get(HUB);
    assert!(
        says(&page, "Now it is paid. From 22 Nov on it is kept as energy credits.") && says(&page, "The group can keep no more now."),
        "{}",
        page.text()
    );
    assert!(page.text().contains(r#"value="bank" checked"#));
    // Taken back on the same day: nothing changes tomorrow.
    assert_eq!(home.fill(&page, &surplus, &[("choice", "paid")]).status, 303);
    let page = home.get(HUB);
    assert!(says(&page, "Now it is paid.") && !says(&page, "From 22 Nov on it is"), "{}", page.text());
    let refused = home.fill(&page, &surplus, &[("choice", "burn")]);
    assert!(refused.status == 422 && says(&refused, "choice_needed"), "{}", refused.text());
}

#[test]
fn an_officer_decides_about_another_house_only() {
    let scene = Scene::new();
    group_with_price(&scene);
    let (mut seller, mut chair, mut buyer) = (scene.signed_in(1), scene.signed_in(3), scene.signed_in(2));
    let review = format!("{HUB}/review");
    // Far from the price that was set.
    assert_eq!(placed(&mut seller, &order("sell", "0.5", "9.90")), format!("{HUB}?done=held#orders"));
    assert_eq!(placed(&mut seller, &order("sell", "0.4", "9.80")), format!("{HUB}?done=held#orders"));
    assert_eq!(placed(&mut chair, &order("sell", "0.5", "9.70")), format!("{HUB}?done=held#orders"));
    assert!(says(&seller.get(HUB), "An officer looks at it first. Nothing is held for it."));
    let own = chair.get(HUB);
    assert!(says(&own, "This order is of your own house. Another officer decides."), "{}", own.text());
    let press =
        |browser: &mut Browser, key: &str, no: &str, decision: &str| browser.post(&review, &[("key", key), ("order", no), ("decision", decision)]);
    // Not by a member, not about the own house, not twice, and nothing else than the two.
    assert_eq!(press(&mut buyer, "a", "1", "release").status, 403);
    let mine = press(&mut chair, "b", "3", "release");
    assert!(mine.status == 422 && says(&mine, "Another officer decides."), "{}", mine.text());
    assert_eq!(press(&mut chair, "c", "1", "keep").status, 400);
    assert_eq!(press(&mut chair, "d", "1", "release").location(), format!("{HUB}?done=released#held"));
    assert_eq!(press(&mut chair, "e", "2", "refuse").location(), format!("{HUB}?done=refused#held"));
    let late = press(&mut chair, "f", "2", "release");
    assert!(late.status == 422 && says(&late, "This order waits for nobody."), "{}", late.text());
    let after = seller.get(HUB);
    assert!(says(&after, "Sell 0.5 kWh for K9.90 or more") && !says(&after, "An officer looks at it first."), "{}", after.text());
    assert!(says(&chair.get(&format!("{HUB}?done=refused")), "The order is refused. The house was told."));
}

#[test]
fn an_order_that_cannot_go_on_stays_and_the_officer_is_told() {
    let scene = Scene::new();
    group_with_price(&scene);
    let (mut seller, mut chair) = (scene.signed_in(1), scene.signed_in(3));
    assert_eq!(placed(&mut seller, &order("sell", "4", "9.90")), format!("{HUB}?done=held#orders"));
    let page = seller.get(&format!("{HUB}/gift?to=2&energy=3"));
    assert_eq!(seller.fill(&page, &format!("{HUB}/gift"), &[]).status, 303);
    let reply = chair.post(&format!("{HUB}/review"), &[("key", "a"), ("order", "1"), ("decision", "release")]);
    assert!(reply.status == 422 && says(&reply, "too little money or credits for it now"), "{}", reply.text());
    assert!(says(&seller.get(HUB), "Waits for an officer"));
}
