-- Jobs that do not wait behind others: a worker looks for one before it takes the next message.
ALTER TABLE jobs ADD COLUMN goes_first INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET goes_first = 1 WHERE kind <> 'train';
