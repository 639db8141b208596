-- Moves that a cluster refused for good. It is the one that decides: after this row nobody comes in by that move, whoever still tries.
CREATE TABLE move_refusal (
    cluster_id BIGINT NOT NULL,
    from_cluster BIGINT NOT NULL,
    from_move BIGINT NOT NULL,
    refused_at BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, from_cluster, from_move)
);

-- Numbers that wait for a household whose move was decided: few, and looked for over all clusters.
CREATE INDEX member_entry_moving ON member_entry (cluster_id, member_no)
    WHERE state = 'asked' AND from_cluster IS NOT NULL AND decided_by IS NOT NULL;

-- The open clusters of a region.
CREATE INDEX cluster_open ON cluster (region) WHERE kind = 'open';

-- Requests to register equipment, by who asked: the same key gets the same numbers.
CREATE TABLE asset_request (
    cluster_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    digest BYTEA NOT NULL,
    first_no BIGINT NOT NULL,
    asset_count BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, user_id, key_high, key_low)
);
