-- A cluster: the unit of everything. Its secret makes the salts of its sealed records.
CREATE TABLE cluster (
    cluster_id INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    region TEXT NOT NULL,
    step_minutes INTEGER NOT NULL,
    offset_minutes INTEGER NOT NULL,
    grace_minutes INTEGER NOT NULL,
    correction_days INTEGER NOT NULL,
    carbon_method TEXT NOT NULL,
    is_modelled INTEGER NOT NULL,
    opened_on INTEGER NOT NULL,
    secret BLOB NOT NULL,
    PRIMARY KEY (cluster_id)
) STRICT;

-- A code belongs to one cluster.
CREATE TABLE cluster_code (
    code TEXT NOT NULL,
    cluster_id INTEGER NOT NULL,
    PRIMARY KEY (code)
) STRICT, WITHOUT ROWID;

-- Versions of the rules, by the day from which they hold.
CREATE TABLE rule_set (
    cluster_id INTEGER NOT NULL,
    rule_no INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    connection TEXT NOT NULL,
    can_island INTEGER NOT NULL,
    sharing_key TEXT NOT NULL,
    mix_num INTEGER NOT NULL,
    mix_den INTEGER NOT NULL,
    price_rule TEXT NOT NULL,
    fixed_price INTEGER NOT NULL,
    service_charge INTEGER NOT NULL,
    filling TEXT NOT NULL,
    band_basis TEXT NOT NULL,
    outage_cap INTEGER NOT NULL,
    battery_wh INTEGER NOT NULL,
    battery_w INTEGER NOT NULL,
    battery_num INTEGER NOT NULL,
    battery_den INTEGER NOT NULL,
    battery_reserve_wh INTEGER NOT NULL,
    flat_import INTEGER,
    flat_export INTEGER,
    PRIMARY KEY (cluster_id, rule_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE member (
    cluster_id INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    alias TEXT NOT NULL,
    kind TEXT NOT NULL,
    weight INTEGER NOT NULL,
    joined_on INTEGER NOT NULL,
    left_on INTEGER,
    PRIMARY KEY (cluster_id, member_no)
) STRICT, WITHOUT ROWID;

CREATE TABLE meter (
    cluster_id INTEGER NOT NULL,
    meter_no INTEGER NOT NULL,
    serial TEXT NOT NULL,
    role TEXT NOT NULL,
    limit_w INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, meter_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX meter_serial ON meter (cluster_id, serial);

-- Whose meter it is, by local day: [from_day, until_day).
CREATE TABLE meter_assignment (
    cluster_id INTEGER NOT NULL,
    meter_no INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    until_day INTEGER,
    member_no INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, meter_no, from_day)
) STRICT, WITHOUT ROWID;

CREATE TABLE asset (
    cluster_id INTEGER NOT NULL,
    asset_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    cost INTEGER NOT NULL,
    commissioned_on INTEGER NOT NULL,
    life_years INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, asset_no)
) STRICT, WITHOUT ROWID;

-- When the grid was away: [start_at, end_at).
CREATE TABLE outage (
    cluster_id INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, start_at)
) STRICT, WITHOUT ROWID;

-- The open window: all readings of a cluster and interval in one packed block, with every version of each.
-- The revision grows with every change, so that a writer notices another.
CREATE TABLE reading_block (
    cluster_id INTEGER NOT NULL,
    interval_start INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (cluster_id, interval_start)
) STRICT;

CREATE TABLE import_run (
    cluster_id INTEGER NOT NULL,
    import_no INTEGER NOT NULL,
    name TEXT NOT NULL,
    finished_at INTEGER NOT NULL,
    row_count INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    corrected INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, import_no)
) STRICT, WITHOUT ROWID;

-- History: one sealed record per cluster, interval and version. Never updated, never deleted.
CREATE TABLE sealed (
    cluster_id INTEGER NOT NULL,
    interval_start INTEGER NOT NULL,
    version INTEGER NOT NULL,
    leaf_no INTEGER NOT NULL,
    header BLOB NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (cluster_id, interval_start, version)
) STRICT;

