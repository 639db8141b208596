//! `innerlectra clear` from outside: the answer on a thin book to the letter, and what a wrong file is told.

mod program;

use program::{Folder, run};
use serde_json::{Value, json};

fn order(id: &str, side: &str, price: i64, energy: i64) -> Value {
    json!({"id": id, "side": side, "price_ngwee_per_kwh": price, "energy_wh": energy})
}

#[test]
fn a_thin_book_is_cleared() {
    let folder = Folder::new("clear-thin");
    let file = folder.file("orders.json");
    let orders = json!([order("Banda", "buy", 180, 2_000), order("Phiri", "sell", 90, 1_500), order("Zulu", "sell", 95, 1_500)]);
    std::fs::write(&file, orders.to_string()).unwrap();
    let trade = |seller: &str, energy: i64, paid: i64| {
        json!({"buy_id": "Banda", "sell_id": seller, "energy_wh": energy, "buyer_price_ngwee_per_kwh": 95, "seller_price_ngwee_per_kwh": 95,
            "buyer_pays_ngwee": paid, "seller_gets_ngwee": paid, "fee_ngwee": 0})
    };
    // 142.5 ngwee are an even 142, 47.5 an even 48.
    let told = json!({"clearing_price_ngwee_per_kwh": 95, "trades": [trade("Phiri", 1_500, 142), trade("Zulu", 500, 48)], "volume_wh": 2_000,
        "welfare_milli_ngwee": 2_000 * 180 - 1_500 * 90 - 500 * 95});
    assert_eq!(run(&["clear", &file, "--json"]).json(), told);
    let text = run(&["clear", &file]).good().out;
    assert!(text.contains("2 trades, 2.00 kWh at K0.95 per kWh"), "{text}");
    std::fs::write(&file, json!([order("a", "buy", 90, 1), order("b", "sell", 91, 1)]).to_string()).unwrap();
    let nothing = json!({"clearing_price_ngwee_per_kwh": null, "trades": [], "volume_wh": 0, "welfare_milli_ngwee": 0});
    assert_eq!(run(&["clear", &file, "--json"]).json(), nothing);
}

#[test]
fn what_is_no_order_is_refused_with_its_place() {
    let folder = Folder::new("clear-bad");
    let file = folder.file("orders.json");
    let good = order("a", "buy", 100, 1);
    for (orders, code, place) in [
        (json!([good, order("b", "sell", 0, 1)]), "order_price", "order 2 (b)"),
        (json!([good, order("b", "sell", -1, 1)]), "order_price", "order 2 (b)"),
        (json!([order("b", "sell", 1, 0)]), "order_energy", "order 1 (b)"),
        (json!([good, order("", "sell", 1, 1)]), "order_id_missing", "order 2"),
        (json!([good, order("a", "sell", 1, 1)]), "order_id_taken", "the id a"),
        (json!([{"id": "a", "side": "hold", "price_ngwee_per_kwh": 1, "energy_wh": 1}]), "orders_form", "hold"),
        (json!([{"id": "a", "side": "buy", "price_ngwee_per_kwh": 1.5, "energy_wh": 1}]), "orders_form", "1.5"),
        (json!([{"id": "a", "side": "buy", "price_ngwee_per_kwh": 1, "energy_wh": 1, "fee": 1}]), "orders_form", "fee"),
        (json!({"orders": []}), "orders_form", "map"),
    ] {
        std::fs::write(&file, orders.to_string()).unwrap();
        let ended = run(&["clear", &file, "--json"]);
        assert!(ended.err.contains(place), "{place}: {}", ended.err);
        ended.refused(2, code, "");
    }
    std::fs::write(&file, "[{\"id\":\"a\",\"side\":\"buy\",\"price_ngwee_per_kwh\":99999999999999999999,\"energy_wh\":1}]").unwrap();
    run(&["clear", &file]).refused(2, "orders_form", "JSON list");
    run(&["clear", &folder.file("nowhere.json")]).refused(2, "file_not_found", "check the path");
}
