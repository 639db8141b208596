//! Trading and the market over REST: repeats, previews, changes, reviews, charts, pages, and the live stream.

use crate::world::{Answer, Who, World};
use api::Limits;
use axum::body::{Body, BodyDataStream};
use axum::http::{Method, Request, header};
use domain::{AccountNo, MemberNo, TradePrice, TradingConfig};
use futures_util::StreamExt;
use ledger::{Account, AccountCode, Cause, Currency, IdempotencyKey, Limit, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, PricePerKwh, UtcOffset};
use serde_json::{Value, json};
use std::time::Duration;
use store::StoreError;
use store::tables::ConfigRow;
use test_kit::on_both;
use tower::ServiceExt;

const CREDITS: i64 = 50_000;

/// The village, where members may trade and have energy credits.
async fn market(url: &str) -> World {
    let limits = Limits { live_tick: Duration::from_millis(20), ..Limits::none() };
    let world = World::new(url, limits).await;
    let (id, now, on) = (world.village.id, world.service.now(), world.village.opened_on);
    let config = TradingConfig::new(TradePrice::Fixed, PricePerKwh(120), PricePerKwh(20));
    let write = world.service.store().write::<_, StoreError, _>(move |tx| {
        Box::pin(async move {
            tx.trading_insert(id, &ConfigRow { version: 1, from_day: on, config, set_at: now, set_by: 0 }).await?;
            let first = tx.numbers_take(id, "account", 5).await?;
            let account = |at: i64, code, member, limit| {
                let no = AccountNo::new(first + at).expect("a number");
                Account::new(no, Currency::EnergyWh, code, member, limit)
            };
            let member = |at: i64| MemberNo::new(at).expect("a number");
            let mut opened = vec![account(0, AccountCode::EnergyPool, None, Limit::None)];
            opened.extend((1..=4).map(|at| account(at, AccountCode::MemberEnergy, Some(member(at)), Limit::DebitsNotOverCredits)));
            tx.account_put(id, &opened).await?;
            let line = |account: &Account| TransferCreate {
                key: IdempotencyKey::derive(&[b"credits", &account.no.get().to_be_bytes()]),
                debit: opened[0].no,
                credit: account.no,
                amount: CREDITS,
                code: TransferCode::CreditBanked,
                kind: TransferKind::Posted,
                cause: Cause::NONE,
                business_on: BusinessDay::of(now, UtcOffset::LUSAKA),
                actor: 0,
                linked: false,
            };
            let lines: Vec<TransferCreate> = opened[1..].iter().map(line).collect();
            tx.transfers_execute(id, now, &lines).await.map(|_| ())
        })
    });
    write.await.expect("endows");
    world
}

fn orders(member: i64) -> String {
    format!("/trade/MULENGA/members/{member}/orders")
}

fn order(side: &str, price: i64, energy: i64) -> Value {
    json!({"side": side, "price_ngwee_per_kwh": price, "energy_wh": energy})
}

async fn placed(world: &World, token: &Option<String>, member: i64, body: &Value, key: &str) -> Value {
    let answer = world.post(token.as_deref(), &orders(member), body, key).await;
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    answer.json()
}

fn told(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.code())
}

