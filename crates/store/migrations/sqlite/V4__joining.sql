-- What a cluster tells strangers, beside its name: where it is, what its plant is built for, and whether it takes households now.
CREATE TABLE cluster_profile (
    cluster_id INTEGER NOT NULL,
    latitude INTEGER,
    longitude INTEGER,
    capacity_wh INTEGER NOT NULL,
    power_w INTEGER NOT NULL,
    is_joinable INTEGER NOT NULL,
    PRIMARY KEY (cluster_id)
) STRICT;

-- A household's own entry: how far it is in joining, what it pledged, what it tells the others. Those who asked and were not admitted have
-- no row in `member`.
CREATE TABLE member_entry (
    cluster_id INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    state TEXT NOT NULL,
    alias TEXT NOT NULL,
    kind TEXT NOT NULL,
    house TEXT NOT NULL,
    residents INTEGER NOT NULL,
    language TEXT NOT NULL,
    skills TEXT NOT NULL,
    pledge INTEGER NOT NULL,
    show_name INTEGER NOT NULL,
    show_phone INTEGER NOT NULL,
    show_usage INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    serials TEXT NOT NULL,
    asked_on INTEGER NOT NULL,
    decided_by INTEGER,
    from_cluster INTEGER,
    from_member INTEGER,
    to_cluster INTEGER,
    to_member INTEGER,
    PRIMARY KEY (cluster_id, member_no)
) STRICT, WITHOUT ROWID;

-- Requests to found or join, by who asked: the same key gets the same answer.
CREATE TABLE joining_request (
    user_id INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    digest BLOB NOT NULL,
    cluster_id INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    PRIMARY KEY (user_id, key_high, key_low)
) STRICT, WITHOUT ROWID;

-- Versions of the rules that are kept as text: how a cluster decides, how it trades.
CREATE TABLE config_version (
    cluster_id INTEGER NOT NULL,
    part TEXT NOT NULL,
    version_no INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    body TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, part, version_no)
) STRICT, WITHOUT ROWID;

-- Who owns an asset from a day on: parts out of a whole. The parts of one day add up to the whole.
CREATE TABLE asset_share (
    cluster_id INTEGER NOT NULL,
    asset_no INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    parts INTEGER NOT NULL,
    whole INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, asset_no, from_day, member_no)
) STRICT, WITHOUT ROWID;

-- When a meter of the plant counts: [from_day, until_day). One without a row counts always.
CREATE TABLE meter_service (
    cluster_id INTEGER NOT NULL,
    meter_no INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    until_day INTEGER,
    PRIMARY KEY (cluster_id, meter_no)
) STRICT, WITHOUT ROWID;

-- A member's move, one row in each of the two clusters. `out` leads; `in` is what the other side knows. The sums are those of the statement
-- that closes (out) or opens (in) the membership.
CREATE TABLE member_move (
    cluster_id INTEGER NOT NULL,
    move_no INTEGER NOT NULL,
    direction TEXT NOT NULL,
    state TEXT NOT NULL,
    member_no INTEGER NOT NULL,
    other_cluster INTEGER NOT NULL,
    other_move INTEGER,
    other_member INTEGER,
    on_day INTEGER NOT NULL,
    pledge INTEGER NOT NULL,
    period_from INTEGER NOT NULL,
    wallet INTEGER,
    receivable INTEGER,
    capital INTEGER,
    log_root BLOB,
    stated_at INTEGER,
    actor INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, move_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX member_move_open ON member_move (state, cluster_id) WHERE state <> 'done';

-- Money on its way from a member's account here to the same kind of account there.
CREATE TABLE move_leg (
    cluster_id INTEGER NOT NULL,
    move_no INTEGER NOT NULL,
    leg_no INTEGER NOT NULL,
    account_code INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    is_arrived INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, move_no, leg_no)
) STRICT, WITHOUT ROWID;
