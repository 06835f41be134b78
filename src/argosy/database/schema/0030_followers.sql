-- A broker of another kind than the database does not say who has subscribed.
CREATE TABLE followers (            -- messaging: the names that follow notifications, on whichever broker
    name TEXT PRIMARY KEY,
    since REAL NOT NULL
);