on_both! {
    async fn an_order_is_placed_once_as_its_preview_says(url: &str) {
        let world = market(url).await;
        let (seller, buyer) = (world.token(Who::Neighbour).await, world.token(Who::Member).await);
        let ask = placed(&world, &seller, 3, &order("sell", 110, 1_000), "a").await;
        assert_eq!((&ask["order"]["state"], &ask["order"]["reserved_wh"], &ask["order"]["reserved_ngwee"]), (&json!("open"), &json!(1_000), &json!(0)));
        let mut wish = order("buy", 130, 3_000);
        let look = world.post(buyer.as_deref(), &format!("{}/preview", orders(2)), &wish, "x").await.json();
        assert_eq!((&look["money_ngwee"], &look["rest_wh"], &look["reserved_ngwee"], &look["fee_ngwee"]), (&json!(110), &json!(2_000), &json!(260), &json!(0)));
        wish["at_version"] = look["version"].clone();
        let done = placed(&world, &buyer, 2, &wish, "wish").await;
        assert_eq!((&done["order"]["paid_ngwee"], &done["order"]["left_wh"], &done["order"]["reserved_ngwee"]), (&look["money_ngwee"], &look["rest_wh"], &look["reserved_ngwee"]));
        assert_eq!(done["trades"], look["trades"]);
        assert!(!done.to_string().contains("seller") && done["trades"][0]["side"] == "buy", "with whom is not told: {done}");
        // A repeat is the same order; another wish under the key is none.
        let again = placed(&world, &buyer, 2, &wish, "wish").await;
        assert_eq!((&again["order"], &again["is_repeat"], &again["trades"]), (&done["order"], &json!(true), &json!([])));
        assert_eq!(told(&world.post(buyer.as_deref(), &orders(2), &order("buy", 130, 3_010), "wish").await), (422, "key_reused".to_owned()));
        assert_eq!(told(&world.post(buyer.as_deref(), &orders(2), &wish, "late").await), (409, "book_changed".to_owned()));
        for (body, status, code) in [
            (order("buy", 0, 1_000), 422, "order_price"),
            (order("buy", 120, 1_005), 422, "order_lot"),
            (order("buy", 1_001, 1_000), 422, "order_price_outside"),
            (order("sell", 130, 1_000), 409, "self_trade"),
            (order("sell", 140, CREDITS + 2_000), 409, "order_credits_short"),
            (json!({"side": "hold", "price_ngwee_per_kwh": 1, "energy_wh": 1}), 400, "body_invalid"),
            (json!({"side": "buy", "price_ngwee_per_kwh": 1}), 400, "field_missing"),
        ] {
            assert_eq!(told(&world.post(buyer.as_deref(), &orders(2), &body, "bad").await), (status, code.to_owned()), "{body}");
        }
        assert_eq!(told(&world.call(buyer.as_deref(), Method::POST, &orders(2), Some(&wish), None).await), (400, "key_missing".to_owned()));
    }
}

on_both! {
    async fn an_order_is_changed_until_it_is_filled(url: &str) {
        let world = market(url).await;
        let (seller, buyer) = (world.token(Who::Neighbour).await, world.token(Who::Member).await);
        let no = placed(&world, &seller, 3, &order("sell", 120, 2_000), "a").await["order"]["order_no"].as_i64().expect("a number");
        let path = format!("{}/{no}", orders(3));
        let change = async |body: Value| world.call(seller.as_deref(), Method::PATCH, &path, Some(&body), None).await;
        let less = change(json!({"energy_wh": 1_000})).await;
        assert_eq!((less.status.as_u16(), &less.json()["order"]["reserved_wh"]), (200, &json!(1_000)), "{}", less.text());
        assert_eq!(told(&world.get(buyer.as_deref(), &path).await), (403, "not_allowed".to_owned()));
        assert_eq!(told(&world.get(buyer.as_deref(), &format!("{}/{no}", orders(2))).await), (404, "order_unknown".to_owned()));
        placed(&world, &buyer, 2, &order("buy", 120, 1_000), "b").await;
        assert_eq!(told(&change(json!({"energy_wh": 500})).await), (409, "order_not_open".to_owned()));
        assert_eq!(told(&world.call(seller.as_deref(), Method::DELETE, &path, None, None).await), (409, "order_not_open".to_owned()));
        assert_eq!(world.get(seller.as_deref(), &path).await.json()["state"], "filled");
        // Pages of orders and trades, and what the month was.
        for at in 0..5 {
            placed(&world, &buyer, 2, &order("buy", 90 + at, 100), &format!("c{at}")).await;
        }
        let first = world.get(buyer.as_deref(), &format!("{}?limit=4", orders(2))).await.json();
        let rest = world.get(buyer.as_deref(), &format!("{}?limit=4&after={}", orders(2), first["next"].as_str().expect("more"))).await.json();
        let prices = |page: &Value| page["items"].as_array().expect("items").iter().map(|row| row["price_ngwee_per_kwh"].as_i64().expect("a price")).collect::<Vec<_>>();
        assert_eq!((prices(&first), prices(&rest), &rest["next"]), (vec![94, 93, 92, 91], vec![90, 120], &Value::Null));
        let last = first["items"][0]["order_no"].as_i64().expect("a number");
        let gone = world.call(buyer.as_deref(), Method::DELETE, &format!("{}/{last}", orders(2)), None, None).await.json();
        assert_eq!((&gone["order"]["state"], &gone["order"]["reserved_ngwee"]), (&json!("cancelled"), &json!(0)));
        let position = world.get(buyer.as_deref(), "/trade/MULENGA/members/2/position").await.json();
        assert_eq!((&position["bought"]["energy_wh"], &position["bought"]["mean_ngwee_per_kwh"], &position["open_orders"]), (&json!(1_000), &json!(120), &json!(4)));
        let trades = world.get(buyer.as_deref(), "/trade/MULENGA/members/2/trades").await.json();
        assert_eq!((&trades["items"][0]["side"], &trades["items"][0]["money_ngwee"]), (&json!("buy"), &json!(120)));
        // Standing orders.
        let standing = "/trade/MULENGA/members/2/standing";
        let set = world.post(buyer.as_deref(), standing, &json!({"side": "sell", "price_ngwee_per_kwh": 95, "keep_wh": 2_000}), "s").await;
        assert_eq!((set.status.as_u16(), world.get(buyer.as_deref(), standing).await.json()["items"][0].clone()), (201, set.json()));
        let end = format!("{standing}/{}", set.json()["standing_no"]);
        assert_eq!(world.call(buyer.as_deref(), Method::DELETE, &end, None, None).await.json()["state"], "ended");
        assert_eq!(told(&world.call(buyer.as_deref(), Method::DELETE, &end, None, None).await), (404, "standing_unknown".to_owned()));
    }
}

