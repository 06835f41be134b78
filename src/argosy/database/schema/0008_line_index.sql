-- A worker asks between any two jobs what goes first: an answer must not depend on how much is queued.
CREATE INDEX jobs_in_line ON jobs (state, goes_first, kind);
