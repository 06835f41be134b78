CREATE TABLE step_runs (            -- steps: one row for each distinct input of a step; its files are kept_files of the label
    label TEXT PRIMARY KEY,         -- of the job that runs it
    step TEXT NOT NULL,
    number INTEGER NOT NULL,        -- the version of its output: 1, 2, …
    wanted INTEGER NOT NULL,        -- the run of a step with the largest is for what its inputs are now
    task TEXT NOT NULL,             -- JSON: command, image, environment, name of the output
    after TEXT NOT NULL,            -- the label of the run whose output is its input; empty: files
    asked_at REAL NOT NULL,
    worker TEXT,                    -- that ran it; NULL until it has put something out
    took REAL,                      -- seconds
    ended_at REAL,
    output TEXT,                    -- digest of what it put out; NULL until then
    output_bytes INTEGER,
    UNIQUE (step, number)
);
CREATE INDEX step_runs_by_output ON step_runs (output);

CREATE TABLE step_looks (           -- steps: what a project's folder on one machine asked for when it was last looked at
    step TEXT NOT NULL,
    place TEXT NOT NULL,            -- HOST:FOLDER
    label TEXT NOT NULL,
    PRIMARY KEY (step, place)
);
