-- What a member wants for its surplus from a day on: `paid` or `bank`. Who never said is paid.
CREATE TABLE surplus_choice (
    cluster_id INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    from_day INTEGER NOT NULL,
    choice TEXT NOT NULL,
    set_at INTEGER NOT NULL,
    set_by INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, member_no, from_day)
) STRICT, WITHOUT ROWID;

-- What became of a member's exports and imports of a posted day by energy credits: Wh, and the milli-ngwee that they took the place of.
-- Only days on which there was something.
CREATE TABLE credit_day (
    cluster_id INTEGER NOT NULL,
    day INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    banked INTEGER NOT NULL,
    used INTEGER NOT NULL,
    bought_back INTEGER NOT NULL,
    banked_money INTEGER NOT NULL,
    used_money INTEGER NOT NULL,
    bought_back_money INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, day, member_no)
) STRICT, WITHOUT ROWID;

-- Posted to the fund that covers energy credits: positive is what the fund got.
ALTER TABLE settlement_day ADD COLUMN credit_fund INTEGER NOT NULL DEFAULT 0;
