-- Lines between clusters, under the cluster that sends: what a kWh sent costs, what fits into an interval, what is lost on the way.
CREATE TABLE market_line (
    cluster_id BIGINT NOT NULL,
    other_cluster BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    zone TEXT NOT NULL,
    fee BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    loss_ppm BIGINT NOT NULL,
    owner TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, other_cluster, from_day)
);

CREATE INDEX market_line_zone ON market_line (zone);
CREATE INDEX market_line_other ON market_line (other_cluster);

-- When a line carried less than it can; 0 is an outage. Nobody is to blame for what it did not carry.
CREATE TABLE line_outage (
    cluster_id BIGINT NOT NULL,
    other_cluster BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    end_at BIGINT NOT NULL,
    capacity BIGINT NOT NULL,
    note TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, other_cluster, start_at)
);

-- A deal, in a row of each of its two clusters, which find each other by the pair key. The row of the cluster that made the first offer leads
-- (`is_leader`); the other is a copy, `version` says of what. `told_version` is what the leader knows to be copied; `intent` is what the other
-- side has done and the leader has not yet decided. `buyer_price` is empty where the buyer pays price and fee.
CREATE TABLE deal (
    cluster_id BIGINT NOT NULL,
    deal_no BIGINT NOT NULL,
    pair_high BIGINT NOT NULL,
    pair_low BIGINT NOT NULL,
    way TEXT NOT NULL,
    role TEXT NOT NULL,
    other_cluster BIGINT NOT NULL,
    is_leader BIGINT NOT NULL,
    state TEXT NOT NULL,
    turn TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    window_end BIGINT NOT NULL,
    energy BIGINT NOT NULL,
    price BIGINT NOT NULL,
    buyer_price BIGINT,
    fee BIGINT NOT NULL,
    loss_ppm BIGINT NOT NULL,
    penalty BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    rounds BIGINT NOT NULL,
    version BIGINT NOT NULL,
    told_version BIGINT NOT NULL,
    intent TEXT,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    -- Why it needs a second officer, who was the first, and how many acts it had then.
    review TEXT,
    review_by BIGINT,
    review_version BIGINT,
    PRIMARY KEY (cluster_id, deal_no)
);

CREATE UNIQUE INDEX deal_pair ON deal (cluster_id, pair_high, pair_low);
CREATE INDEX deal_live ON deal (cluster_id, window_end) WHERE state = 'open' OR state = 'accepted';
CREATE INDEX deal_waiting ON deal (cluster_id, deal_no) WHERE state = 'open' OR intent IS NOT NULL OR version > told_version;

-- What the two sides did with a deal, by version. `digest` says what was asked for under the key.
CREATE TABLE deal_act (
    cluster_id BIGINT NOT NULL,
    deal_no BIGINT NOT NULL,
    version BIGINT NOT NULL,
    kind TEXT NOT NULL,
    side TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    window_end BIGINT NOT NULL,
    energy BIGINT NOT NULL,
    price BIGINT NOT NULL,
    penalty BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    done_at BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, deal_no, version)
);

CREATE UNIQUE INDEX deal_act_key ON deal_act (cluster_id, key_high, key_low);

-- What was delivered of a deal on a day, each time it was settled. Money in milli-ngwee, save `clearing` and `fee_posted` in ngwee. `parcels` are
-- the intervals, which the buying cluster reads in the row of the selling one.
CREATE TABLE delivery (
    cluster_id BIGINT NOT NULL,
    deal_no BIGINT NOT NULL,
    day BIGINT NOT NULL,
    revision BIGINT NOT NULL,
    contracted BIGINT NOT NULL,
    sent BIGINT NOT NULL,
    received BIGINT NOT NULL,
    undeliverable BIGINT NOT NULL,
    seller_due BIGINT NOT NULL,
    fee BIGINT NOT NULL,
    rent BIGINT NOT NULL,
    replacement BIGINT NOT NULL,
    penalty BIGINT NOT NULL,
    clearing BIGINT NOT NULL,
    is_estimated BIGINT NOT NULL,
    parcels BYTEA NOT NULL,
    settled_at BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, deal_no, day, revision)
);

CREATE INDEX delivery_day ON delivery (cluster_id, day);

-- What a cluster has posted for the deliveries of a day on one side, in all: the latest revision. `basis` says from what it was worked out.
CREATE TABLE delivery_leg (
    cluster_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    side TEXT NOT NULL,
    revision BIGINT NOT NULL,
    basis TEXT NOT NULL,
    lines TEXT NOT NULL,
    is_estimated BIGINT NOT NULL,
    settled_at BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, day, side)
);

-- Offers of a cluster to all others of its zone, for intervals of one local day.
CREATE TABLE market_offer (
    cluster_id BIGINT NOT NULL,
    offer_no BIGINT NOT NULL,
    side TEXT NOT NULL,
    day BIGINT NOT NULL,
    window_start BIGINT NOT NULL,
    window_end BIGINT NOT NULL,
    energy BIGINT NOT NULL,
    price BIGINT NOT NULL,
    gate_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    filled BIGINT NOT NULL,
    digest BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    placed_at BIGINT NOT NULL,
    ended_at BIGINT,
    actor BIGINT NOT NULL,
    -- Why it met nobody.
    reason TEXT,
    PRIMARY KEY (cluster_id, offer_no)
);

CREATE UNIQUE INDEX market_offer_key ON market_offer (cluster_id, key_high, key_low);
CREATE INDEX market_offer_open ON market_offer (cluster_id, day) WHERE state = 'open';

-- The open offers of a zone, so that one query lists them; written together with the offer. Who takes a row away has it: the round, or the
-- cluster that withdraws.
CREATE TABLE market_board (
    zone TEXT NOT NULL,
    day BIGINT NOT NULL,
    cluster_id BIGINT NOT NULL,
    offer_no BIGINT NOT NULL,
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    side TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    window_end BIGINT NOT NULL,
    energy BIGINT NOT NULL,
    price BIGINT NOT NULL,
    gate_at BIGINT NOT NULL,
    placed_at BIGINT NOT NULL,
    PRIMARY KEY (zone, day, cluster_id, offer_no)
);

CREATE INDEX market_board_due ON market_board (zone, gate_at, day);

-- The gate of a day of delivery in a zone. Who writes its row has the turn there until the unit ends: the clearing that is held, and offers
-- that are placed. Only used where units run side by side.
CREATE TABLE market_gate (
    zone TEXT NOT NULL,
    day BIGINT NOT NULL,
    turns BIGINT NOT NULL,
    PRIMARY KEY (zone, day)
);

-- Joint clearings of a zone, by the day of delivery: what was decided, once, before any cluster acts on it. `version` grows when offers are
-- added to it, so that nobody ends a clearing whose last offers it has not seen.
CREATE TABLE market_round (
    zone TEXT NOT NULL,
    day BIGINT NOT NULL,
    state TEXT NOT NULL,
    result TEXT NOT NULL,
    version BIGINT NOT NULL,
    held_at BIGINT NOT NULL,
    PRIMARY KEY (zone, day)
);

CREATE INDEX market_round_open ON market_round (zone, day) WHERE state = 'open';
