-- Which validation rows a result got right, packed by models/paired.py: a bit a row, no texts, no ids.
-- NULL for what was trained before there was such a column.
ALTER TABLE trained ADD COLUMN rows_right BLOB;
