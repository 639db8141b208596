//! Every table of the schema, and where its rows live on Citus.

/// Where the rows of a table live when the database is spread over several servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// With their cluster: the key holds `cluster_id`.
    Distributed,
    /// With their user: the key holds `user_id`.
    ByUser,
    /// By the value of this column, which is unique over all clusters: a code, a phone number, a serial.
    Claim(&'static str),
    /// On every server: small and rarely written.
    Reference,
    /// On the coordinator alone.
    Local,
}

/// A table of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Where its rows live.
    pub placement: Placement,
}

const fn distributed(name: &'static str) -> Table {
    Table { name, placement: Placement::Distributed }
}

const fn by_user(name: &'static str) -> Table {
    Table { name, placement: Placement::ByUser }
}

const fn claim(name: &'static str, column: &'static str) -> Table {
    Table { name, placement: Placement::Claim(column) }
}

/// All tables, parents before children: a backup writes them in this order, so that a restore finds every parent.
/// Tests compare the list with the schema of both engines.
pub const TABLES: &[Table] = &[
    distributed("counter"),
    distributed("job"),
    distributed("outbox"),
    distributed("cluster"),
    claim("cluster_code", "code"),
    distributed("rule_set"),
    distributed("member"),
    distributed("meter"),
    distributed("meter_assignment"),
    distributed("asset"),
    distributed("outage"),
    distributed("reading_block"),
    distributed("import_run"),
    distributed("register_base"),
    distributed("sealed"),
    distributed("settlement_day"),
    distributed("member_day"),
    distributed("ledger_head"),
    distributed("account"),
    distributed("transfer"),
    distributed("transfer_refusal"),
    by_user("user_profile"),
    by_user("user_counter"),
    by_user("session"),
    by_user("pin_reset"),
    by_user("household_invitation"),
    by_user("user_member"),
    by_user("notice"),
    by_user("price_alert"),
    by_user("alert_told"),
    claim("phone_claim", "phone"),
    claim("phone_lock", "phone"),
    claim("registration", "phone"),
    claim("rate_window", "rate_key"),
    claim("session_token", "token_hash"),
    claim("sms", "phone"),
    distributed("membership"),
    distributed("cluster_profile"),
    distributed("member_entry"),
    by_user("joining_request"),
    distributed("config_version"),
    distributed("asset_share"),
    distributed("cash_receipt"),
    distributed("payout"),
    distributed("trade_order"),
    distributed("trade"),
    distributed("trade_dispute"),
    distributed("standing_order"),
    distributed("auction"),
    distributed("candle"),
    distributed("market_head"),
    distributed("alert_watcher"),
    distributed("meter_service"),
    distributed("member_move"),
    distributed("move_leg"),
    distributed("move_refusal"),
    distributed("asset_request"),
    distributed("market_line"),
    distributed("line_outage"),
    distributed("deal"),
    distributed("deal_act"),
    distributed("delivery"),
    distributed("delivery_leg"),
    distributed("market_offer"),
    claim("market_board", "zone"),
    claim("market_gate", "zone"),
    claim("market_round", "zone"),
    distributed("audit"),
    distributed("surplus_choice"),
    distributed("credit_day"),
];
