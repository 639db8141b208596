-- A person with a phone. The PIN is kept as its hash (Argon2id, PHC string) alone.
CREATE TABLE user_profile (
    user_id INTEGER NOT NULL,
    phone INTEGER NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    wallet_operator TEXT,
    is_operator INTEGER NOT NULL,
    pin_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (user_id)
) STRICT;

-- The last number given out, per user and kind of thing.
CREATE TABLE user_counter (
    user_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    last_no INTEGER NOT NULL,
    PRIMARY KEY (user_id, kind)
) STRICT, WITHOUT ROWID;

-- A phone number belongs to one user. Numbers are kept as their national digits.
CREATE TABLE phone_claim (
    phone INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    claimed_at INTEGER NOT NULL,
    PRIMARY KEY (phone)
) STRICT;

-- Wrong PINs and codes of a number, whether it has a user or not. `locked_until` is 0 when it is not locked.
CREATE TABLE phone_lock (
    phone INTEGER NOT NULL,
    wrong INTEGER NOT NULL,
    locks INTEGER NOT NULL,
    locked_until INTEGER NOT NULL,
    counted_at INTEGER NOT NULL,
    PRIMARY KEY (phone)
) STRICT;

CREATE INDEX phone_lock_age ON phone_lock (counted_at);

-- A code that was sent to a number that wants an account. A number that has one gets a row too, with a code that nobody knows.
CREATE TABLE registration (
    phone INTEGER NOT NULL,
    code_hash BLOB NOT NULL,
    tries INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (phone)
) STRICT;

CREATE INDEX registration_age ON registration (expires_at);

-- How often something was done in the present window of time.
CREATE TABLE rate_window (
    rate_key TEXT NOT NULL,
    window_start INTEGER NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (rate_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX rate_window_age ON rate_window (window_start);

-- Where a user is signed in.
CREATE TABLE session (
    user_id INTEGER NOT NULL,
    session_no INTEGER NOT NULL,
    token_hash BLOB NOT NULL,
    device TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, session_no)
) STRICT, WITHOUT ROWID;

-- Whose session a token opens; only its SHA-256 is kept.
CREATE TABLE session_token (
    token_hash BLOB NOT NULL,
    user_id INTEGER NOT NULL,
    session_no INTEGER NOT NULL,
    PRIMARY KEY (token_hash)
) STRICT, WITHOUT ROWID;

-- Two officers help a user who has forgotten the PIN. The code is there from the second approval on.
CREATE TABLE pin_reset (
    user_id INTEGER NOT NULL,
    cluster_id INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    first_by INTEGER NOT NULL,
    second_by INTEGER,
    code_hash BLOB,
    tries INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, cluster_id)
) STRICT, WITHOUT ROWID;

-- What users are in a cluster: everyone acts for a member there. A role ends on `until_on` and may begin again.
CREATE TABLE membership (
    cluster_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    role TEXT NOT NULL,
    since_on INTEGER NOT NULL,
    until_on INTEGER,
    PRIMARY KEY (cluster_id, user_id, member_no, role, since_on)
) STRICT, WITHOUT ROWID;

CREATE INDEX membership_member ON membership (cluster_id, member_no);

-- The same seen from the user: where one is anything at present.
CREATE TABLE user_member (
    user_id INTEGER NOT NULL,
    cluster_id INTEGER NOT NULL,
    member_no INTEGER NOT NULL,
    PRIMARY KEY (user_id, cluster_id, member_no)
) STRICT, WITHOUT ROWID;

-- A user's inbox. The text is made from kind and arguments (a JSON object) in the reader's language.
CREATE TABLE notice (
    user_id INTEGER NOT NULL,
    notice_no INTEGER NOT NULL,
    kind TEXT NOT NULL,
    arguments TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    read_at INTEGER,
    PRIMARY KEY (user_id, notice_no)
) STRICT, WITHOUT ROWID;

CREATE INDEX notice_unread ON notice (user_id) WHERE read_at IS NULL;

-- Texts to be sent. A text that holds a code is blanked when it was sent and the code is over (`secret_until`).
CREATE TABLE sms (
    phone INTEGER NOT NULL,
    sms_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    secret_until INTEGER,
    lease_owner TEXT NOT NULL,
    lease_until INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    sent_at INTEGER,
    PRIMARY KEY (phone, sms_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX sms_due ON sms (due_at) WHERE state = 'waiting';
CREATE INDEX sms_secret ON sms (secret_until) WHERE secret_until IS NOT NULL;
CREATE INDEX sms_time ON sms (sms_id);

-- Who was refused, and who looked at what is not their own. `cluster_id` is 0 where it was about no cluster.
CREATE TABLE audit (
    cluster_id INTEGER NOT NULL,
    audit_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    member_no INTEGER,
    roles TEXT NOT NULL,
    detail TEXT NOT NULL,
    occurred_at INTEGER NOT NULL,
    PRIMARY KEY (cluster_id, audit_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX audit_member ON audit (cluster_id, member_no, audit_id) WHERE member_no IS NOT NULL;
CREATE INDEX audit_time ON audit (audit_id);
