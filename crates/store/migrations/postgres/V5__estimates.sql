-- How many readings of a member were estimated on a day.
ALTER TABLE member_day ADD COLUMN estimated BIGINT NOT NULL DEFAULT 0;
