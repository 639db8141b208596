//! Joint clearings written out: small tables that can be checked by hand, and the largest that is allowed.

use market::between::{CLUSTERS_MAX, LINES_MAX, Line, ORDERS_MAX, clear_between};
use market::{Order, Side};
use quantity::{PricePerKwh, WattHours};
use std::fmt::Write;

/// Orders as `b180x5` and `s90x3`: side, price, energy.
fn orders(text: &str) -> Vec<Order> {
    let order = |word: &str| {
        let (price, energy) = word[1..].split_once('x').expect("price x energy");
        let side = if word.starts_with('b') { Side::Buy } else { Side::Sell };
        Order::new(side, PricePerKwh(price.parse().expect("a price")), WattHours(energy.parse().expect("energy"))).expect("an order")
    };
    text.split_whitespace().map(order).collect()
}

/// Clears a table: a row for each cluster (its orders) and each line (`line from to fee capacity loss`), with what is expected after the bar:
/// price and fills, or sent, received, fee and rent.
fn check(table: &str) {
    let rows: Vec<(&str, &str)> =
        table.lines().filter_map(|row| row.trim().split_once('|')).map(|(left, right)| (left.trim(), right.trim())).collect();
    let clusters: Vec<Vec<Order>> = rows.iter().filter_map(|row| row.0.strip_prefix("cluster")).map(orders).collect();
    let line = |text: &str| {
        let [from, to, fee, capacity, loss] =
            text.split_whitespace().map(|word| word.parse::<i64>().expect("a number")).collect::<Vec<_>>().try_into().expect("five numbers");
        let place = |at: i64| usize::try_from(at).expect("a place");
        Line::new(place(from), place(to), PricePerKwh(fee), WattHours(capacity), loss).expect("a line")
    };
    let lines: Vec<Line> = rows.iter().filter_map(|row| row.0.strip_prefix("line")).map(line).collect();
    let joint = clear_between(&clusters, &lines).expect("cleared");
    let (mut cleared_clusters, mut cleared_lines) = (joint.clusters.iter(), joint.lines.iter());
    for (left, expected) in rows {
        let mut found = String::new();
        if left.starts_with("cluster") {
            let cluster = cleared_clusters.next().expect("a cluster");
            write!(found, "{}", cluster.price.map_or("-".to_owned(), |price| price.0.to_string())).expect("text");
            cluster.fills.iter().for_each(|fill| write!(found, " {}", fill.0).expect("text"));
        } else {
            let line = cleared_lines.next().expect("a line");
            write!(found, "{} {} {} {}", line.sent.0, line.received.0, line.fee, line.rent).expect("text");
        }
        assert_eq!(found, expected, "{left} of\n{table}");
    }
}

#[test]
fn two_clusters() {
    // The sun is in the first, the need in the second: 90 + 20 <= 180. Buyers want more than is there and set the price.
    check(
        "cluster s90x1000        | 160 1000
           cluster b180x2000       | 180 1000
           line 0 1 20 5000 0      | 1000 1000 20000 0",
    );
    // A full line: the prices part, each side sets its own, and the difference is the congestion rent.
    check(
        "cluster s90x1000        | 90 400
           cluster b180x2000       | 180 400
           line 0 1 20 400 0       | 400 400 8000 28000",
    );
    // The fee eats the gain.
    check(
        "cluster s90x1000        | - 0
           cluster b100x2000       | - 0
           line 0 1 20 5000 0      | 0 0 0 0",
    );
    // A closed line is none.
    check(
        "cluster s90x1000        | - 0
           cluster b180x2000       | - 0
           line 0 1 20 0 0         | 0 0 0 0",
    );
    // Between the limits neither side sets the price: both take the middle, 90..160 and 110..180.
    check(
        "cluster s90x1000        | 125 1000
           cluster b180x1000       | 145 1000
           line 0 1 20 5000 0      | 1000 1000 20000 0",
    );
}

#[test]
fn losses() {
    // A tenth is lost: what costs 90 + 10 here must bring 111.1 there, so 112; the seller gets 90, and 0.8 of each kWh sent is left over.
    // The loss of the last watt-hours is rounded down: of 1999 sent, 199 are lost.
    check(
        "cluster s90x3000        | 90 1999
           cluster b180x1800       | 112 1800
           line 0 1 10 5000 100000 | 1999 1800 19990 1700",
    );
    // Both filled: the middles of 90..152 and 112..180 fit each other.
    check(
        "cluster s90x15          | 121 15
           cluster b180x14         | 146 14
           line 0 1 10 5000 100000 | 15 14 150 79",
    );
}

