//! What a turn books: trades and holds as transfers, and the charts that follow.

use super::{Party, Turn};
use crate::trade::floor::{Clearing, Trader};
use domain::{AccountNo, AuctionNo, TradeNo, TransferNo};
use ledger::{Cause, CauseKind, IdempotencyKey, TransferCode, TransferCreate, TransferKind};
use market::Side;
use market::candle::{Candle, Span, Tick};
use quantity::{Ngwee, PricePerKwh, WattHours};
use store::tables::{OrderRow, TradeRow};

impl Turn<'_> {
    /// Writes one trade and the transfers that it is made of.
    pub(crate) fn trade(&mut self, buy: Party, sell: Party, price: PricePerKwh, energy: WattHours, money: Ngwee, auction: Option<AuctionNo>) {
        let Some(Clearing { money: money_clearing, energy: energy_clearing }) = self.floor.clearing else {
            return self.miss("the accounts between buyer and seller");
        };
        let (Some(from), Some(to)) = (sell.trader.energy, buy.trader.energy) else { return self.miss("an account for energy credits") };
        let no = self.floor.head.next_trade;
        self.floor.head.next_trade += 1;
        let cause = Cause { kind: CauseKind::Trade, a: no, b: auction.map_or(0, AuctionNo::get) };
        let mut legs = Legs { turn: self, cause, line: 0, no };
        legs.leg(sell.hold, [from, energy_clearing, to], energy.0, TransferCode::TradeEnergy);
        legs.leg(buy.hold, [buy.trader.wallet, money_clearing, sell.trader.wallet], money.0, TransferCode::TradeMoney);
        self.link_last();
        let row = TradeRow {
            no: trade_no(no),
            traded_at: self.at.now,
            price,
            energy,
            money,
            buy_order: buy.order,
            sell_order: sell.order,
            buyer: buy.member,
            seller: sell.member,
            auction,
        };
        (self.floor.head.last_price, self.floor.head.last_traded_at) = (Some(price), Some(self.at.now));
        self.floor.watch.traded(row);
        self.chart(&row);
        self.trades.push(row);
    }

    /// Adds a trade to the candles it belongs to.
    fn chart(&mut self, trade: &TradeRow) {
        let tick = Tick { at: trade.traded_at, price: trade.price, energy: trade.energy };
        for span in Span::ALL {
            let start = span.start_of(trade.traded_at, self.at.offset);
            // Orders have a price and energy above zero, within bounds whose sums fit.
            let Ok(new) = Candle::of(start, tick) else { continue };
            let made = self.candles.entry((span, start)).and_modify(|candle| *candle = candle.merged(new).unwrap_or(*candle));
            made.or_insert(new);
        }
    }

    /// Holds what an order can still take.
    pub(super) fn reserve(&mut self, row: &mut OrderRow, trader: &Trader, actor: i64) {
        let Some(clearing) = self.floor.clearing else { return self.miss("the accounts between buyer and seller") };
        let (debit, credit, amount, code) = match row.side {
            Side::Buy => (trader.wallet, clearing.money, market::hold(row.left(), row.price).0, TransferCode::TradeMoney),
            Side::Sell => {
                let Some(energy) = trader.energy else { return self.miss("an account for energy credits") };
                (energy, clearing.energy, row.left().0, TransferCode::TradeEnergy)
            }
        };
        let cause = Cause { kind: CauseKind::Order, a: row.no.get(), b: 0 };
        // No end of its own: the order's end voids it, and until then nothing else may let it go.
        let held = self.push(debit, credit, amount, code, TransferKind::Pending { expires_at: None }, cause, actor, "hold");
        (row.hold, row.hold_amount) = (Some(held), amount);
    }

    /// Lets go what an order holds.
    pub(super) fn release(&mut self, row: &mut OrderRow, actor: i64) {
        let (Some(hold), Some(clearing)) = (row.hold.take(), self.floor.clearing) else { return self.miss("what an open order holds") };
        let Some(trader) = self.floor.traders.get(&row.member).copied() else { return self.miss("the member of an order") };
        let (debit, credit, code) = match row.side {
            Side::Buy => (trader.wallet, clearing.money, TransferCode::TradeMoney),
            Side::Sell => {
                let Some(energy) = trader.energy else { return self.miss("an account for energy credits") };
                (energy, clearing.energy, TransferCode::TradeEnergy)
            }
        };
        let cause = Cause { kind: CauseKind::Order, a: row.no.get(), b: 0 };
        self.push(debit, credit, row.hold_amount, code, TransferKind::Void { pending: hold }, cause, actor, "void");
        row.hold_amount = 0;
    }

    /// Adds a transfer and gives the number it will have: all of a turn's transfers are booked, or none.
    #[expect(clippy::too_many_arguments, reason = "a transfer has that many parts")]
    fn push(
        &mut self,
        debit: AccountNo,
        credit: AccountNo,
        amount: i64,
        code: TransferCode,
        kind: TransferKind,
        cause: Cause,
        actor: i64,
        step: &str,
    ) -> TransferNo {
        let no = self.at.next_transfer.saturating_add(self.commands.len() as i64);
        // The number of the transfer is in the key: a turn that is decided again from the same state makes the same keys.
        let key = IdempotencyKey::derive(&[b"trade", &self.at.cluster.get().to_be_bytes(), &no.to_be_bytes(), step.as_bytes()]);
        match kind {
            TransferKind::Posted | TransferKind::Pending { .. } => self.moved(debit, -amount),
            TransferKind::Void { .. } => self.moved(debit, amount),
            TransferKind::Post { .. } | TransferKind::Reversal { .. } => {}
        }
        if matches!(kind, TransferKind::Posted | TransferKind::Post { .. }) {
            self.moved(credit, amount);
        }
        self.commands.push(TransferCreate { key, debit, credit, amount, code, kind, cause, business_on: self.today, actor, linked: true });
        transfer_no(no)
    }

    /// What is free on an account changes with what happens in the turn.
    fn moved(&mut self, account: AccountNo, by: i64) {
        if let Some(free) = self.available.get_mut(&account) {
            *free = free.saturating_add(by);
        }
    }

    /// The transfers of one step are booked together.
    pub(crate) fn link_last(&mut self) {
        if let Some(last) = self.commands.last_mut() {
            last.linked = false;
        }
    }
}

