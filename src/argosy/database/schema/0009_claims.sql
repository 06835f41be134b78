-- What a caller says about itself is not evidence: tokens carry a source and claims, feedback the token it came with.
-- A token from before has no claims. Feedback from before measures where it was taken for evidence until now.
ALTER TABLE tokens ADD COLUMN source TEXT NOT NULL DEFAULT '';     -- of its feedback; empty: the token's name
ALTER TABLE tokens ADD COLUMN claims TEXT NOT NULL DEFAULT '[]';   -- JSON list of outcome, uniform, entity
ALTER TABLE predictions ADD COLUMN token TEXT NOT NULL DEFAULT ''; -- the name of the token that asked
ALTER TABLE feedback ADD COLUMN token TEXT NOT NULL DEFAULT '';    -- the name of the token it came with
ALTER TABLE feedback ADD COLUMN measures INTEGER NOT NULL DEFAULT 0; -- 1: it may be evidence, decided when it came
UPDATE feedback SET measures = 1 WHERE is_uniform = 1 OR kind = 'outcome';
