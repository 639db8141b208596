-- Somebody whom a person of a household asks to act for it, too. The row counts for nothing until the one asked accepts. A number or id that
-- nobody has gets a row too, with user 0, so that asking takes the same steps.
CREATE TABLE household_invitation (
    user_id BIGINT NOT NULL,
    cluster_id BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    invited_by BIGINT NOT NULL,
    invited_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, cluster_id, member_no)
);

CREATE INDEX household_invitation_age ON household_invitation (expires_at);

-- When the code goes out that an operator approved alone. Such a reset needs no cluster: both numbers are 0 where the person has none.
ALTER TABLE pin_reset ADD COLUMN send_at BIGINT;

CREATE INDEX pin_reset_due ON pin_reset (send_at) WHERE send_at IS NOT NULL;
CREATE INDEX user_operator ON user_profile (user_id) WHERE is_operator = 1;
