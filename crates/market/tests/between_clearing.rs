//! The laws of joint clearing, on made-up clusters and lines.

use market::between::{Joint, Line, clear_between};
use market::{Order, Side, clear};
use proptest::prelude::*;
use quantity::{PricePerKwh, WattHours};

type Clusters = Vec<Vec<Order>>;

fn made(side: Side, price: i64, energy: i64) -> Order {
    Order::new(side, PricePerKwh(price), WattHours(energy)).expect("an order in range")
}

fn order(price: i64, energy: i64) -> impl Strategy<Value = Order> {
    (any::<bool>(), 1..price, 1..energy).prop_map(|(is_buy, price, energy)| made(if is_buy { Side::Buy } else { Side::Sell }, price, energy))
}

fn loss() -> impl Strategy<Value = i64> {
    prop_oneof![Just(0), 1_000_i64..500_000, prop::sample::select(vec![1_000, 20_000, 50_000, 100_000, 250_000, 500_000])]
}

fn lines(clusters: usize, most: usize, fee: i64, capacity: i64, is_lossy: bool) -> impl Strategy<Value = Vec<Line>> {
    let line = (0..clusters, 1..clusters, 0..fee, 0..capacity, loss()).prop_map(move |(from, step, fee, capacity, loss)| {
        let loss = if is_lossy { loss } else { 0 };
        Line::new(from, (from + step) % clusters, PricePerKwh(fee), WattHours(capacity), loss).expect("a line in range")
    });
    prop::collection::vec(line, 0..=most)
}

/// Few clusters with few small orders, so that all ways to trade can be tried.
fn tiny(is_lossy: bool) -> impl Strategy<Value = (Clusters, Vec<Line>)> {
    (2_usize..4)
        .prop_flat_map(move |count| (prop::collection::vec(prop::collection::vec(order(40, 7), 0..5), count), lines(count, 4, 12, 6, is_lossy)))
}

fn larger(is_lossy: bool) -> impl Strategy<Value = (Clusters, Vec<Line>)> {
    (2_usize..9).prop_flat_map(move |count| {
        let books = prop::collection::vec(prop::collection::vec(order(200, 5_000), 0..25), count);
        (books, lines(count, 20, 40, 20_000, is_lossy))
    })
}

/// Few clusters and many lines that lose and cost nothing or little: routes that look alike.
fn alike() -> impl Strategy<Value = (Clusters, Vec<Line>)> {
    (2_usize..5).prop_flat_map(|count| (prop::collection::vec(prop::collection::vec(order(60, 100), 0..5), count), lines(count, 12, 2, 200, true)))
}

/// Few clusters, many lines side by side, and the largest prices and quantities.
fn huge(is_lossy: bool) -> impl Strategy<Value = (Clusters, Vec<Line>)> {
    (2_usize..5).prop_flat_map(move |count| {
        let books = prop::collection::vec(prop::collection::vec(order(market::PRICE_MAX, market::ENERGY_MAX), 0..25), count);
        (books, lines(count, 20, market::PRICE_MAX / 50, market::ENERGY_MAX, is_lossy))
    })
}

/// The most that a cluster's orders are worth when it gets `inflow` more than it gives; `None` when that cannot be.
fn best_alone(orders: &[Order], inflow: i64) -> Option<i128> {
    let units = |side: Side| {
        let of_side = orders.iter().filter(move |order| order.side() == side);
        let mut units: Vec<i64> =
            of_side.flat_map(|order| std::iter::repeat_n(order.price().0, usize::try_from(order.energy().0).expect("small"))).collect();
        units.sort_unstable();
        units
    };
    let (bids, asks) = (units(Side::Buy), units(Side::Sell));
    let value = |bought: usize| {
        let sold = usize::try_from(i64::try_from(bought).ok()? - inflow).ok().filter(|&sold| sold <= asks.len())?;
        Some(bids.iter().rev().take(bought).map(|&price| i128::from(price)).sum::<i128>() - asks[..sold].iter().map(|&p| i128::from(p)).sum::<i128>())
    };
    (0..=bids.len()).filter_map(value).max()
}

