CREATE TABLE review_draws (         -- predictions: what was drawn for review, and how likely that was
    prediction_id TEXT PRIMARY KEY,
    probability REAL NOT NULL,      -- of being in at least one of the draws so far
    drawn_at REAL NOT NULL          -- the first time
);
CREATE TABLE held_out_answers (     -- store: what fits of a definition answered to examples that they had not seen
    label TEXT NOT NULL REFERENCES trained (label),
    example_id BLOB NOT NULL,
    answer TEXT NOT NULL,
    PRIMARY KEY (label, example_id)
);
