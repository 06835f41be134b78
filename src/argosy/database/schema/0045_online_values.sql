-- works with: 42
CREATE TABLE online_values (        -- caching: what services read while a request waits
    space TEXT NOT NULL,
    key TEXT NOT NULL,
    value BLOB NOT NULL,
    expires_at REAL,                -- by the database's clock
    PRIMARY KEY (space, key)
);
CREATE INDEX online_values_by_expiry ON online_values (expires_at);
