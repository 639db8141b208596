//! The closed lists of words, each with the number it is stored under. A number, once used, keeps its meaning for ever.

use std::fmt;

macro_rules! numbered_words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $number:literal $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant = $number),+ }

        impl $name {
            /// Every word of the list, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The number as stored and sealed.
            #[must_use]
            pub const fn number(self) -> i64 {
                match self { $(Self::$variant => $number),+ }
            }

            /// The word of a stored number; `None` when the list has no such number.
            #[must_use]
            pub const fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }

            /// The word as programs write it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word back; `None` when it is not on the list.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

numbered_words!(
    /// What an account counts. A transfer stays inside one currency.
    Currency {
        /// Zambian money, in ngwee.
        Zmw = 1 "zmw",
        /// Energy credits, in Wh.
        EnergyWh = 2 "energy_wh",
        /// Carbon dioxide equivalent, in grams.
        CarbonG = 3 "carbon_g",
    }
);

numbered_words!(
    /// What an account is for. A credit balance is what the cluster owes or holds for somebody; a debit balance is what it has or is owed.
    AccountCode {
        /// Money at the bank or the mobile-money operator.
        Bank = 1 "bank",
        /// The counter account of a settlement day: zero once the day is posted.
        Clearing = 2 "clearing",
        /// Owed to the utility for imported energy.
        UtilityPayable = 3 "utility_payable",
        /// Owed by the utility for exported energy.
        UtilityReceivable = 4 "utility_receivable",
        /// Owed to the owners of lines between clusters.
        WheelingPayable = 5 "wheeling_payable",
        /// Pooled money for equipment.
        EquipmentFund = 10 "equipment_fund",
        /// Money for loans to members.
        LoanFund = 11 "loan_fund",
        /// Money for emergencies.
        EmergencyFund = 12 "emergency_fund",
        /// Money for maintenance and replacement.
        MaintenanceFund = 13 "maintenance_fund",
        /// Money for running costs.
        OperatingFund = 14 "operating_fund",
        /// What is left over and not yet shared out.
        SurplusFund = 15 "surplus_fund",
        /// Money that can buy back the energy that members have banked.
        CreditFund = 16 "credit_fund",
        /// Money for the community, such as the rent of a full line.
        CommunityFund = 17 "community_fund",
        /// Equipment at cost.
        FixedAssets = 20 "fixed_assets",
        /// This side of business with other clusters.
        InterClusterClearing = 30 "inter_cluster_clearing",
        /// Money that nobody could place yet.
        Suspense = 31 "suspense",
        /// The counter account of trades inside the cluster: zero after each of them.
        TradeClearing = 32 "trade_clearing",
        /// A member's spendable money.
        MemberWallet = 100 "member_wallet",
        /// What a member owes for energy.
        MemberReceivable = 101 "member_receivable",
        /// What a member has put into the pool.
        MemberCapital = 102 "member_capital",
        /// The cluster's pool of energy credits.
        EnergyPool = 200 "energy_pool",
        /// A member's energy credits.
        MemberEnergy = 201 "member_energy",
        /// Energy credits that were used instead of bought energy.
        EnergyUsed = 202 "energy_used",
        /// Energy credits that went to other clusters, less those that came.
        EnergyMoved = 203 "energy_moved",
        /// Energy credits that became prepaid tokens.
        EnergyTokens = 204 "energy_tokens",
        /// Energy credits that are over.
        EnergyExpired = 205 "energy_expired",
        /// The counter account of energy that is traded: zero after each trade.
        EnergyTrade = 206 "energy_trade",
        /// Where avoided carbon comes from.
        CarbonSource = 300 "carbon_source",
        /// A member's avoided carbon.
        MemberCarbon = 301 "member_carbon",
    }
);

numbered_words!(
    /// How far an account may go. Holds (pending transfers) count as if they were already posted against it.
    Limit {
        /// Either side may be larger.
        None = 0 "none",
        /// Never below zero: debits posted and pending stay within credits posted (wallets, funds).
        DebitsNotOverCredits = 1 "debits_not_over_credits",
        /// Never above zero: credits posted and pending stay within debits posted (what somebody owes us).
        CreditsNotOverDebits = 2 "credits_not_over_debits",
    }
);

numbered_words!(
    /// What a transfer is about, as a member would say it.
    TransferCode {
        /// A member's net of one settlement day.
        EnergyDay = 1 "energy_day",
        /// The utility's bill for imported energy.
        UtilityBill = 2 "utility_bill",
        /// The utility's credit for exported energy.
        UtilityCredit = 3 "utility_credit",
        /// The voted service charge.
        ServiceCharge = 4 "service_charge",
        /// A contribution to the pool.
        Contribution = 10 "contribution",
        /// Money put into a wallet.
        TopUp = 11 "top_up",
        /// Equipment bought.
        Purchase = 12 "purchase",
        /// A voted move between funds.
        FundMove = 13 "fund_move",
        /// A payment from one member to another, wallet to wallet.
        MemberPayment = 14 "member_payment",
        /// A balance leaving with a member who moves to another cluster.
        MoveOut = 15 "move_out",
        /// A balance arriving with a member who moves in from another cluster.
        MoveIn = 16 "move_in",
        /// A debt paid with cash.
        DebtPaid = 17 "debt_paid",
        /// Money of a wallet handed over in cash.
        Payout = 18 "payout",
        /// The difference after a corrected reading.
        Correction = 20 "correction",
        /// The undoing of an earlier transfer.
        Reversal = 21 "reversal",
        /// An unpaid energy day turned into a debt.
        Arrears = 22 "arrears",
        /// Energy credits.
        Energy = 30 "energy",
        /// Avoided carbon.
        Carbon = 31 "carbon",
        /// Surplus that became energy credits.
        CreditBanked = 32 "credit_banked",
        /// Energy credits used instead of bought energy.
        CreditUsed = 33 "credit_used",
        /// Energy credits given to another member.
        CreditGift = 34 "credit_gift",
        /// Energy credits on their way between clusters.
        CreditMove = 35 "credit_move",
        /// Money that covers banked energy: into its fund, out of it, or along with credits that move.
        CreditCover = 36 "credit_cover",
        /// Money of an order or a trade.
        TradeMoney = 40 "trade_money",
        /// Energy of an order or a trade.
        TradeEnergy = 41 "trade_energy",
        /// Energy delivered to another cluster, or bought from it.
        Delivery = 42 "delivery",
        /// For the way over a line between clusters.
        WheelingFee = 43 "wheeling_fee",
        /// The rent of a line that was full.
        CongestionRent = 44 "congestion_rent",
        /// For energy that was promised and not delivered.
        Penalty = 45 "penalty",
        /// Anything else; the cause says what.
        Other = 99 "other",
    }
);

