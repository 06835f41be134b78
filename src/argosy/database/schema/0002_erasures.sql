CREATE TABLE erasures (             -- datasets: one row for each time that examples were erased
    id INTEGER PRIMARY KEY,
    erased_at REAL NOT NULL
);

CREATE INDEX feedback_by_time ON feedback (given_at);
