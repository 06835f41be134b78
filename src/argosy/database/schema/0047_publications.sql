-- works with: 42
-- How far the decisions of services, and what then happened, were published to topics.
CREATE TABLE publications (         -- services: one row for each service that publishes
    service TEXT PRIMARY KEY,
    decisions TEXT NOT NULL,        -- JSON: by model, the time and the id of the last prediction that was published
    outcomes INTEGER NOT NULL       -- the number of the last feedback that was
);
