-- What a member wants for its surplus from a day on: `paid` or `bank`. Who never said is paid.
CREATE TABLE surplus_choice (
    cluster_id BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    choice TEXT NOT NULL,
    set_at BIGINT NOT NULL,
    set_by BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, member_no, from_day)
);

-- What became of a member's exports and imports of a posted day by energy credits: Wh, and the milli-ngwee that they took the place of.
-- Only days on which there was something.
CREATE TABLE credit_day (
    cluster_id BIGINT NOT NULL,
    day BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    banked BIGINT NOT NULL,
    used BIGINT NOT NULL,
    bought_back BIGINT NOT NULL,
    banked_money BIGINT NOT NULL,
    used_money BIGINT NOT NULL,
    bought_back_money BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, day, member_no)
);

-- Posted to the fund that covers energy credits: positive is what the fund got.
ALTER TABLE settlement_day ADD COLUMN credit_fund BIGINT NOT NULL DEFAULT 0;
