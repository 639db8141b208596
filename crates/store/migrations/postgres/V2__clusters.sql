-- A cluster: the unit of everything. Its secret makes the salts of its sealed records.
CREATE TABLE cluster (
    cluster_id BIGINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    place TEXT NOT NULL,
    region TEXT NOT NULL,
    step_minutes BIGINT NOT NULL,
    offset_minutes BIGINT NOT NULL,
    grace_minutes BIGINT NOT NULL,
    correction_days BIGINT NOT NULL,
    carbon_method TEXT NOT NULL,
    is_modelled BIGINT NOT NULL,
    opened_on BIGINT NOT NULL,
    secret BYTEA NOT NULL,
    PRIMARY KEY (cluster_id)
);

-- A code belongs to one cluster.
CREATE TABLE cluster_code (
    code TEXT NOT NULL,
    cluster_id BIGINT NOT NULL,
    PRIMARY KEY (code)
);

-- Versions of the rules, by the day from which they hold.
CREATE TABLE rule_set (
    cluster_id BIGINT NOT NULL,
    rule_no BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    connection TEXT NOT NULL,
    can_island BIGINT NOT NULL,
    sharing_key TEXT NOT NULL,
    mix_num BIGINT NOT NULL,
    mix_den BIGINT NOT NULL,
    price_rule TEXT NOT NULL,
    fixed_price BIGINT NOT NULL,
    service_charge BIGINT NOT NULL,
    filling TEXT NOT NULL,
    band_basis TEXT NOT NULL,
    outage_cap BIGINT NOT NULL,
    battery_wh BIGINT NOT NULL,
    battery_w BIGINT NOT NULL,
    battery_num BIGINT NOT NULL,
    battery_den BIGINT NOT NULL,
    battery_reserve_wh BIGINT NOT NULL,
    flat_import BIGINT,
    flat_export BIGINT,
    PRIMARY KEY (cluster_id, rule_no)
);

CREATE TABLE member (
    cluster_id BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    alias TEXT NOT NULL,
    kind TEXT NOT NULL,
    weight BIGINT NOT NULL,
    joined_on BIGINT NOT NULL,
    left_on BIGINT,
    PRIMARY KEY (cluster_id, member_no)
);

CREATE TABLE meter (
    cluster_id BIGINT NOT NULL,
    meter_no BIGINT NOT NULL,
    serial TEXT NOT NULL,
    role TEXT NOT NULL,
    limit_w BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, meter_no)
);

CREATE UNIQUE INDEX meter_serial ON meter (cluster_id, serial);

-- Whose meter it is, by local day: [from_day, until_day).
CREATE TABLE meter_assignment (
    cluster_id BIGINT NOT NULL,
    meter_no BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    until_day BIGINT,
    member_no BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, meter_no, from_day)
);

CREATE TABLE asset (
    cluster_id BIGINT NOT NULL,
    asset_no BIGINT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    cost BIGINT NOT NULL,
    commissioned_on BIGINT NOT NULL,
    life_years BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, asset_no)
);

-- When the grid was away: [start_at, end_at).
CREATE TABLE outage (
    cluster_id BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, start_at)
);

-- The open window: all readings of a cluster and interval in one packed block, with every version of each.
-- The revision grows with every change, so that a writer notices another.
CREATE TABLE reading_block (
    cluster_id BIGINT NOT NULL,
    interval_start BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    data BYTEA NOT NULL,
    PRIMARY KEY (cluster_id, interval_start)
);

CREATE TABLE import_run (
    cluster_id BIGINT NOT NULL,
    import_no BIGINT NOT NULL,
    name TEXT NOT NULL,
    finished_at BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    duplicates BIGINT NOT NULL,
    corrected BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, import_no)
);

-- History: one sealed record per cluster, interval and version. Never updated, never deleted.
CREATE TABLE sealed (
    cluster_id BIGINT NOT NULL,
    interval_start BIGINT NOT NULL,
    version BIGINT NOT NULL,
    leaf_no BIGINT NOT NULL,
    header BYTEA NOT NULL,
    body BYTEA NOT NULL,
    PRIMARY KEY (cluster_id, interval_start, version)
);

-- A settlement day of a cluster: how far it is, what it came to, and the state the next day goes on from.
CREATE TABLE settlement_day (
    cluster_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    status TEXT NOT NULL,
    revision BIGINT NOT NULL,
    rule_no BIGINT NOT NULL,
    intervals BIGINT NOT NULL,
    estimated BIGINT NOT NULL,
    totals BYTEA NOT NULL,
    state_after BYTEA NOT NULL,
    utility_payable BIGINT NOT NULL,
    utility_receivable BIGINT NOT NULL,
    service_charge BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    posted_at BIGINT,
    PRIMARY KEY (cluster_id, day)
);

-- Sums of a member's day, and what was posted for it so far. Can be made again from the sealed records.
CREATE TABLE member_day (
    cluster_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    sums BYTEA NOT NULL,
    posted BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, day, member_no)
);

-- The head of a cluster's log: transfers and sealed intervals are its leaves, in one order.
CREATE TABLE ledger_head (
    cluster_id BIGINT NOT NULL,
    next_transfer_no BIGINT NOT NULL,
    frontier BYTEA NOT NULL,
    root BYTEA NOT NULL,
    closed_until BIGINT,
    last_booked_at BIGINT,
    PRIMARY KEY (cluster_id)
);

-- Room in each page, so that a new sum stays beside the old one and no index has to be told.
CREATE TABLE account (
    cluster_id BIGINT NOT NULL,
    account_no BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    code BIGINT NOT NULL,
    member_no BIGINT,
    limit_kind BIGINT NOT NULL,
    is_closed BIGINT NOT NULL,
    debits_pending BIGINT NOT NULL,
    debits_posted BIGINT NOT NULL,
    credits_pending BIGINT NOT NULL,
    credits_posted BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, account_no)
) WITH (fillfactor = 70);

-- Booked transfers: never updated but for the mark that a hold or a mistake has been settled.
CREATE TABLE transfer (
    cluster_id BIGINT NOT NULL,
    transfer_no BIGINT NOT NULL,
    leaf_no BIGINT NOT NULL,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    currency BIGINT NOT NULL,
    code BIGINT NOT NULL,
    kind BIGINT NOT NULL,
    argument BIGINT,
    cause_kind BIGINT NOT NULL,
    cause_a BIGINT NOT NULL,
    cause_b BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    business_on BIGINT NOT NULL,
    booked_at BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    linked BIGINT NOT NULL,
    status BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, transfer_no)
);

CREATE UNIQUE INDEX transfer_key ON transfer (cluster_id, key_high, key_low);
CREATE INDEX transfer_business ON transfer (cluster_id, business_on);

-- Commands that were refused: the same key gets the same answer.
CREATE TABLE transfer_refusal (
    cluster_id BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    refusal BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, key_high, key_low)
);

-- The last value known of a cumulative register: the next import counts from here.
CREATE TABLE register_base (
    cluster_id BIGINT NOT NULL,
    meter_no BIGINT NOT NULL,
    read_at BIGINT NOT NULL,
    consumption BIGINT NOT NULL,
    generation BIGINT NOT NULL,
    register_max BIGINT,
    PRIMARY KEY (cluster_id, meter_no)
);