/// The welfare of the best trades there are, by trying everything that the lines can carry.
fn best(clusters: &Clusters, lines: &[Line]) -> i128 {
    let mut sent = vec![0_i64; lines.len()];
    let mut most = 0;
    loop {
        let mut inflow = vec![0_i64; clusters.len()];
        let mut fees = 0;
        for (line, &sent) in lines.iter().zip(&sent) {
            inflow[line.from()] -= sent;
            inflow[line.to()] += line.loss().received(WattHours(sent)).0;
            fees += i128::from(sent * line.fee().0);
        }
        let worth: Option<i128> = clusters.iter().zip(&inflow).map(|(orders, &inflow)| best_alone(orders, inflow)).sum();
        most = most.max(worth.map_or(0, |worth| worth - fees));
        let Some(next) = (0..lines.len()).find(|&at| sent[at] < lines[at].capacity().0) else { return most };
        sent[next] += 1;
        sent[..next].fill(0);
    }
}

fn sum(orders: &[Order], fills: &[WattHours], side: Side) -> i64 {
    orders.iter().zip(fills).filter(|(order, _)| order.side() == side).map(|(_, fill)| fill.0).sum()
}

/// Everything that must hold of every joint clearing.
fn holds(clusters: &Clusters, lines: &[Line], joint: &Joint) -> Result<(), TestCaseError> {
    let mut inflow = vec![0_i64; clusters.len()];
    let (mut balance, mut welfare) = (0_i128, 0_i128);
    for (line, cleared) in lines.iter().zip(&joint.lines) {
        prop_assert!((0..=line.capacity().0).contains(&cleared.sent.0), "a line carries at most its capacity");
        prop_assert_eq!(cleared.received, line.loss().received(cleared.sent));
        prop_assert_eq!(cleared.fee, i128::from(cleared.sent.0) * i128::from(line.fee().0));
        prop_assert!(cleared.rent >= 0, "{line:?} {cleared:?}");
        inflow[line.from()] -= cleared.sent.0;
        inflow[line.to()] += cleared.received.0;
        balance += cleared.fee + cleared.rent;
        welfare -= cleared.fee;
        let worth = |at: usize| joint.clusters[at].worth.map(|price| price.0);
        if let (Some(from), Some(to)) = (worth(line.from()), worth(line.to())) {
            let netback = line.netback(to);
            prop_assert!(cleared.sent.0 == 0 || netback >= from, "used at a loss: {line:?} {cleared:?} {from} {to}");
            prop_assert!(cleared.sent.0 == line.capacity().0 || netback <= from, "left unused: {line:?} {cleared:?} {from} {to}");
        } else {
            prop_assert_eq!(cleared.sent.0, 0);
        }
        if cleared.sent.0 > 0 {
            prop_assert!(joint.clusters[line.from()].price.is_some() && joint.clusters[line.to()].price.is_some());
        }
    }
    for ((orders, cleared), inflow) in clusters.iter().zip(&joint.clusters).zip(inflow) {
        prop_assert_eq!((sum(orders, &cleared.fills, Side::Buy), sum(orders, &cleared.fills, Side::Sell)), (cleared.bought.0, cleared.sold.0));
        prop_assert_eq!(cleared.bought.0, cleared.sold.0 + inflow, "what is bought is sold or has come in");
        balance -= i128::from(cleared.bought.0 - cleared.sold.0) * i128::from(cleared.price.map_or(0, |price| price.0));
        for (order, fill) in orders.iter().zip(&cleared.fills) {
            let sign = if order.side() == Side::Buy { 1 } else { -1 };
            welfare += sign * i128::from(fill.0) * i128::from(order.price().0);
            prop_assert!((0..=order.energy().0).contains(&fill.0));
            let price = cleared.worth.expect("an order says what energy is worth").0;
            let gain = i64::try_from(sign).expect("a sign") * (order.price().0 - price);
            prop_assert!(gain >= 0 || fill.0 == 0, "{order:?} filled at {price}");
            prop_assert!(gain <= 0 || *fill == order.energy(), "{order:?} got {fill:?} at {price}");
            prop_assert!(fill.0 == 0 || cleared.price.is_some());
            for (other, got) in orders.iter().zip(&cleared.fills) {
                prop_assert!(order != other || (fill.0 - got.0).abs() <= 1, "equals are treated alike");
            }
        }
    }
    prop_assert_eq!(balance, 0, "buyers pay what sellers get, fees and rents");
    prop_assert_eq!(welfare, joint.welfare);
    prop_assert!(welfare >= 0);
    Ok(())
}

