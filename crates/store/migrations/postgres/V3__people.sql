-- A person with a phone. The PIN is kept as its hash (Argon2id, PHC string) alone.
CREATE TABLE user_profile (
    user_id BIGINT NOT NULL,
    phone BIGINT NOT NULL,
    name TEXT NOT NULL,
    language TEXT NOT NULL,
    wallet_operator TEXT,
    is_operator BIGINT NOT NULL,
    pin_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (user_id)
);

-- The last number given out, per user and kind of thing.
CREATE TABLE user_counter (
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    last_no BIGINT NOT NULL,
    PRIMARY KEY (user_id, kind)
);

-- A phone number belongs to one user. Numbers are kept as their national digits.
CREATE TABLE phone_claim (
    phone BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    claimed_at BIGINT NOT NULL,
    PRIMARY KEY (phone)
);

-- Wrong PINs and codes of a number, whether it has a user or not. `locked_until` is 0 when it is not locked.
CREATE TABLE phone_lock (
    phone BIGINT NOT NULL,
    wrong BIGINT NOT NULL,
    locks BIGINT NOT NULL,
    locked_until BIGINT NOT NULL,
    counted_at BIGINT NOT NULL,
    PRIMARY KEY (phone)
);

CREATE INDEX phone_lock_age ON phone_lock (counted_at);

-- A code that was sent to a number that wants an account. A number that has one gets a row too, with a code that nobody knows.
CREATE TABLE registration (
    phone BIGINT NOT NULL,
    code_hash BYTEA NOT NULL,
    tries BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (phone)
);

CREATE INDEX registration_age ON registration (expires_at);

-- How often something was done in the present window of time.
CREATE TABLE rate_window (
    rate_key TEXT NOT NULL,
    window_start BIGINT NOT NULL,
    used BIGINT NOT NULL,
    PRIMARY KEY (rate_key)
);

CREATE INDEX rate_window_age ON rate_window (window_start);

-- Where a user is signed in.
CREATE TABLE session (
    user_id BIGINT NOT NULL,
    session_no BIGINT NOT NULL,
    token_hash BYTEA NOT NULL,
    device TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, session_no)
);

-- Whose session a token opens; only its SHA-256 is kept.
CREATE TABLE session_token (
    token_hash BYTEA NOT NULL,
    user_id BIGINT NOT NULL,
    session_no BIGINT NOT NULL,
    PRIMARY KEY (token_hash)
);

-- Two officers help a user who has forgotten the PIN. The code is there from the second approval on.
CREATE TABLE pin_reset (
    user_id BIGINT NOT NULL,
    cluster_id BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    first_by BIGINT NOT NULL,
    second_by BIGINT,
    code_hash BYTEA,
    tries BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, cluster_id)
);

-- What users are in a cluster: everyone acts for a member there. A role ends on `until_on` and may begin again.
CREATE TABLE membership (
    cluster_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    role TEXT NOT NULL,
    since_on BIGINT NOT NULL,
    until_on BIGINT,
    PRIMARY KEY (cluster_id, user_id, member_no, role, since_on)
);

CREATE INDEX membership_member ON membership (cluster_id, member_no);

-- The same seen from the user: where one is anything at present.
CREATE TABLE user_member (
    user_id BIGINT NOT NULL,
    cluster_id BIGINT NOT NULL,
    member_no BIGINT NOT NULL,
    PRIMARY KEY (user_id, cluster_id, member_no)
);

-- A user's inbox. The text is made from kind and arguments (a JSON object) in the reader's language.
CREATE TABLE notice (
    user_id BIGINT NOT NULL,
    notice_no BIGINT NOT NULL,
    kind TEXT NOT NULL,
    arguments TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    read_at BIGINT,
    PRIMARY KEY (user_id, notice_no)
);

CREATE INDEX notice_unread ON notice (user_id) WHERE read_at IS NULL;

-- Texts to be sent. A text that holds a code is blanked when it was sent and the code is over (`secret_until`).
CREATE TABLE sms (
    phone BIGINT NOT NULL,
    sms_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    state TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    due_at BIGINT NOT NULL,
    secret_until BIGINT,
    lease_owner TEXT NOT NULL,
    lease_until BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error TEXT,
    sent_at BIGINT,
    PRIMARY KEY (phone, sms_id)
);

CREATE INDEX sms_due ON sms (due_at) WHERE state = 'waiting';
CREATE INDEX sms_secret ON sms (secret_until) WHERE secret_until IS NOT NULL;
CREATE INDEX sms_time ON sms (sms_id);

-- Who was refused, and who looked at what is not their own. `cluster_id` is 0 where it was about no cluster.
CREATE TABLE audit (
    cluster_id BIGINT NOT NULL,
    audit_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    action TEXT NOT NULL,
    outcome TEXT NOT NULL,
    member_no BIGINT,
    roles TEXT NOT NULL,
    detail TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    PRIMARY KEY (cluster_id, audit_id)
);

CREATE INDEX audit_member ON audit (cluster_id, member_no, audit_id) WHERE member_no IS NOT NULL;
CREATE INDEX audit_time ON audit (audit_id);