numbered_words!(
    /// What kind of event made a transfer necessary; see [`crate::Cause`] for its two numbers.
    CauseKind {
        /// No event on record.
        None = 0 "none",
        /// A settlement day: `a` is the day, `b` its revision.
        SettlementDay = 1 "settlement_day",
        /// A payment: `a` is the number of the receipt or the payout that the transfer's code names, 0 for other payments.
        Payment = 2 "payment",
        /// A passed proposal: `a` is its number.
        Proposal = 3 "proposal",
        /// A trade: `a` is its number.
        Trade = 4 "trade",
        /// A reading: `a` is the meter, `b` the start of the interval.
        Reading = 5 "reading",
        /// Balances brought in at the start.
        Opening = 6 "opening",
        /// A purchase: `a` is its number.
        Purchase = 7 "purchase",
        /// A corrected day: `a` is the day, `b` its new revision.
        Correction = 8 "correction",
        /// A member's move between clusters: `a` is the number of the move, `b` the other cluster's id.
        Move = 9 "move",
        /// An order inside a cluster: `a` is its number.
        Order = 10 "order",
        /// A delivery between clusters: `a` is the number of the deal, `b` the day.
        Deal = 11 "deal",
        /// Energy credits given or sent: `a` is the number of the other member, 0 for another cluster.
        Credit = 12 "credit",
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_words_read_back() {
        for &code in AccountCode::ALL {
            assert_eq!(AccountCode::from_number(code.number()), Some(code));
            assert_eq!(AccountCode::parse(code.as_str()), Some(code));
        }
        for &code in TransferCode::ALL {
            assert_eq!(TransferCode::from_number(code.number()), Some(code));
            assert_eq!(TransferCode::parse(code.as_str()), Some(code));
        }
        assert_eq!(Currency::from_number(4), None);
        assert_eq!(Limit::from_number(2), Some(Limit::CreditsNotOverDebits));
        assert_eq!(CauseKind::parse("rumour"), None);
    }

    #[test]
    fn numbers_never_move() {
        let listed = |list: Vec<(i64, &str)>| list.into_iter().map(|(number, word)| format!("{number}={word}")).collect::<Vec<_>>().join(" ");
        assert_eq!(listed(Currency::ALL.iter().map(|w| (w.number(), w.as_str())).collect()), "1=zmw 2=energy_wh 3=carbon_g");
        assert_eq!(
            listed(AccountCode::ALL.iter().map(|w| (w.number(), w.as_str())).collect()),
            "1=bank 2=clearing 3=utility_payable 4=utility_receivable 5=wheeling_payable 10=equipment_fund 11=loan_fund 12=emergency_fund \
             13=maintenance_fund 14=operating_fund 15=surplus_fund 16=credit_fund 17=community_fund 20=fixed_assets 30=inter_cluster_clearing \
             31=suspense 32=trade_clearing 100=member_wallet 101=member_receivable 102=member_capital 200=energy_pool 201=member_energy \
             202=energy_used 203=energy_moved 204=energy_tokens 205=energy_expired 206=energy_trade 300=carbon_source 301=member_carbon"
        );
        assert_eq!(
            listed(TransferCode::ALL.iter().map(|w| (w.number(), w.as_str())).collect()),
            "1=energy_day 2=utility_bill 3=utility_credit 4=service_charge 10=contribution 11=top_up 12=purchase 13=fund_move \
             14=member_payment 15=move_out 16=move_in 17=debt_paid 18=payout 20=correction 21=reversal 22=arrears 30=energy 31=carbon 32=credit_banked 33=credit_used 34=credit_gift \
             35=credit_move 36=credit_cover 40=trade_money 41=trade_energy 42=delivery 43=wheeling_fee 44=congestion_rent 45=penalty 99=other"
        );
        assert_eq!(
            listed(CauseKind::ALL.iter().map(|w| (w.number(), w.as_str())).collect()),
            "0=none 1=settlement_day 2=payment 3=proposal 4=trade 5=reading 6=opening 7=purchase 8=correction 9=move 10=order 11=deal 12=credit"
        );
        assert_eq!(
            listed(Limit::ALL.iter().map(|w| (w.number(), w.as_str())).collect()),
            "0=none 1=debits_not_over_credits 2=credits_not_over_debits"
        );
    }
}