on_both! {
    async fn an_officer_decides_about_a_held_order(url: &str) {
        let world = market(url).await;
        let (seller, buyer, officer) = (world.token(Who::Neighbour).await, world.token(Who::Member).await, world.token(Who::Officer).await);
        // 50 % above the price that was set is the edge.
        assert_eq!(placed(&world, &seller, 3, &order("sell", 180, 1_000), "a").await["order"]["state"], "open");
        let held = placed(&world, &seller, 3, &order("sell", 181, 1_000), "b").await["order"].clone();
        assert_eq!((&held["state"], &held["reason"], &held["reserved_wh"]), (&json!("held"), &json!("guard_price_band"), &json!(0)));
        assert_eq!(told(&world.get(buyer.as_deref(), "/trade/MULENGA/reviews").await), (403, "not_allowed".to_owned()));
        let list = world.get(officer.as_deref(), "/trade/MULENGA/reviews").await.json();
        assert_eq!((&list["items"][0]["order"], &list["items"][0]["is_own"], &list["decided"]), (&held, &json!(false), &json!([])));
        assert_eq!(held["reasons"], json!(["guard_price_band"]));
        let path = format!("/trade/MULENGA/reviews/{}", held["order_no"]);
        let released = world.call(officer.as_deref(), Method::POST, &path, Some(&json!({"decision": "release"})), None).await.json();
        assert_eq!((&released["state"], &released["reserved_wh"]), (&json!("open"), &json!(1_000)));
        let again = world.call(officer.as_deref(), Method::POST, &path, Some(&json!({"decision": "refuse"})), None).await;
        assert_eq!(told(&again), (409, "order_not_held".to_owned()));
        let own = placed(&world, &officer, 1, &order("sell", 200, 1_000), "c").await["order"]["order_no"].clone();
        let refuse = json!({"decision": "refuse"});
        let path = format!("/trade/MULENGA/reviews/{own}");
        assert_eq!(told(&world.call(officer.as_deref(), Method::POST, &path, Some(&refuse), None).await), (409, "order_own".to_owned()));
        let operator = world.token(Who::Operator).await;
        assert_eq!(world.call(operator.as_deref(), Method::POST, &path, Some(&refuse), None).await.json()["state"], "refused");
        // Officers see who decided; the member sees that it was decided.
        let decided = world.get(officer.as_deref(), "/trade/MULENGA/reviews").await.json()["decided"].clone();
        let facts = |at: usize| (decided[at]["decision"].clone(), decided[at]["order"]["order_no"].clone(), decided[at]["alias"].is_string());
        let of = |decision: &str, order: &Value| (json!(decision), order.clone(), true);
        let both = [of("refuse", &own), of("release", &held["order_no"])];
        assert_eq!([facts(0), facts(1)], both);
        let by = |at: usize| decided[at]["decided_by"].as_str().expect("a user").to_owned();
        assert!(by(0) != by(1) && decided.as_array().expect("a list").iter().all(|order| order["decided_at"].is_i64()), "{decided}");
        let members = world.get(seller.as_deref(), "/trade/MULENGA/members/3/orders").await.text();
        assert!(members.contains("reasons") && !members.contains("decided"), "{members}");
        let notices = world.get(seller.as_deref(), "/users/me/notices").await.text();
        assert!(notices.contains("order-held") && notices.contains("order-released"), "{notices}");
    }
}

