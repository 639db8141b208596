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

/// A small deterministic source of numbers from 0 to below `most`.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % most.unsigned_abs()).expect("small")
    }
}

/// An order: whether it buys, its limit, its energy.
type Wish = (bool, i64, i64);

/// 2 to 20 orders: on few prices or on many, of few Wh or of some dozens.
fn thin_book(dice: &mut Dice) -> Vec<Wish> {
    let (prices, sizes, lowest) = ([4, 30, 160][dice.below(3) as usize], [3, 12, 60][dice.below(3) as usize], 1 + dice.below(90));
    (0..2 + dice.below(19)).map(|_| (dice.below(2) == 0, lowest + dice.below(prices), 1 + dice.below(sizes))).collect()
}

/// What the best trades are worth, and the most that can change hands in them. Every quantity that one side could trade is given its best
/// value by trying every part of each order in turn, in the order of the file: nothing is sorted by price and no price is looked for.
fn optimum(book: &[Wish]) -> (i64, i64) {
    let value_of = |buys: bool, sign: i64| {
        let mut best: Vec<i64> = vec![0];
        for &(_, price, energy) in book.iter().filter(|wish| wish.0 == buys) {
            let mut next = vec![i64::MIN; best.len() + energy as usize];
            for (before, worth) in best.iter().enumerate() {
                for part in 0..=energy {
                    let slot = &mut next[before + part as usize];
                    *slot = (*slot).max(worth + sign * price * part);
                }
            }
            best = next;
        }
        best
    };
    let (bought, sold) = (value_of(true, 1), value_of(false, -1));
    // Of equally good ones the larger.
    bought.iter().zip(&sold).enumerate().map(|(volume, (value, cost))| (value + cost, volume as i64)).max().expect("nothing is always possible")
}

/// The competitive prices, from the lowest to the highest: those at which what everybody would gain by trading as much as they like at that
/// price is least. By duality that least is the worth of the best trades.
fn competitive(book: &[Wish]) -> (i64, i64, i64) {
    let gain =
        |price: i64| -> i64 { book.iter().map(|&(buys, limit, energy)| (if buys { limit - price } else { price - limit }).max(0) * energy).sum() };
    let top = book.iter().map(|wish| wish.1).max().unwrap_or(0) + 1;
    let least = (0..=top).map(gain).min().expect("prices");
    let fits = || (0..=top).filter(|price| gain(*price) == least);
    (fits().min().expect("one"), fits().max().expect("one"), least)
}

#[test]
fn two_hundred_thin_books_are_cleared_as_well_as_can_be() {
    let folder = Folder::new("clear-optimum");
    let file = folder.file("orders.json");
    let mut traded = 0;
    println!("orders  volume Wh  price  competitive  welfare  optimum");
    for seed in 0..200 {
        let book = thin_book(&mut Dice(seed));
        let orders: Vec<Value> = book
            .iter()
            .enumerate()
            .map(|(at, (buys, price, energy))| order(&at.to_string(), if *buys { "buy" } else { "sell" }, *price, *energy))
            .collect();
        std::fs::write(&file, json!(orders).to_string()).unwrap();
        let told = run(&["clear", &file, "--json"]).json();
        let (worth, volume) = optimum(&book);
        let (lowest, highest, least) = competitive(&book);
        assert_eq!(worth, least, "seed {seed}: two ways to the optimum");
        assert_eq!((told["welfare_milli_ngwee"].as_i64(), told["volume_wh"].as_i64()), (Some(worth), Some(volume)), "seed {seed}: {book:?} {told}");
        let price = told["clearing_price_ngwee_per_kwh"].as_i64();
        assert_eq!(price, (volume > 0).then_some((lowest + highest).div_euclid(2)), "seed {seed}: {book:?} from {lowest} to {highest}");
        kept(&book, &told, seed);
        traded += i64::from(volume > 0);
        if seed % 20 == 0 {
            println!(
                "{:>6}  {volume:>9}  {:>5}  {:>11}  {:>7}  {worth:>7}",
                book.len(),
                price.unwrap_or(0),
                format!("{lowest}-{highest}"),
                told["welfare_milli_ngwee"]
            );
        }
    }
    assert!((120..200).contains(&traded), "{traded} of 200 books trade");
}

/// The trades told are those of the orders: within limits, none over-filled, at one price, rounded half to even, and worth what is said.
fn kept(book: &[Wish], told: &Value, seed: u64) {
    let price = told["clearing_price_ngwee_per_kwh"].as_i64().unwrap_or(0);
    let (mut fills, mut worth, mut volume) = (vec![0; book.len()], 0, 0);
    for trade in told["trades"].as_array().expect("trades") {
        let at = |name: &str| trade[name].as_str().and_then(|id| id.parse::<usize>().ok()).expect("an id");
        let number = |name: &str| trade[name].as_i64().expect("a number");
        let (buy, sell, energy) = (at("buy_id"), at("sell_id"), number("energy_wh"));
        assert!(book[buy].0 && !book[sell].0 && energy > 0, "seed {seed}: {trade}");
        assert!(book[buy].1 >= price && price >= book[sell].1, "seed {seed}: beyond a limit: {trade}");
        let milli = price * energy;
        let rounded = (milli + 499 + (milli / 1000) % 2).div_euclid(1000);
        let money = ["buyer_pays_ngwee", "seller_gets_ngwee", "fee_ngwee", "buyer_price_ngwee_per_kwh", "seller_price_ngwee_per_kwh"].map(number);
        assert_eq!(money, [rounded, rounded, 0, price, price], "seed {seed}: {trade}");
        fills[buy] += energy;
        fills[sell] += energy;
        worth += energy * (book[buy].1 - book[sell].1);
        volume += energy;
    }
    assert!(fills.iter().zip(book).all(|(fill, wish)| *fill <= wish.2), "seed {seed}: over-filled");
    assert_eq!((Some(worth), Some(volume)), (told["welfare_milli_ngwee"].as_i64(), told["volume_wh"].as_i64()), "seed {seed}");
    for (one, got) in book.iter().zip(&fills) {
        for (other, too) in book.iter().zip(&fills) {
            assert!(one != other || got.abs_diff(*too) <= 1, "seed {seed}: equals are treated alike");
        }
    }
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
