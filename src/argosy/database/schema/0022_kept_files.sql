CREATE TABLE kept_files (           -- store: files that came with a result, each an artifact
    label TEXT NOT NULL,
    kind TEXT NOT NULL,             -- 'code': the plug-ins that it was trained with; 'attachment': of a plug-in
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    PRIMARY KEY (label, kind, name)
);
CREATE INDEX kept_files_by_digest ON kept_files (digest);

CREATE TABLE logged_values (        -- store: what plug-ins logged while they were trained
    label TEXT NOT NULL,
    metric TEXT NOT NULL,
    step INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (label, metric, step)
);

CREATE TABLE version_tags (         -- store
    model TEXT NOT NULL,
    number INTEGER NOT NULL,
    tag TEXT NOT NULL,
    value TEXT NOT NULL,
    tagged_at REAL NOT NULL,
    PRIMARY KEY (model, number, tag)
);