#[test]
fn over_a_third() {
    // Energy passes through a cluster without orders, which has a price of its own.
    check(
        "cluster s90x1000        | 90 600
           cluster                 | 110
           cluster b180x600        | 130 600
           line 0 1 20 5000 0      | 600 600 12000 0
           line 1 2 20 5000 0      | 600 600 12000 0",
    );
    // The own seller is nearer than the cheaper one far away.
    check(
        "cluster s90x1000        | - 0
           cluster b180x500 s100x500 | 140 500 500
           line 0 1 120 5000 0     | 0 0 0 0",
    );
}

#[test]
fn a_dear_line_and_a_lossy_one_side_by_side() {
    // 105 must go and 100 must arrive, so that both lines are used: 50..59 over the one that loses a tenth. Prices hold each other up in a
    // circle: at 91 to 100 in the second cluster both lines net back the same whole ngwee.
    check(
        "cluster s1x105          | 85 105
           cluster b200x100        | 95 100
           line 0 1 10 1000 0      | 46 46 460 0
           line 0 1 0 1000 100000  | 59 54 0 115",
    );
}

#[test]
fn refusals() {
    let line = |from, to| Line::new(from, to, PricePerKwh(1), WattHours(1), 0).expect("a line");
    let code = |clusters: &[Vec<Order>], lines: &[Line]| clear_between(clusters, lines).map_err(|error| error.code()).err();
    assert_eq!(code(&[], &[]), None);
    assert_eq!(code(&vec![vec![]; CLUSTERS_MAX + 1], &[]), Some("clearing_clusters"));
    assert_eq!(code(&[vec![orders("b1x1")[0]; ORDERS_MAX + 1]], &[]), Some("clearing_orders"));
    assert_eq!(code(&[vec![], vec![]], &vec![line(0, 1); LINES_MAX + 1]), Some("clearing_lines"));
    assert_eq!(code(&[vec![], vec![]], &[line(0, 2)]), Some("clearing_unknown_cluster"));
}

/// A made-up country: each cluster has its own sun and need, each line its own fee and loss.
fn country(energy: i64, loss: i64) -> (Vec<Vec<Order>>, Vec<Line>) {
    let mut state = 42_u64;
    let mut below = |end: i64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).expect("31 bits") % end
    };
    let mut clusters = vec![Vec::new(); CLUSTERS_MAX];
    for at in 0..ORDERS_MAX {
        let base = i64::try_from(at % CLUSTERS_MAX).expect("small") * 10_000;
        let side = if below(2) == 0 { Side::Buy } else { Side::Sell };
        let order = Order::new(side, PricePerKwh(1 + base + below(900_000)), WattHours(1 + below(energy)));
        clusters[at % CLUSTERS_MAX].push(order.expect("an order"));
    }
    let count = i64::try_from(CLUSTERS_MAX).expect("small");
    let lines = (0..LINES_MAX).map(|_| {
        let (from, step) = (below(count), 1 + below(count - 1));
        let place = |at: i64| usize::try_from(at % count).expect("a place");
        Line::new(
            place(from),
            place(from + step),
            PricePerKwh(below(2_000)),
            WattHours(below(energy * 100)),
            if loss == 0 { 0 } else { 1_000 + below(loss) },
        )
    });
    let lines = lines.collect::<Result<_, _>>().expect("lines");
    (clusters, lines)
}

#[test]
fn the_largest_is_cleared() {
    for (energy, loss) in [(1_000_000, 0), (market::ENERGY_MAX / 100, 0), (1_000_000, 100_000), (market::ENERGY_MAX / 100, 2_000)] {
        let (clusters, lines) = country(energy, loss);
        let joint = clear_between(&clusters, &lines).expect("cleared");
        let used = joint.lines.iter().filter(|line| line.sent.0 > 0).count();
        assert!(used > 20, "{used} lines used");
        let paid: i128 = joint.clusters.iter().map(|c| i128::from(c.bought.0 - c.sold.0) * i128::from(c.price.map_or(0, |price| price.0))).sum();
        assert_eq!(paid, joint.lines.iter().map(|line| line.fee + line.rent).sum::<i128>());
    }
}
