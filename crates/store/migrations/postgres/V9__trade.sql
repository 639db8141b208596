-- Orders for energy credits. What an open order can take is held in the ledger by the transfer `hold_no`: ngwee of a buyer, Wh of a seller.
-- `digest` says what was asked for. `origin` is `limit`, or `standing` for what a standing order became in an auction. The same key gets the same order.
-- `reasons` are the codes for which an officer looks at it, joined by commas, the gravest first; `decided_by` is the user who decided then.
CREATE TABLE trade_order (
    cluster_id BIGINT NOT NULL,
    order_no BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    side TEXT NOT NULL,
    price BIGINT NOT NULL,
    energy BIGINT NOT NULL,
    filled BIGINT NOT NULL,
    paid BIGINT NOT NULL,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,
    rank BIGINT NOT NULL,
    hold_no BIGINT,
    hold_amount BIGINT NOT NULL,
    reasons TEXT,
    decided_by BIGINT,
    decided_at BIGINT,
    digest BIGINT NOT NULL,
    placed_at BIGINT NOT NULL,
    expires_at BIGINT,
    ended_at BIGINT,
    actor BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, order_no)
);

CREATE UNIQUE INDEX trade_order_key ON trade_order (cluster_id, key_high, key_low);
CREATE INDEX trade_order_open ON trade_order (cluster_id, rank) WHERE state = 'open';
CREATE INDEX trade_order_held ON trade_order (cluster_id, order_no) WHERE state = 'held';
CREATE INDEX trade_order_decided ON trade_order (cluster_id, decided_at, order_no) WHERE decided_at IS NOT NULL;
CREATE INDEX trade_order_over ON trade_order (cluster_id, expires_at) WHERE state = 'open';
CREATE INDEX trade_order_member ON trade_order (cluster_id, member_no, order_no);
CREATE INDEX trade_order_waits ON trade_order (cluster_id, member_no, order_no) WHERE state = 'open' OR state = 'held';

-- Trades inside a cluster: one watt-hour changed hands once. `auction_no` is empty for trades of the continuous book.
CREATE TABLE trade (
    cluster_id BIGINT NOT NULL,
    trade_no BIGINT NOT NULL,
    traded_at BIGINT NOT NULL,
    price BIGINT NOT NULL,
    energy BIGINT NOT NULL,
    money BIGINT NOT NULL,
    buy_order BIGINT NOT NULL,
    sell_order BIGINT NOT NULL,
    buyer BIGINT NOT NULL,
    seller BIGINT NOT NULL,
    auction_no BIGINT,
    PRIMARY KEY (cluster_id, trade_no)
);

CREATE INDEX trade_buyer ON trade (cluster_id, buyer, trade_no);
CREATE INDEX trade_seller ON trade (cluster_id, seller, trade_no);
CREATE INDEX trade_time ON trade (cluster_id, traded_at, trade_no);

-- What members say about their trades that is not right, in their own words.
CREATE TABLE trade_dispute (
    cluster_id BIGINT NOT NULL,
    dispute_no BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    trade_no BIGINT NOT NULL,
    words TEXT NOT NULL,
    disputed_at BIGINT NOT NULL,
    actor BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, dispute_no)
);

CREATE INDEX trade_dispute_member ON trade_dispute (cluster_id, member_no, disputed_at, dispute_no);

-- What a member sells or buys by itself in every auction: above `keep` of its own credits it sells, below it buys.
CREATE TABLE standing_order (
    cluster_id BIGINT NOT NULL,
    standing_no BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    side TEXT NOT NULL,
    price BIGINT NOT NULL,
    keep BIGINT NOT NULL,
    state TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    expires_at BIGINT,
    ended_at BIGINT,
    actor BIGINT NOT NULL,
    key_high BIGINT NOT NULL,
    key_low BIGINT NOT NULL,
    -- The codes of the reasons for which an officer let it go on, and when.
    passed TEXT,
    passed_at BIGINT,
    PRIMARY KEY (cluster_id, standing_no)
);

CREATE UNIQUE INDEX standing_order_on ON standing_order (cluster_id, member_no, side) WHERE state = 'on';
CREATE UNIQUE INDEX standing_order_key ON standing_order (cluster_id, key_high, key_low);

-- Call auctions, by the interval they were held for.
CREATE TABLE auction (
    cluster_id BIGINT NOT NULL,
    auction_no BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    held_at BIGINT NOT NULL,
    price BIGINT,
    volume BIGINT NOT NULL,
    bids BIGINT NOT NULL,
    asks BIGINT NOT NULL,
    bid_energy BIGINT NOT NULL,
    ask_energy BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, auction_no)
);

CREATE UNIQUE INDEX auction_start ON auction (cluster_id, start_at);

-- Prices in spans of 15 minutes, an hour and a local day; `money` in milli-ngwee.
CREATE TABLE candle (
    cluster_id BIGINT NOT NULL,
    span BIGINT NOT NULL,
    start_at BIGINT NOT NULL,
    open BIGINT NOT NULL,
    high BIGINT NOT NULL,
    low BIGINT NOT NULL,
    close BIGINT NOT NULL,
    volume BIGINT NOT NULL,
    money BIGINT NOT NULL,
    trades BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, span, start_at)
);

-- Where a cluster's market stands. Every change of the book raises the version: what a process keeps of the book in memory is good for one.
CREATE TABLE market_head (
    cluster_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    next_rank BIGINT NOT NULL,
    next_order BIGINT NOT NULL,
    next_trade BIGINT NOT NULL,
    last_price BIGINT,
    last_traded_at BIGINT,
    last_auction_at BIGINT,
    PRIMARY KEY (cluster_id)
);