on_both! {
    async fn credits_are_given_once_and_the_surplus_is_chosen(url: &str) {
        let world = market(url).await;
        let (member, neighbour, officer) = (world.token(Who::Member).await, world.token(Who::Neighbour).await, world.token(Who::Officer).await);
        let (credits, gifts, surplus) =
            ("/trade/MULENGA/members/2/credits", "/trade/MULENGA/members/2/gifts", "/trade/MULENGA/members/2/surplus");
        let at_first = world.get(member.as_deref(), credits).await.json();
        assert_eq!((&at_first["available_wh"], &at_first["choice"], &at_first["next"]), (&json!(CREDITS), &json!("paid"), &Value::Null));
        placed(&world, &member, 2, &order("sell", 120, 1_000), "o").await;
        let wish = json!({"to_member": 3, "energy_wh": 4_000});
        let given = world.post(member.as_deref(), gifts, &wish, "g").await;
        assert_eq!((given.status.as_u16(), &given.json()["energy_wh"]), (201, &json!(4_000)), "{}", given.text());
        // A repeat is the same gift; another one under the key is none.
        let again = world.post(member.as_deref(), gifts, &wish, "g").await;
        assert_eq!((again.status.as_u16(), again.json()), (201, given.json()));
        let now = world.get(member.as_deref(), credits).await.json();
        assert_eq!((&now["available_wh"], &now["reserved_wh"]), (&json!(CREDITS - 5_000), &json!(1_000)));
        assert_eq!(world.get(neighbour.as_deref(), "/trade/MULENGA/members/3/credits").await.json()["available_wh"], CREDITS + 4_000);
        for (to, energy, key, status, code) in [
            (3, 4_001, "g", 422, "key_reused"),
            (4, 4_000, "g", 422, "key_reused"),
            (3, 0, "x", 422, "credit_amount"),
            (3, -1, "x", 422, "credit_amount"),
            (3, 1_000_001, "x", 422, "credit_amount"),
            (3, CREDITS - 4_999, "x", 409, "credit_short"),
            (2, 100, "x", 422, "credit_self"),
            (9, 100, "x", 404, "member_unknown"),
            (0, 100, "x", 404, "member_unknown"),
        ] {
            let answer = world.post(member.as_deref(), gifts, &json!({"to_member": to, "energy_wh": energy}), key).await;
            assert_eq!(told(&answer), (status, code.to_owned()), "{to} {energy}");
        }
        assert_eq!(told(&world.call(member.as_deref(), Method::POST, gifts, Some(&wish), None).await), (400, "key_missing".to_owned()));
        for other in [&neighbour, &officer] {
            assert_eq!(told(&world.post(other.as_deref(), gifts, &wish, "y").await), (403, "not_allowed".to_owned()));
        }
        assert_eq!(world.get(member.as_deref(), credits).await.json(), now, "refusals change nothing");
        // The choice holds from the next day on, and only once.
        let choose = async |choice: &str| world.call(member.as_deref(), Method::PUT, surplus, Some(&json!({"choice": choice})), None).await;
        let bank = choose("bank").await;
        assert_eq!((bank.status.as_u16(), bank.json()), (200, json!({"choice": "bank", "from_on": "2026-03-05"})));
        assert_eq!(choose("bank").await.json(), bank.json());
        let next = world.get(officer.as_deref(), credits).await.json();
        assert_eq!((&next["choice"], &next["next"]), (&json!("paid"), &bank.json()));
        assert_eq!(told(&choose("burn").await), (400, "body_invalid".to_owned()));
        assert_eq!(told(&world.get(neighbour.as_deref(), credits).await), (403, "not_allowed".to_owned()));
    }
}

