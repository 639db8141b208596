-- Price alerts of users. `kind` is above, below, change, change_day or cheap_ahead; `threshold` ngwee per kWh, or parts per ten thousand of a
-- change; `base` the price that a `change` counts from.
CREATE TABLE price_alert (
    user_id BIGINT NOT NULL,
    alert_no BIGINT NOT NULL,
    cluster_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    threshold BIGINT NOT NULL,
    base BIGINT,
    is_armed BIGINT NOT NULL,
    last_fired_at BIGINT,
    expires_at BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, alert_no)
);

-- What a user was told of alerts on the last local day on which one fired, and how many more were held back.
CREATE TABLE alert_told (
    user_id BIGINT NOT NULL,
    day_on BIGINT NOT NULL,
    told BIGINT NOT NULL,
    held_back BIGINT NOT NULL,
    PRIMARY KEY (user_id)
);

-- Who has alerts on the prices of a cluster. The row goes when the last of them is gone and nothing is left to be told.
CREATE TABLE alert_watcher (
    cluster_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, user_id)
);

-- Transfers that were reversed, by what they were booked for: a trade that was taken back says nothing about who traded.
CREATE INDEX transfer_reversed ON transfer (cluster_id, cause_kind, cause_a) WHERE status = 3;
