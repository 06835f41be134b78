-- How often a trial's choices were promoted before: with successive halving they are trained on growing shares.
ALTER TABLE trials ADD COLUMN rung INTEGER NOT NULL DEFAULT 0;
