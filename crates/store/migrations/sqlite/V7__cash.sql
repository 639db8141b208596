-- Cash that an officer took from a member: what of it paid a debt, and the number on the paper that the member was given.
CREATE TABLE cash_receipt (
    cluster_id INTEGER NOT NULL,
    receipt_no INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    debt INTEGER NOT NULL,
    reference TEXT NOT NULL,
    received_by INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, receipt_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX cash_receipt_key ON cash_receipt (cluster_id, key_high, key_low);
-- A paper receipt is written down once.
CREATE UNIQUE INDEX cash_receipt_reference ON cash_receipt (cluster_id, reference);

-- Money that a member wants in cash: held in the ledger by the transfer `hold_no` until an officer has handed it over.
CREATE TABLE payout (
    cluster_id INTEGER NOT NULL,
    payout_no INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    state TEXT NOT NULL,
    hold_no INTEGER NOT NULL,
    asked_by INTEGER NOT NULL,
    asked_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_by INTEGER,
    ended_at INTEGER,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, payout_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX payout_key ON payout (cluster_id, key_high, key_low);
CREATE INDEX payout_open ON payout (cluster_id, payout_no) WHERE state = 'open';
CREATE INDEX payout_member ON payout (cluster_id, member_no, payout_no);
