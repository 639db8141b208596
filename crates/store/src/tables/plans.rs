//! How SQLite finds what the market asks for often: by what is open, not along all history. PostgreSQL counts its tables by itself.

use super::{between, dispute, market, offer, standing, trade};
use crate::Sql;

/// A statement of the market, and the indexes that each of its parts is found by.
const FOUND_BY: &[(&str, &Sql, &[&str])] = &[
    ("ORDERS_OPEN", &trade::ORDERS_OPEN, &["INDEX trade_order_open (cluster_id=?)"]),
    ("ORDERS_HELD", &trade::ORDERS_HELD, &["INDEX trade_order_held (cluster_id=?)"]),
    ("ORDERS_DECIDED", &trade::ORDERS_DECIDED, &["INDEX trade_order_decided (cluster_id=?"]),
    ("ORDERS_WAITING", &trade::ORDERS_WAITING, &["INDEX trade_order_waits (cluster_id=? AND member_no=?)"]),
    ("ORDERS_OF", &trade::ORDERS_OF, &["INDEX trade_order_member (cluster_id=? AND member_no=? AND order_no<?)"]),
    (
        "ROUND",
        &market::ROUND,
        &[
            "INDEX standing_order_on (cluster_id=?)",
            "INDEX trade_order_over (cluster_id=? AND expires_at<?)",
            "INDEX trade_order_held (cluster_id=?)",
        ],
    ),
    (
        "TRADES_OF",
        &trade::TRADES_OF,
        &["INDEX trade_buyer (cluster_id=? AND buyer=? AND trade_no<?)", "INDEX trade_seller (cluster_id=? AND seller=? AND trade_no<?)"],
    ),
    ("TRADES_SINCE", &trade::TRADES_SINCE, &["INDEX trade_time (cluster_id=? AND traded_at>?)"]),
    ("DISPUTES_SINCE", &dispute::DISPUTES_SINCE, &["INDEX trade_dispute_member (cluster_id=? AND member_no=? AND disputed_at>?)"]),
    ("STANDING_ON", &standing::STANDING_ON, &["INDEX standing_order_on (cluster_id=?)"]),
    ("STANDING_OF", &standing::STANDING_OF, &["INDEX standing_order_on (cluster_id=? AND member_no=?)"]),
    ("DEPTH", &market::DEPTH, &["INDEX trade_order_o", "INDEX trade_order_o"]),
    ("BOOK_SUMS", &market::BOOK_SUMS, &["INDEX trade_order_o"]),
    ("MEMBER_SUMS", &market::MEMBER_SUMS, &["INDEX trade_order_waits (cluster_id=? AND member_no=?)"]),
    ("FIRST_SINCE", &market::FIRST_SINCE, &["INDEX trade_time (cluster_id=? AND traded_at>?)"]),
    ("BOUGHT", &market::BOUGHT, &["INDEX trade_buyer (cluster_id=? AND buyer=? AND trade_no>?)"]),
    ("SOLD", &market::SOLD, &["INDEX trade_seller (cluster_id=? AND seller=? AND trade_no>?)"]),
    ("DEALS_LIVE", &between::DEALS_LIVE, &["INDEX deal_live (cluster_id=? AND window_end>?)"]),
    ("DEALS_WAITING", &between::DEALS_WAITING, &["INDEX deal_waiting (cluster_id=?)"]),
    ("OFFERS_OPEN", &offer::OFFERS_OPEN, &["INDEX market_offer_open (cluster_id=?)"]),
    ("BOARD_DUE", &offer::BOARD_DUE, &["INDEX market_board_due (zone=? AND gate_at<?)"]),
    ("ROUNDS_OPEN", &offer::ROUNDS_OPEN, &["INDEX market_round_open (zone=?)"]),
];

/// The lines of a plan.
fn plan(database: &rusqlite::Connection, lite: &str, parameters: usize) -> Vec<String> {
    let mut statement = database.prepare(&format!("EXPLAIN QUERY PLAN {lite}")).unwrap();
    let lines = statement.query_map(rusqlite::params_from_iter(vec![1i64; parameters]), |row| row.get::<_, String>(3)).unwrap();
    lines.collect::<Result<_, _>>().unwrap()
}

#[test]
fn the_market_is_found_by_what_is_open() {
    let mut database = rusqlite::Connection::open_in_memory().unwrap();
    crate::migrate::lite(&mut database, None).unwrap();
    for (name, sql, wanted) in FOUND_BY {
        let lines = plan(&database, sql.lite, sql.parameters);
        let searches: Vec<&String> = lines.iter().filter(|line| line.starts_with("SEARCH")).collect();
        assert_eq!(searches.len(), wanted.len(), "{name}: {lines:?}");
        for (line, wanted) in searches.iter().zip(*wanted) {
            assert!(line.replace("COVERING ", "").contains(wanted), "{name}: {lines:?}");
        }
    }
    // What comes in the order of its index is not sorted: a limit ends it early.
    let sorted = [&trade::ORDERS_OPEN, &trade::ORDERS_HELD, &trade::ORDERS_DECIDED, &trade::ORDERS_WAITING, &trade::TRADES_OF, &trade::TRADES_SINCE];
    for sql in sorted.into_iter().chain([&offer::BOARD_DUE]) {
        let lines = plan(&database, sql.lite, sql.parameters);
        assert!(!lines.iter().any(|line| line.contains("TEMP B-TREE")), "{lines:?}");
    }
}

#[test]
fn offers_of_partners_are_found_by_what_is_open() {
    let mut database = rusqlite::Connection::open_in_memory().unwrap();
    crate::migrate::lite(&mut database, None).unwrap();
    let of = format!("{} IN (?1, ?2, ?3)", offer::OFFERS_OPEN_OF.prefix.lite);
    let lines = plan(&database, &of, 3);
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].contains("INDEX market_offer_open (cluster_id=?)"), "{lines:?}");
}

#[test]
fn retries_are_found_by_their_keys() {
    let mut database = rusqlite::Connection::open_in_memory().unwrap();
    crate::migrate::lite(&mut database, None).unwrap();
    let by_key = format!("{} IN (?2, ?3, ?4)", trade::ORDERS_BY_KEY.prefix.lite);
    let lines = plan(&database, &by_key, 4);
    assert!(lines[0].contains("INDEX trade_order_key (cluster_id=? AND key_high=?)"), "{lines:?}");
}