on_both! {
    async fn the_cover_adds_up_and_is_added_to_once(url: &str) {
        let world = market(url).await;
        let (member, officer, operator) = (world.token(Who::Member).await, world.token(Who::Officer).await, world.token(Who::Operator).await);
        placed(&world, &member, 2, &order("sell", 120, 1_000), "o").await;
        let path = "/trade/MULENGA/cover";
        let cover = async || world.get(member.as_deref(), path).await.json();
        let sum = |cover: &Value| -> i64 {
            let parts = ["held_wh", "reserved_wh", "used_wh", "moved_wh", "tokens_wh", "expired_wh"];
            parts.iter().map(|name| cover[name].as_i64().expect("an amount")).sum()
        };
        let before = cover().await;
        assert_eq!((&before["issued_wh"], sum(&before), &before["reserved_wh"]), (&json!(4 * CREDITS), 4 * CREDITS, &json!(1_000)));
        assert_eq!((&before["fund_ngwee"], &before["covered_wh"], &before["is_banking_open"]), (&json!(0), &json!(0), &json!(false)));
        assert_eq!(before["connection"], "one_point");
        let price = before["price_ngwee_per_kwh"].as_i64().expect("a price");
        assert!(price > 0, "{before}");
        // What buys all of it back, and one kWh more.
        let amount = price * (4 * CREDITS / 1_000 + 1);
        let wish = json!({"source": "gift", "amount_ngwee": amount});
        for other in [&member, &officer] {
            assert_eq!(told(&world.post(other.as_deref(), path, &wish, "c").await), (403, "not_allowed".to_owned()));
        }
        let added = world.post(operator.as_deref(), path, &wish, "c").await;
        assert_eq!((added.status.as_u16(), &added.json()["fund_ngwee"]), (201, &json!(amount)), "{}", added.text());
        assert_eq!(world.post(operator.as_deref(), path, &wish, "c").await.json(), added.json(), "a repeat adds nothing");
        let after = cover().await;
        assert_eq!((&after["fund_ngwee"], &after["covered_wh"], &after["is_banking_open"]), (&json!(amount), &json!(4 * CREDITS), &json!(true)));
        assert_eq!((sum(&after), &after["issued_wh"]), (4 * CREDITS, &before["issued_wh"]));
        for (body, key, status, code) in [
            (json!({"source": "gift", "amount_ngwee": amount + 1}), "c", 422, "key_reused"),
            (json!({"source": "gift", "amount_ngwee": 0}), "d", 422, "cover_amount"),
            (json!({"source": "gift", "amount_ngwee": 100_000_001}), "d", 422, "cover_amount"),
            (json!({"source": "surplus", "amount_ngwee": 100_000_000}), "d", 409, "fund_short"),
            (json!({"source": "operating", "amount_ngwee": 100_000_000}), "d", 409, "fund_short"),
            (json!({"source": "pocket", "amount_ngwee": 1}), "d", 400, "body_invalid"),
            (json!({"source": "gift"}), "d", 400, "field_missing"),
        ] {
            assert_eq!(told(&world.post(operator.as_deref(), path, &body, key).await), (status, code.to_owned()), "{body}");
        }
        assert_eq!(told(&world.call(operator.as_deref(), Method::POST, path, Some(&wish), None).await), (400, "key_missing".to_owned()));
        assert_eq!(cover().await, after, "refusals change nothing");
    }
}

