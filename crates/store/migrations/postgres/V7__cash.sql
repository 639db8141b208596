-- Cash that an officer took from a member: what of it paid a debt, and the number on the paper that the member was given.
CREATE TABLE cash_receipt (
    cluster_id BIGINT NOT NULL,
    receipt_no BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    debt BIGINT NOT NULL,
    reference TEXT NOT NULL,
    received_by BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, receipt_no)
);

CREATE UNIQUE INDEX cash_receipt_key ON cash_receipt (cluster_id, key_high, key_low);
-- A paper receipt is written down once.
CREATE UNIQUE INDEX cash_receipt_reference ON cash_receipt (cluster_id, reference);

-- Money that a member wants in cash: held in the ledger by the transfer `hold_no` until an officer has handed it over.
CREATE TABLE payout (
    cluster_id BIGINT NOT NULL,
    payout_no BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    amount BIGINT NOT NULL,
    state TEXT NOT NULL,
    hold_no BIGINT NOT NULL,
    asked_by BIGINT NOT NULL,
    asked_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_by BIGINT,
    ended_at BIGINT,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, payout_no)
);

CREATE UNIQUE INDEX payout_key ON payout (cluster_id, key_high, key_low);
CREATE INDEX payout_open ON payout (cluster_id, payout_no) WHERE state = 'open';
CREATE INDEX payout_member ON payout (cluster_id, member_no, payout_no);
