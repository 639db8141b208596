-- Orders for energy credits. What an open order can take is held in the ledger by the transfer `hold_no`: ngwee of a buyer, Wh of a seller.
-- `digest` says what was asked for. `origin` is `limit`, or `standing` for what a standing order became in an auction. The same key gets the same order.
-- `reasons` are the codes for which an officer looks at it, joined by commas, the gravest first; `decided_by` is the user who decided then.
CREATE TABLE trade_order (
    cluster_id INTEGER NOT NULL,
    order_no INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    side TEXT NOT NULL,
    price INTEGER NOT NULL,
    energy INTEGER NOT NULL,
    filled INTEGER NOT NULL,
    paid INTEGER NOT NULL,
    state TEXT NOT NULL,
    origin TEXT NOT NULL,
    rank INTEGER NOT NULL,
    hold_no INTEGER,
    hold_amount INTEGER NOT NULL,
    reasons TEXT,
    decided_by INTEGER,
    decided_at INTEGER,
    digest INTEGER NOT NULL,
    placed_at INTEGER NOT NULL,
    expires_at INTEGER,
    ended_at INTEGER,
    actor INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, order_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX trade_order_key ON trade_order (cluster_id, key_high, key_low);
CREATE INDEX trade_order_open ON trade_order (cluster_id, rank) WHERE state = 'open';
CREATE INDEX trade_order_held ON trade_order (cluster_id, order_no) WHERE state = 'held';
CREATE INDEX trade_order_decided ON trade_order (cluster_id, decided_at, order_no) WHERE decided_at IS NOT NULL;
CREATE INDEX trade_order_over ON trade_order (cluster_id, expires_at) WHERE state = 'open';
CREATE INDEX trade_order_member ON trade_order (cluster_id, member_no, order_no);
CREATE INDEX trade_order_waits ON trade_order (cluster_id, member_no, order_no) WHERE state = 'open' OR state = 'held';

-- Trades inside a cluster: one watt-hour changed hands once. `auction_no` is empty for trades of the continuous book.
CREATE TABLE trade (
    cluster_id INTEGER NOT NULL,
    trade_no INTEGER NOT NULL,
    traded_at INTEGER NOT NULL,
    price INTEGER NOT NULL,
    energy INTEGER NOT NULL,
    money INTEGER NOT NULL,
    buy_order INTEGER NOT NULL,
    sell_order INTEGER NOT NULL,
    buyer INTEGER NOT NULL,
    seller INTEGER NOT NULL,
    auction_no INTEGER,
    PRIMARY KEY (cluster_id, trade_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX trade_buyer ON trade (cluster_id, buyer, trade_no);
CREATE INDEX trade_seller ON trade (cluster_id, seller, trade_no);
CREATE INDEX trade_time ON trade (cluster_id, traded_at, trade_no);

-- What members say about their trades that is not right, in their own words.
CREATE TABLE trade_dispute (
    cluster_id INTEGER NOT NULL,
    dispute_no INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    trade_no INTEGER NOT NULL,
    words TEXT NOT NULL,
    disputed_at INTEGER NOT NULL,
    actor INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, dispute_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX trade_dispute_member ON trade_dispute (cluster_id, member_no, disputed_at, dispute_no);

-- What a member sells or buys by itself in every auction: above `keep` of its own credits it sells, below it buys.
CREATE TABLE standing_order (
    cluster_id INTEGER NOT NULL,
    standing_no INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    side TEXT NOT NULL,
    price INTEGER NOT NULL,
    keep INTEGER NOT NULL,
    state TEXT NOT NULL,
    placed_at INTEGER NOT NULL,
    expires_at INTEGER,
    ended_at INTEGER,
    actor INTEGER NOT NULL,
    key_high INTEGER NOT NULL,
    key_low INTEGER NOT NULL,
    -- The codes of the reasons for which an officer let it go on, and when.
    passed TEXT,
    passed_at INTEGER,
    PRIMARY KEY (cluster_id, standing_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX standing_order_on ON standing_order (cluster_id, member_no, side) WHERE state = 'on';
CREATE UNIQUE INDEX standing_order_key ON standing_order (cluster_id, key_high, key_low);

-- Call auctions, by the interval they were held for.
CREATE TABLE auction (
    cluster_id INTEGER NOT NULL,
    auction_no INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    held_at INTEGER NOT NULL,
    price INTEGER,
    volume INTEGER NOT NULL,
    bids INTEGER NOT NULL,
    asks INTEGER NOT NULL,
    bid_energy INTEGER NOT NULL,
    ask_energy INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, auction_no)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX auction_start ON auction (cluster_id, start_at);

-- Prices in spans of 15 minutes, an hour and a local day; `money` in milli-ngwee.
CREATE TABLE candle (
    cluster_id INTEGER NOT NULL,
    span INTEGER NOT NULL,
    start_at INTEGER NOT NULL,
    open INTEGER NOT NULL,
    high INTEGER NOT NULL,
    low INTEGER NOT NULL,
    close INTEGER NOT NULL,
    volume INTEGER NOT NULL,
    money INTEGER NOT NULL,
    trades INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, span, start_at)
) STRICT, WITHOUT ROWID;

-- Where a cluster's market stands. Every change of the book raises the version: what a process keeps of the book in memory is good for one.
CREATE TABLE market_head (
    cluster_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    next_rank INTEGER NOT NULL,
    next_order INTEGER NOT NULL,
    next_trade INTEGER NOT NULL,
    last_price INTEGER,
    last_traded_at INTEGER,
    last_auction_at INTEGER,
    PRIMARY KEY (cluster_id)
) STRICT, WITHOUT ROWID;

-- What the planner is told of a market, as of the ledger before: history is long, what is open is short. Without figures it walks all history
-- along the primary key.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('trade_order', 'trade_order', '1000000 10000 1'),
    ('trade_order', 'trade_order_key', '1000000 10000 1 1'),
    ('trade_order', 'trade_order_open', '20000 200 1'),
    ('trade_order', 'trade_order_held', '1000 10 1'),
    ('trade_order', 'trade_order_decided', '10000 100 1 1'),
    ('trade_order', 'trade_order_over', '20000 200 2'),
    ('trade_order', 'trade_order_member', '1000000 10000 100 1'),
    ('trade_order', 'trade_order_waits', '21000 210 4 1'),
    ('trade', 'trade', '1000000 10000 1'),
    ('trade', 'trade_buyer', '1000000 10000 100 1'),
    ('trade', 'trade_seller', '1000000 10000 100 1'),
    ('trade', 'trade_time', '1000000 10000 2 1'),
    ('trade_dispute', 'trade_dispute', '10000 100 1'),
    ('trade_dispute', 'trade_dispute_member', '10000 100 2 1 1'),
    ('standing_order', 'standing_order', '1000000 10000 1'),
    ('standing_order', 'standing_order_on', '10000 100 2 1'),
    ('standing_order', 'standing_order_key', '1000000 10000 1 1');
ANALYZE sqlite_schema;
