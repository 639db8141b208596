-- What a cluster tells strangers, beside its name: where it is, what its plant is built for, and whether it takes households now.
CREATE TABLE cluster_profile (
    cluster_id BIGINT NOT NULL,
    latitude BIGINT,
    longitude BIGINT,
    capacity_wh BIGINT NOT NULL,
    power_w BIGINT NOT NULL,
    is_joinable BIGINT NOT NULL,
    PRIMARY KEY (cluster_id)
);

-- A household's own entry: how far it is in joining, what it pledged, what it tells the others. Those who asked and were not admitted have
-- no row in `member`.
CREATE TABLE member_entry (
    cluster_id BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    state TEXT NOT NULL,
    alias TEXT NOT NULL,
    kind TEXT NOT NULL,
    house TEXT NOT NULL,
    residents BIGINT NOT NULL,
    language TEXT NOT NULL,
    skills TEXT NOT NULL,
    pledge BIGINT NOT NULL,
    show_name BIGINT NOT NULL,
    show_phone BIGINT NOT NULL,
    show_usage BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    serials TEXT NOT NULL,
    asked_on BIGINT NOT NULL,
    decided_by BIGINT,
    from_cluster BIGINT,
    from_member BIGINT,
    to_cluster BIGINT,
    to_member BIGINT,
    PRIMARY KEY (cluster_id, member_no)
);

-- Requests to found or join, by who asked: the same key gets the same answer.
CREATE TABLE joining_request (
    user_id BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    cluster_id BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    PRIMARY KEY (user_id, key_high, key_low)
);

-- Versions of the rules that are kept as text: how a cluster decides, how it trades.
CREATE TABLE config_version (
    cluster_id BIGINT NOT NULL,
    part TEXT NOT NULL,
    version_no BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    body TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, part, version_no)
);

-- Who owns an asset from a day on: parts out of a whole. The parts of one day add up to the whole.
CREATE TABLE asset_share (
    cluster_id BIGINT NOT NULL,
    asset_no BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    parts BIGINT NOT NULL,
    whole BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, asset_no, from_day, member_no)
);

-- When a meter of the plant counts: [from_day, until_day). One without a row counts always.
CREATE TABLE meter_service (
    cluster_id BIGINT NOT NULL,
    meter_no BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    until_day BIGINT,
    PRIMARY KEY (cluster_id, meter_no)
);

-- A member's move, one row in each of the two clusters. `out` leads; `in` is what the other side knows. The sums are those of the statement
-- that closes (out) or opens (in) the membership.
CREATE TABLE member_move (
    cluster_id BIGINT NOT NULL,
    move_no BIGINT NOT NULL,
    direction TEXT NOT NULL,
    state TEXT NOT NULL,
    member_no BIGINT NOT NULL,
    other_cluster BIGINT NOT NULL,
    other_move BIGINT,
    other_member BIGINT,
    on_day BIGINT NOT NULL,
    pledge BIGINT NOT NULL,
    period_from BIGINT NOT NULL,
    wallet BIGINT,
    receivable BIGINT,
    capital BIGINT,
    log_root BYTEA,
    stated_at BIGINT,
    actor BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, move_no)
);

CREATE INDEX member_move_open ON member_move (state, cluster_id) WHERE state <> 'done';

-- Money on its way from a member's account here to the same kind of account there.
CREATE TABLE move_leg (
    cluster_id BIGINT NOT NULL,
    move_no BIGINT NOT NULL,
    leg_no BIGINT NOT NULL,
    account_code BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    is_arrived BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, move_no, leg_no)
);
