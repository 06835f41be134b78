-- Answers of one version are counted by the index alone.
DROP INDEX IF EXISTS predictions_by_time;
CREATE INDEX predictions_by_time ON predictions (model, made_at, version);