/// The two sides of a trade as transfers.
struct Legs<'t, 'a> {
    turn: &'t mut Turn<'a>,
    cause: Cause,
    line: u8,
    no: i64,
}

impl Legs<'_, '_> {
    /// Moves `amount` from who gives to who gets: at once, or out of what was held, through the clearing account in the middle. What was held
    /// and is not needed is free again.
    fn leg(&mut self, hold: Option<(TransferNo, i64)>, [from, clearing, to]: [AccountNo; 3], amount: i64, code: TransferCode) {
        match hold {
            None if amount == 0 => {}
            None => self.push(from, to, amount, code, TransferKind::Posted),
            Some((pending, held)) if amount == 0 => self.push(from, clearing, held, code, TransferKind::Void { pending }),
            Some((pending, held)) => {
                self.push(from, clearing, amount, code, TransferKind::Post { pending });
                // Posting frees all that was held and takes the amount; the rest comes back to who gave.
                self.turn.moved(from, held - amount);
                self.push(clearing, to, amount, code, TransferKind::Posted);
            }
        }
    }

    fn push(&mut self, debit: AccountNo, credit: AccountNo, amount: i64, code: TransferCode, kind: TransferKind) {
        self.line += 1;
        let step = format!("{}-{}", self.no, self.line);
        self.turn.push(debit, credit, amount, code, kind, self.cause, 0, &step);
    }
}

fn trade_no(no: i64) -> TradeNo {
    TradeNo::new(no).unwrap_or_else(|_| unreachable!("numbers begin with 1"))
}

fn transfer_no(no: i64) -> TransferNo {
    TransferNo::new(no).unwrap_or_else(|_| unreachable!("numbers begin with 1"))
}