-- A settlement day of a cluster: how far it is, what it came to, and the state the next day goes on from.
CREATE TABLE settlement_day (
    cluster_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    status TEXT NOT NULL,
    revision INTEGER NOT NULL,
    rule_no INTEGER NOT NULL,
    intervals INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    totals BLOB NOT NULL,
    state_after BLOB NOT NULL,
    utility_payable INTEGER NOT NULL,
    utility_receivable INTEGER NOT NULL,
    service_charge INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    posted_at INTEGER,
    PRIMARY KEY (cluster_id, day)
) STRICT, WITHOUT ROWID;

-- Sums of a member's day, and what was posted for it so far. Can be made again from the sealed records.
CREATE TABLE member_day (
    cluster_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    sums BLOB NOT NULL,
    posted INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, day, member_no)
) STRICT, WITHOUT ROWID;

-- The head of a cluster's log: transfers and sealed intervals are its leaves, in one order.
CREATE TABLE ledger_head (
    cluster_id INTEGER NOT NULL,
    next_transfer_no INTEGER NOT NULL,
    frontier BLOB NOT NULL,
    root BLOB NOT NULL,
    closed_until INTEGER,
    last_booked_at INTEGER,
    PRIMARY KEY (cluster_id)
) STRICT;

CREATE TABLE account (
    cluster_id INTEGER NOT NULL,
    account_no INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    code INTEGER NOT NULL,
    member_no INTEGER,
    limit_kind INTEGER NOT NULL,
    is_closed INTEGER NOT NULL,
    debits_pending INTEGER NOT NULL,
    debits_posted INTEGER NOT NULL,
    credits_pending INTEGER NOT NULL,
    credits_posted INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, account_no)
) STRICT, WITHOUT ROWID;

-- Booked transfers: never updated but for the mark that a hold or a mistake has been settled.
CREATE TABLE transfer (
    cluster_id INTEGER NOT NULL,
    transfer_no INTEGER NOT NULL,
    leaf_no INTEGER NOT NULL,
    debit INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency INTEGER NOT NULL,
    code INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    argument INTEGER,
    cause_kind INTEGER NOT NULL,
    cause_a INTEGER NOT NULL,
    cause_b INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    business_on INTEGER NOT NULL,
    booked_at INTEGER NOT NULL,
    actor INTEGER NOT NULL,
    linked INTEGER NOT NULL,
    status INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, transfer_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX transfer_key ON transfer (cluster_id, key_high, key_low);
CREATE INDEX transfer_business ON transfer (cluster_id, business_on);

-- Commands that were refused: the same key gets the same answer.
CREATE TABLE transfer_refusal (
    cluster_id INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    digest BLOB NOT NULL,
    refusal INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, key_high, key_low)
) STRICT, WITHOUT ROWID;

-- The last value known of a cumulative register: the next import counts from here.
CREATE TABLE register_base (
    cluster_id INTEGER NOT NULL,
    meter_no INTEGER NOT NULL,
    read_at INTEGER NOT NULL,
    consumption INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    register_max INTEGER,
    PRIMARY KEY (cluster_id, meter_no)
) STRICT, WITHOUT ROWID;

-- What the planner is told of a cluster's ledger: rows in all, then rows to each prefix of the key. Without figures it takes a cluster for
-- ten rows and walks all its transfers to find a list of keys. PostgreSQL counts by itself.
ANALYZE sqlite_schema;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('transfer', 'transfer', '1000000 10000 1'),
    ('transfer', 'transfer_key', '1000000 10000 1 1'),
    ('transfer', 'transfer_business', '1000000 10000 100'),
    ('transfer_refusal', 'transfer_refusal', '10000 100 1 1');
ANALYZE sqlite_schema;