on_both! {
    async fn the_market_is_told_without_names(url: &str) {
        let world = market(url).await;
        let (seller, buyer, officer) = (world.token(Who::Neighbour).await, world.token(Who::Member).await, world.token(Who::Officer).await);
        placed(&world, &seller, 3, &order("sell", 110, 1_000), "a").await;
        placed(&world, &buyer, 2, &order("buy", 110, 400), "b").await;
        placed(&world, &buyer, 2, &order("buy", 100, 700), "c").await;
        let now = world.get(officer.as_deref(), "/market/MULENGA").await;
        let state = now.json()["state"].clone();
        assert_eq!((&state["last_ngwee_per_kwh"], &state["day"]["volume_wh"], &state["quote_ngwee_per_kwh"]), (&json!(110), &json!(400), &json!(120)));
        assert_eq!(state["depth"], json!({"bids": [{"price_ngwee_per_kwh": 100, "energy_wh": 700, "orders": 1}], "asks": [{"price_ngwee_per_kwh": 110, "energy_wh": 600, "orders": 1}]}));
        // The plant's surplus at midnight: none, and 280 Wh were wanted.
        assert_eq!((&state["supply_wh"], &state["demand_wh"]), (&json!(0), &json!(280)));
        assert!(!now.text().contains("member") && now.json()["trades"][0]["is_own"] == false, "{}", now.text());
        let trades = world.get(buyer.as_deref(), "/market/MULENGA/trades?limit=1").await.json();
        assert_eq!((&trades["items"][0]["is_own"], &trades["items"][0]["energy_wh"]), (&json!(true), &json!(400)));
        assert_eq!(world.get(buyer.as_deref(), "/market/MULENGA/depth").await.json(), state["depth"]);
        assert_eq!(world.get(buyer.as_deref(), "/market/MULENGA/strip").await.json()["items"].as_array().map(Vec::len), Some(24));
        let at = world.service.now().0;
        let candles = async |span: &str, from: i64, until: i64| world.get(buyer.as_deref(), &format!("/market/MULENGA/candles?span={span}&from_at={from}&until_at={until}")).await;
        let day = candles("1d", at - 86_400_000, at + 1).await.json();
        assert_eq!((&day["items"][0]["close_ngwee_per_kwh"], &day["items"][0]["money_milli_ngwee"]), (&json!(110), &json!(44_000)));
        assert_eq!(told(&candles("15m", 0, at).await), (422, "span_too_long".to_owned()));
        assert_eq!(told(&candles("2h", 0, 1).await), (422, "word_unknown".to_owned()));
        // An auction is held where a standing order waits for it.
        let standing = json!({"side": "sell", "price_ngwee_per_kwh": 115, "keep_wh": 0});
        assert_eq!(world.post(seller.as_deref(), "/trade/MULENGA/members/3/standing", &standing, "s").await.status.as_u16(), 201);
        world.service.market_round(&world.village).await.expect("rounds");
        let auctions = world.get(buyer.as_deref(), "/market/MULENGA/auctions").await.json();
        assert_eq!((&auctions["items"][0]["bids"], &auctions["items"][0]["volume_wh"]), (&json!(1), &json!(0)));
    }
}

/// The next event of a stream: its name and its data.
async fn next(stream: &mut BodyDataStream) -> (String, Value) {
    loop {
        let frame = tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("an event in time").expect("no end").expect("bytes");
        let text = String::from_utf8(frame.to_vec()).expect("text");
        let line = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).unwrap_or_default().to_owned();
        if !line("event:").is_empty() {
            return (line("event:"), serde_json::from_str(&line("data:")).unwrap_or_default());
        }
    }
}

async fn watch(world: &World, token: &str) -> axum::response::Response {
    let request = Request::get("/market/MULENGA/events").header(header::AUTHORIZATION, format!("Bearer {token}"));
    world.router.clone().oneshot(request.body(Body::empty()).expect("a request")).await.expect("answers")
}

