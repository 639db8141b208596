//! Durable orders over HTTP: members buy and sell energy credits, and nearly every order meets one that waits.
//!
//! An order that trades is an order, a trade, two or three candles and three to four transfers with their leaves in the log, where a payment is
//! one transfer. Beside it the same program books payments.

use super::super::Size;
use super::super::measure::{Contender, interleaved};
use super::super::place::Place;
use super::super::row::{Row, Taken};
use super::load::Answered;
use super::requests::{Ask, Keys, Members};
use super::{CLUSTER, OWN_COUNT, Server, Side, founded, own_server, transfers_in};
use anyhow::{Context, Result, ensure};
use domain::{AccountNo, ClusterCode, ClusterId, Region, SystemClock, TradePrice, TradingConfig};
use ledger::{Account, AccountCode, Cause, Currency, IdempotencyKey, Limit, Outcome, TransferCode, TransferCreate, TransferKind};
use quantity::{BusinessDay, Instant, PricePerKwh, UtcOffset, WattHours};
use service::{ClusterAccounts, Service};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use store::tables::ConfigRow;
use store::{StoreError, Tx};

/// What every member holds at the start, Wh: more than is ever sold.
const CREDITS: i64 = 1 << 40;
const ORDERS: &str = "SELECT COUNT(*) FROM trade_order";
const TRADES: &str = "SELECT COUNT(*) FROM trade";

/// Measures.
///
/// # Errors
/// When a database cannot be made, or a server answers with anything but success.
pub(in super::super) fn rows(size: &Size, place: &Place) -> Result<Vec<Row>> {
    let payers = if size.is_quick { 4 } else { 64 };
    let traders = Members { payers, members: payers };
    let (file, tokens) = founded(place, traders)?;
    endow(place, &file, payers as i64)?;
    let trading = own_server(place, file, ORDERS)?;
    let payments = Members { payers, members: if size.is_quick { 20 } else { 1_000 } };
    let (file, paying) = founded(place, payments)?;
    let paid = own_server(place, file, OWN_COUNT)?;
    let lasting = if size.is_quick { Duration::from_millis(100) } else { Duration::from_secs(size.http.seconds.into()) };
    let side = |server, tokens, ask, members| Side { server, tokens, ask, members, lasting, runs: 0, answered: Answered::default(), transfers: 0 };
    let mut sides = [side(&trading, &tokens, Ask::Order, traders), side(&paid, &paying, Ask::Payment(Keys::Timed), payments)];
    let mut runs: Vec<_> = sides.iter_mut().map(|side| || side.run()).collect();
    let mut contenders: Vec<Contender<'_>> = runs.iter_mut().map(|run| run as Contender<'_>).collect();
    let medians = interleaved(size.runs, &mut contenders)?;
    drop(runs);
    for (server, side) in [(&trading, &sides[0]), (&paid, &sides[1])] {
        server.has_kept(side.transfers)?;
    }
    let (orders, trades) = (sides[0].transfers, traded(&trading)?);
    ensure!(trades * 10 > orders * 3, "{orders} orders met only {trades} times");
    let note = format!("{} orders made {trades} trades; {}, against {}", orders, sides[0].waits(), sides[1].waits());
    let taken = Taken { unit: "orders/s", runs: size.runs, engine: "sqlite" };
    Ok(vec![Row::new("http_orders", taken, medians[0], "one payment a request", medians[1]).note(note)])
}

fn traded(server: &Server) -> Result<u64> {
    transfers_in(&server.file, TRADES)
}

/// Lets the members of a file trade, and gives each of them credits.
fn endow(place: &Place, file: &Path, members: i64) -> Result<()> {
    let service = Service::new(place.store(file)?, Arc::new(SystemClock), Region::shipped("lusaka")?);
    place
        .wait(async {
            let (id, now) = (service.cluster(&ClusterCode::parse(CLUSTER)?).await?.id, service.now());
            let write = service.store().write::<_, StoreError, _>(move |tx| Box::pin(async move { endow_in(tx, id, members, now).await }));
            let outcomes = write.await?;
            ensure!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Created(_))), "the ledger refuses: {outcomes:?}");
            Ok(())
        })
        .context("the members cannot be given energy credits")
}

async fn endow_in(tx: &mut Tx<'_>, id: ClusterId, members: i64, now: Instant) -> Result<Vec<Outcome>, StoreError> {
    let today = BusinessDay::of(now, UtcOffset::LUSAKA);
    let config = TradingConfig { order_max: WattHours(1_000_000), ..TradingConfig::new(TradePrice::MidMarket, PricePerKwh(120), PricePerKwh(0)) };
    tx.trading_insert(id, &ConfigRow { version: 1, from_day: today, config, set_at: now, set_by: 0 }).await?;
    let known = ClusterAccounts::new(&tx.account_list(id).await?);
    let wallets = (1..=members).filter_map(|no| domain::MemberNo::new(no).ok()).filter(|no| known.member(*no).is_some());
    let first = tx.numbers_take(id, "account", members + 1).await?;
    let number = |at: i64| AccountNo::new(first + at).map_err(|error| StoreError::corrupt("account_no", error));
    let pool = Account::new(number(0)?, Currency::EnergyWh, AccountCode::EnergyPool, None, Limit::None);
    let (mut opened, mut lines) = (vec![pool], Vec::new());
    for (at, member) in (1..).zip(wallets) {
        let own = Account::new(number(at)?, Currency::EnergyWh, AccountCode::MemberEnergy, Some(member), Limit::DebitsNotOverCredits);
        opened.push(own);
        lines.push(TransferCreate {
            key: IdempotencyKey::derive(&[b"bench-credits", &at.to_be_bytes()]),
            debit: pool.no,
            credit: own.no,
            amount: CREDITS,
            code: TransferCode::CreditBanked,
            kind: TransferKind::Posted,
            cause: Cause::NONE,
            business_on: today,
            actor: 0,
            linked: false,
        });
    }
    tx.account_put(id, &opened).await?;
    tx.transfers_execute(id, now, &lines).await
}
