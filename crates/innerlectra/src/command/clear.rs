//! `clear`: runs a call auction over a file of orders, without a database and without a trace.

use crate::exit::{Exit, Failure};
use crate::output::{self, Table, kwh};
use clap::Args;
use market::{Auction, Order, Pairing, Side};
use quantity::{Ngwee, PricePerKwh, WattHours};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Most orders of a file.
const ORDERS_MAX: usize = 1_000_000;
/// Most bytes of a file: a million orders with long ids.
const BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Trades that people are shown.
const ROWS_MAX: usize = 20;

/// Runs a call auction over a file of orders: one price for all, the largest volume, those at the price share in proportion.
#[derive(Debug, Args)]
pub struct ClearArgs {
    /// A JSON list of {"id": text, "side": "buy" or "sell", "price_ngwee_per_kwh": whole, "energy_wh": whole}.
    #[arg(value_name = "ORDERS.json")]
    orders: PathBuf,
    /// One JSON object for programs.
    #[arg(long)]
    json: bool,
}

/// An order as the file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderEntry {
    id: String,
    side: SideWord,
    price_ngwee_per_kwh: i64,
    energy_wh: i64,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SideWord {
    Buy,
    Sell,
}

/// What programs are told.
#[derive(Debug, Serialize)]
struct Report<'a> {
    clearing_price_ngwee_per_kwh: Option<i64>,
    trades: Vec<Trade<'a>>,
    volume_wh: i64,
    welfare_milli_ngwee: i128,
}

/// Energy from one seller to one buyer; money rounded half to even, each trade for itself.
#[derive(Debug, Serialize)]
struct Trade<'a> {
    buy_id: &'a str,
    sell_id: &'a str,
    energy_wh: i64,
    buyer_price_ngwee_per_kwh: i64,
    seller_price_ngwee_per_kwh: i64,
    buyer_pays_ngwee: i64,
    seller_gets_ngwee: i64,
    fee_ngwee: i64,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the file cannot be used.
pub fn run(args: &ClearArgs) -> Result<Exit, Failure> {
    let entries = read(&args.orders)?;
    let orders = checked(&args.orders, &entries)?;
    let auction = market::clear(&orders);
    let report = report(&entries, &orders, &auction);
    if args.json {
        output::json(&report)?;
    } else {
        output::text(&for_people(&report, orders.len()))?;
    }
    Ok(Exit::Good)
}

fn read(path: &Path) -> Result<Vec<OrderEntry>, Failure> {
    let mut file = std::fs::File::open(path).map_err(|error| Failure::file(path, &error))?.take(BYTES_MAX + 1);
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(|error| Failure::file(path, &error))?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(Failure::bad_input("orders_too_many", format!("{}: the file has more than {BYTES_MAX} bytes", path.display())));
    }
    serde_json::from_slice(&bytes).map_err(|error| Failure::bad_input("orders_form", format!("{}: {error}", path.display())))
}

/// The orders in the form the auction takes, or the first fault by its place in the list.
fn checked(path: &Path, entries: &[OrderEntry]) -> Result<Vec<Order>, Failure> {
    if entries.len() > ORDERS_MAX {
        return Err(Failure::bad_input("orders_too_many", format!("{}: {} orders, at most {ORDERS_MAX}", path.display(), entries.len())));
    }
    let mut ids = HashSet::with_capacity(entries.len());
    let order = |(at, entry): (usize, &OrderEntry)| {
        let here = || format!("{}: order {} ({})", path.display(), at + 1, entry.id);
        if entry.id.is_empty() {
            return Err(Failure::bad_input("order_id_missing", format!("{}: order {} has an empty id", path.display(), at + 1)));
        }
        let side = match entry.side {
            SideWord::Buy => Side::Buy,
            SideWord::Sell => Side::Sell,
        };
        let order = Order::new(side, PricePerKwh(entry.price_ngwee_per_kwh), WattHours(entry.energy_wh));
        order.map_err(|error| Failure::bad_input(error.code(), format!("{}: {error}", here())))
    };
    let orders = entries.iter().enumerate().map(order).collect::<Result<Vec<_>, _>>()?;
    match entries.iter().find(|entry| !ids.insert(entry.id.as_str())) {
        Some(twice) => Err(Failure::bad_input("order_id_taken", format!("{}: two orders have the id {}", path.display(), twice.id))),
        None => Ok(orders),
    }
}

fn report<'a>(entries: &'a [OrderEntry], orders: &[Order], auction: &Auction) -> Report<'a> {
    let trade = |pairing: Pairing, price: PricePerKwh| {
        let paid = pay(pairing.energy, price);
        Trade {
            buy_id: &entries[pairing.buy].id,
            sell_id: &entries[pairing.sell].id,
            energy_wh: pairing.energy.0,
            buyer_price_ngwee_per_kwh: price.0,
            seller_price_ngwee_per_kwh: price.0,
            buyer_pays_ngwee: paid,
            seller_gets_ngwee: paid,
            fee_ngwee: 0,
        }
    };
    let pairings = auction.pairings(orders);
    Report {
        clearing_price_ngwee_per_kwh: auction.price.map(|price| price.0),
        trades: auction.price.map_or_else(Vec::new, |price| pairings.into_iter().map(|pairing| trade(pairing, price)).collect()),
        volume_wh: auction.volume.0,
        welfare_milli_ngwee: auction.welfare,
    }
}

/// What energy costs in whole ngwee, half to even: also beyond 63 bits of milli-ngwee, which the largest order has.
fn pay(energy: WattHours, price: PricePerKwh) -> i64 {
    let milli = i128::from(energy.0) * i128::from(price.0);
    let (whole, rest) = (milli / 1000, milli % 1000);
    let is_up = rest > 500 || (rest == 500 && whole % 2 != 0);
    i64::try_from(whole + i128::from(is_up)).unwrap_or(i64::MAX)
}

fn for_people(report: &Report<'_>, orders: usize) -> String {
    let Some(price) = report.clearing_price_ngwee_per_kwh else {
        return format!("{orders} orders, and no buyer pays what a seller asks: nothing is traded\n");
    };
    let mut table = Table::new(["seller", "buyer", "kWh", "pays"]);
    for trade in report.trades.iter().take(ROWS_MAX) {
        table.row([trade.sell_id.to_owned(), trade.buy_id.to_owned(), kwh(trade.energy_wh), Ngwee(trade.buyer_pays_ngwee).to_string()]);
    }
    let rest = match report.trades.len().checked_sub(ROWS_MAX) {
        Some(rest) if rest > 0 => format!("and {rest} more; --json gives all\n"),
        _ => String::new(),
    };
    let (price, volume) = (Ngwee(price), kwh(report.volume_wh));
    format!("{orders} orders, {} trades, {volume} kWh at {price} per kWh\n\n{}{rest}", report.trades.len(), table.render())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_rounded_half_to_even_and_never_overflows() {
        for (energy, price, ngwee) in [(1, 499, 0), (1, 500, 0), (1, 501, 1), (1, 1_500, 2), (1, 2_500, 2), (2_000, 120, 240)] {
            assert_eq!(pay(WattHours(energy), PricePerKwh(price)), ngwee, "{energy} Wh at {price}");
        }
        assert_eq!(pay(WattHours(market::ENERGY_MAX), PricePerKwh(market::PRICE_MAX)), 1_000_000_000_000_000_000);
    }
}
