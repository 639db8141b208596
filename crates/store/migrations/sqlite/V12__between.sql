-- Lines between clusters, under the cluster that sends: what a kWh sent costs, what fits into an interval, what is lost on the way.
CREATE TABLE market_line (
    cluster_id INTEGER NOT NULL,
    other_cluster INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    zone TEXT NOT NULL,
    fee INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    loss_ppm INTEGER NOT NULL,
    owner TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, other_cluster, from_day)
) STRICT, WITHOUT ROWID;

CREATE INDEX market_line_zone ON market_line (zone);
CREATE INDEX market_line_other ON market_line (other_cluster);

-- When a line carried less than it can; 0 is an outage. Nobody is to blame for what it did not carry.
CREATE TABLE line_outage (
    cluster_id INTEGER NOT NULL,
    other_cluster INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    end_at INTEGER NOT NULL,
    capacity INTEGER NOT NULL,
    note TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, other_cluster, start_at)
) STRICT, WITHOUT ROWID;

-- A deal, in a row of each of its two clusters, which find each other by the pair key. The row of the cluster that made the first offer leads
-- (`is_leader`); the other is a copy, `version` says of what. `told_version` is what the leader knows to be copied; `intent` is what the other
-- side has done and the leader has not yet decided. `buyer_price` is empty where the buyer pays price and fee.
CREATE TABLE deal (
    cluster_id INTEGER NOT NULL,
    deal_no INTEGER NOT NULL,
    pair_high INTEGER NOT NULL,
    pair_low INTEGER NOT NULL,
    way TEXT NOT NULL,
    role TEXT NOT NULL,
    other_cluster INTEGER NOT NULL,
    is_leader INTEGER NOT NULL,
    state TEXT NOT NULL,
    turn TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    window_end INTEGER NOT NULL,
    energy INTEGER NOT NULL,
    price INTEGER NOT NULL,
    buyer_price INTEGER,
    fee INTEGER NOT NULL,
    loss_ppm INTEGER NOT NULL,
    penalty INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    rounds INTEGER NOT NULL,
    version INTEGER NOT NULL,
    told_version INTEGER NOT NULL,
    intent TEXT,
    made_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    -- Why it needs a second officer, who was the first, and how many acts it had then.
    review TEXT,
    review_by INTEGER,
    review_version INTEGER,
    PRIMARY KEY (cluster_id, deal_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX deal_pair ON deal (cluster_id, pair_high, pair_low);
CREATE INDEX deal_live ON deal (cluster_id, window_end) WHERE state = 'open' OR state = 'accepted';
CREATE INDEX deal_waiting ON deal (cluster_id, deal_no) WHERE state = 'open' OR intent IS NOT NULL OR version > told_version;

-- What the two sides did with a deal, by version. `digest` says what was asked for under the key.
CREATE TABLE deal_act (
    cluster_id INTEGER NOT NULL,
    deal_no INTEGER NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    side TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    window_end INTEGER NOT NULL,
    energy INTEGER NOT NULL,
    price INTEGER NOT NULL,
    penalty INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    done_at INTEGER NOT NULL,
    actor INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, deal_no, version)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX deal_act_key ON deal_act (cluster_id, key_high, key_low);

-- What was delivered of a deal on a day, each time it was settled. Money in milli-ngwee, save `clearing` and `fee_posted` in ngwee. `parcels` are
-- the intervals, which the buying cluster reads in the row of the selling one.
CREATE TABLE delivery (
    cluster_id INTEGER NOT NULL,
    deal_no INTEGER NOT NULL,
    day INTEGER NOT NULL,
    revision INTEGER NOT NULL,
    contracted INTEGER NOT NULL,
    sent INTEGER NOT NULL,
    received INTEGER NOT NULL,
    undeliverable INTEGER NOT NULL,
    seller_due INTEGER NOT NULL,
    fee INTEGER NOT NULL,
    rent INTEGER NOT NULL,
    replacement INTEGER NOT NULL,
    penalty INTEGER NOT NULL,
    clearing INTEGER NOT NULL,
    is_estimated INTEGER NOT NULL,
    parcels BLOB NOT NULL,
    settled_at INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, deal_no, day, revision)
) STRICT, WITHOUT ROWID;

CREATE INDEX delivery_day ON delivery (cluster_id, day);

-- What a cluster has posted for the deliveries of a day on one side, in all: the latest revision. `basis` says from what it was worked out.
CREATE TABLE delivery_leg (
    cluster_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    side TEXT NOT NULL,
    revision INTEGER NOT NULL,
    basis TEXT NOT NULL,
    lines TEXT NOT NULL,
    is_estimated INTEGER NOT NULL,
    settled_at INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, day, side)
) STRICT, WITHOUT ROWID;

