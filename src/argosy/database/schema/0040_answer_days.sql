-- Answers of a past day are counted once. A transaction that adds or deletes answers of that day removes its figures.
CREATE TABLE answer_days (          -- predictions: of a model's day, every version that answered, or none
    model TEXT NOT NULL,
    day REAL NOT NULL,              -- when it began (UTC)
    version INTEGER NOT NULL,
    answers INTEGER NOT NULL,
    PRIMARY KEY (model, day, version)
);
