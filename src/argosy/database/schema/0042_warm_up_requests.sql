-- works with: 41
CREATE TABLE warm_up_requests (     -- predictions: what a model's versions must answer before they are served
    id TEXT PRIMARY KEY,            -- random; what `sealed` is bound to
    model TEXT NOT NULL,
    place INTEGER NOT NULL,         -- 1, 2, 3 … of each model
    prediction_id TEXT REFERENCES predictions (id) ON DELETE CASCADE,   -- of a recorded one: it goes with it
    subject_hash BLOB,              -- of a given one, as in `predictions`
    sealed BLOB                     -- of a given one, its input, under the predictions key
);
CREATE INDEX warm_up_requests_by_model ON warm_up_requests (model, place);
CREATE INDEX warm_up_requests_of ON warm_up_requests (prediction_id);
