-- What came since the last time goes by the number of feedback: one that was erased is never used again.
CREATE TABLE feedback_numbered (    -- predictions: append-only outcomes and corrections
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    prediction_id TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('outcome', 'correction')),
    label TEXT NOT NULL,
    source TEXT NOT NULL,
    is_uniform INTEGER NOT NULL,    -- 1: said to have been drawn without regard to its answer
    idempotency_key TEXT NOT NULL UNIQUE,
    given_at REAL NOT NULL,
    token TEXT NOT NULL DEFAULT '', -- the name of the token it came with
    measures INTEGER NOT NULL DEFAULT 0     -- 1: it may be evidence, decided when it came
);
INSERT INTO feedback_numbered
    (id, prediction_id, kind, label, source, is_uniform, idempotency_key, given_at, token, measures)
SELECT id, prediction_id, kind, label, source, is_uniform, idempotency_key, given_at, token, measures FROM feedback;
DROP TABLE feedback;
ALTER TABLE feedback_numbered RENAME TO feedback;
CREATE INDEX feedback_by_prediction ON feedback (prediction_id);
