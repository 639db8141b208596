-- Price alerts of users. `kind` is above, below, change, change_day or cheap_ahead; `threshold` ngwee per kWh, or parts per ten thousand of a
-- change; `base` the price that a `change` counts from.
CREATE TABLE price_alert (
    user_id INTEGER NOT NULL,
    alert_no INTEGER NOT NULL,
    cluster_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    threshold INTEGER NOT NULL,
    base INTEGER,
    is_armed INTEGER NOT NULL,
    last_fired_at INTEGER,
    expires_at INTEGER,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, alert_no)
) STRICT, WITHOUT ROWID;

-- What a user was told of alerts on the last local day on which one fired, and how many more were held back.
CREATE TABLE alert_told (
    user_id INTEGER NOT NULL,
    day_on INTEGER NOT NULL,
    told INTEGER NOT NULL,
    held_back INTEGER NOT NULL,
    PRIMARY KEY (user_id)
) STRICT, WITHOUT ROWID;

-- Who has alerts on the prices of a cluster. The row goes when the last of them is gone and nothing is left to be told.
CREATE TABLE alert_watcher (
    cluster_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, user_id)
) STRICT, WITHOUT ROWID;

-- Transfers that were reversed, by what they were booked for: a trade that was taken back says nothing about who traded.
CREATE INDEX transfer_reversed ON transfer (cluster_id, cause_kind, cause_a) WHERE status = 3;