-- Offers of a cluster to all others of its zone, for intervals of one local day.
CREATE TABLE market_offer (
    cluster_id INTEGER NOT NULL,
    offer_no INTEGER NOT NULL,
    side TEXT NOT NULL,
    day INTEGER NOT NULL,
    window_start INTEGER NOT NULL,
    window_end INTEGER NOT NULL,
    energy INTEGER NOT NULL,
    price INTEGER NOT NULL,
    gate_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    filled INTEGER NOT NULL,
    digest INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    placed_at INTEGER NOT NULL,
    ended_at INTEGER,
    actor INTEGER NOT NULL,
    -- Why it met nobody.
    reason TEXT,
    PRIMARY KEY (cluster_id, offer_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX market_offer_key ON market_offer (cluster_id, key_high, key_low);
CREATE INDEX market_offer_open ON market_offer (cluster_id, day) WHERE state = 'open';

-- The open offers of a zone, so that one query lists them; written together with the offer. Who takes a row away has it: the round, or the
-- cluster that withdraws.
CREATE TABLE market_board (
    zone TEXT NOT NULL,
    day INTEGER NOT NULL,
    cluster_id INTEGER NOT NULL,
    offer_no INTEGER NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    side TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    window_end INTEGER NOT NULL,
    energy INTEGER NOT NULL,
    price INTEGER NOT NULL,
    gate_at INTEGER NOT NULL,
    placed_at INTEGER NOT NULL,
    PRIMARY KEY (zone, day, cluster_id, offer_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX market_board_due ON market_board (zone, gate_at, day);

-- The gate of a day of delivery in a zone. Who writes its row has the turn there until the unit ends: the clearing that is held, and offers
-- that are placed. Only used where units run side by side.
CREATE TABLE market_gate (
    zone TEXT NOT NULL,
    day INTEGER NOT NULL,
    turns INTEGER NOT NULL,
    PRIMARY KEY (zone, day)
) STRICT, WITHOUT ROWID;

-- Joint clearings of a zone, by the day of delivery: what was decided, once, before any cluster acts on it. `version` grows when offers are
-- added to it, so that nobody ends a clearing whose last offers it has not seen.
CREATE TABLE market_round (
    zone TEXT NOT NULL,
    day INTEGER NOT NULL,
    state TEXT NOT NULL,
    result TEXT NOT NULL,
    version INTEGER NOT NULL,
    held_at INTEGER NOT NULL,
    PRIMARY KEY (zone, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX market_round_open ON market_round (zone, day) WHERE state = 'open';

-- What the planner is told, as of the market inside: few of all deals, offers and rounds are still open.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('deal', 'deal', '100000 1000 1'),
    ('deal', 'deal_pair', '100000 1000 1 1'),
    ('deal', 'deal_live', '5000 50 2'),
    ('deal', 'deal_waiting', '1000 10 1'),
    ('market_board', 'market_board', '10000 1000 100 2 1'),
    ('market_board', 'market_board_due', '10000 1000 100 100'),
    ('market_offer', 'market_offer', '100000 1000 1'),
    ('market_offer', 'market_offer_key', '100000 1000 1 1'),
    ('market_offer', 'market_offer_open', '1000 10 2'),
    ('market_round', 'market_round', '10000 1000 1'),
    ('market_round', 'market_round_open', '10 2 1');
ANALYZE sqlite_schema;
