-- works with: 37
CREATE TABLE shadow_predictions (   -- predictions: answers that no caller received, each next to the one that he did
    id TEXT PRIMARY KEY,
    shadow_of TEXT NOT NULL REFERENCES predictions (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    version INTEGER NOT NULL,
    made_at REAL NOT NULL,
    answer TEXT NOT NULL,
    confidence REAL NOT NULL,
    sealed BLOB NOT NULL            -- as in `predictions`
);
CREATE INDEX shadow_predictions_of ON shadow_predictions (shadow_of);
CREATE INDEX shadow_predictions_by_model ON shadow_predictions (model, version, made_at);