/// How far below the optimum a clearing may be, in milli-ngwee: less than one ngwee for each kWh that other trades could send over a lossy
/// line with room, and a watt-hour for each lossy line. Nothing without losses.
fn below_best(lines: &[Line], joint: &Joint) -> i128 {
    let lossy = lines.iter().zip(&joint.lines).filter(|(line, _)| line.loss().ppm() > 0 && line.capacity().0 > 0);
    let price = |at: usize| joint.clusters[at].worth.map_or(0, |price| price.0.max(0));
    lossy.map(|(line, cleared)| i128::from(line.capacity().0 - cleared.sent.0 + price(line.to()))).sum()
}

/// The order with `more` in its price: a higher bid, a lower ask, and by how much.
fn keener(order: Order, more: i64) -> (Order, i64) {
    let price = if order.side() == Side::Buy { order.price().0 + more } else { (order.price().0 - more).max(1) };
    (made(order.side(), price, order.energy().0), (price - order.price().0).abs())
}

/// Of two routes to the buyer, the one that loses less is worth 3 ngwee at its beginning, the other 2. A ngwee more at the buyer's end
/// makes that 3 and 3, as netbacks are whole: the route that loses half of it is used as well, and less arrives.
#[test]
fn a_higher_bid_may_get_less_where_routes_that_lose_look_alike() {
    let line = |from, to, capacity, loss| Line::new(from, to, PricePerKwh(0), WattHours(capacity), loss).expect("a line");
    let lines = [line(0, 1, 138, 250_000), line(1, 2, 189, 1_000), line(0, 2, 19, 473_887)];
    let got = |price| {
        let clusters = vec![vec![made(Side::Sell, 2, 24)], vec![], vec![made(Side::Buy, price, 84)]];
        let joint = clear_between(&clusters, &lines).expect("cleared");
        (joint.clusters[2].fills[0].0, below_best(&lines, &joint))
    };
    let ((before, bound), (after, other)) = (got(5), got(6));
    assert_eq!((before, after), (18, 14));
    assert!(i128::from(before - after) <= bound + other);
    // Another ngwee tells the routes apart again.
    assert_eq!(got(8).0, 18);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn everything_fits_without_losses((clusters, lines) in prop_oneof![tiny(false), larger(false), huge(false)]) {
        holds(&clusters, &lines, &clear_between(&clusters, &lines).expect("cleared"))?;
    }

    #[test]
    fn everything_fits_with_losses((clusters, lines) in prop_oneof![tiny(true), larger(true), huge(true)]) {
        holds(&clusters, &lines, &clear_between(&clusters, &lines).expect("cleared"))?;
    }

    #[test]
    fn without_losses_no_other_trades_are_worth_more((clusters, lines) in tiny(false)) {
        prop_assert_eq!(clear_between(&clusters, &lines).expect("cleared").welfare, best(&clusters, &lines));
    }

    #[test]
    fn with_losses_other_trades_are_worth_hardly_more((clusters, lines) in tiny(true)) {
        let joint = clear_between(&clusters, &lines).expect("cleared");
        let (best, bound) = (best(&clusters, &lines), below_best(&lines, &joint));
        prop_assert!(joint.welfare <= best && best - joint.welfare <= bound, "{} of {best}, bound {bound}", joint.welfare);
    }

    #[test]
    fn without_lines_each_cluster_clears_alone(clusters in prop::collection::vec(prop::collection::vec(order(30, 40), 0..30), 0..5)) {
        let closed = if clusters.len() > 1 { vec![Line::new(0, 1, PricePerKwh(0), WattHours(0), 0).expect("closed")] } else { vec![] };
        for lines in [vec![], closed] {
            let joint = clear_between(&clusters, &lines).expect("cleared");
            prop_assert_eq!(joint.welfare, clusters.iter().map(|orders| clear(orders).welfare).sum::<i128>());
            for (orders, cleared) in clusters.iter().zip(joint.clusters) {
                let alone = clear(orders);
                prop_assert_eq!((cleared.price, cleared.bought, cleared.sold), (alone.price, alone.volume, alone.volume));
                prop_assert_eq!(cleared.fills, alone.fills);
            }
        }
    }

    #[test]
    fn equal_books_do_not_trade_with_each_other(book in prop::collection::vec(order(60, 200), 0..30), fee in 0_i64..20, loss in loss()) {
        let both = vec![book.clone(), book];
        let lines = [(0, 1), (1, 0)].map(|(from, to)| Line::new(from, to, PricePerKwh(fee), WattHours(1_000), loss).expect("a line"));
        let joint = clear_between(&both, &lines).expect("cleared");
        prop_assert!(joint.lines.iter().all(|line| line.sent.0 == 0));
        prop_assert_eq!(&joint.clusters[0], &joint.clusters[1]);
    }

    #[test]
    fn the_order_of_the_orders_matters_to_equals_alone((clusters, lines) in larger(true), seed in any::<u64>()) {
        let order_of = |orders: &Vec<Order>| {
            let mut places: Vec<usize> = (0..orders.len()).collect();
            places.sort_by_key(|&at| (at as u64 + 1).wrapping_mul(seed | 1));
            places
        };
        let places: Vec<Vec<usize>> = clusters.iter().map(order_of).collect();
        let shuffled: Clusters = clusters.iter().zip(&places).map(|(orders, places)| places.iter().map(|&at| orders[at]).collect()).collect();
        let (one, other) = (clear_between(&clusters, &lines).expect("cleared"), clear_between(&shuffled, &lines).expect("cleared"));
        prop_assert_eq!((&one.lines, one.welfare), (&other.lines, other.welfare));
        for ((one, other), places) in one.clusters.iter().zip(&other.clusters).zip(&places) {
            prop_assert_eq!((one.price, one.worth, one.bought), (other.price, other.worth, other.bought));
            for (at, &place) in places.iter().enumerate() {
                prop_assert!((one.fills[place].0 - other.fills[at].0).abs() <= 1);
            }
        }
    }

    #[test]
    fn without_losses_the_order_of_clusters_and_lines_changes_no_price((clusters, lines) in larger(false)) {
        let count = clusters.len();
        let backwards: Clusters = clusters.iter().rev().cloned().collect();
        let turned = |line: &Line| Line::new(count - 1 - line.from(), count - 1 - line.to(), line.fee(), line.capacity(), 0).expect("a line");
        let lines_backwards: Vec<Line> = lines.iter().rev().map(turned).collect();
        let one = clear_between(&clusters, &lines).expect("cleared");
        let other = clear_between(&backwards, &lines_backwards).expect("cleared");
        prop_assert_eq!(one.welfare, other.welfare);
        for (one, other) in one.clusters.iter().zip(other.clusters.iter().rev()) {
            prop_assert_eq!(one.worth, other.worth);
        }
    }

    /// Without losses the bound is nothing: the law holds to the watt-hour.
    #[test]
    fn bidding_more_never_gets_less_but_for_what_rounding_hides(
        (mut clusters, lines) in prop_oneof![tiny(false), larger(false), huge(false), tiny(true), larger(true), alike(), huge(true)],
        at in any::<prop::sample::Index>(), more in 1_i64..30)
    {
        let places: Vec<(usize, usize)> = clusters.iter().enumerate().flat_map(|(k, orders)| (0..orders.len()).map(move |at| (k, at))).collect();
        prop_assume!(!places.is_empty());
        let (cluster, at) = places[at.index(places.len())];
        let one = clear_between(&clusters, &lines).expect("cleared");
        // Up to the largest price that an order can have.
        let room = market::PRICE_MAX - clusters[cluster][at].price().0;
        prop_assume!(room > 0);
        let (order, raised) = keener(clusters[cluster][at], more.min(room));
        clusters[cluster][at] = order;
        let other = clear_between(&clusters, &lines).expect("cleared");
        let less = one.clusters[cluster].fills[at].0 - other.clusters[cluster].fills[at].0;
        let bound = below_best(&lines, &one) + below_best(&lines, &other);
        prop_assert!(i128::from(less) * i128::from(raised) <= bound, "{less} less for {raised} more, bound {bound}");
    }

    #[test]
    fn twice_the_prices_are_twice_the_price((clusters, lines) in larger(false), times in 2_i64..5) {
        let scaled: Clusters = clusters.iter().map(|orders| orders.iter().map(|order| made(order.side(), order.price().0 * times, order.energy().0)).collect()).collect();
        let dearer = |line: &Line| Line::new(line.from(), line.to(), PricePerKwh(line.fee().0 * times), line.capacity(), 0).expect("a line");
        let (one, other) = (clear_between(&clusters, &lines).expect("cleared"), clear_between(&scaled, &lines.iter().map(dearer).collect::<Vec<_>>()).expect("cleared"));
        prop_assert_eq!(one.welfare * i128::from(times), other.welfare);
        for (one, other) in one.clusters.iter().zip(&other.clusters) {
            if let (Some(price), Some(scaled)) = (one.worth, other.worth) {
                // Rounding down by half a ngwee is multiplied too.
                prop_assert!((0..times).contains(&(scaled.0 - price.0 * times)), "{price:?} {scaled:?}");
            }
        }
    }
}