on_both! {
    async fn prices_between_clusters_are_for_members(url: &str) {
        let world = market(url).await;
        let (member, stranger) = (world.token(Who::Member).await, world.token(Who::Stranger).await);
        let path = "/market/MULENGA/prices/ELSEWHERE";
        assert_eq!(told(&world.get(stranger.as_deref(), path).await), (403, "not_allowed".to_owned()));
        assert_eq!(world.get(member.as_deref(), path).await.code(), "line_missing");
        let set = json!({"from_cluster": "MULENGA", "to_cluster": "ELSEWHERE", "from_on": "2026-01-01", "fee_ngwee_per_kwh": 20, "capacity_wh": 5000,
            "loss_ppm": 40_000, "owner": "Mulenga wires"});
        let operator = world.token(Who::Operator).await;
        assert_eq!(world.call(operator.as_deref(), Method::POST, "/admin/lines", Some(&set), None).await.status.as_u16(), 200);
        let prices = world.get(member.as_deref(), path).await.json();
        assert_eq!((&prices["sells"]["fee_ngwee_per_kwh"], prices["sells"]["ahead"].as_array().map(Vec::len)), (&json!(20), Some(24)));
        assert!(prices["buys"].is_null() && prices["sells"]["now"]["missing"].is_string(), "{prices}");
        assert_eq!(world.get(member.as_deref(), "/market/MULENGA/board").await.json(), json!({"items": []}));
    }

    async fn a_stream_tells_running_candles_and_the_own_position(url: &str) {
        let world = market(url).await;
        let (watcher, seller) = (world.token(Who::Member).await.expect("a token"), world.token(Who::Neighbour).await);
        let officer = world.token(Who::Officer).await.expect("a token");
        placed(&world, &seller, 3, &order("sell", 110, 1_000), "a").await;
        let mut stream = watch(&world, &watcher).await.into_body().into_data_stream();
        let mut names = vec![next(&mut stream).await.0, next(&mut stream).await.0];
        assert_eq!(names, ["market", "position"], "before the first trade no candle runs");
        placed(&world, &Some(watcher.clone()), 2, &order("buy", 110, 400), "b").await;
        names.clear();
        let (mut spans, mut own) = (Vec::new(), Value::Null);
        for _ in 0..5 {
            let (name, data) = next(&mut stream).await;
            match name.as_str() {
                "candle" => spans.push((data["span"].clone(), data["items"][0]["volume_wh"].clone())),
                "position" => own = data,
                _ => assert_eq!(data["last_ngwee_per_kwh"], 110),
            }
            names.push(name);
        }
        assert_eq!(names, ["market", "candle", "candle", "candle", "position"]);
        assert_eq!(spans, [(json!("15m"), json!(400)), (json!("1h"), json!(400)), (json!("1d"), json!(400))]);
        assert_eq!((&own["member_no"], &own["position"]["bought"]["energy_wh"]), (&json!(2), &json!(400)));
        let asked = world.get(Some(&watcher), "/trade/MULENGA/members/2/position").await.json();
        assert_eq!(own["position"], asked, "the same as over REST");
        // Another listener of the same room hears of its own household alone.
        let mut other = watch(&world, &officer).await.into_body().into_data_stream();
        for _ in 0..5 {
            let (name, data) = next(&mut other).await;
            assert!(name != "position" || data["member_no"] == 1, "{data}");
        }
    }

    async fn a_stream_tells_the_state_and_each_change_until_the_session_ends(url: &str) {
        let world = market(url).await;
        let (watcher, seller) = (world.token(Who::Member).await.expect("a token"), world.token(Who::Neighbour).await);
        let answer = watch(&world, &watcher).await;
        assert_eq!((answer.status().as_u16(), answer.headers()["content-type"].to_str().ok()), (200, Some("text/event-stream")));
        let mut stream = answer.into_body().into_data_stream();
        let (name, state) = next(&mut stream).await;
        assert_eq!((name.as_str(), &state["version"]), ("market", &json!(0)));
        let (name, own) = next(&mut stream).await;
        assert_eq!((name.as_str(), &own["member_no"], &own["position"]["open_orders"]), ("position", &json!(2), &json!(0)), "the own household's");
        placed(&world, &seller, 3, &order("sell", 110, 1_000), "a").await;
        let (name, state) = next(&mut stream).await;
        assert_eq!(name, "market", "nothing of the own changed, and nothing was traded");
        assert_eq!((&state["version"], &state["depth"]["asks"][0]["energy_wh"]), (&json!(1), &json!(1_000)));
        // Others share its poller; one user has five streams at most.
        let mut others = Vec::new();
        for _ in 0..4 {
            others.push(watch(&world, &watcher).await);
        }
        let sixth = watch(&world, &watcher).await;
        assert_eq!(sixth.status().as_u16(), 429);
        drop(others);
        assert_eq!(watch(&world, &watcher).await.status().as_u16(), 200);
        assert_eq!(world.call(Some(&watcher), Method::DELETE, "/auth/sessions", None, None).await.status.as_u16() / 100, 2);
        assert_eq!(next(&mut stream).await.0, "end");
        assert_eq!(watch(&world, &watcher).await.status().as_u16(), 401);
    }
}
