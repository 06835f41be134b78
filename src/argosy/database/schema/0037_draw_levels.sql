-- A review draws the predictions with the smallest permanent random numbers, which only a key gives: these are kept at hand.
CREATE TABLE draw_levels (          -- predictions: those whose number may be below 1/16
    prediction_id TEXT PRIMARY KEY REFERENCES predictions (id) ON DELETE CASCADE,
    model TEXT NOT NULL,
    made_at REAL NOT NULL,
    level INTEGER                   -- how often the number can be doubled and stays below 1; NULL: not computed yet
);
CREATE INDEX draw_levels_by_level ON draw_levels (model, level, made_at);
CREATE TABLE draw_levels_due (      -- predictions: the models that had predictions before there were levels
    model TEXT PRIMARY KEY,
    made_at REAL NOT NULL,          -- up to this prediction, levels were computed
    prediction_id TEXT NOT NULL
);
INSERT INTO draw_levels_due (model, made_at, prediction_id)
WITH RECURSIVE logged (model) AS (
    SELECT min(model) FROM predictions
    UNION ALL
    SELECT (SELECT min(model) FROM predictions WHERE model > logged.model) FROM logged WHERE model IS NOT NULL
)
SELECT model, 0, '' FROM logged WHERE model IS NOT NULL;
