-- The last number given out, per cluster and kind of thing. Taking a number is also how a command takes its turn.
CREATE TABLE counter (
    cluster_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    last_no INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, kind)
) STRICT, WITHOUT ROWID;

-- Work to be done later, put here by the transaction that wants it.
CREATE TABLE job (
    cluster_id INTEGER NOT NULL,
    job_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    dedup_key TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    lease_owner TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    done_at INTEGER,
    PRIMARY KEY (cluster_id, job_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX job_dedup ON job (cluster_id, kind, dedup_key);
CREATE INDEX job_due ON job (run_at, cluster_id) WHERE done_at IS NULL;
CREATE INDEX job_due_of_cluster ON job (cluster_id, run_at) WHERE done_at IS NULL;

-- What happened, in the order of each cluster, for those who follow it.
CREATE TABLE outbox (
    cluster_id INTEGER NOT NULL,
    event_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, event_no)
) STRICT, WITHOUT ROWID;
