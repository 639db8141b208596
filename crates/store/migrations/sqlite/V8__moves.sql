-- Moves that a cluster refused for good. It is the one that decides: after this row nobody comes in by that move, whoever still tries.
CREATE TABLE move_refusal (
    cluster_id INTEGER NOT NULL,
    from_cluster INTEGER NOT NULL,
    from_move INTEGER NOT NULL,
    refused_at INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, from_cluster, from_move)
) STRICT, WITHOUT ROWID;

-- Numbers that wait for a household whose move was decided: few, and looked for over all clusters.
CREATE INDEX member_entry_moving ON member_entry (cluster_id, member_no)
    WHERE state = 'asked' AND from_cluster IS NOT NULL AND decided_by IS NOT NULL;

-- The open clusters of a region.
CREATE INDEX cluster_open ON cluster (region) WHERE kind = 'open';

-- Requests to register equipment, by who asked: the same key gets the same numbers.
CREATE TABLE asset_request (
    cluster_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    digest BLOB NOT NULL,
    first_no INTEGER NOT NULL,
    asset_count INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, user_id, key_high, key_low)
) STRICT, WITHOUT ROWID;
