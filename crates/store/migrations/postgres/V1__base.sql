-- The last number given out, per cluster and kind of thing. Taking a number is also how a command takes its turn.
CREATE TABLE counter (
    cluster_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    last_no BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, kind)
);

-- Work to be done later, put here by the transaction that wants it.
CREATE TABLE job (
    cluster_id BIGINT NOT NULL,
    job_no BIGINT NOT NULL,
    kind TEXT NOT NULL,
    dedup_key TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at BIGINT NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error TEXT,
    done_at BIGINT,
    PRIMARY KEY (cluster_id, job_no)
);

CREATE UNIQUE INDEX job_dedup ON job (cluster_id, kind, dedup_key);
CREATE INDEX job_due ON job (run_at, cluster_id) WHERE done_at IS NULL;
CREATE INDEX job_due_of_cluster ON job (cluster_id, run_at) WHERE done_at IS NULL;

-- What happened, in the order of each cluster, for those who follow it.
CREATE TABLE outbox (
    cluster_id BIGINT NOT NULL,
    event_no BIGINT NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, event_no)
);
