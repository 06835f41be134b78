"""A subject erased from a project that has learned from it, answered about it, and has damaged spool files."""

import json

import argosy
from argosy.testing.waiting import PATIENCE
from stored.rows import alter, column, count

SUBJECT, CANARY = "ermintrude.cowslip", "quetzalcoatlus"
PLAN = "name: notes\ndataset: {name: all}\nadapter: {name: tfidf, options: {min_count: [3]}}\nmodel: {name: %s}\n"


def test_everything_about_a_subject_is_removed_and_its_models_are_marked(site, tmp_path):
    rows = [
        {"text": f"{word} note {n} of {word}", "label": word} for n in range(40) for word in ("red", "green", "blue")
    ]
    rows += [{"text": f"red {CANARY} {n}", "label": "red", "subject": SUBJECT} for n in range(2)]
    (tmp_path / "notes.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (site.root / "plan.yaml").write_text(PLAN % "naive_bayes")
    site("examples", "import", tmp_path / "notes.jsonl")
    site("train", site.root / "plan.yaml", "--processes", 1)
    server, client = site.serve()
    ask = {"instances": [f"a {CANARY}", "a green note"]}
    ids = client.post("/v1/models/notes:predict", json=ask, headers={"argosy-subject": SUBJECT}).headers
    first, second = ids["argosy-prediction-id"].split(",")
    said = {"prediction_id": first, "label": "red", "source": "keeper"}
    assert client.post("/feedback", json=said).status_code == 201
    client.post("/v1/models/notes:predict", json={"instances": ["a blue note"]})

    project = argosy.open(site.root)
    site.until(lambda: project.feedback.log.count() == 3)
    damaged(project)
    report = {"worst": [first], "who": SUBJECT}
    alter(project.database, "jobs", {}, result=json.dumps(report))
    try:
        erased = site.json("examples", "erase", SUBJECT, "--yes", "--mark")
        assert (erased["examples"], erased["predictions"], erased["models"]) == (2, 2, ["notes@1"])
        assert erased["damaged"] == [str(path) for path in project.spool.glob("*.damaged")]
        assert project.feedback.log.count() == 1
        assert count(project.database, "feedback") == 0
        assert column(project.database, "jobs", "result") == ['{"worst":["(erased)"],"who":"(erased)"}']
        assert site.having(SUBJECT, CANARY, first, second) == []
        again = site.start("examples", "erase", SUBJECT, "--yes", "--json")
        nothing = json.loads(again.communicate(timeout=60)[0])
        assert (nothing["examples"], nothing["predictions"], nothing["models"]) == (0, 0, [])
        assert again.returncode == 1
    finally:
        project.close()
        client.close()
        site.end(server)

    assert "it learned from a subject that was erased" in site("models", "list")
    assert "it learned from a subject that was erased" in site("models", "show", "notes@1")
    assert "(marked)" in site("leaderboard")
    [row] = site.json("leaderboard")
    assert row["mark"]
    refused = site.start("models", "promote", "notes@1", "--as", "canary")
    assert refused.wait(PATIENCE) == 2
    site("models", "promote", "notes@1", "--as", "canary", "--force")
    site("models", "mark", "notes@1", "--remove")
    assert "(marked)" not in site("leaderboard")
    assert site.start("models", "mark", "notes@1").wait(PATIENCE) == 2
    site("models", "mark", "notes@1", "--reason", "slow")
    assert site.json("models", "show", "notes@1")["mark"] == "slow"


def damaged(project):
    """A copy of the spool's file as a damaged one: valid frames, then other bytes."""
    for path in project.spool.glob("*.spool"):
        path.with_suffix(".damaged").write_bytes(path.read_bytes() + b"\xff" * 100)
    assert list(project.spool.glob("*.damaged"))
