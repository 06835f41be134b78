-- works with: 34
-- What people may read by SQL: nothing sealed, no keyed hash, no token; JSON as the engine's own (JSONB on PostgreSQL).
CREATE VIEW reports_trained AS
SELECT label, json(definition) AS definition, dataset_digest, artifact, size_bytes, json(metrics) AS metrics,
    json(confusion) AS confusion, fit_seconds, predict_us, json(form) AS form, json(environment) AS environment, parent,
    trained_at
FROM trained;

CREATE VIEW reports_versions AS
SELECT versions.model, versions.number, versions.label, versions.created_at, marks.reason AS marked_for,
    marks.marked_by, marks.marked_at
FROM versions LEFT JOIN marks ON marks.label = versions.label;

CREATE VIEW reports_alias_moves AS
SELECT id, model, alias, from_number, to_number, moved_at, moved_by, action, reason, json(evidence) AS evidence
FROM alias_moves;

CREATE VIEW reports_plans AS
SELECT name, json(source) AS source, submitted_at, cancelled_at, stopped FROM plans;

CREATE VIEW reports_jobs AS
SELECT jobs.id, kind, jobs.label, plan_jobs.plan, state, json(payload) AS payload, json(result) AS result, owner,
    failures, losses, error, submitted_at, started_at, finished_at
FROM jobs LEFT JOIN plan_jobs ON plan_jobs.label = jobs.label;

CREATE VIEW reports_datasets AS
SELECT digest, collection, json(cut) AS cut, row_count, json(counts) AS counts, frozen_at FROM datasets;

CREATE VIEW reports_imports AS
SELECT id, collection, kind, name, digest, imported_by, imported_at, rows_read, added, revised FROM imports;

CREATE VIEW reports_answers AS
SELECT id, model, version, made_at, answer, confidence FROM predictions;

CREATE VIEW reports_feedback AS
SELECT id, prediction_id, kind, label, source, measures, given_at FROM feedback;
