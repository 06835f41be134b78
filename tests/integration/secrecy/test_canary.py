"""A word and a name that nothing may let out: followed through import, training, kill -9, serving, feedback, erasure.

The one place where words of examples may rest in clear is a model's vocabulary. The first test keeps its canary out of
that by `min_count`; the second lets one in.
"""

import csv
import signal
from pathlib import Path

from argosy.testing.waiting import PATIENCE

DOCS = Path(__file__).parents[3] / "docs"
CANARY, SUBJECT, CLIENT, ENTITY = "quetzalcoatlus", "ermintrude.cowslip", "mallard-terminal-7", "tortoise-4711"
SECRETS = (CANARY, SUBJECT)
PLAN = """\
name: notes
dataset: {name: all}
adapter: {name: tfidf, options: {min_count: [3]}}
model: {name: sgd, options: {seed: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]}}
"""


def write_examples(path, times):
    """Notes in three classes; `times` of them contain the canary and are about the subject."""
    rows = [(f"{word} note number {n} of {word}", word, "") for n in range(80) for word in ("red", "green", "blue")]
    rows += [(f"red {CANARY} sighting {n}", "red", SUBJECT) for n in range(times)]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("text", "label", "subject"))
        writer.writerows(rows)


def test_a_canary_is_found_in_no_file(site, tmp_path, shared_fits):
    write_examples(tmp_path / "notes.csv", times=2)
    (site.root / "plan.yaml").write_text(PLAN)
    site("examples", "import", tmp_path / "notes.csv")
    site("plan", "submit", site.root / "plan.yaml")
    assert site.having(*SECRETS) == []

    workers = [site.start("worker"), site.start("worker")]
    site.until(shared_fits)
    site.until(lambda: site.json("plan", "status", "notes")["counts"].get("done", 0) >= 1)
    assert site.having(*SECRETS) == []
    for worker in workers:
        site.end(worker, signal.SIGKILL)
    assert site.having(*SECRETS) == []

    site("plan", "cancel", "notes")  # otherwise the jobs of killed workers wait until their leases expire
    site("train", site.root / "plan.yaml", "--processes", 2)
    site("models", "promote", "notes@best")
    assert site.having(*SECRETS) == []

    server, client = site.serve()
    answer = client.post(
        "/v1/models/notes:predict",
        json={"instances": [f"a {CANARY} was seen", "a green note"]},
        headers={"argosy-client": CLIENT, "argosy-subject": SUBJECT, "argosy-entity": ENTITY},
    )
    prediction = answer.json()["predictions"][0]["prediction_id"]
    said = {"prediction_id": prediction, "label": "red", "source": "keeper"}
    assert client.post("/feedback", json=said).status_code == 201
    client.close()
    assert site.end(server, signal.SIGKILL) < 0
    assert site.having(*SECRETS, CLIENT, ENTITY) == []
    server, client = site.serve()
    drained = ("feedback", "add", "--entity", ENTITY, "--label", "red", "--source", "warden", "--json")
    site.until(lambda: site.start(*drained).wait(PATIENCE) == 0)
    client.close()
    assert site.end(server) == 0
    assert site.having(*SECRETS, CLIENT, ENTITY) == []

    erased = site.json("examples", "erase", SUBJECT, "--yes")
    assert (erased["examples"], erased["predictions"]) == (2, 2)
    assert "notes@1" in erased["models"]
    assert site.having(*SECRETS, CLIENT, ENTITY) == []
    assert CANARY not in site("examples", "export")


def test_a_vocabulary_holds_words_in_clear_and_nothing_else_does(site, tmp_path, shared_fits):
    write_examples(tmp_path / "notes.csv", times=30)
    (site.root / "plan.yaml").write_text(PLAN)
    site("examples", "import", tmp_path / "notes.csv")
    site("plan", "submit", site.root / "plan.yaml")
    worker = site.start("worker", "--until-idle")
    site.until(shared_fits)
    on_the_way = ("/dev/shm/argosy-", f"{site.temporary}/argosy-", f"{site.root}/.argosy/artifacts/")
    assert all(str(path).startswith(on_the_way) for path in site.having(CANARY))
    assert worker.wait(PATIENCE) == 0
    holding = site.having(CANARY)
    assert holding
    assert all(path.is_relative_to(site.root / ".argosy" / "artifacts") for path in holding)
    assert site.having(SUBJECT, f"red {CANARY}") == []
    assert "vocabulary" in (DOCS / "examples.md").read_text("utf-8")
